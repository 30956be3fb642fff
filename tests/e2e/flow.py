"""Live orders through the instance, and the wait until all of them have arrived."""

import time

import requests

import judge
from instance import ROOT, SERVERS, STAGES, orderflow, pid_of, wait_until

# Green is what counts, however slow the machine is: nobody waits for these but on a failure.
PATIENCE = 400
REST_SECONDS = 5  # without a new row: nothing more comes, or not soon
PROGRAMS = ["producer", *STAGES, "gateway", "ksqld"]
PARTS = [*PROGRAMS, *SERVERS]
SINKS_RUN = {sink.stem: ["RUNNING"] for sink in (ROOT / "connect/debezium").glob("*.json")}


class LiveOrders:
    """The producer as a part of the instance, sending live orders at a rate: so many, or on and on
    until it is stopped."""

    ENDLESS = 10_000_000

    def __init__(self, orders=ENDLESS, rate=100):
        state = self.state()
        self.first = state["last_order_id"]
        self.target = self.first + orders
        # The producer counts the live orders of earlier runs, too: so it makes no more after a kill.
        self.count = self.first - state["history_orders"] + orders
        self.rate = rate

    @staticmethod
    def state():
        """The newest one; those of the last transactions are enough to find it."""
        registry = judge.Registry()
        records = (judge.read_topic(judge.STATE_TOPIC, last=1000)
                   or judge.read_topic(judge.STATE_TOPIC))
        return max((registry.decode(record.value) for record in records if record.value),
                   key=lambda state: state["last_order_id"])

    def start(self):
        orderflow("start", "producer", "--live-orders", str(self.count), "--rate",
                  str(round(self.rate, 2)))

    def stop(self):
        orderflow("stop", "producer")

    def made(self):
        return self.state()["last_order_id"] - self.first

    def wait(self):
        """Until all are generated, and the producer is gone."""
        wait_until(f"order {self.target} generated",
                   lambda: self.first + self.made() >= self.target or self.made(), PATIENCE,
                   pause=2)
        wait_until("the producer ended", lambda: pid_of("producer") is None, PATIENCE)


def task_states():
    """Of each sink's tasks."""
    told = requests.get(judge.environment("CONNECT_URL") + "/connectors?expand=status",
                        timeout=60).json()
    return {name: [task["state"] for task in sink["status"]["tasks"]]
            for name, sink in told.items()}


def all_runs():
    try:
        return (all(pid_of(part) for part in PARTS if part != "producer")
                and task_states() == SINKS_RUN)
    except requests.RequestException:  # Connect is starting
        return False


def count(*topics):
    """Committed records, orders or not."""
    return sum(len(judge.read_topic(topic)) for topic in topics)


class Pipeline:
    """What runs, and how many dead letters there were before the test."""

    def __init__(self):
        orderflow("stop", "producer")  # of a test that failed
        if not all_runs():
            orderflow("up", timeout=2 * PATIENCE)
        self.letters_before = count(judge.DEAD_LETTERS)

    @staticmethod
    def made():
        """Orders, by the generator and through the gateway."""
        last_id, placed = judge.last_ids(judge.Registry())
        return last_id + placed - judge.GATEWAY_FIRST + 1

    def settle(self, letters=0):
        """Waits until no order is in flight and the tables hold all, then reconciles every id, every
        row, and the number of new dead letters."""
        ledger, made, before = None, self.made(), -1
        # To read all topics again and again would be most of the work.
        while before < (held := judge.row_count("order_info")) < made:
            before = held
            time.sleep(REST_SECONDS)

        def settled():
            nonlocal ledger
            ledger = judge.read_ledger()
            flying = len(judge.in_flight(ledger) - ledger.dead_ids)
            if flying:
                return f"{flying} orders in flight"
            final = sum(1 for _ in judge.final_orders(ledger))
            items = sum(len(order["item_info"]) for order in judge.final_orders(ledger))
            held, held_items = judge.row_count("order_info"), judge.row_count("item_info")
            return ((held, held_items) == (final, items)
                    or f"PostgreSQL holds {held} of {final} orders, {held_items} of {items} items")

        wait_until("all orders final and in PostgreSQL", settled, PATIENCE, pause=2)
        wait_until("the execution prices are in PostgreSQL",
                   lambda: judge.priced_rows() >= judge.priced(ledger) or judge.priced_rows(),
                   PATIENCE)
        problems = judge.reconcile(ledger)
        problems += judge.differences("order_info", "order_id", {
            order["order_id"]: judge.expected_order_row(order)
            for order in judge.final_orders(ledger)})
        problems += judge.differences("item_info", "item_id", {
            row["item_id"]: row for order in judge.final_orders(ledger)
            for row in judge.expected_item_rows(order)})
        events = judge.read_events()
        told = sum(map(len, events.values()))
        wait_until("all statuses are in PostgreSQL",
                   lambda: judge.row_count("order_status_history") >= told or told, PATIENCE)
        problems += judge.status_differences(ledger, events)
        assert problems == []
        assert sum(ledger.dead.values()) - self.letters_before == letters, ledger.dead
        # The tool says so, too.
        assert "\nclean: " in orderflow("exec", "orderflow-reconcile", "--grace", "0").stdout
