-- What routed orders come to: per order, and per destination. The SQL scripts keep the sums, the sinks
-- write the newest of each. Can be run again.

SET client_min_messages = warning;

BEGIN;

CREATE TABLE IF NOT EXISTS order_price (
    order_id    bigint PRIMARY KEY,
    lines       bigint,
    order_price numeric(18, 2)
);

COMMENT ON TABLE order_price IS 'What each routed order comes to, by its lines; past orders that were never routed have no row';
COMMENT ON COLUMN order_price.order_id IS 'Number of the order; see order_info';
COMMENT ON COLUMN order_price.lines IS 'Lines that were routed';
COMMENT ON COLUMN order_price.order_price IS 'Sum of their subtotals, PHP';

CREATE TABLE IF NOT EXISTS destination_total (
    to_location      integer PRIMARY KEY,
    to_location_name text,
    lines            bigint,
    quantity         bigint,
    amount           numeric(18, 2)
);

COMMENT ON TABLE destination_total IS 'What routed orders send to each destination, all orders together';
COMMENT ON COLUMN destination_total.to_location IS 'Number of the destination; 0: of orders older than locations';
COMMENT ON COLUMN destination_total.to_location_name IS 'Its name in the newest line';
COMMENT ON COLUMN destination_total.lines IS 'Lines of orders';
COMMENT ON COLUMN destination_total.quantity IS 'Sum of their quantities, whatever their units';
COMMENT ON COLUMN destination_total.amount IS 'Sum of their subtotals, PHP';

COMMIT;
