"""Routing and export as processes on a real broker and registry: every line of every paid order goes
where its product belongs, every external order becomes one file, whatever is killed meanwhile."""

import collections
import csv
import io
import json
import random
import signal
import subprocess
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fastavro
import pytest
from confluent_kafka import Producer

from world import BOOTSTRAP, BUILD, ROOT, SCHEMA, World, read_committed, wait_until

DATA = ROOT / "producer" / "data"
LINE = fastavro.parse_schema(json.loads((ROOT / "schemas" / "order_line.avsc").read_text()))
STATUS = fastavro.parse_schema(json.loads((ROOT / "schemas" / "order_status.avsc").read_text()))
ROUTES = {"1": "internal", "2": "external"}


def table(name, key):
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return {int(row[key]): row for row in csv.DictReader(file)}


PRODUCTS, LOCATIONS = table("catalogue.csv", "sku"), table("locations.csv", "id")


class Routing(World):
    """A world with a folder for the files, and the events of orders."""

    def __init__(self, folder):
        self.folder = folder
        super().__init__()
        last = f"{self.prefix}generator_state"  # a broker tells of new topics a moment later
        wait_until("the topics are known",
                   lambda: last in self.admin.list_topics(timeout=10).topics, 30)

    def options(self):
        return [*super().options(), "-X", "order.status.topic=order_status"]

    def begin(self, stage, *options):
        folder = {"routing": "routing", "export": "export"}.get(stage, "processors")
        more = {"routing": ["--data", DATA], "export": ["--folder", self.folder]}.get(stage, [])
        process = subprocess.Popen(
            [BUILD / folder / f"orderflow-{stage}", *self.options(), *more, *options],
            stdin=subprocess.DEVNULL, stderr=open(self.folder / f"{stage}.log", "a"), text=True)
        self.processes.append(process)
        return process

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(30)
        super().close()

    def produce(self, count, *options):
        self.run("producer/orderflow-producer", "--mode", "live", "--orders", str(count), "--rate",
                 "0", *options)

    def records(self, topic, schema):
        """(key, record) of what is committed, with the record's place."""
        return [(int(message.key()), fastavro.schemaless_reader(
            io.BytesIO(message.value()[5:]), schema), message)
            for message in read_committed(self.prefix + topic)]

    def files(self):
        """By order, parsed; nothing else may lie about."""
        found = {}
        for path in self.folder.glob("*/*"):
            assert path.name.startswith("order-") and path.suffix == ".json", path
            order = json.loads(path.read_text("utf-8"), parse_float=Decimal)
            assert path.name == f"order-{order['order_id']}.json"
            assert path.parent.name == order["order_date"][:10]
            assert order["order_id"] not in found
            found[order["order_id"]] = order
        return found

    def statuses(self):
        counts = collections.Counter()
        for key, event, _ in self.records("order_status", STATUS):
            assert key == event["order_id"]
            counts[(key, event["status"])] += 1
        return counts


@pytest.fixture
def world(tmp_path):
    world = Routing(tmp_path)
    yield world
    world.close()


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def route_of(item):
    return ROUTES[PRODUCTS[item["sku"]]["route"]]


def expected_lines(order):
    """(line, route, route_lines) and what is looked up."""
    counts = collections.Counter(map(route_of, order["item_info"]))
    for number, item in enumerate(order["item_info"], 1):
        product = PRODUCTS[item["sku"]]
        yield {"order_id": order["order_id"], "line": number, "order_lines": order["item_variety"],
               "route_lines": counts[route_of(item)], "route": route_of(item), "rule": 0,
               "order_date": order["order_date"], "order_total": order["order_total"],
               "customer_name": order["customer_info"]["customer_name"],
               "product_name": product["name"], "category": product["category"],
               "from_location_name": LOCATIONS[item["from_location"]]["name"],
               "to_location_name": LOCATIONS[item["to_location"]]["name"],
               **{name: item[name] for name in (
                   "sku", "quantity", "unit_price", "discount_percent", "subtotal",
                   "from_location", "to_location", "unit_of_measures", "uom_type")}}


def paid_orders(world):
    return {key: order for key, order, _ in world.records("paid_orders", SCHEMA)}


def external(orders):
    return {number for number, order in orders.items()
            if any(route_of(item) == "external" for item in order["item_info"])}


def wait_for_files(world, count):
    wait_until(f"{count} files", lambda: len(list(world.folder.glob("*/order-*.json"))) >= count or
               len(list(world.folder.glob("*/order-*.json"))), 60)


def check_lines(world, orders):
    seen = collections.Counter()
    for route in ROUTES.values():
        wanted = {(line["order_id"], line["line"]): line for order in orders.values()
                  for line in expected_lines(order) if line["route"] == route}
        partitions = {}
        for key, line, message in world.records(f"{route}_orders", LINE):
            assert key == line["order_id"]
            assert partitions.setdefault(key, message.partition()) == message.partition()
            place = (line["order_id"], line["line"])
            seen[place] += 1
            assert {name: line[name] for name in wanted[place]} == wanted[place]
        assert seen.keys() >= wanted.keys()
    assert set(seen.values()) == {1}


