-- What the business words mean, once for all dashboards and queries. Made anew each time it is run.
--
--   order value      what the order's items cost the customer, whatever became of the order
--   revenue          the value of delivered orders; an order that was cancelled, returned or never
--                    paid brings none
--   cost             what the pieces of delivered orders cost us
--   profit           revenue - cost; gross margin is profit / revenue
--   failed           an order that ended in any other way than Delivered
--   on time          delivered no later than its eta
--   repeat customer  one with more than one order, whatever became of them
--   returning        an order that is not its customer's first
--   sale event       1 to 3 on the 14th and 15th, the 30th and 31st and from 27 February on; which of
--                    them held is told by the discounts of the lines sold. 0 on all other days
--
-- The views are materialised, because a dashboard asks for all orders at once and must answer within
-- two seconds at a million of them. dashboards/refresh.sql (./orderflow refresh) brings them up to date.

SET client_min_messages = warning;

BEGIN;

DROP MATERIALIZED VIEW IF EXISTS sale_day, sales_order, sales_customer, sales_line, sales_item_pair CASCADE;

CREATE MATERIALIZED VIEW sale_day AS
WITH line AS (
    SELECT date_trunc('month', o.order_date)::date AS month,
           extract(day FROM o.order_date) < 20 AS middle,
           s.sale_event_1, s.sale_event_2, s.sale_event_3,
           i.discount_percent
    FROM order_info o
    JOIN item_info i USING (order_id)
    JOIN sku_info s USING (sku)
    WHERE extract(day FROM o.order_date) IN (14, 15, 30, 31)
       OR (extract(month FROM o.order_date) = 2 AND extract(day FROM o.order_date) >= 27)
), agreed AS (
    SELECT month, middle,
           count(*) FILTER (WHERE round(discount_percent) = round(sale_event_1 * 100)) AS event_1,
           count(*) FILTER (WHERE round(discount_percent) = round(sale_event_2 * 100)) AS event_2,
           count(*) FILTER (WHERE round(discount_percent) = round(sale_event_3 * 100)) AS event_3
    FROM line
    GROUP BY month, middle
)
SELECT month, middle,
       CASE greatest(event_1, event_2, event_3) WHEN event_1 THEN 1 WHEN event_2 THEN 2 ELSE 3 END AS event
FROM agreed;

CREATE MATERIALIZED VIEW sales_order AS
WITH line AS (
    SELECT i.order_id, sum(i.quantity) AS units, sum(i.quantity * s.cost) AS cost, array_agg(i.sku ORDER BY i.sku) AS skus
    FROM item_info i
    LEFT JOIN sku_info s USING (sku)
    GROUP BY i.order_id
), ranked AS (
    SELECT customer_id,
           rank() OVER (ORDER BY coalesce(sum(order_total) FILTER (WHERE order_status = 'Delivered'), 0) DESC, customer_id)
               AS customer_rank
    FROM order_info
    GROUP BY customer_id
), placed AS (
    SELECT o.*,
           row_number() OVER course AS customer_order_number,
           count(*) OVER (PARTITION BY customer_id) AS customer_orders,
           extract(epoch FROM order_date - lag(order_date) OVER course) / 86400 AS days_since_previous
    FROM order_info o
    WINDOW course AS (PARTITION BY customer_id ORDER BY order_date, order_id)
)
SELECT o.order_id,
       o.order_date,
       o.order_status,
       o.customer_id,
       c.customer_name || ' #' || o.customer_id AS customer,
       r.customer_rank::integer AS customer_rank,
       o.customer_orders::integer AS customer_orders,
       CASE WHEN o.customer_order_number = 1 THEN 'New' ELSE 'Returning' END AS customer_kind,
       CASE WHEN o.customer_orders > 1 THEN 'Repeat' ELSE 'One-time' END AS customer_loyalty,
       CASE WHEN o.days_since_previous < 26 * 7 THEN floor(o.days_since_previous / 7)::integer
            WHEN o.days_since_previous IS NOT NULL THEN 26 END AS weeks_since_previous,
       coalesce(p.province, c.provincial_code) AS province,
       coalesce(p.map_code, c.provincial_code) AS map_code,
       o.order_total AS order_value,
       l.units::integer AS units,
       o.item_variety,
       l.skus,
       CASE WHEN o.order_status = 'Delivered' THEN o.order_total ELSE 0 END AS revenue,
       CASE WHEN o.order_status = 'Delivered' THEN l.cost ELSE 0 END AS cost,
       CASE WHEN o.order_status = 'Delivered' THEN o.order_total - l.cost ELSE 0 END AS profit,
       CASE WHEN o.order_status = 'Delivered' THEN 0 ELSE 1 END AS failed,
       CASE WHEN o.payment_status THEN 0 ELSE 1 END AS unpaid,
       o.payment_method,
       CASE WHEN o.payment_date - o.order_date < interval '1 minute' THEN 'At once'
            ELSE 'Day ' || floor(extract(epoch FROM o.payment_date - o.order_date) / 86400)::integer + 1 END
           AS time_to_pay,
       CASE WHEN o.express_shipping THEN 'Express' ELSE 'Ordinary' END AS shipping,
       CASE WHEN o.order_status = 'Delivered' THEN CASE WHEN o.finished_date <= o.eta THEN 1 ELSE 0 END END AS on_time,
       CASE WHEN o.order_status = 'Delivered' THEN CASE WHEN o.finished_date <= o.eta THEN 'On time' ELSE 'Late' END END
           AS punctuality,
       CASE WHEN o.order_status = 'Delivered'
            THEN least(greatest(ceil(extract(epoch FROM o.finished_date - o.eta) / 14400)::integer * 4, -44), 48) END
           AS delay_hours,
       CASE WHEN o.order_status = 'Delivered'
            THEN (extract(epoch FROM o.finished_date - o.order_date) / 86400)::real END AS days_to_delivery,
       CASE WHEN e.event IS NULL THEN 'Ordinary day' ELSE 'Sale event ' || e.event END AS sale_event,
       extract(day FROM o.order_date)::integer AS day_of_month,
       extract(hour FROM o.order_date)::integer AS hour_of_day,
       CASE WHEN extract(day FROM o.order_date) IN (14, 15, 30, 31) THEN 'Sale day' ELSE 'Ordinary day' END AS month_day_kind,
       to_char(o.order_date, 'ID Dy') AS weekday,
       o.order_date::date AS order_day
