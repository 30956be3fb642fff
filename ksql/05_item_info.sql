-- The lines of the orders by item_id, the order's number and the SKU: 1234-7. An SKU stands in an
-- order only once.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE STREAM IF NOT EXISTS item_info
    WITH (KAFKA_TOPIC = 'item_info', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO',
        PARTITIONS = ${partitions}, RETENTION_MS = -1) AS
    SELECT
        CAST(order_id AS VARCHAR) + '-' + CAST(item->sku AS VARCHAR)           AS item_key,
        AS_VALUE(CAST(order_id AS VARCHAR) + '-' + CAST(item->sku AS VARCHAR)) AS item_id,
        order_id,
        item->sku              AS sku,
        item->unit_price       AS unit_price,
        item->quantity         AS quantity,
        item->discount_percent AS discount_percent,
        item->subtotal         AS subtotal
    FROM item_exploded
    PARTITION BY CAST(order_id AS VARCHAR) + '-' + CAST(item->sku AS VARCHAR)
    EMIT CHANGES;
