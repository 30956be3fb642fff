"""After `./orderflow up`: every order is where it belongs, judged by clients we did not write."""

import json
import re
import subprocess
from decimal import Decimal

import pytest
import requests

import judge
from instance import ROOT, orderflow, wait_until
from judge import GATEWAY_FIRST
from placing import ORDER, gateway, place


@pytest.fixture(scope="module")
def ledger():
    ledger = judge.read_ledger()
    assert ledger.last_id > 0, "the generator wrote no state"
    return ledger


@pytest.fixture(scope="module")
def settled(ledger):
    """The ledger once PostgreSQL holds all final orders."""
    final = sum(1 for _ in judge.final_orders(ledger))
    wait_until("order_info holds the final orders",
               lambda: judge.row_count("order_info") >= final or judge.row_count("order_info"),
               120)
    items = sum(len(order["item_info"]) for order in judge.final_orders(ledger))
    wait_until("item_info holds the items",
               lambda: judge.row_count("item_info") >= items or judge.row_count("item_info"), 120)
    wait_until("order_info holds the execution prices",
               lambda: judge.priced_rows() >= judge.priced(ledger) or judge.priced_rows(), 120)
    return ledger


def test_every_id_is_accounted_for_once(ledger):
    assert judge.reconcile(ledger) == []


def test_nothing_is_dead_or_left_in_flight(ledger):
    assert ledger.dead == {}
    assert judge.in_flight(ledger) == set()


def test_orders_add_up(ledger):
    for topic in judge.ORDER_TOPICS:
        for order in ledger.orders[topic].values():
            items = order["item_info"]
            assert order["item_variety"] == len(items) == len({item["sku"] for item in items})
            assert order["order_total"] == sum(item["subtotal"] for item in items)


def test_delivered_live_orders_have_their_price(ledger):
    """The quantities times 1.1 to 2.0; past orders and those that never got so far have none."""
    live = {order_id for order_id in ledger.orders["shipped_orders"]}
    found = 0
    for order in judge.final_orders(ledger):
        price, pieces = order["execution_price"], sum(i["quantity"] for i in order["item_info"])
        assert (price is not None) == (order["order_id"] in live), order["order_id"]
        if price is not None:
            found += 1
            assert Decimal("1.1") * pieces <= price <= 2 * pieces, order["order_id"]
    assert found


def test_those_of_the_fraud_list_are_rejected_and_no_others(ledger):
    listed = set((ROOT / "producer/data/fraud_ips.csv").read_text(encoding="utf-8").split()[1:])
    unpaid = ledger.orders["unpaid_orders"]
    frauds = {number for number, order in unpaid.items()
              if order["customer_info"]["ip_address"] in listed}
    rejected = {number for number, order in ledger.orders["failed_orders"].items()
                if order["shipping_info"]["order_status"] == "Rejected"}
    assert rejected == frauds and frauds
    assert set(ledger.orders["valid_orders"]) == set(unpaid) - frauds
    assert all(order["customer_info"]["ip_address"] not in listed
               for topic in ("paid_orders", "shipped_orders", "finished_orders")
               for order in ledger.orders[topic].values())
    for event in (event for events in judge.read_events().values() for event in events):
        if event["status"] == "Rejected":
            address = unpaid[event["order_id"]]["customer_info"]["ip_address"]
            assert event["reason"] == f"ip_address {address} is on the fraud list"
            assert event["stage"] == "validation"


def test_lines_name_their_places(ledger):
    for topic in judge.ORDER_TOPICS:
        for order in ledger.orders[topic].values():
            for item in order["item_info"]:
                assert 10 <= item["from_location"] <= 49 and 50 <= item["to_location"] <= 509
                assert item["unit_of_measures"] and item["uom_type"] in ("E", "M", "F")


def test_each_topic_holds_its_states_only(ledger):
    allowed = {"unpaid_orders": {"Processing"}, "valid_orders": {"Validated"},
               "paid_orders": {"Processing"},
               "shipped_orders": {"Shipped"}, "finished_orders": {"Delivered"},
               "failed_orders": {"Timed Out", "Cancelled", "Returned", "Rejected"}}
    for topic, statuses in allowed.items():
        found = {order["shipping_info"]["order_status"] for order in ledger.orders[topic].values()}
        assert found and found <= statuses, topic


def test_order_info_equals_the_orders(settled):
    expected = {order["order_id"]: judge.expected_order_row(order)
                for order in judge.final_orders(settled)}
    assert judge.differences("order_info", "order_id", expected) == []


def test_item_info_equals_the_orders(settled):
    expected = {row["item_id"]: row for order in judge.final_orders(settled)
                for row in judge.expected_item_rows(order)}
    assert judge.differences("item_info", "item_id", expected) == []


def test_customer_info_equals_the_orders(settled):
    expected = {order["customer_info"]["customer_id"]: judge.expected_customer_row(order)
                for order in judge.final_orders(settled)}
    assert judge.differences("customer_info", "customer_id", expected) == []


def test_statuses_equal_the_orders(settled):
    assert judge.status_differences(settled, judge.read_events()) == []


def test_one_order_is_shown_with_its_history(settled):
    number, order = max(settled.orders["finished_orders"].items())
    answer = json.loads(orderflow("exec", "orderflow-status", "-i", str(number), "--json").stdout)
    assert answer["status"] == "Delivered" and answer["final"]
    assert answer["customer_id"] == order["customer_info"]["customer_id"]
    assert [past["status"] for past in answer["history"] if past["status"] not in judge.BESIDE] == \
        judge.expected_statuses(order, settled)
    unknown = orderflow("exec", "orderflow-status", "-i", str(settled.last_id + 1), check=False)
    assert unknown.returncode == 1 and "is not known" in unknown.stdout


