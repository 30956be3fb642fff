"""Trouble on purpose: every order that the manifest lists ends where docs/trouble.md says, by count and
by number, and all others go their way, though the generator is killed amid it."""

import collections
import json
import signal
import subprocess
import time

import pytest

from test_routing import DATA, PRODUCTS, ROUTES, Routing
from world import BUILD, SCHEMA, read_committed, wait_until

ORDERS = 1500
KINDS = ("late", "duplicate", "out-of-order", "malformed", "unknown-schema", "negative")
STAGES = ("validation", "payment", "shipping", "delivery", "routing", "export")
OPTIONS = {"validation": ["--data", str(DATA)],
           "payment": ["-X", "payment.input.topic=valid_orders"]}


@pytest.fixture
def world(tmp_path):
    world = Routing(tmp_path)
    yield world
    world.close()


def generate(world, manifest):
    """Kills the generator a few times; it goes on until all orders are there."""
    shares = [word for kind in KINDS for word in (f"--{kind}", ".07")]
    command = [BUILD / "producer/orderflow-producer", *world.options(), "--mode", "live",
               "--live-orders", str(ORDERS), "--rate", "400", "--fraud-share", "0", *shares,
               "--manifest", manifest]
    for _ in range(4):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(.8)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    subprocess.run(command, check=True, timeout=120, stdin=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    told = collections.defaultdict(dict)
    for line in manifest.read_text().splitlines():
        entry = json.loads(line)
        assert entry["order_id"] not in told[entry["trouble"]]
        told[entry["trouble"]][entry["order_id"]] = entry
    assert set(told) == set(KINDS)
    return told


def keys(world, topic):
    return collections.Counter(world.ids(topic))


def letters(world):
    """Error class by order; no order has two."""
    found = {}
    for message in read_committed(world.prefix + "orders_dlq"):
        assert int(message.key()) not in found
        found[int(message.key())] = dict(message.headers())["orderflow.error.class"].decode()
    return found


def test_every_troubled_order_ends_where_it_belongs(world, tmp_path):
    manifest = tmp_path / "manifest.jsonl"
    for stage in STAGES:
        world.begin(stage, *OPTIONS.get(stage, []))
    told = generate(world, manifest)
    twice, dead = set(told["duplicate"]), set(told["malformed"]) | set(told["unknown-schema"])
    everyone = set(range(1, ORDERS + 1))

    def ended():
        done = sum((keys(world, topic) for topic in ("finished_orders", "failed_orders",
                                                     "orders_dlq")), collections.Counter())
        return sum(done.values()) >= ORDERS + len(twice) or sum(done.values())

    wait_until("all came to an end", ended, 90)
    wait_until("no lag", lambda: world.lag(f"{world.prefix}orderflow-export",
                                           "external_orders") == 0 and
               world.lag(f"{world.prefix}orderflow-routing", "paid_orders") == 0, 60)

    # Where records came in: every order once, but for the duplicates.
    unpaid = [int(message.key()) for message in sorted(
        read_committed(world.prefix + "unpaid_orders"),
        key=lambda message: (message.partition(), message.offset()))]
    assert collections.Counter(unpaid) == {
        number: 2 if number in twice else 1 for number in everyone}

    # Damaged ones are dead letters of the first stage, each of its class.
    assert letters(world) == {
        **dict.fromkeys(told["malformed"], "decode"),
        **dict.fromkeys(told["unknown-schema"], "schema")}

    # The others have one end; a duplicate comes to the same end twice.
    final = {}
    for topic in ("finished_orders", "failed_orders"):
        for key, order, _ in world.records(topic, SCHEMA):
            final.setdefault(key, []).append(
                (topic, order["shipping_info"]["order_status"], order))
    assert set(final) == everyone - dead
    for number, ends in final.items():
        assert len(ends) == (2 if number in twice else 1)
        assert all(end[:2] == ends[0][:2] for end in ends)
        assert (ends[0][1] == "Rejected") == (number in told["negative"])

    for number, entry in told["late"].items():
        dated = final[number][0][2]["order_date"]
        assert dated.strftime("%Y-%m-%dT%H:%M:%S") == entry["order_date"][:19]
    for number, entry in told["negative"].items():
        quantities = [item["quantity"] for item in final[number][0][2]["item_info"]
                      if item["sku"] == entry["sku"]]
        assert quantities == [entry["quantity"]] and entry["quantity"] < 0

    # Out of order: sent behind a later one. Partitions interleave; the producer's own time tells.
    sent = {int(message.key()): message.timestamp()[1]
            for message in read_committed(world.prefix + "unpaid_orders")}
    for number, entry in told["out-of-order"].items():
        assert entry["behind"] > number and sent[entry["behind"]] <= sent[number]

    # The partner gets each external order once.
    paid = {key: order for key, order, _ in world.records("paid_orders", SCHEMA)}
    external = {number for number, order in paid.items() if any(
        ROUTES[PRODUCTS[item["sku"]]["route"]] == "external" for item in order["item_info"])}
    assert set(world.files()) == external
    assert external & twice
