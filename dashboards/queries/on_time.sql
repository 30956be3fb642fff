-- Share of deliveries on time, by year and kind of shipping
SELECT extract(year FROM order_date)::integer AS year,
       shipping,
       count(on_time) AS deliveries,
       round(100 * avg(on_time), 1) AS on_time_percent,
       round(avg(days_to_delivery)::numeric, 1) AS days_to_delivery
FROM sales_order
GROUP BY year, shipping
ORDER BY year, shipping;
