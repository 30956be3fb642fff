-- What goes to each destination: lines, quantity and amount, running. Lines of orders that are older
-- than locations have destination 0.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE TABLE IF NOT EXISTS destination_total
    WITH (KAFKA_TOPIC = 'destination_total', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO',
        PARTITIONS = ${partitions}) AS
    SELECT
        to_location                        AS location_key,
        AS_VALUE(to_location)              AS to_location,
        LATEST_BY_OFFSET(to_location_name) AS to_location_name,
        COUNT(*)                           AS lines,
        SUM(quantity)                      AS quantity,
        SUM(amount)                        AS amount
    FROM order_lines
    GROUP BY to_location
    EMIT CHANGES;
