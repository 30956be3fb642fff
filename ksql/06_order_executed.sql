-- Orders that were carried out, with the price at which they were. It is a column of order_info, which
-- has its rows from 03_order_info.sql too: both write the same to the columns that they share, and
-- whole rows, so that it does not matter which comes first. Orders without a price (past ones, and
-- those of the schema's first version) are in order_info alone.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE STREAM IF NOT EXISTS finished_priced (
        order_key       VARCHAR KEY,
        order_id        BIGINT,
        order_date      TIMESTAMP,
        customer_info   STRUCT<customer_id BIGINT>,
        payment_info    STRUCT<
            payment_status BOOLEAN,
            payment_method VARCHAR,
            payment_date   TIMESTAMP>,
        shipping_info   STRUCT<
            shipping_id      BIGINT,
            express_shipping BOOLEAN,
            order_status     VARCHAR,
            shipped_date     TIMESTAMP,
            eta              TIMESTAMP,
            finished_date    TIMESTAMP>,
        item_variety    INT,
        order_total     DECIMAL(12, 2),
        execution_price DECIMAL(12, 2))
    WITH (KAFKA_TOPIC = 'finished_orders', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');

CREATE STREAM IF NOT EXISTS failed_priced (
        order_key       VARCHAR KEY,
        order_id        BIGINT,
        order_date      TIMESTAMP,
        customer_info   STRUCT<customer_id BIGINT>,
        payment_info    STRUCT<
            payment_status BOOLEAN,
            payment_method VARCHAR,
            payment_date   TIMESTAMP>,
        shipping_info   STRUCT<
            shipping_id      BIGINT,
            express_shipping BOOLEAN,
            order_status     VARCHAR,
            shipped_date     TIMESTAMP,
            eta              TIMESTAMP,
            finished_date    TIMESTAMP>,
        item_variety    INT,
        order_total     DECIMAL(12, 2),
        execution_price DECIMAL(12, 2))
    WITH (KAFKA_TOPIC = 'failed_orders', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');

CREATE STREAM IF NOT EXISTS order_executed (
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
        finished_date    TIMESTAMP,
        execution_price  DECIMAL(12, 2))
    WITH (KAFKA_TOPIC = 'order_executed', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO',
        PARTITIONS = ${partitions}, RETENTION_MS = -1);

INSERT INTO order_executed WITH (QUERY_ID = 'order_executed_finished')
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
        shipping_info->finished_date    AS finished_date,
        execution_price
    FROM finished_priced
    WHERE execution_price IS NOT NULL
    EMIT CHANGES;

INSERT INTO order_executed WITH (QUERY_ID = 'order_executed_failed')
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
        shipping_info->finished_date    AS finished_date,
        execution_price
    FROM failed_priced
    WHERE execution_price IS NOT NULL
    EMIT CHANGES;
