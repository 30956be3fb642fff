-- The flattened tables that the sinks write. Made here and never by a sink, so that keys, types,
-- indexes and comments are ours. They accept all that the order schema allows: nothing but the key
-- is NOT NULL, and there is no CHECK and no foreign key, because the sinks write in any order.
-- Every timestamp is UTC. Can be run again.

SET client_min_messages = warning;

BEGIN;

CREATE TABLE IF NOT EXISTS customer_info (
    customer_id     bigint PRIMARY KEY,
    customer_name   text,
    company         text,
    email           text,
    street_address  text,
    lgu             text,
    provincial_code text,
    contact_number  text
);

CREATE INDEX IF NOT EXISTS customer_info_place_index ON customer_info (provincial_code, lgu);

COMMENT ON TABLE customer_info IS 'Customers, as in the newest of their finished and failed orders';
COMMENT ON COLUMN customer_info.customer_id IS 'Number of the customer, unique';
COMMENT ON COLUMN customer_info.customer_name IS 'First and last name';
COMMENT ON COLUMN customer_info.company IS 'Company that the customer orders for';
COMMENT ON COLUMN customer_info.email IS 'Mail address';
COMMENT ON COLUMN customer_info.street_address IS 'House number, street and barangay';
COMMENT ON COLUMN customer_info.lgu IS 'City or municipality (local government unit); see province_info';
COMMENT ON COLUMN customer_info.provincial_code IS 'ISO 3166-2 code of the province; see province_info';
COMMENT ON COLUMN customer_info.contact_number IS 'Telephone number';

CREATE TABLE IF NOT EXISTS order_info (
    order_id         bigint PRIMARY KEY,
    customer_id      bigint,
    order_date       timestamp,
    order_status     text,
    order_total      numeric(12, 2),
    item_variety     integer,
    payment_status   boolean,
    payment_method   text,
    payment_date     timestamp,
    shipping_id      bigint,
    express_shipping boolean,
    shipped_date     timestamp,
    eta              timestamp,
    finished_date    timestamp
);

CREATE INDEX IF NOT EXISTS order_info_customer_id_index ON order_info (customer_id);
CREATE INDEX IF NOT EXISTS order_info_order_date_index ON order_info (order_date);

COMMENT ON TABLE order_info IS 'Orders that came to their end, from the topics finished_orders and failed_orders';
COMMENT ON COLUMN order_info.order_id IS 'Number of the order: generated ones from 1, those placed at the gateway from 10^12, each without a gap';
COMMENT ON COLUMN order_info.customer_id IS 'Who ordered; see customer_info';
COMMENT ON COLUMN order_info.order_date IS 'When the order was placed, UTC';
COMMENT ON COLUMN order_info.order_status IS 'Delivered, Timed Out (never paid), Cancelled, Returned or Rejected (by validation)';
COMMENT ON COLUMN order_info.order_total IS 'Sum of the subtotals of the items, in pesos';
COMMENT ON COLUMN order_info.item_variety IS 'Number of different items; as many rows of item_info';
COMMENT ON COLUMN order_info.payment_status IS 'Whether the order was paid';
COMMENT ON COLUMN order_info.payment_method IS 'Bank Transfer, Credit Card or Digital Wallet; null if never paid';
COMMENT ON COLUMN order_info.payment_date IS 'When it was paid, UTC; null if never';
COMMENT ON COLUMN order_info.shipping_id IS 'Number of the shipment';
COMMENT ON COLUMN order_info.express_shipping IS 'Whether express shipping was chosen';
COMMENT ON COLUMN order_info.shipped_date IS 'When it was shipped, UTC; null if never';
COMMENT ON COLUMN order_info.eta IS 'Promised day of arrival, UTC; null if never paid';
COMMENT ON COLUMN order_info.finished_date IS 'When it was delivered, returned, cancelled or timed out, UTC';

CREATE TABLE IF NOT EXISTS item_info (
    item_id          text PRIMARY KEY,
    order_id         bigint,
    sku              integer,
    unit_price       numeric(12, 2),
    quantity         integer,
    discount_percent real,
    subtotal         numeric(12, 2)
);

CREATE INDEX IF NOT EXISTS item_info_order_id_index ON item_info (order_id);
CREATE INDEX IF NOT EXISTS item_info_sku_index ON item_info (sku);

COMMENT ON TABLE item_info IS 'The lines of the orders in order_info';
COMMENT ON COLUMN item_info.item_id IS 'order_id, a hyphen and sku';
COMMENT ON COLUMN item_info.order_id IS 'The order that the line belongs to; see order_info';
COMMENT ON COLUMN item_info.sku IS 'What was ordered (stock keeping unit); see sku_info';
COMMENT ON COLUMN item_info.unit_price IS 'Price of one piece before the discount, in pesos';
COMMENT ON COLUMN item_info.quantity IS 'Pieces ordered';
COMMENT ON COLUMN item_info.discount_percent IS 'Discount in percent: 5.0 is five percent';
COMMENT ON COLUMN item_info.subtotal IS 'Price of the line after the discount, in pesos';

COMMIT;
