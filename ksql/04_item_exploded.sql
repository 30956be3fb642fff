-- One record for each line of an order. A stream of its own: the fields of what EXPLODE yields can
-- only be taken by the next query.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE STREAM IF NOT EXISTS item_exploded (
        order_key VARCHAR KEY,
        order_id  BIGINT,
        item      STRUCT<
            sku              INT,
            unit_price       DECIMAL(12, 2),
            quantity         INT,
            discount_percent DOUBLE,
            subtotal         DECIMAL(12, 2)>)
    WITH (KAFKA_TOPIC = 'item_exploded', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO',
        PARTITIONS = ${partitions}, RETENTION_MS = -1);

INSERT INTO item_exploded WITH (QUERY_ID = 'item_exploded_finished')
    SELECT order_key, order_id, EXPLODE(item_info) AS item
    FROM finished
    EMIT CHANGES;

INSERT INTO item_exploded WITH (QUERY_ID = 'item_exploded_failed')
    SELECT order_key, order_id, EXPLODE(item_info) AS item
    FROM failed
    EMIT CHANGES;
