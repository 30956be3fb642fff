"""The business words, on a handful of orders whose answers were worked out by hand, in a database of
their own beside the pipeline's."""

import datetime
import os
import subprocess
from decimal import Decimal
from urllib.parse import urlparse

import psycopg2
import pytest

from conftest import ROOT

DATABASE = "orderflow_views_test"

# SKU 1 costs 60 and sells at 100, SKU 2 costs 10 and sells at 20.
DATA = """
INSERT INTO sku_info VALUES (1, 100, 60, 0, 0.10, 0.20, 0.30), (2, 20, 10, 0, 0.05, 0.50, 0.60);
INSERT INTO customer_info (customer_id, customer_name, provincial_code) VALUES
    (1, 'Ana Reyes', 'PH-00'), (2, 'Ben Cruz', 'PH-MGN'), (3, 'Ana Reyes', 'PH-MGS');
INSERT INTO order_info VALUES
-- Ana buys 2 x SKU 1 and 1 x SKU 2 on an ordinary Monday, delivered exactly at the eta: on time.
(1, 1, '2024-01-01 08:30', 'Delivered', 220, 2, true, 'Credit Card', '2024-01-01 08:30', 91, true,
    '2024-01-02', '2024-01-05 08:00', '2024-01-05 08:00'),
-- Eight days later again, in the second week, paid on the third day, delivered five hours late.
(2, 1, '2024-01-09 08:30', 'Delivered', 100, 1, true, 'Bank Transfer', '2024-01-11 09:30', 92, false,
    '2024-01-12', '2024-01-16 08:00', '2024-01-16 13:00'),
-- Ben never pays.
(3, 2, '2024-01-02 23:59', 'Timed Out', 40, 1, false, NULL, NULL, 93, false, NULL, NULL, '2024-01-09 23:59'),
-- The other Ana buys in sale event 2 of the middle of the month (20 % and 50 % off) and sends it back.
(4, 3, '2024-01-14 12:00', 'Returned', 90, 2, true, 'Digital Wallet', '2024-01-15 11:00', 94, true,
    '2024-01-16', '2024-01-19', '2024-01-20'),
-- 27 February belongs to the sale at the end of that month, 27 January to none.
(5, 3, '2024-02-27 00:00', 'Delivered', 16, 1, true, 'Digital Wallet', '2024-02-27 00:00', 95, true,
    '2024-02-28', '2024-03-02', '2024-03-01'),
(6, 2, '2024-01-27 10:00', 'Cancelled', 20, 1, true, 'Bank Transfer', '2024-01-27 10:00', 96, false,
    NULL, '2024-02-02', '2024-01-29');
INSERT INTO item_info VALUES
    ('1-1', 1, 1, 100, 2, 0, 200), ('1-2', 1, 2, 20, 1, 0, 20), ('2-1', 2, 1, 100, 1, 0, 100),
    ('3-2', 3, 2, 20, 2, 0, 40), ('4-1', 4, 1, 100, 1, 20, 80), ('4-2', 4, 2, 20, 1, 50, 10),
    ('5-2', 5, 2, 20, 2, 60, 16), ('6-2', 6, 2, 20, 1, 0, 20);
"""


def run_file(url, path):
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(path)], check=True,
                   env=os.environ | {"PGHOST": url.hostname, "PGPORT": str(url.port), "PGUSER": url.username,
                                     "PGPASSWORD": url.password, "PGDATABASE": DATABASE})


