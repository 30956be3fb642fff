"""Every chart's query answers with rows; one figure of each tab and more equal plain SQL on the tables
themselves, not on the views; loading twice changes nothing; what is broken is noticed."""

import copy
import itertools
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter

import pytest
import superset

from assets import fixed_uuid, make_assets, read_charts, read_dashboard, read_datasets, read_tabs, read_yaml
from client import Client
from conftest import ROOT
from kinds import Chart
from load import USER

CHARTS = read_charts()
TABS = ["revenue", "orders", "customers", "items", "delivery", "locations"]
COLOUR_DISTANCE = 45  # of the parts' differences, 765 from black to white
OWN_TABLES = ["slices", "dashboards", "tables", "table_columns", "sql_metrics", "dbs", "dashboard_slices", "ab_user"]


@pytest.fixture(scope="module")
def client(address, password):
    return Client(address, password)


@pytest.fixture(scope="module")
def ask(client):
    chart_ids, dataset_ids = client.ids("chart"), client.ids("dataset")

    def rows(chart, *filters):
        return client.rows(chart, dataset_ids[fixed_uuid("dataset", chart.spec["dataset"])],
                           chart_ids.get(fixed_uuid("chart", chart.spec["id"]), 0), filters)

    return rows


def counts(folder):
    with sqlite3.connect(f"file:{folder / 'superset.db'}?mode=ro", uri=True) as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in OWN_TABLES}


def test_loading_again_changes_no_count(superset_folder, client, figure):
    before, ids = counts(superset_folder), client.ids("chart")
    reader = (superset_folder.parent / "secrets" / "reader").read_text(encoding="ascii").strip()
    owner = os.environ["DATABASE_URL"]
    subprocess.run([sys.executable, str(ROOT / "dashboards" / "load.py")], check=True, capture_output=True, env=os.environ | {
        "ORDERFLOW_SUPERSET": str(superset_folder), "SUPERSET_CONFIG_PATH": str(ROOT / "dashboards" / "superset_config.py"),
        "DATABASE_URL": f"postgresql://orderflow_reader:{reader}@{owner.rpartition('@')[2]}"})
    assert counts(superset_folder) == before
    assert client.ids("chart") == ids
    assert before["slices"] == before["dashboard_slices"] == len(CHARTS)
    assert before["dashboards"] == before["dbs"] == before["ab_user"] == 1


def test_there_are_six_tabs_and_every_chart_says_what_it_shows():
    assert [tab["id"] for tab in read_tabs()] == TABS
    for name, chart in CHARTS.items():
        assert len(chart.spec["about"]) > 15, name
    assert max(Counter(chart.spec["title"] for chart in CHARTS.values()).values()) == 1


def test_one_colour_has_one_meaning():
    file = read_yaml(ROOT / "dashboards" / "retail_sales.yaml")["colours"]
    names = [name for names in file.values() for name in names]
    assert len(names) == len(set(names))
    parts = [bytes.fromhex(colour.lstrip("#")) for colour in file]
    for one, other in itertools.combinations(parts, 2):
        assert sum(abs(a - b) for a, b in zip(one, other)) > COLOUR_DISTANCE, (one.hex(), other.hex())
    for chart in CHARTS.values():  # what is drawn in a series' colour has one
        if chart.spec["kind"] in ("time", "category") and "by" not in chart.spec:
            assert set(chart.spec["metrics"]) <= set(names), chart.spec["id"]


def test_rows_of_charts_are_twelve_columns_wide():
    assets = make_assets("postgresql://x", {spec["view"]: [] for spec in read_datasets().values()})
    position = json.loads(assets["dashboards/retail-sales.yaml"])["position"]
    for node in position.values():
        if isinstance(node, dict) and node["type"] == "ROW":
            inner = next((position[one]["meta"]["width"] for one in node["parents"] if one.startswith("COLUMN")), 12)
            assert sum(position[child]["meta"]["width"] for child in node["children"]) == inner, node["id"]


@pytest.mark.parametrize("name", CHARTS)
def test_the_query_of_every_chart_answers_with_rows(ask, name):
    rows = ask(CHARTS[name])
    assert rows
    if isinstance(rows, list) and CHARTS[name].spec["kind"] not in ("map", "chord"):
        assert any(value is not None for row in rows for value in row.values())


@pytest.mark.parametrize("name, change", [
    ("revenue-month", {"metric": "SUM(no_such_column)"}), ("top-customers", {"x": "no_such_column"}),
    ("customer-items", {"where": "no_such_column = 1"}), ("map-revenue", {"where": "no_such_column = 1"}),
    ("pairs-chord", {"source": "no_such_column"})])
def test_a_broken_name_is_noticed(ask, name, change):
    chart = CHARTS[name]
    spec, dataset = copy.deepcopy(chart.spec), copy.deepcopy(chart.dataset)
    spec |= change
    dataset["metrics"].setdefault(spec.get("metric"), ["", "count", ""])
    with pytest.raises(RuntimeError):  # of the server; any other is ours
        ask(Chart(spec, dataset, read_dashboard()["colours"] | {spec["metric"]: "#000000"}))


# ---- figures against the tables that the sinks write ----

DELIVERED = "FROM order_info WHERE order_status = 'Delivered'"
LINES = "FROM item_info JOIN order_info USING (order_id) JOIN sku_info USING (sku) WHERE order_status = 'Delivered'"


