-- Orders without their nested parts, from finished and failed orders.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE STREAM IF NOT EXISTS order_info (
        order_key        VARCHAR KEY,
        order_id         BIGINT,
        customer_id      BIGINT,
        order_date       TIMESTAMP,
        order_status     VARCHAR,
        order_total      DECIMAL(12, 2),
        item_variety     INT,
        payment_status   BOOLEAN,
        payment_method   VARCHAR,
        payment_date     TIMESTAMP,
        shipping_id      BIGINT,
        express_shipping BOOLEAN,
        shipped_date     TIMESTAMP,
        eta              TIMESTAMP,
        finished_date    TIMESTAMP)
    WITH (KAFKA_TOPIC = 'order_info', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO',
        PARTITIONS = ${partitions}, RETENTION_MS = -1);

INSERT INTO order_info WITH (QUERY_ID = 'order_info_finished')
    SELECT
        order_key,
        order_id,
        customer_info->customer_id      AS customer_id,
        order_date,
        shipping_info->order_status     AS order_status,
        order_total,
        item_variety,
        payment_info->payment_status    AS payment_status,
        payment_info->payment_method    AS payment_method,
        payment_info->payment_date      AS payment_date,
        shipping_info->shipping_id      AS shipping_id,
        shipping_info->express_shipping AS express_shipping,
        shipping_info->shipped_date     AS shipped_date,
        shipping_info->eta              AS eta,
        shipping_info->finished_date    AS finished_date
    FROM finished
    EMIT CHANGES;

INSERT INTO order_info WITH (QUERY_ID = 'order_info_failed')
    SELECT
        order_key,
        order_id,
        customer_info->customer_id      AS customer_id,
        order_date,
        shipping_info->order_status     AS order_status,
        order_total,
        item_variety,
        payment_info->payment_status    AS payment_status,
        payment_info->payment_method    AS payment_method,
        payment_info->payment_date      AS payment_date,
        shipping_info->shipping_id      AS shipping_id,
        shipping_info->express_shipping AS express_shipping,
        shipping_info->shipped_date     AS shipped_date,
        shipping_info->eta              AS eta,
        shipping_info->finished_date    AS finished_date
    FROM failed
    EMIT CHANGES;
