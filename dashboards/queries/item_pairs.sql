-- The thirty pairs of items most often in the same order; lift above 1: more often than by chance
WITH bought AS (
    SELECT item, count(*)::numeric AS orders FROM sales_line GROUP BY item
), total AS (
    SELECT count(*)::numeric AS orders FROM sales_order
)
SELECT p.item_a,
       p.item_b,
       sum(p.orders) AS orders_with_both,
       round(sum(p.orders) * t.orders / (a.orders * b.orders), 2) AS lift
FROM sales_item_pair p
JOIN bought a ON a.item = p.item_a
JOIN bought b ON b.item = p.item_b
CROSS JOIN total t
WHERE p.item_a < p.item_b
GROUP BY p.item_a, p.item_b, t.orders, a.orders, b.orders
ORDER BY orders_with_both DESC, p.item_a, p.item_b
LIMIT 30;
