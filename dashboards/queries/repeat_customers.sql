-- Repeat customers against those who ordered once
SELECT customer_loyalty AS customers_are,
       count(DISTINCT customer_id) AS customers,
       round(100.0 * count(DISTINCT customer_id) / sum(count(DISTINCT customer_id)) OVER (), 1) AS percent_of_customers,
       count(*) AS orders,
       round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent_of_orders,
       sum(revenue) AS revenue,
       round(avg(order_value), 2) AS average_order_value
FROM sales_order
GROUP BY customer_loyalty
ORDER BY customer_loyalty;
