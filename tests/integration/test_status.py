"""Status events of real stages, and orderflow-status on them: one event for each status that an
order has entered, whatever dies meanwhile, and the current one by the table of steps."""

import io
import json
import os
import random
import signal
import subprocess
import time
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

import fastavro
import pytest

from test_dlq import records
from test_reconcile import PRODUCER, STAGES, Tables
from world import BUILD, ROOT, SCHEMA, World, wait_until

STATUS = BUILD / "status/orderflow-status"
EVENT = fastavro.parse_schema(json.loads(
    (ROOT / "schemas/order_status.avsc").read_text(encoding="utf-8")))
FINAL = {"Timed Out", "Delivered", "Cancelled", "Returned"}
EVENTS = ("-X", "order.status.topic=order_status")
UNTIL = "2026-11-21T00:00:00Z"


class EventWorld(World):
    def options(self):
        return [*super().options(), *EVENTS]


@pytest.fixture
def world():
    world = EventWorld()
    yield world
    world.close()


@pytest.fixture
def tables():
    tables = Tables()
    tables.execute((ROOT / "connect/postgres/03_status.sql").read_text(encoding="utf-8"))
    yield tables
    tables.close()


def generate(world, *options):
    subprocess.run([PRODUCER, *world.options(), "--until", UNTIL, *options], check=True,
                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)


def events_of(world):
    """{order_id: its events as they came in}."""
    found = defaultdict(list)
    for key, value, *_ in records(world, "order_status"):
        event = fastavro.schemaless_reader(io.BytesIO(value[5:]), EVENT)
        assert key == str(event["order_id"]).encode()
        found[event["order_id"]].append(event)
    return found


def orders_of(world):
    """{order_id: its newest record}."""
    found = {}
    for topic in ("unpaid_orders", "paid_orders", "shipped_orders", "finished_orders",
                  "failed_orders"):
        for _, value, *_ in records(world, topic):
            order = fastavro.schemaless_reader(io.BytesIO(value[5:]), SCHEMA)
            found[order["order_id"]] = order
    return found


def expected_history(order):
    """[(status, the order's own date)]"""
    payment, shipping = order["payment_info"], order["shipping_info"]
    history = [("Generated", order["order_date"])]
    if payment["payment_status"]:
        history.append(("Paid", payment["payment_date"]))
    if shipping["shipped_date"]:
        history.append(("Shipped", shipping["shipped_date"]))
    if shipping["order_status"] in FINAL:
        history.append((shipping["order_status"], shipping["finished_date"]))
    return history


def test_past_orders_have_their_own_dates(world):
    world.run("stack/admin/orderflow-admin", "setup")
    generate(world, "--orders", "3000", "--volume", "0.1")
    events, orders = events_of(world), orders_of(world)
    assert set(events) == set(orders) and len(orders) > 500
    statuses = set()
    for number, order in orders.items():
        assert [(event["status"], event["at"]) for event in events[number]] == \
            expected_history(order)
        for event in events[number]:
            assert event["stage"] == "producer"
            assert event["customer_id"] == order["customer_info"]["customer_id"]
            assert event["reason"] == ("not paid within 7 days" if event["status"] == "Timed Out"
                                       else None)
            statuses.add(event["status"])
    assert statuses >= {"Generated", "Paid", "Timed Out", "Shipped", "Delivered", "Cancelled"}


