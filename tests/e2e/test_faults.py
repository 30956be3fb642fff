"""What happens when things die: nothing lost, nothing twice, all poison in the dead-letter topic.

Runs against the instance that ./orderflow test started. Each test ends by waiting until all orders
are final and PostgreSQL holds them, and then reconciles every id. Seeds of the random moments are
printed; ORDERFLOW_FAULT_SEED repeats a run (as far as the machine's own timing allows).
"""

import json
import os
import random
import re
import struct
import subprocess
import time
from collections import Counter

import pytest
import requests
from confluent_kafka import Producer

import judge
from instance import (ROOT, SERVERS, STAGES, kill, orderflow, pid_of, seeded, wait_until)

KILLS_A_PART = int(os.environ.get("ORDERFLOW_FAULT_KILLS", "10"))
ORDERS = int(os.environ.get("ORDERFLOW_FAULT_ORDERS", "20000"))
PARTS = ["producer", *STAGES, "ksqld", *SERVERS]


def settle(seconds=240):
    """Waits until no order is in flight and the tables hold all, then reconciles."""

    def settled():
        ledger = judge.read_ledger()
        flying = len(judge.in_flight(ledger) - ledger.dead_ids)
        if flying:
            return f"{flying} orders in flight"
        final = sum(1 for _ in judge.final_orders(ledger))
        items = sum(len(order["item_info"]) for order in judge.final_orders(ledger))
        held, held_items = judge.row_count("order_info"), judge.row_count("item_info")
        if (held, held_items) != (final, items):
            return f"PostgreSQL holds {held} of {final} orders, {held_items} of {items} items"
        return True

    wait_until("all orders final and in PostgreSQL", settled, seconds, pause=3)
    ledger = judge.read_ledger()
    problems = judge.reconcile(ledger)
    problems += judge.differences("order_info", "order_id", {
        order["order_id"]: judge.expected_order_row(order)
        for order in judge.final_orders(ledger)})
    problems += judge.differences("item_info", "item_id", {
        row["item_id"]: row for order in judge.final_orders(ledger)
        for row in judge.expected_item_rows(order)})
    assert problems == []
    return ledger


class LiveOrders:
    """The producer as a part of the instance, sending a number of live orders at a rate."""

    def __init__(self, orders, rate):
        state = self.state()
        self.target = state["last_order_id"] + orders
        # The producer counts the live orders of earlier runs, too: so it makes no more after a kill.
        live = state["last_order_id"] - state["history_orders"]
        self.options = ["--live-orders", str(live + orders), "--rate", str(rate)]

    @staticmethod
    def state():
        registry = judge.Registry()
        return max((registry.decode(record.value) for record in judge.read_topic(judge.STATE_TOPIC)
                    if record.value), key=lambda state: state["last_order_id"])

    def start(self):
        orderflow("start", "producer", *self.options)

    def done(self):
        return self.last_id() >= self.target

    def last_id(self):
        return self.state()["last_order_id"]

    def wait(self, seconds):
        wait_until(f"order {self.target} generated",
                   lambda: self.done() or f"at {self.last_id()}", seconds, pause=2)


@pytest.fixture(scope="module", autouse=True)
def everything_runs():
    orderflow("up", timeout=600)
    yield
    orderflow("up", timeout=600)


def test_kill_9_of_every_part(capsys):
    with capsys.disabled():
        moments = seeded("kills")
    victims = PARTS * KILLS_A_PART
    moments.shuffle(victims)
    flow = LiveOrders(ORDERS, rate=ORDERS / (len(victims) * 4.5))
    flow.start()
    killed = Counter()
    for part in victims:
        time.sleep(moments.uniform(0, 2))
        if part == "producer" and pid_of(part) is None and flow.done():
            continue  # it sent its last order: nothing is left to kill
        killed[part] += kill(part)
        time.sleep(moments.uniform(0, 1))
        if part == "producer":
            flow.start()
        else:
            orderflow("start", part)
    flow.wait(600)
    orderflow("up", timeout=600)  # restarts tasks of Connect that gave up, if any
    settle()
    print(dict(killed))
    for part in PARTS:
        assert killed[part] >= min(KILLS_A_PART, 10) - (part == "producer"), killed