FROM placed o
LEFT JOIN customer_info c USING (customer_id)
LEFT JOIN ranked r USING (customer_id)
LEFT JOIN province_name p USING (provincial_code)
LEFT JOIN line l USING (order_id)
LEFT JOIN sale_day e
       ON e.month = date_trunc('month', o.order_date)::date
      AND e.middle = (extract(day FROM o.order_date) < 20)
      AND (extract(day FROM o.order_date) IN (14, 15, 30, 31)
           OR (extract(month FROM o.order_date) = 2 AND extract(day FROM o.order_date) >= 27))
ORDER BY o.order_date;

CREATE MATERIALIZED VIEW sales_customer AS
SELECT customer_id,
       min(customer) AS customer,
       min(customer_rank) AS customer_rank,
       (array_agg(province ORDER BY order_date DESC, order_id DESC))[1] AS province,
       min(order_date) AS first_order_date,
       max(order_date) AS last_order_date,
       count(*)::integer AS orders,
       CASE WHEN count(*) <= 5 THEN lpad(count(*)::text, 2)
            WHEN count(*) <= 10 THEN ' 6-10'
            WHEN count(*) <= 20 THEN '11-20'
            WHEN count(*) <= 50 THEN '21-50'
            ELSE '51 or more' END AS orders_group,
       sum(order_value) AS order_value,
       sum(revenue) AS revenue,
       sum(profit) AS profit
FROM sales_order
GROUP BY customer_id;

CREATE MATERIALIZED VIEW sales_line AS
WITH item_rank AS (
    SELECT i.sku, rank() OVER (ORDER BY sum(i.subtotal) DESC, i.sku) AS item_rank
    FROM item_info i
    JOIN order_info o USING (order_id)
    WHERE o.order_status = 'Delivered'
    GROUP BY i.sku
), usual AS (
    SELECT i.sku, avg(i.quantity) AS quantity
    FROM item_info i
    JOIN sales_order o USING (order_id)
    WHERE o.sale_event = 'Ordinary day'
    GROUP BY i.sku
)
SELECT i.item_id,
       o.order_id,
       o.order_date,
       o.order_status,
       o.customer,
       o.customer_rank,
       o.province,
       o.sale_event,
       i.sku,
       'SKU ' || lpad(i.sku::text, 2, '0') AS item,
       r.item_rank::integer AS item_rank,
       i.unit_price,
       i.quantity,
       (i.quantity / u.quantity)::real AS quantity_ratio,
       round(i.discount_percent)::integer AS discount_percent,
       i.subtotal AS line_value,
       CASE WHEN o.order_status = 'Delivered' THEN i.quantity ELSE 0 END AS units_sold,
       CASE WHEN o.order_status = 'Delivered' THEN i.subtotal ELSE 0 END AS revenue,
       CASE WHEN o.order_status = 'Delivered' THEN i.quantity * s.cost ELSE 0 END AS cost,
       CASE WHEN o.order_status = 'Delivered' THEN i.subtotal - i.quantity * s.cost ELSE 0 END AS profit,
       o.order_day
FROM sales_order o
JOIN item_info i USING (order_id)
LEFT JOIN sku_info s USING (sku)
LEFT JOIN item_rank r USING (sku)
LEFT JOIN usual u USING (sku)
ORDER BY o.order_date;

CREATE MATERIALIZED VIEW sales_item_pair AS
WITH pair AS (
    SELECT date_trunc('month', a.order_date) AS order_month,
           a.item AS item_a,
           b.item AS item_b,
           a.item_rank AS item_rank_a,
           b.item_rank AS item_rank_b,
           count(*)::integer AS orders
    FROM sales_line a
    JOIN sales_line b ON b.order_id = a.order_id AND b.sku > a.sku
    GROUP BY 1, 2, 3, 4, 5
)
SELECT order_month, item_a, item_b, item_rank_a, item_rank_b, orders FROM pair
UNION ALL
SELECT order_month, item_b, item_a, item_rank_b, item_rank_a, orders FROM pair;

COMMIT;