def check_files(world, orders):
    files = world.files()
    assert files.keys() == external(orders)
    for number, file in files.items():
        order = orders[number]
        lines = [line for line in expected_lines(order) if line["route"] == "external"]
        assert [line["line"] for line in file["lines"]] == [line["line"] for line in lines]
        assert file["amount"] == sum(line["subtotal"] for line in lines)
        assert file["customer"]["name"] == order["customer_info"]["customer_name"]
        for told, line in zip(file["lines"], lines):
            assert told["amount"] == line["subtotal"]
            assert told["product"] == line["product_name"]
            assert told["from"] == {"id": line["from_location"], "name": line["from_location_name"]}
            assert told["to"] == {"id": line["to_location"], "name": line["to_location_name"]}


def check_events(world, orders):
    statuses = world.statuses()
    for number in orders:
        assert statuses[(number, "Enriched")] == statuses[(number, "Routed")] == 1
    exported = {number for number, status in statuses if status == "Exported"}
    assert exported == external(orders)
    return statuses


def test_every_line_goes_where_its_product_belongs(world):
    stages = [world.begin(stage) for stage in ("payment", "routing", "export")]
    world.produce(600)
    wait_until("all paid or not", lambda: len(world.ids("paid_orders")) + len(
        world.ids("failed_orders")) == 600, 60)
    orders = paid_orders(world)
    assert len(external(orders)) > 100
    wait_for_files(world, len(external(orders)))
    wait_until("no lag", lambda: world.lag(f"{world.prefix}orderflow-export",
                                           "external_orders") == 0, 20)
    check_lines(world, orders)
    check_files(world, orders)
    statuses = check_events(world, orders)
    assert {count for (_, status), count in statuses.items() if status == "Exported"} == {1}
    assert world.ids("orders_dlq") == []
    for stage in stages:
        stop(stage)


def test_killed_twice_in_a_row_nothing_is_lost_or_doubled(world):
    moments = random.Random(20261121)
    world.begin("payment")
    stages = {stage: world.begin(stage, "--batch-ms", "20", "--batch-records", "7")
              for stage in ("routing", "export")}
    for _ in range(6):
        world.produce(150)
        for name in stages:
            for _ in range(2):
                time.sleep(moments.uniform(.2, .9))
                stages[name].kill()
                stages[name].wait(30)
                stages[name] = world.begin(name, "--batch-ms", "20", "--batch-records", "7")
    wait_until("all paid or not", lambda: len(world.ids("paid_orders")) + len(
        world.ids("failed_orders")) == 900, 60)
    orders = paid_orders(world)
    wait_for_files(world, len(external(orders)))
    wait_until("no lag", lambda: world.lag(f"{world.prefix}orderflow-export",
                                           "external_orders") == 0 and
               world.lag(f"{world.prefix}orderflow-routing", "paid_orders") == 0, 60)
    check_lines(world, orders)
    check_files(world, orders)
    check_events(world, orders)
    assert world.ids("orders_dlq") == []


# ---- rules ----

def test_rules_decide_before_the_product(world, tmp_path):
    rules = tmp_path / "rules.txt"
    rules.write_text("# dear things are the partner's\nexternal when amount >= 3000\n"
                     "internal when province = PH-00\n")
    world.begin("payment")
    world.begin("routing", "--rules", rules)
    world.produce(300)
    wait_until("all routed", lambda: world.lag(f"{world.prefix}orderflow-payment",
                                               "unpaid_orders") == 0 and
               world.lag(f"{world.prefix}orderflow-routing", "paid_orders") == 0, 60)
    decided = collections.Counter()
    for route in ROUTES.values():
        for _, line, _ in world.records(f"{route}_orders", LINE):
            dear, manila = line["subtotal"] >= 3000, line["provincial_code"] == "PH-00"
            assert line["rule"] == (2 if dear else 3 if manila else 0)
            assert line["route"] == route == (
                "external" if dear else "internal" if manila else
                ROUTES[PRODUCTS[line["sku"]]["route"]])
            decided[line["rule"]] += 1
    assert set(decided) == {0, 2, 3}


def test_a_rule_that_cannot_match_is_an_error_at_start(world, tmp_path):
    rules = tmp_path / "rules.txt"
    rules.write_text("external when amount >= 3000\n\n  internal when amount > 5000\n")
    process = world.begin("routing", "--rules", rules)
    assert process.wait(30) == 3
    assert f"{rules}:3:3: the rule can match nothing" in (tmp_path / "routing.log").read_text()


