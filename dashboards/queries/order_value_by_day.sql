-- Average order value by day, over all orders placed
SELECT order_day AS day,
       count(*) AS orders,
       round(avg(order_value), 2) AS average_order_value
FROM sales_order
GROUP BY order_day
ORDER BY order_day;
