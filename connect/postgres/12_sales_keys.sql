-- Keys, indexes and comments of the materialised views of 11_sales.sql. The unique indexes are what
-- lets a refresh run beside readers; the others serve the dashboards' filters. Those that include columns
-- hold all that a chart needs: half a million customers are ranked without a hash, and distinct days are
-- counted without a sort.

SET client_min_messages = warning;

BEGIN;

CREATE UNIQUE INDEX IF NOT EXISTS sale_day_key ON sale_day (month, middle);
CREATE UNIQUE INDEX IF NOT EXISTS sales_order_key ON sales_order (order_id);
CREATE INDEX IF NOT EXISTS sales_order_date_index ON sales_order (order_date);
CREATE INDEX IF NOT EXISTS sales_order_customer_index ON sales_order (customer) INCLUDE (revenue, order_date);
CREATE INDEX IF NOT EXISTS sales_order_event_index ON sales_order (sale_event, order_day)
    INCLUDE (order_date, revenue, profit);
CREATE INDEX IF NOT EXISTS sales_order_day_index ON sales_order (day_of_month, month_day_kind, order_day)
    INCLUDE (order_date);
CREATE INDEX IF NOT EXISTS sales_order_rank_index ON sales_order (customer_rank);
CREATE INDEX IF NOT EXISTS sales_order_province_index ON sales_order (province);
CREATE UNIQUE INDEX IF NOT EXISTS sales_customer_key ON sales_customer (customer_id);
CREATE INDEX IF NOT EXISTS sales_customer_name_index ON sales_customer (customer);
CREATE INDEX IF NOT EXISTS sales_customer_rank_index ON sales_customer (customer_rank);
CREATE UNIQUE INDEX IF NOT EXISTS sales_line_key ON sales_line (item_id);
CREATE INDEX IF NOT EXISTS sales_line_order_index ON sales_line (order_id);
CREATE INDEX IF NOT EXISTS sales_line_date_index ON sales_line (order_date);
CREATE INDEX IF NOT EXISTS sales_line_customer_index ON sales_line (customer);
CREATE INDEX IF NOT EXISTS sales_line_rank_index ON sales_line (customer_rank);
CREATE UNIQUE INDEX IF NOT EXISTS sales_item_pair_key ON sales_item_pair (order_month, item_a, item_b);

COMMENT ON MATERIALIZED VIEW sale_day IS 'Which sale event held in the middle and at the end of each month: the one whose discounts most lines had';
COMMENT ON COLUMN sale_day.month IS 'First day of the month';
COMMENT ON COLUMN sale_day.middle IS 'True for the sale of the 14th and 15th, false for the one at the month''s end';
COMMENT ON COLUMN sale_day.event IS 'Sale event 1, 2 or 3; see sku_info for its discounts';

COMMENT ON MATERIALIZED VIEW sales_order IS 'Orders that came to their end, one row each, with all that the business asks of them';
COMMENT ON COLUMN sales_order.order_id IS 'Number of the order; see order_info';
COMMENT ON COLUMN sales_order.order_date IS 'When the order was placed, UTC';
COMMENT ON COLUMN sales_order.order_status IS 'Delivered, Timed Out (never paid), Cancelled or Returned';
COMMENT ON COLUMN sales_order.customer_id IS 'Who ordered; see customer_info';
COMMENT ON COLUMN sales_order.customer IS 'Name and number of the customer';
COMMENT ON COLUMN sales_order.customer_rank IS '1 for the customer with the highest revenue of all time';
COMMENT ON COLUMN sales_order.customer_orders IS 'How many orders the customer placed in all';
COMMENT ON COLUMN sales_order.customer_kind IS 'New: the customer''s first order; Returning: a later one';
COMMENT ON COLUMN sales_order.customer_loyalty IS 'Repeat: the customer placed more than one order, whatever became of them; One-time: just this';
COMMENT ON COLUMN sales_order.weeks_since_previous IS 'Whole weeks since the customer''s order before, 26 for all from half a year on; null for the first';
COMMENT ON COLUMN sales_order.province IS 'Province of the customer''s newest address';
COMMENT ON COLUMN sales_order.map_code IS 'Code of the province''s shape on the map; see province_name';
COMMENT ON COLUMN sales_order.order_value IS 'What the items cost the customer, whatever became of the order, in pesos';
COMMENT ON COLUMN sales_order.units IS 'Pieces ordered';
COMMENT ON COLUMN sales_order.item_variety IS 'Different items ordered';
COMMENT ON COLUMN sales_order.skus IS 'The items ordered; see sku_info';
COMMENT ON COLUMN sales_order.revenue IS 'The value of a delivered order, 0 for any other, in pesos';
COMMENT ON COLUMN sales_order.cost IS 'What the pieces of a delivered order cost us, 0 for any other, in pesos';
COMMENT ON COLUMN sales_order.profit IS 'revenue - cost, in pesos; gross margin is sum(profit) / sum(revenue)';
COMMENT ON COLUMN sales_order.failed IS '1 if the order ended in any other way than Delivered, else 0; the average is the failed share';
COMMENT ON COLUMN sales_order.unpaid IS '1 if the order was never paid, else 0; the average is the unpaid share';
COMMENT ON COLUMN sales_order.payment_method IS 'Bank Transfer, Credit Card or Digital Wallet; null if never paid';
COMMENT ON COLUMN sales_order.time_to_pay IS 'At once, or the day after the order on which it was paid: Day 1, Day 2, Day 3; null if never';
COMMENT ON COLUMN sales_order.shipping IS 'Express or Ordinary';
COMMENT ON COLUMN sales_order.on_time IS '1 if delivered no later than eta, 0 if later, null if not delivered; the average is the on-time share';
COMMENT ON COLUMN sales_order.punctuality IS 'On time or Late, as on_time; null if not delivered';
COMMENT ON COLUMN sales_order.delay_hours IS 'Delivered up to this many hours after eta (before it if negative), in steps of 4; -44 and 48 hold all beyond; null if not delivered';
COMMENT ON COLUMN sales_order.days_to_delivery IS 'Days from the order to its delivery; null if not delivered';
COMMENT ON COLUMN sales_order.sale_event IS 'Ordinary day, or Sale event 1, 2 or 3; see sale_day';
COMMENT ON COLUMN sales_order.day_of_month IS 'Day of the month of the order, 1 to 31';
COMMENT ON COLUMN sales_order.hour_of_day IS 'Hour of the order, 0 to 23, UTC';
COMMENT ON COLUMN sales_order.month_day_kind IS 'Sale day on the 14th, 15th, 30th and 31st of any month, else Ordinary day';
COMMENT ON COLUMN sales_order.weekday IS 'Day of the week of the order with its number, 1 Mon to 7 Sun';
COMMENT ON COLUMN sales_order.order_day IS 'Day of the order';