def one(rows, column):
    assert len(rows) == 1
    return float(rows[0][column])


def test_revenue_and_profit_of_each_year(ask, figure):
    years = sorted(ask(CHARTS["yearly"]), key=lambda row: row["order_date"])
    assert sum(row["Revenue"] for row in years) == pytest.approx(float(figure(f"SELECT sum(order_total) {DELIVERED}")))
    assert years[0]["Revenue"] == pytest.approx(
        float(figure(f"SELECT sum(order_total) {DELIVERED} AND order_date < '2022-01-01'")))
    assert sum(row["Profit"] for row in years) == pytest.approx(
        float(figure(f"SELECT sum(subtotal - quantity * cost) {LINES}")))


def test_an_ordinary_day_is_none_of_a_sale_and_not_today(ask, figure):
    kinds = {row["sale_event"]: row for row in ask(CHARTS["sale-events"])}
    assert kinds["Ordinary day"]["Revenue per day"] == pytest.approx(float(figure("""
        SELECT sum(order_total) FILTER (WHERE order_status = 'Delivered') / count(DISTINCT order_date::date)
        FROM order_info
        WHERE extract(day FROM order_date) NOT IN (14, 15, 30, 31)
          AND NOT (extract(month FROM order_date) = 2 AND extract(day FROM order_date) >= 27)
          AND order_date < date_trunc('day', now() AT TIME ZONE 'UTC')""")))


def test_gross_margin(ask, figure):
    assert one(ask(CHARTS["margin-gauge"]), "Gross margin") == pytest.approx(
        float(figure(f"SELECT sum(subtotal - quantity * cost) / sum(subtotal) {LINES}")))


def test_orders_and_their_value(ask, figure):
    assert one(ask(CHARTS["orders-count"]), "Orders") == figure("SELECT count(*) FROM order_info")
    assert one(ask(CHARTS["order-value"]), "Average order value") == pytest.approx(
        float(figure("SELECT avg(order_total) FROM order_info")))
    hours = ask(CHARTS["hour-weekday"])
    assert sum(row["Orders"] for row in hours if row["weekday"] == "7 Sun") == figure(
        "SELECT count(*) FROM order_info WHERE extract(dow FROM order_date) = 0"
        " AND order_date < date_trunc('day', now() AT TIME ZONE 'UTC')")  # the chart leaves today out


def test_the_item_filter_means_orders_that_held_one_of_the_items(ask, figure):
    chosen = {"col": "item", "op": "IN", "val": ["SKU 05", "SKU 51"]}
    assert one(ask(CHARTS["orders-count"], chosen), "Orders") == figure(
        "SELECT count(DISTINCT order_id) FROM item_info WHERE sku IN (5, 51)")
    hostile = {"col": "item", "op": "IN", "val": ["1]) OR (true"]}
    assert one(ask(CHARTS["orders-count"], hostile), "Orders") == 0


def test_customers_and_repeat_rate(ask, figure):
    assert one(ask(CHARTS["customers-count"]), "Customers") == figure("SELECT count(DISTINCT customer_id) FROM order_info")
    assert one(ask(CHARTS["repeat-rate"]), "Repeat rate") == pytest.approx(float(figure(
        "SELECT avg(CASE WHEN n > 1 THEN 1.0 ELSE 0 END) FROM (SELECT count(*) AS n FROM order_info GROUP BY customer_id) c")))


def test_best_item(ask, figure):
    best = max(ask(CHARTS["items-revenue"]), key=lambda row: row["Revenue"])
    assert best["Revenue"] == pytest.approx(float(figure(
        f"SELECT max(revenue) FROM (SELECT sum(subtotal) AS revenue {LINES} GROUP BY sku) s")))


def test_on_time_share(ask, figure):
    assert one(ask(CHARTS["on-time"]), "On-time share") == pytest.approx(
        float(figure(f"SELECT avg(CASE WHEN finished_date <= eta THEN 1.0 ELSE 0 END) {DELIVERED}")))


def test_the_map_shows_every_order(ask, figure):
    assert sum(row["metric"] for row in ask(CHARTS["map-orders"])) == figure("SELECT count(*) FROM order_info")


def test_every_shape_of_the_data_is_on_the_map(ask):
    drawn = set()
    folder = os.path.join(os.path.dirname(superset.__file__), "static", "assets")
    for name in os.listdir(folder):
        if name.endswith(".geojson"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            if '"PH-ABR"' in text:
                drawn = {shape["properties"]["ISO"] for shape in json.loads(text)["features"]}
    assert {row["country_id"] for row in ask(CHARTS["map-orders"])} <= drawn


@pytest.mark.parametrize("path", sorted((ROOT / "dashboards" / "queries").glob("*.sql")), ids=lambda path: path.stem)
def test_the_plain_queries_answer_with_rows(path):
    answer = subprocess.run([str(ROOT / "orderflow"), "query", path.stem, "--csv"], capture_output=True, text=True,
                            check=True)
    assert len(answer.stdout.splitlines()) > 1
    assert path.read_text(encoding="utf-8").startswith("-- ")


def test_the_log_in_is_nobody_elses_to_read(superset_folder):
    for name in ("password", "secret_key"):
        assert (superset_folder / name).stat().st_mode & 0o077 == 0
    assert USER == "analyst"
