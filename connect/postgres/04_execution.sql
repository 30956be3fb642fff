-- What carrying an order out came to: a column of order_info, written by the sink order_executed. Can
-- be run again.

SET client_min_messages = warning;

BEGIN;

ALTER TABLE order_info ADD COLUMN IF NOT EXISTS execution_price numeric(12, 2);

COMMENT ON COLUMN order_info.execution_price IS 'Price at which the order was carried out; null for past orders and for those that ended before they were shipped';

COMMIT;
