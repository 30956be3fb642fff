-- Where orderflow-reconcile begins to count: POST /truncate of the gateway empties the tables and
-- notes the ends of the order topics in the same transaction. Orders with a record before these do
-- not count any more. Can be run again.

SET client_min_messages = warning;

CREATE TABLE IF NOT EXISTS reconcile_start (
    topic     text,
    partition integer,
    position  bigint NOT NULL,
    at        timestamp NOT NULL,
    PRIMARY KEY (topic, partition)
);

COMMENT ON TABLE reconcile_start IS 'Records before these are of orders that no longer count, since the tables were emptied';
COMMENT ON COLUMN reconcile_start.topic IS 'A topic of orders, with its prefix';
COMMENT ON COLUMN reconcile_start.partition IS 'One of its partitions';
COMMENT ON COLUMN reconcile_start.position IS 'Its end when the tables were emptied';
COMMENT ON COLUMN reconcile_start.at IS 'When that was, UTC';