COMMENT ON MATERIALIZED VIEW sales_customer IS 'Customers with all their orders summed up, one row each';
COMMENT ON COLUMN sales_customer.customer_id IS 'Number of the customer; see customer_info';
COMMENT ON COLUMN sales_customer.customer IS 'Name and number of the customer';
COMMENT ON COLUMN sales_customer.customer_rank IS '1 for the customer with the highest revenue';
COMMENT ON COLUMN sales_customer.province IS 'Province of the newest address';
COMMENT ON COLUMN sales_customer.first_order_date IS 'When the first order was placed, UTC';
COMMENT ON COLUMN sales_customer.last_order_date IS 'When the newest order was placed, UTC';
COMMENT ON COLUMN sales_customer.orders IS 'Orders placed, whatever became of them';
COMMENT ON COLUMN sales_customer.orders_group IS 'orders in groups for a histogram';
COMMENT ON COLUMN sales_customer.order_value IS 'Value of all orders, in pesos';
COMMENT ON COLUMN sales_customer.revenue IS 'Revenue of all orders, in pesos';
COMMENT ON COLUMN sales_customer.profit IS 'Profit of all orders, in pesos';

COMMENT ON MATERIALIZED VIEW sales_line IS 'The lines of the orders in sales_order, one row each';
COMMENT ON COLUMN sales_line.item_id IS 'order_id, a hyphen and sku; see item_info';
COMMENT ON COLUMN sales_line.order_id IS 'The order that the line belongs to; see sales_order';
COMMENT ON COLUMN sales_line.order_date IS 'When the order was placed, UTC';
COMMENT ON COLUMN sales_line.order_status IS 'What became of the order';
COMMENT ON COLUMN sales_line.customer IS 'Name and number of the customer';
COMMENT ON COLUMN sales_line.customer_rank IS '1 for the customer with the highest revenue of all time';
COMMENT ON COLUMN sales_line.province IS 'Province of the customer''s newest address';
COMMENT ON COLUMN sales_line.sale_event IS 'Ordinary day, or Sale event 1, 2 or 3; see sale_day';
COMMENT ON COLUMN sales_line.sku IS 'Number of the item (stock keeping unit); see sku_info';
COMMENT ON COLUMN sales_line.item IS 'The item as dashboards call it: SKU and its number';
COMMENT ON COLUMN sales_line.item_rank IS '1 for the item with the highest revenue of all time';
COMMENT ON COLUMN sales_line.unit_price IS 'Price of one piece before the discount, in pesos';
COMMENT ON COLUMN sales_line.quantity IS 'Pieces ordered, whatever became of the order';
COMMENT ON COLUMN sales_line.quantity_ratio IS 'quantity by the average of the same item''s lines on ordinary days';
COMMENT ON COLUMN sales_line.discount_percent IS 'Discount in percent';
COMMENT ON COLUMN sales_line.line_value IS 'Price of the line after the discount, whatever became of the order, in pesos';
COMMENT ON COLUMN sales_line.units_sold IS 'Pieces of a delivered order, 0 for any other';
COMMENT ON COLUMN sales_line.revenue IS 'line_value of a delivered order, 0 for any other, in pesos';
COMMENT ON COLUMN sales_line.cost IS 'What the pieces of a delivered order cost us, 0 for any other, in pesos';
COMMENT ON COLUMN sales_line.profit IS 'revenue - cost, in pesos';
COMMENT ON COLUMN sales_line.order_day IS 'Day of the order';

COMMENT ON MATERIALIZED VIEW sales_item_pair IS 'How many orders of a month held both of two items; each pair is there twice, once either way round';
COMMENT ON COLUMN sales_item_pair.order_month IS 'First day of the month';
COMMENT ON COLUMN sales_item_pair.item_a IS 'One item';
COMMENT ON COLUMN sales_item_pair.item_b IS 'The other item';
COMMENT ON COLUMN sales_item_pair.item_rank_a IS 'Rank of item_a by revenue; see sales_line.item_rank';
COMMENT ON COLUMN sales_item_pair.item_rank_b IS 'Rank of item_b by revenue';
COMMENT ON COLUMN sales_item_pair.orders IS 'Orders with both, whatever became of them';

COMMIT;

-- An index alone answers only where the table's visibility map says so.
VACUUM (ANALYZE) sale_day, sales_order, sales_customer, sales_line, sales_item_pair;