@pytest.mark.usefixtures("settled")
def test_what_is_beside_an_orders_way_is_shown_apart():
    number = int(orderflow("psql", "-At", "-c", "SELECT max(order_id) FROM order_status_history "
                           "WHERE status = 'Exported'").stdout)
    told = json.loads(orderflow("exec", "orderflow-status", "-i", str(number), "--json").stdout)
    shown = requests.get(f"{gateway()}/orders/{number}", timeout=30).json()
    for answer in (told, shown):
        assert [past["status"] for past in answer["beside"]] == ["Exported"]
        assert "Exported" not in [past["status"] for past in answer["history"]]
    assert shown["status"] == told["status"] != "Exported"


def test_reconciliation_is_clean(settled):
    answer = json.loads(orderflow("exec", "orderflow-reconcile", "--grace", "0", "--json").stdout)
    assert answer["clean"] and answer["generated"] == settled.last_id
    assert answer["finished"] == len(settled.orders["finished_orders"])
    assert answer["failed"] == len(settled.orders["failed_orders"])


def test_reference_tables_are_loaded(settled):
    skus = (ROOT / "producer/data/skus.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert judge.row_count("sku_info") == len([line for line in skus if line.strip()])
    with judge.database() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM order_info o JOIN customer_info c USING (customer_id)"
                       " JOIN province_info p USING (provincial_code, lgu)")
        assert cursor.fetchone()[0] == judge.row_count("order_info")
        cursor.execute("SELECT count(*) FROM item_info i JOIN sku_info s USING (sku)")
        assert cursor.fetchone()[0] == judge.row_count("item_info")


def test_kafkas_own_tool_sees_the_groups_at_lag_zero():
    jars = ROOT / "data/jars/kafka"  # shared by all instances
    answer = subprocess.run(
        ["java", "-Xmx128m", "-cp", f"{jars}/*",
         "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
         "--bootstrap-server", judge.environment("BOOTSTRAP_SERVERS"), "--describe",
         "--all-groups"],
        text=True, capture_output=True, timeout=120, check=True)
    lags = {}
    for line in answer.stdout.splitlines():
        words = line.split()
        if len(words) >= 6 and words[5].isdigit():
            lags[words[0]] = lags.get(words[0], 0) + int(words[5])
    for stage in ("validation", "payment", "shipping", "delivery"):
        assert lags.get(f"orderflow-{stage}") == 0, lags
    assert all(lag == 0 for group, lag in lags.items() if group.startswith("orderflow")), lags


def test_up_again_generates_nothing_new(settled):
    before = {name: judge.row_count(name) for name in ("order_info", "item_info")}
    answer = orderflow("up", timeout=300)
    assert judge.read_ledger().last_id == settled.last_id, answer.stdout
    assert {name: judge.row_count(name) for name in before} == before


def test_status_and_env_tell_what_runs():
    status = orderflow("status").stdout
    for part in ("kafka", "registry", "connect", "postgres", "ksqld", "validation", "payment",
                 "shipping", "delivery", "gateway"):
        assert re.search(rf"^\W*{part}\b.*\b(up|running)\b", status, re.M | re.I), status
    exports = orderflow("env").stdout
    for name in ("BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "CONNECT_URL", "KSQL_URL",
                 "DATABASE_URL", "GATEWAY_URL"):
        assert re.search(rf"^export {name}=", exports, re.M), exports


def test_dry_run_speaks_plain_json():
    answer = orderflow("exec", "orderflow-producer", "--dry-run", "--mode", "history", "--orders",
                       "20")
    orders = [json.loads(line) for line in answer.stdout.splitlines() if line.startswith("{")]
    assert [order["order_id"] for order in orders] == list(range(1, 21))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", order["order_date"])
               for order in orders)


def test_an_order_is_followed_from_its_placing_to_its_rows(settled):
    number = place()
    assert number == max(settled.placed, GATEWAY_FIRST - 1) + 1
    order = requests.get(f"{gateway()}/orders/{number}?wait=delivered&timeout=30s", timeout=60).json()
    assert order["final"] and order["customer_id"] == ORDER["customer_info"]["customer_id"]
    wait_until("its rows are there", lambda: requests.get(
        f"{gateway()}/order_info/{number}", timeout=30).status_code == 200 or "not yet", 60)
    wait_until("its lines are there", lambda: len(requests.get(
        f"{gateway()}/order_info/{number}", timeout=30).json()["item_info"]) == 2 or "not yet", 60)
    row = requests.get(f"{gateway()}/order_info/{number}", timeout=30).json()
    assert row["order_info"]["order_status"] == order["status"]
    assert row["order_info"]["order_total"] == "2500.00"
    assert [(line["sku"], line["subtotal"]) for line in row["item_info"]] == [(1, "1700.00"), (2, "800.00")]
    assert "\nclean: " in orderflow("exec", "orderflow-reconcile").stdout


def test_an_order_is_cancelled_where_it_waits():
    orderflow("stop", "shipping")
    numbers = [place() for _ in range(8)]  # some time out at payment
    answers = [requests.post(f"{gateway()}/orders/{number}/cancel", timeout=30).status_code
               for number in numbers]
    assert set(answers) <= {202, 409}
    orderflow("start", "shipping")
    ends = [requests.get(f"{gateway()}/orders/{number}?wait=cancelled&timeout=30s", timeout=60).json()
            for number in numbers]
    assert all(end["final"] for end in ends)
    assert any((end["status"], end["reason"]) == ("Cancelled", "on request") for end in ends)


def test_sums_are_those_of_the_orders(settled):
    total = requests.get(f"{gateway()}/metrics/summary", timeout=30).json()
    assert total["TotalOrdersProcessed"] >= judge.priced(settled) > 0
    assert total["TotalOrdersProcessed"] == judge.priced_rows()