@pytest.fixture(scope="module")
def ask():
    url = urlparse(os.environ["DATABASE_URL"])
    owner = psycopg2.connect(os.environ["DATABASE_URL"])
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    files = sorted((ROOT / "connect" / "postgres").glob("*.sql"))
    for path in files:
        run_file(url, path)
    connection = psycopg2.connect(host=url.hostname, port=url.port, user=url.username, password=url.password,
                                  dbname=DATABASE)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(DATA)
    run_file(url, ROOT / "dashboards" / "refresh.sql")

    def rows(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    rows.again = lambda: [run_file(url, path) for path in files]
    yield rows
    connection.close()
    with owner.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {DATABASE}")
    owner.close()


def test_only_delivered_orders_bring_revenue_and_cost(ask):
    assert ask("SELECT order_id, order_value, revenue, cost, profit, failed FROM sales_order ORDER BY 1") == [
        (1, 220, 220, 130, 90, 0), (2, 100, 100, 60, 40, 0), (3, 40, 0, 0, 0, 1),
        (4, 90, 0, 0, 0, 1), (5, 16, 16, 20, -4, 0), (6, 20, 0, 0, 0, 1)]


def test_gross_margin_is_profit_over_revenue(ask):
    assert ask("SELECT round(sum(profit) / sum(revenue), 4) FROM sales_order") == [(Decimal("0.3750"),)]  # 126 / 336


def test_lines_add_up_to_their_orders(ask):
    assert ask("""SELECT o.order_id FROM sales_order o
                  JOIN (SELECT order_id, sum(line_value) AS value, sum(cost) AS cost FROM sales_line GROUP BY 1) l
                  USING (order_id) WHERE o.order_value <> l.value OR o.cost <> l.cost""") == []


def test_on_time_means_no_later_than_the_eta(ask):
    assert ask("SELECT order_id, on_time, punctuality, delay_hours FROM sales_order ORDER BY 1") == [
        (1, 1, "On time", 0), (2, 0, "Late", 8), (3, None, None, None), (4, None, None, None),
        (5, 1, "On time", -24), (6, None, None, None)]


def test_repeat_customers_ordered_more_than_once_whatever_became_of_it(ask):
    assert ask("""SELECT order_id, customer, customer_orders, customer_kind, customer_loyalty, weeks_since_previous
                  FROM sales_order ORDER BY 1""") == [
        (1, "Ana Reyes #1", 2, "New", "Repeat", None), (2, "Ana Reyes #1", 2, "Returning", "Repeat", 1),
        (3, "Ben Cruz #2", 2, "New", "Repeat", None), (4, "Ana Reyes #3", 2, "New", "Repeat", None),
        (5, "Ana Reyes #3", 2, "Returning", "Repeat", 6), (6, "Ben Cruz #2", 2, "Returning", "Repeat", 3)]


def test_customers_are_summed_up_and_ranked_by_revenue(ask):
    assert ask("""SELECT customer_id, customer_rank, orders, orders_group, order_value, revenue, profit, first_order_date
                  FROM sales_customer ORDER BY 1""") == [
        (1, 1, 2, " 2", 320, 320, 130, datetime.datetime(2024, 1, 1, 8, 30)),
        (2, 3, 2, " 2", 60, 0, 0, datetime.datetime(2024, 1, 2, 23, 59)),
        (3, 2, 2, " 2", 106, 16, -4, datetime.datetime(2024, 1, 14, 12, 0))]


def test_orders_know_their_items(ask):
    assert ask("SELECT order_id, skus FROM sales_order ORDER BY 1") == [
        (1, [1, 2]), (2, [1]), (3, [2]), (4, [1, 2]), (5, [2]), (6, [2])]


def test_quantities_against_ordinary_days(ask):
    # SKU 1 is bought 2 and 1 at a time on ordinary days, SKU 2 1, 2 and 1.
    assert ask("SELECT item_id, round(quantity_ratio::numeric, 3) FROM sales_line WHERE order_id IN (1, 4, 5) ORDER BY 1") == [
        ("1-1", Decimal("1.333")), ("1-2", Decimal("0.750")), ("4-1", Decimal("0.667")), ("4-2", Decimal("0.750")),
        ("5-2", Decimal("1.500"))]


def test_sale_events_are_told_by_their_discounts(ask):
    assert ask("SELECT month, middle, event FROM sale_day ORDER BY 1") == [
        (datetime.date(2024, 1, 1), True, 2), (datetime.date(2024, 2, 1), False, 3)]
    assert ask("SELECT order_id, sale_event FROM sales_order WHERE sale_event <> 'Ordinary day' ORDER BY 1") == [
        (4, "Sale event 2"), (5, "Sale event 3")]


def test_time_to_pay(ask):
    assert ask("SELECT order_id, time_to_pay FROM sales_order ORDER BY 1") == [
        (1, "At once"), (2, "Day 3"), (3, None), (4, "Day 1"), (5, "At once"), (6, "At once")]


def test_weekdays_and_hours(ask):
    assert ask("SELECT weekday, hour_of_day, day_of_month, month_day_kind FROM sales_order WHERE order_id IN (1, 4) ORDER BY order_id") == [
        ("1 Mon", 8, 1, "Ordinary day"), ("7 Sun", 12, 14, "Sale day")]


def test_provinces_that_were_split_share_a_shape(ask):
    assert ask("SELECT DISTINCT province, map_code FROM sales_order ORDER BY 1") == [
        ("Maguindanao del Norte", "PH-MAG"), ("Maguindanao del Sur", "PH-MAG"), ("Metro Manila", "PH-MNL")]


def test_pairs_are_there_either_way_round(ask):
    assert ask("SELECT order_month::date, item_a, item_b, orders FROM sales_item_pair ORDER BY 2") == [
        (datetime.date(2024, 1, 1), "SKU 01", "SKU 02", 2), (datetime.date(2024, 1, 1), "SKU 02", "SKU 01", 2)]


def test_everything_is_described(ask):
    assert ask("""SELECT c.relname, a.attname FROM pg_class c
                  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0 AND NOT a.attisdropped
                  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm')
                    AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)""") == []


def test_every_province_has_a_name(ask):
    codes = {line.split(",")[1] for line in (ROOT / "producer/data/provinces.csv").read_text().splitlines()[1:]}
    assert codes <= {code for code, in ask("SELECT provincial_code FROM province_name")}


def test_the_reader_reads_and_writes_nothing(ask):
    ask.again()  # the files can be run again
    assert ask("SELECT count(*) FROM sales_order") == [(6,)]
    assert ask("""SELECT bool_and(has_table_privilege('orderflow_reader', oid, 'SELECT')),
                         bool_or(has_table_privilege('orderflow_reader', oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
                         has_schema_privilege('orderflow_reader', 'public', 'CREATE'),
                         has_database_privilege('orderflow_reader', current_database(), 'CREATE, TEMPORARY'),
                         has_function_privilege('orderflow_reader', 'lo_from_bytea(oid, bytea)', 'EXECUTE')
                  FROM pg_class
                  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')""") == [
        (True, False, False, False, False)]
