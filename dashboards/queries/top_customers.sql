-- The ten customers with the highest revenue, and their revenue month by month
SELECT c.customer_rank AS rank,
       c.customer,
       c.revenue AS revenue_in_all,
       to_char(o.order_date, 'YYYY-MM') AS month,
       count(*) AS orders,
       sum(o.revenue) AS revenue
FROM sales_customer c
JOIN sales_order o USING (customer_id)
WHERE c.customer_rank <= 10
GROUP BY c.customer_rank, c.customer, c.revenue, month
ORDER BY c.customer_rank, month;
