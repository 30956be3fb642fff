-- Brings the materialised views up to date, each before those that are made from it. CONCURRENTLY:
-- dashboards read on meanwhile. ./orderflow refresh runs it when orders have come.

BEGIN;
REFRESH MATERIALIZED VIEW CONCURRENTLY sale_day;
REFRESH MATERIALIZED VIEW CONCURRENTLY sales_order;
REFRESH MATERIALIZED VIEW CONCURRENTLY sales_customer;
REFRESH MATERIALIZED VIEW CONCURRENTLY sales_line;
REFRESH MATERIALIZED VIEW CONCURRENTLY sales_item_pair;
COMMIT;
VACUUM (ANALYZE) sale_day, sales_order, sales_customer, sales_line, sales_item_pair;
