-- The orders that came to their end, as the processors leave them: one stream a topic. Value columns
-- are those of the schema that the registry holds when this is first run.
--
-- All scripts: plain ksqlDB, for a cluster or for orderflow-ksqld. They can be run again; what is
-- there already stays as it is. The variable ${partitions} must be defined (orderflow-ksql apply
-- --define partitions=4); outputs have as many partitions as the order topics.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE STREAM IF NOT EXISTS finished (order_key VARCHAR KEY)
    WITH (KAFKA_TOPIC = 'finished_orders', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');

CREATE STREAM IF NOT EXISTS failed (order_key VARCHAR KEY)
    WITH (KAFKA_TOPIC = 'failed_orders', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');
