-- What a day of each sale event brings, against an ordinary day; today is left out
SELECT sale_event AS day,
       count(DISTINCT order_day) AS days,
       round(count(*)::numeric / count(DISTINCT order_day), 1) AS orders_per_day,
       round(sum(revenue) / count(DISTINCT order_day), 2) AS revenue_per_day,
       round(sum(profit) / count(DISTINCT order_day), 2) AS profit_per_day,
       round(100 * sum(profit) / nullif(sum(revenue), 0), 1) AS gross_margin_percent,
       round(avg(order_value), 2) AS average_order_value
FROM sales_order
WHERE order_date < date_trunc('day', now() AT TIME ZONE 'UTC')
GROUP BY sale_event
ORDER BY sale_event;
