-- Customers, once for each of their finished and failed orders; the table keeps the newest. Keyed by
-- customer, so that one customer's records stay in order. AS_VALUE keeps in the value what PARTITION
-- BY takes out of it: the sink has its primary key from there.

SET 'auto.offset.reset' = 'earliest';
SET 'processing.guarantee' = 'exactly_once_v2';

CREATE STREAM IF NOT EXISTS customer_info (
        customer_key    BIGINT KEY,
        customer_id     BIGINT,
        customer_name   VARCHAR,
        company         VARCHAR,
        email           VARCHAR,
        street_address  VARCHAR,
        lgu             VARCHAR,
        provincial_code VARCHAR,
        contact_number  VARCHAR)
    WITH (KAFKA_TOPIC = 'customer_info', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO',
        PARTITIONS = ${partitions}, RETENTION_MS = -1);

INSERT INTO customer_info WITH (QUERY_ID = 'customer_info_finished')
    SELECT
        customer_info->customer_id           AS customer_key,
        AS_VALUE(customer_info->customer_id) AS customer_id,
        customer_info->customer_name         AS customer_name,
        customer_info->company               AS company,
        customer_info->email                 AS email,
        customer_info->street_address        AS street_address,
        customer_info->lgu                   AS lgu,
        customer_info->provincial_code       AS provincial_code,
        customer_info->contact_number        AS contact_number
    FROM finished
    PARTITION BY customer_info->customer_id
    EMIT CHANGES;

INSERT INTO customer_info WITH (QUERY_ID = 'customer_info_failed')
    SELECT
        customer_info->customer_id           AS customer_key,
        AS_VALUE(customer_info->customer_id) AS customer_id,
        customer_info->customer_name         AS customer_name,
        customer_info->company               AS company,
        customer_info->email                 AS email,
        customer_info->street_address        AS street_address,
        customer_info->lgu                   AS lgu,
        customer_info->provincial_code       AS provincial_code,
        customer_info->contact_number        AS contact_number
    FROM failed
    PARTITION BY customer_info->customer_id
    EMIT CHANGES;
