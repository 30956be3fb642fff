-- Revenue, cost, profit and gross margin by quarter
SELECT to_char(order_date, 'YYYY "Q"Q') AS quarter,
       sum(revenue) AS revenue,
       sum(cost) AS cost,
       sum(profit) AS profit,
       round(100 * sum(profit) / nullif(sum(revenue), 0), 1) AS gross_margin_percent
FROM sales_order
GROUP BY quarter
ORDER BY quarter;