def test_live_orders_leave_one_event_a_status_whatever_dies(world):
    moments, count = random.Random(20261121), 4000
    started = datetime.now(timezone.utc)
    stages = {stage: world.start(stage, "--batch-records", "100") for stage in STAGES}
    process = subprocess.Popen(
        [PRODUCER, *world.options(), "--mode", "live", "--live-orders", str(count), "--rate", "800"],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    world.processes.append(process)
    for _ in range(8):
        time.sleep(moments.uniform(.1, .5))
        victim = moments.choice(STAGES)
        stages[victim].kill()
        stages[victim].communicate(timeout=30)
        stages[victim] = world.start(victim, "--batch-records", "100")
    assert process.wait(60) == 0
    wait_until("all orders final", lambda: len(world.ids("finished_orders")) + len(
        world.ids("failed_orders")) >= count or "not yet", 90)
    events, orders = events_of(world), orders_of(world)
    assert sorted(events) == list(range(1, count + 1))
    wrote = {"Generated": "producer", "Paid": "payment", "Timed Out": "payment",
             "Shipped": "shipping", "Delivered": "delivery", "Returned": "delivery"}
    for number, order in orders.items():
        assert [event["status"] for event in events[number]] == \
            [status for status, _ in expected_history(order)]
        times = [event["at"] for event in events[number]]
        assert times == sorted(times)
        assert started.timestamp() - 1 <= times[0].timestamp() <= times[-1].timestamp() <= time.time()
        for event in events[number]:
            if event["status"] == "Cancelled":
                assert event["stage"] in ("shipping", "delivery")
            else:
                assert event["stage"] == wrote[event["status"]]


def test_without_the_property_there_are_no_events():
    world = World()
    try:
        generate(world, "--orders", "50", "--mode", "both", "--live-orders", "20", "--rate", "0")
        world.start("payment")
        wait_until("all went on", lambda: len(world.ids("paid_orders")) > 0 or "not yet", 60)
        topics = world.admin.list_topics(timeout=30).topics
        assert world.prefix + "order_status" not in topics
    finally:
        world.close()


# ---- the tool ----

def status(*arguments, code=0, url=None):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if url:
        environment["DATABASE_URL"] = url
    done = subprocess.run([STATUS, *arguments], stdin=subprocess.DEVNULL, text=True,
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout[-3000:]}{done.stderr[-2000:]}"
    return done.stdout if code == 0 else done.stderr


def listed(tables, *arguments):
    return {entry["order_id"]: entry for entry in map(json.loads, status(
        "--json", *arguments, url=tables.url).splitlines())}


def put(tables, order, name, at, stage="test", reason=None, customer=None):
    tables.execute("INSERT INTO order_status_history VALUES (%s, %s, %s, %s, %s, %s)",
                   (order, name, stage, at, reason, customer))


def test_the_current_status_follows_the_table_of_steps(tables):
    way = ["Generated", "Paid", "Shipped", "Delivered"]
    shuffled = random.Random(7)
    for number in range(1, 101):
        # In any order, and with times that say nothing.
        names = way[:1 + number % 4]
        shuffled.shuffle(names)
        for name in names:
            put(tables, number, name, f"2026-01-{shuffled.randrange(1, 29):02}", customer=number % 5)
    found = listed(tables)
    assert {number: entry["status"] for number, entry in found.items()} == {
        number: way[number % 4] for number in range(1, 101)}
    for number, entry in found.items():
        assert [past["status"] for past in entry["history"]] == way[:1 + number % 4]
        assert entry["history"][-1]["at"] == entry["at"]
        assert entry["final"] == (number % 4 == 3)
        assert entry["customer_id"] == number % 5
    assert set(listed(tables, "--state", "Shipped")) == {n for n in range(1, 101) if n % 4 == 2}
    assert set(listed(tables, "--customer", "3")) == {n for n in range(1, 101) if n % 5 == 3}
    since = {n for n, entry in found.items() if entry["at"] >= "2026-01-15T00:00:00Z"}
    assert set(listed(tables, "--since", "2026-01-15")) == since
    assert set(listed(tables, "--since", "2026-01-15", "--customer", "3", "--state", "Paid")) == {
        n for n in since if n % 5 == 3 and n % 4 == 1}
    page = status("--state", "Paid", url=tables.url).splitlines()
    assert page[0].split() == ["ORDER", "CUSTOMER", "STATUS", "SINCE", "STAGE", "REASON"]
    assert page[-1] == "25 orders" and len(page) == 27
    assert page[1].split() == ["1", "1", "Paid", found[1]["at"], "test"]


def test_one_order_is_shown_with_its_history(tables):
    put(tables, 7, "Timed Out", "2021-03-21 09:00:00.5", "payment", "not paid\x1b[31m\tin 7 \\days", 12)
    put(tables, 7, "Generated", "2021-03-14 09:00:00", "producer", None, 12)
    put(tables, 8, "Generated", "2021-03-14 09:00:00", "producer")
    put(tables, 9, "Teleported", "2030-01-01", "elsewhere")
    put(tables, 9, "Paid", "2021-01-01")
    page = status("-i", "7", url=tables.url)
    assert [line.split(maxsplit=3)[:3] for line in page.splitlines()] == [
        ["order", "7,", "customer"], ["2021-03-14T09:00:00Z", "Generated", "producer"],
        ["2021-03-21T09:00:00.500Z", "Timed", "Out"]]
    assert "not paid.[31m.in 7 \\days" in page and "\x1b" not in page
    entry = listed(tables, "-i", "7")[7]
    assert entry == {
        "order_id": 7, "customer_id": 12, "status": "Timed Out", "stage": "payment",
        "at": "2021-03-21T09:00:00.500Z", "reason": "not paid\x1b[31m\tin 7 \\days", "final": True,
        "history": [
            {"status": "Generated", "stage": "producer", "at": "2021-03-14T09:00:00Z",
             "reason": None},
            {"status": "Timed Out", "stage": "payment", "at": "2021-03-21T09:00:00.500Z",
             "reason": "not paid\x1b[31m\tin 7 \\days"}],
        "beside": []}
    assert "customer unknown" in status("-i", "8", url=tables.url)
    # A status that the table does not know is never the current one beside one that it knows.
    assert listed(tables)[9]["status"] == "Paid"
    assert [past["status"] for past in listed(tables)[9]["beside"]] == ["Teleported"]
    assert status("-i", "10", code=1, url=tables.url) == "orderflow-status: order 10 is not known\n"
    assert "none of those asked for" in status("-i", "7", "--state", "Paid", code=1, url=tables.url)
    put(tables, 11, "Paid", "2021-01-01", reason="x" * 2**20)  # more than a line may have
    assert "order 11: an order is longer than" in status("--json", "-i", "11", code=4, url=tables.url)
    assert status("--state", "Returned", url=tables.url) == "0 orders\n"
    assert status("--state", "Returned", "--json", url=tables.url) == ""


def test_what_is_beside_an_orders_way_is_shown_apart(tables):
    put(tables, 5, "Exported", "2021-03-15 12:00:00", "export", None, 9)
    put(tables, 5, "Paid", "2021-03-15", "payment", None, 9)
    put(tables, 5, "Generated", "2021-03-14", "producer", None, 9)
    put(tables, 5, "Shipped", "2021-03-16", "shipping", None, 9)
    put(tables, 6, "Exported", "2021-03-15 12:00:00", "export")
    assert status("-i", "5", url=tables.url).splitlines() == [
        "order 5, customer 9",
        "    2021-03-14T00:00:00Z     Generated  producer",
        "    2021-03-15T00:00:00Z     Paid       payment",
        "    2021-03-16T00:00:00Z     Shipped    shipping",
        "beside its way:",
        "    2021-03-15T12:00:00Z     Exported   export"]
    found = listed(tables)
    assert found[5]["status"] == "Shipped"
    assert [past["status"] for past in found[5]["history"]] == ["Generated", "Paid", "Shipped"]
    assert [past["status"] for past in found[5]["beside"]] == ["Exported"]
    assert found[5]["beside"][0]["at"] == "2021-03-15T12:00:00Z"
    # Nothing else is known of it.
    assert (found[6]["status"], found[6]["history"]) == ("Exported", [])
    assert "--follow" in status("--state", "Exported", code=2, url=tables.url)


class Follower:
    """orderflow-status --follow, and the lines that it has printed."""

    def __init__(self, world, folder, *arguments):
        self.path = Path(folder) / f"follow{len(world.processes)}"
        with open(self.path, "wb") as output:
            self.process = subprocess.Popen(
                [STATUS, *world.options(), "--follow", "--log-level", "debug", *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, text=True)
        world.processes.append(self.process)
        for line in self.process.stderr:
            if " following" in line:
                break

    def lines(self):
        return self.path.read_text(encoding="utf-8").splitlines()

    def events(self):
        return [json.loads(line) for line in self.lines()]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=15)
        assert self.process.returncode == 0


def test_follow_prints_changes_as_they_happen(world, tmp_path):
    world.run("stack/admin/orderflow-admin", "setup")
    generate(world, "--orders", "300", "--volume", "0.05")
    before = sum(map(len, events_of(world).values()))
    everything = Follower(world, tmp_path, "--json", "--since", "1970-01-01")
    live = Follower(world, tmp_path, "--json")
    plain = Follower(world, tmp_path, "--state", "Timed Out")
    last = max(events_of(world))
    one = Follower(world, tmp_path, "--json", "-i", str(last + 5))
    wait_until("the past is there", lambda: len(everything.lines()) == before or
               len(everything.lines()), 30)
    assert live.lines() == plain.lines() == []
    for stage in STAGES:
        world.start(stage)
    generate(world, "--orders", "300", "--volume", "0.05", "--mode", "both", "--live-orders", "40",
             "--rate", "0")
    wait_until("all orders final", lambda: len(set(world.ids("finished_orders") + world.ids(
        "failed_orders"))) == last + 40 or "not yet", 60)
    events = events_of(world)
    fresh = [event for number in range(last + 1, last + 41) for event in events[number]]

    def seen(follower):
        return sorted((event["order_id"], event["status"]) for event in follower.events())

    wait_until("all changes are there", lambda: len(live.lines()) >= len(fresh) or
               len(live.lines()), 30)
    assert seen(live) == sorted((event["order_id"], event["status"]) for event in fresh)
    wait_until("all since the beginning", lambda: len(everything.lines()) == before + len(fresh) or
               len(everything.lines()), 30)
    assert [event["status"] for event in one.events()] == \
        [event["status"] for event in events[last + 5]]
    out = [event["order_id"] for event in fresh if event["status"] == "Timed Out"]
    assert sorted(int(line.split()[2]) for line in plain.lines()) == out and len(out) > 2
    assert plain.lines()[0].endswith(" Timed Out  payment: not paid within 7 days")
    for follower in (everything, live, plain, one):
        follower.stop()


def test_what_is_refused(world, tables):
    assert "DATABASE_URL is not set" in status(code=2)
    out = status("--state", "paid", code=2, url=tables.url)
    assert "there is no status 'paid'; there are Generated, " in out and "Timed Out, " in out
    assert "unexpected operand '7'" in status("7", code=2, url=tables.url)
    assert "everybody" in status("--database", "password=x", code=2)
    out = status(code=5, url="postgresql://a:secret-word@127.0.0.1:1/x")
    assert "database: " in out and "secret-word" not in out
    tables.execute("DROP VIEW order_status")
    assert "order_status" in status(code=4, url=tables.url)
    servers = World.options(world)
    assert "order.status.topic is not set" in status("--follow", *servers, code=4)
    out = status("--follow", *servers, "-X", "order.status.topic=no_such_topic", code=4)
    assert "there is no topic" in out
    assert "no_such_topic" not in "".join(world.admin.list_topics(timeout=30).topics)
    assert "EXAMPLES" in status("--help")
