-- What became of each order, and when: the events of the topic order_status, and which status is the
-- current one. An order has one event a status, so that writing one again changes nothing. Every
-- timestamp is UTC. Can be run again.

SET client_min_messages = warning;

BEGIN;

CREATE TABLE IF NOT EXISTS order_status_history (
    order_id    bigint,
    status      text,
    stage       text,
    at          timestamp,
    reason      text,
    customer_id bigint,
    PRIMARY KEY (order_id, status)
);

CREATE INDEX IF NOT EXISTS order_status_history_customer_id_index ON order_status_history (customer_id);

COMMENT ON TABLE order_status_history IS 'Every status that an order has entered, from the topic order_status';
COMMENT ON COLUMN order_status_history.order_id IS 'Number of the order';
COMMENT ON COLUMN order_status_history.status IS 'The status entered; see order_status_step';
COMMENT ON COLUMN order_status_history.stage IS 'Which stage took the order there';
COMMENT ON COLUMN order_status_history.at IS 'Of a past order its own date, of a live one when the stage did it, UTC';
COMMENT ON COLUMN order_status_history.reason IS 'Why, where the status alone does not tell; else null';
COMMENT ON COLUMN order_status_history.customer_id IS 'Who ordered; see customer_info';

-- The legal steps, as lib/order/status.c has them (a unit test compares).
CREATE TABLE IF NOT EXISTS order_status_step (
    before text,
    after  text,
    PRIMARY KEY (before, after)
);

COMMENT ON TABLE order_status_step IS 'Which status may follow which';
COMMENT ON COLUMN order_status_step.before IS 'A status';
COMMENT ON COLUMN order_status_step.after IS 'A status that may follow it';

DELETE FROM order_status_step;
INSERT INTO order_status_step (before, after) VALUES
    ('Generated', 'Paid'),
    ('Generated', 'Timed Out'),
    ('Generated', 'Cancelled'),
    ('Generated', 'Validated'),
    ('Generated', 'Rejected'),
    ('Validated', 'Paid'),
    ('Validated', 'Timed Out'),
    ('Validated', 'Cancelled'),
    ('Paid', 'Shipped'),
    ('Paid', 'Cancelled'),
    ('Paid', 'Enriched'),
    ('Enriched', 'Routed'),
    ('Routed', 'Shipped'),
    ('Routed', 'Cancelled'),
    ('Shipped', 'Delivered'),
    ('Shipped', 'Cancelled'),
    ('Shipped', 'Returned');

-- A status that can follow another has the larger rank: the longest way from Generated.
CREATE OR REPLACE VIEW order_status_rank AS
WITH RECURSIVE way (status, rank) AS (
    SELECT 'Generated', 0
    UNION
    SELECT after, rank + 1 FROM way JOIN order_status_step ON before = status WHERE rank < 100
)
SELECT status, max(rank) AS rank,
       NOT EXISTS (SELECT FROM order_status_step WHERE before = status) AS final
FROM way
GROUP BY status;

COMMENT ON VIEW order_status_rank IS 'How far each status is from the beginning, and whether it is an end';
COMMENT ON COLUMN order_status_rank.status IS 'A status';
COMMENT ON COLUMN order_status_rank.rank IS 'The most steps that lead to it from Generated, which has 0';
COMMENT ON COLUMN order_status_rank.final IS 'Whether no other status may follow';

-- Exported is a side branch: it has no rank, and is never an order's current status.
CREATE OR REPLACE VIEW order_status AS
SELECT DISTINCT ON (order_id)
       order_id, customer_id, status, stage, at, reason, coalesce(final, false) AS final
FROM order_status_history
LEFT JOIN order_status_rank USING (status)
ORDER BY order_id, rank DESC NULLS LAST, at DESC, status;

COMMENT ON VIEW order_status IS 'The current status of every order: the one that none of its others can follow, whatever came in first';
COMMENT ON COLUMN order_status.order_id IS 'Number of the order';
COMMENT ON COLUMN order_status.customer_id IS 'Who ordered; see customer_info';
COMMENT ON COLUMN order_status.status IS 'The status that the order is in';
COMMENT ON COLUMN order_status.stage IS 'Which stage took the order there';
COMMENT ON COLUMN order_status.at IS 'When it entered that status, UTC; see order_status_history';
COMMENT ON COLUMN order_status.reason IS 'Why, where the status alone does not tell; else null';
COMMENT ON COLUMN order_status.final IS 'Whether the order came to its end';

COMMIT;
