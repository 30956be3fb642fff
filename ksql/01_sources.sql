-- The orders that came to their end, as the processors leave them: one stream a topic. Their columns
-- are those of the first version of the order schema and stay so, whatever the registry holds by
-- now: a stream whose nested structs grew could not be replaced, and what reads it expects them as
-- they are. A script that needs newer fields declares streams of its own over the topics.
--
-- All scripts: plain ksqlDB, for a cluster or for orderflow-ksqld. They can be run again; what is
-- there already stays as it is. The variable ${partitions} must be defined (orderflow-ksql apply
-- --define partitions=4); outputs have as many partitions as the order topics.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE STREAM IF NOT EXISTS finished (
        order_key      VARCHAR KEY,
        order_id       BIGINT,
        order_date     TIMESTAMP,
        customer_info  STRUCT<
            customer_id     BIGINT,
            customer_name   VARCHAR,
            company         VARCHAR,
            email           VARCHAR,
            street_address  VARCHAR,
            lgu             VARCHAR,
            provincial_code VARCHAR,
            contact_number  VARCHAR,
            ip_address      VARCHAR>,
        payment_info   STRUCT<
            payment_status BOOLEAN,
            payment_method VARCHAR,
            payment_date   TIMESTAMP>,
        shipping_info  STRUCT<
            shipping_id      BIGINT,
            express_shipping BOOLEAN,
            order_status     VARCHAR,
            shipped_date     TIMESTAMP,
            eta              TIMESTAMP,
            finished_date    TIMESTAMP>,
        item_info      ARRAY<STRUCT<
            sku              INT,
            unit_price       DECIMAL(12, 2),
            quantity         INT,
            discount_percent DOUBLE,
            subtotal         DECIMAL(12, 2)>>,
        item_variety   INT,
        order_total    DECIMAL(12, 2))
    WITH (KAFKA_TOPIC = 'finished_orders', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');

CREATE STREAM IF NOT EXISTS failed (
        order_key      VARCHAR KEY,
        order_id       BIGINT,
        order_date     TIMESTAMP,
        customer_info  STRUCT<
            customer_id     BIGINT,
            customer_name   VARCHAR,
            company         VARCHAR,
            email           VARCHAR,
            street_address  VARCHAR,
            lgu             VARCHAR,
            provincial_code VARCHAR,
            contact_number  VARCHAR,
            ip_address      VARCHAR>,
        payment_info   STRUCT<
            payment_status BOOLEAN,
            payment_method VARCHAR,
            payment_date   TIMESTAMP>,
        shipping_info  STRUCT<
            shipping_id      BIGINT,
            express_shipping BOOLEAN,
            order_status     VARCHAR,
            shipped_date     TIMESTAMP,
            eta              TIMESTAMP,
            finished_date    TIMESTAMP>,
        item_info      ARRAY<STRUCT<
            sku              INT,
            unit_price       DECIMAL(12, 2),
            quantity         INT,
            discount_percent DOUBLE,
            subtotal         DECIMAL(12, 2)>>,
        item_variety   INT,
        order_total    DECIMAL(12, 2))
    WITH (KAFKA_TOPIC = 'failed_orders', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');