def test_a_second_instance_joins_and_leaves():
    flow = LiveOrders(2000, rate=100)
    flow.start()
    for stage in STAGES:
        second = subprocess.Popen(
            [str(ROOT / "orderflow"), "exec", f"orderflow-{stage}", "--instance", "second"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(4)
        second.terminate()
        _, log = second.communicate(timeout=15)
        assert second.returncode == 0, log[-2000:]
    flow.wait(120)
    settle()


def test_the_same_instance_twice_is_fenced():
    running = pid_of("payment")
    usurper = subprocess.Popen(
        [str(ROOT / "orderflow"), "exec", "orderflow-payment", "--instance", "1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        flow = LiveOrders(200, rate=100)
        flow.start()
        wait_until("one of the two leaves",
                   lambda: pid_of("payment") != running or usurper.poll() is not None, 40, pause=.5)
        flow.wait(60)
    finally:
        usurper.terminate()
        _, log = usurper.communicate(timeout=15)
    orderflow("start", "payment")
    settle()
    logs = log + orderflow("logs", "payment").stdout
    assert "fenced" in logs or "taken over" in logs, logs[-2000:]


def test_registry_is_down_while_orders_flow():
    flow = LiveOrders(1000, rate=50)
    kill("registry")
    for stage in STAGES:  # they start without a registry and must wait for it
        kill(stage)
        orderflow("start", stage, check=False)
    time.sleep(8)
    orderflow("start", "registry")
    for stage in STAGES:
        orderflow("start", stage)
    flow.start()
    flow.wait(120)
    settle()


def test_postgres_is_away_for_a_minute():
    flow = LiveOrders(500, rate=20)
    flow.start()
    time.sleep(2)
    kill("postgres")
    time.sleep(60)
    orderflow("start", "postgres")
    flow.wait(120)
    settle()
    assert all(states == ["RUNNING"] for states in task_states().values()), task_states()


def task_states():
    told = requests.get(judge.environment("CONNECT_URL") + "/connectors?expand=status",
                        timeout=30).json()
    return {name: [task["state"] for task in sink["status"]["tasks"]]
            for name, sink in told.items()}


def test_a_failed_sink_is_shown_with_its_cause_and_restarted_by_up():
    judge.execute("ALTER TABLE order_info RENAME TO order_info_away")
    try:
        flow = LiveOrders(100, rate=200)
        flow.start()
        wait_until("the task failed",
                   lambda: "FAILED" in task_states()["order_info"] or task_states(), 90)
        answer = orderflow("status", check=False)
        assert re.search(r"^order_info +FAILED\n    .*Exception", answer.stdout, re.M), answer.stdout
    finally:
        judge.execute("ALTER TABLE order_info_away RENAME TO order_info")
    flow.wait(60)
    orderflow("up", timeout=600)
    assert task_states()["order_info"] == ["RUNNING"]
    settle()


def poison(kind, good, number):
    """One bad record of a kind, made from a good one's bytes."""
    if kind == "empty":
        return b""
    if kind == "short framing":
        return b"\0\0\0"
    if kind == "magic byte":
        return b"{" + json.dumps({"order_id": number}).encode()
    if kind == "unknown schema":
        return struct.pack(">bI", 0, 987654321) + good[5:]
    if kind == "truncated":
        return good[:5 + (number * 7919) % (len(good) - 6)]
    if kind == "trailing":
        return good + b"\0"
    raise AssertionError(kind)


POISON_KINDS = ["empty", "short framing", "magic byte", "unknown schema", "truncated", "trailing",
                "wrong state", "tombstone", "guid header"]


def test_poison_of_each_kind_among_good_orders():
    before = judge.read_ledger()
    assert before.dead == {}
    finished = judge.read_topic("finished_orders")
    good = random.Random(7).choice(finished).value
    producer = Producer({"bootstrap.servers": judge.environment("BOOTSTRAP_SERVERS"),
                         "partitioner": "murmur2_random"})
    flow = LiveOrders(1000, rate=200)
    flow.start()
    sent = Counter()
    for number in range(1000):
        for kind in POISON_KINDS:
            headers = [("origin", kind.encode())]
            if kind == "wrong state":
                value = good  # a Delivered order has no business among the unpaid
            elif kind == "tombstone":
                value = None
            elif kind == "guid header":
                value, headers = good[5:], [*headers, ("__value_schema_id", b"\1" + bytes(16))]
            else:
                value = poison(kind, good, number)
            producer.produce("unpaid_orders", key=f"poison-{kind}-{number}", value=value,
                             headers=headers)
            sent[kind] += 1
        if number % 50 == 0:
            producer.flush(30)
    assert producer.flush(60) == 0
    flow.wait(120)
    wait_until("all poison is in the dead-letter topic",
               lambda: len(judge.read_topic(judge.DEAD_LETTERS)) >= sum(sent.values()), 60)
    letters = judge.read_topic(judge.DEAD_LETTERS)
    assert Counter(letter.headers["origin"].decode() for letter in letters) == sent
    for letter in letters:
        kind = letter.headers["origin"].decode()
        assert letter.key.decode().startswith(f"poison-{kind}-")
        assert letter.headers["__streams.errors.topic"] == b"unpaid_orders"
        assert letter.headers["__streams.errors.message"]
        assert letter.headers["__streams.errors.partition"].isdigit()
        assert letter.headers["__streams.errors.offset"].isdigit()
        assert letter.headers["orderflow.stage"] == b"payment"
        assert letter.headers["orderflow.error.class"]
        if kind == "wrong state":
            assert letter.value == good
    settle()
