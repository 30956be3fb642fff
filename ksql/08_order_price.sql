-- What each paid order comes to, by its lines, running.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE TABLE IF NOT EXISTS order_price
    WITH (KAFKA_TOPIC = 'order_price', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO',
        PARTITIONS = ${partitions}) AS
    SELECT
        order_key,
        LATEST_BY_OFFSET(order_id) AS order_id,
        COUNT(*)                   AS lines,
        SUM(amount)                AS order_price
    FROM order_lines
    GROUP BY order_key
    EMIT CHANGES;
