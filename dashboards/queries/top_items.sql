-- The twenty items with the highest revenue, with units sold and profit
SELECT item,
       sum(units_sold) AS units_sold,
       sum(revenue) AS revenue,
       sum(profit) AS profit,
       round(100 * sum(profit) / nullif(sum(revenue), 0), 1) AS gross_margin_percent
FROM sales_line
GROUP BY item
ORDER BY revenue DESC, item
LIMIT 20;