def test_hang_up_reads_the_rules_again(world, tmp_path):
    rules, log = tmp_path / "rules.txt", tmp_path / "routing.log"
    rules.write_text("internal\n")
    world.begin("payment")
    routing = world.begin("routing", "--rules", rules)
    seen = 0

    def routed():
        nonlocal seen
        world.produce(50)
        seen += 50
        wait_until("all paid", lambda: world.lag(
            f"{world.prefix}orderflow-payment", "unpaid_orders") == 0, 60)
        wait_until("all routed", lambda: world.lag(
            f"{world.prefix}orderflow-routing", "paid_orders") == 0, 60)
        return [len(world.records(f"{route}_orders", LINE)) for route in ("internal", "external")]

    first = routed()
    assert first[0] > 0 and first[1] == 0
    rules.write_text("external\n")
    second = routed()  # nobody has asked for it
    assert second[0] > first[0] and second[1] == 0
    routing.send_signal(signal.SIGHUP)
    third = routed()
    assert third[0] == second[0] and third[1] > 0
    rules.write_text("external\n\n  internal when colour = red\n")
    routing.send_signal(signal.SIGHUP)
    # It is told before another order comes.
    wait_until("a bad file is told of", lambda: "stay as they were" in log.read_text() or "not yet", 15)
    fourth = routed()  # a bad file changes nothing
    assert fourth[0] == second[0] and fourth[1] > third[1]
    stop(routing)
    assert f"{rules}:3:17: " in log.read_text() and "stay as they were" in log.read_text()


# ---- the partner ----

class Partner(ThreadingHTTPServer):
    """Takes orders. Some it refuses, some only at a later try; it remembers what it took."""

    def __init__(self):
        self.bodies, self.posts, self.refuse = {}, collections.Counter(), True
        super().__init__(("127.0.0.1", 0), PartnerHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, key, body):
        order = json.loads(body)["order_id"]
        assert key.endswith(f"order-{order}")
        self.posts[order] += 1
        if order % 10 == 3 and self.refuse:
            return 422
        if order % 7 == 0 and self.posts[order] < 3:
            return 503
        assert self.bodies.setdefault(key, body) == body
        return 200


class PartnerHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.answer(self.headers["Idempotency-Key"], body))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def partner():
    partner = Partner()
    yield partner
    partner.shutdown()
    partner.server_close()


def test_orders_reach_the_partner_and_refused_ones_can_be_replayed(world, partner):
    settings = ["-X", f"export.partner.url=http://127.0.0.1:{partner.server_port}/orders",
                "-X", "export.partner.retries.wait.ms=5"]
    for stage in ("payment", "routing"):
        world.begin(stage)
    export = world.begin("export", *settings)
    world.produce(300)
    wait_until("all routed", lambda: world.lag(f"{world.prefix}orderflow-payment",
                                               "unpaid_orders") == 0 and
               world.lag(f"{world.prefix}orderflow-routing", "paid_orders") == 0, 60)
    for _ in range(2):
        export.kill()
        export.wait(30)
        export = world.begin("export", *settings)
        time.sleep(.5)
    wait_until("no lag", lambda: world.lag(f"{world.prefix}orderflow-export",
                                           "external_orders") == 0, 90)
    orders = paid_orders(world)
    wanted = external(orders)
    refused = {number for number in wanted if number % 10 == 3}
    assert refused and len(wanted) > 50
    lines = {number: sum(route_of(item) == "external" for item in orders[number]["item_info"])
             for number in refused}
    assert {int(key.rsplit("-", 1)[1]) for key in partner.bodies} == wanted - refused
    assert collections.Counter(world.ids("orders_dlq")) == lines
    # Routing's lines have no headers: one of somebody else's, which is none, has.
    foreign = Producer({"bootstrap.servers": BOOTSTRAP})
    foreign.produce(world.prefix + "external_orders", key="foreign", value=b"no line",
                    headers=[("trace", b"17"), ("trace", b"18")])
    assert foreign.flush(30) == 0
    wait_until("no lag", lambda: world.lag(f"{world.prefix}orderflow-export",
                                           "external_orders") == 0, 90)
    # Raw, as they stand in their topic, and with the headers of the error behind their own.
    sent = {(message.partition(), message.offset()): message
            for message in read_committed(world.prefix + "external_orders")}
    with_headers = 0
    for letter in read_committed(world.prefix + "orders_dlq"):
        headers = dict(letter.headers())
        source = sent[int(headers["__streams.errors.partition"]),
                      int(headers["__streams.errors.offset"])]
        assert (letter.key(), letter.value()) == (source.key(), source.value())
        own = source.headers() or []
        assert letter.headers()[:len(own)] == own
        with_headers += len(own) == 2
        assert (headers["orderflow.error.class"] == b"partner") == (letter.key() != b"foreign")
    assert with_headers == 1
    partner.refuse = False
    world.run("deadletters/orderflow-dlq", "replay", "--stage", "export", "--class", "partner")
    wait_until("all taken", lambda: len(partner.bodies) == len(wanted) or len(partner.bodies), 60)
    wait_until("no lag", lambda: world.lag(f"{world.prefix}orderflow-export",
                                           "external_orders") == 0, 60)
    assert world.files().keys() == wanted
    assert {number for number, status in world.statuses() if status == "Exported"} == wanted
