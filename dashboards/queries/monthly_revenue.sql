-- Revenue by month, with the change on the month before
SELECT to_char(month, 'YYYY-MM') AS month,
       orders,
       revenue,
       round(100 * (revenue / nullif(lag(revenue) OVER (ORDER BY month), 0) - 1), 1) AS change_percent
FROM (
    SELECT date_trunc('month', order_date) AS month, count(*) AS orders, sum(revenue) AS revenue
    FROM sales_order
    GROUP BY 1
) AS months
ORDER BY month;
