-- The lines of paid orders as routing sends them, internal and external ones together: what the
-- aggregates are made of. Past orders that were never routed have none.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE STREAM IF NOT EXISTS internal_lines (
        order_key        VARCHAR KEY,
        order_id         BIGINT,
        line             INT,
        to_location      INT,
        to_location_name VARCHAR,
        quantity         INT,
        subtotal         DECIMAL(12, 2))
    WITH (KAFKA_TOPIC = 'internal_orders', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');

CREATE STREAM IF NOT EXISTS external_lines (
        order_key        VARCHAR KEY,
        order_id         BIGINT,
        line             INT,
        to_location      INT,
        to_location_name VARCHAR,
        quantity         INT,
        subtotal         DECIMAL(12, 2))
    WITH (KAFKA_TOPIC = 'external_orders', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');

-- Wide enough for sums that run for years.
CREATE STREAM IF NOT EXISTS order_lines (
        order_key        VARCHAR KEY,
        order_id         BIGINT,
        line             INT,
        to_location      INT,
        to_location_name VARCHAR,
        quantity         BIGINT,
        amount           DECIMAL(18, 2))
    WITH (KAFKA_TOPIC = 'order_lines', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO',
        PARTITIONS = ${partitions}, RETENTION_MS = -1);

INSERT INTO order_lines WITH (QUERY_ID = 'order_lines_internal')
    SELECT
        order_key,
        order_id,
        line,
        to_location,
        to_location_name,
        CAST(quantity AS BIGINT)         AS quantity,
        CAST(subtotal AS DECIMAL(18, 2)) AS amount
    FROM internal_lines
    EMIT CHANGES;

INSERT INTO order_lines WITH (QUERY_ID = 'order_lines_external')
    SELECT
        order_key,
        order_id,
        line,
        to_location,
        to_location_name,
        CAST(quantity AS BIGINT)         AS quantity,
        CAST(subtotal AS DECIMAL(18, 2)) AS amount
    FROM external_lines
    EMIT CHANGES;
