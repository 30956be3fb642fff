"""The producer as a process on a real broker and registry: whatever ends it, each order number is
in exactly one topic exactly once, and a run of the same options makes the rest and no more."""

import io
import json
import random
import signal
import subprocess
import time

import fastavro
import pytest
import requests

from world import BUILD, REGISTRY, SCHEMA, World, read_committed

PRODUCER = BUILD / "producer/orderflow-producer"
UNTIL = "2026-11-21T00:00:00Z"
STATES = {"Processing": ("unpaid_orders", "paid_orders"), "Shipped": ("shipped_orders",),
          "Delivered": ("finished_orders",), "Timed Out": ("failed_orders",),
          "Cancelled": ("failed_orders",), "Returned": ("failed_orders",)}
ORDER_TOPICS = ["unpaid_orders", "paid_orders", "shipped_orders", "finished_orders",
                "failed_orders"]
KILLS = 12


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def start(world, *options):
    process = subprocess.Popen([PRODUCER, *world.options(), "--until", UNTIL, *options],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    world.processes.append(process)
    return process


def run(world, *options):
    process = start(world, *options)
    _, log = process.communicate(timeout=120)
    return process.returncode, log


def records(world, topic):
    """Committed (key, value) pairs."""
    return [(message.key(), message.value())
            for message in read_committed(world.prefix + topic)]


def all_ids(world):
    return sorted(number for topic in ORDER_TOPICS for number in world.ids(topic))


def newest_state(world):
    schema = requests.get(f"{REGISTRY}/subjects/{world.prefix}generator_state-value/versions/latest",
                          timeout=30).json()["schema"]
    key, value = records(world, "generator_state")[-1]
    assert key == b"generator"
    state = fastavro.schemaless_reader(io.BytesIO(value[5:]),
                                       fastavro.parse_schema(json.loads(schema)))
    return state["last_order_id"], state["history_orders"]


def test_each_order_stands_where_its_state_belongs(world):
    code, log = run(world, "--orders", "5000", "--volume", "0.2")
    assert code == 0, log
    printed = subprocess.run([PRODUCER, "--dry-run", "--until", UNTIL, "--orders", "5000",
                              "--volume", "0.2"], check=True, stdout=subprocess.PIPE).stdout
    expected = {order["order_id"]: order for order in map(json.loads, printed.splitlines())}
    seen = 0
    for topic in ORDER_TOPICS:
        for key, value in records(world, topic):
            order = fastavro.schemaless_reader(io.BytesIO(value[5:]), SCHEMA)
            other = expected[order["order_id"]]
            assert key == str(order["order_id"]).encode()
            assert topic in STATES[order["shipping_info"]["order_status"]]
            if topic in ("unpaid_orders", "paid_orders"):
                assert order["payment_info"]["payment_status"] == (topic == "paid_orders")
            assert order["customer_info"] == other["customer_info"]
            assert float(order["order_total"]) == other["order_total"]
            seen += 1
    assert seen == len(expected) > 4000
    assert newest_state(world) == (seen, seen)


def test_kill_9_leaves_no_number_missing_or_doubled(world):
    moments = random.Random(20261121)
    options = ["--mode", "both", "--volume", "20", "--orders", "150000", "--live-orders", "3000",
               "--rate", "1500", "--transaction-records", "3000"]
    kills, codes = 0, []
    while kills < KILLS:
        process = start(world, *options)
        time.sleep(moments.uniform(.02, .7))
        if process.poll() is not None:
            break
        process.send_signal(moments.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
        process.communicate(timeout=30)
        codes.append(process.returncode)
        kills += 1
    assert kills >= 4 and set(codes) <= {0, -signal.SIGKILL}
    code, log = run(world, *options)
    assert code == 0, log
    assert all_ids(world) == list(range(1, 153001))
    assert newest_state(world) == (153000, 150000)
    assert sorted(world.ids("unpaid_orders"))[-3000:] == list(range(150001, 153001))

    states = len(records(world, "generator_state"))
    code, log = run(world, *options)
    assert code == 0 and len(records(world, "generator_state")) == states, log


def test_sigterm_commits_and_leaves_at_once(world):
    process = start(world, "--mode", "live", "--rate", "100")
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0 and time.monotonic() - began < 3, log
    last, history = newest_state(world)
    assert history == 0 and last >= 50
    assert all_ids(world) == list(range(1, last + 1))


def test_a_second_generator_takes_over(world):
    first = start(world, "--mode", "live", "--rate", "20", "--instance", "a")
    time.sleep(1.5)
    second = start(world, "--mode", "live", "--rate", "20", "--instance", "b")
    _, log = first.communicate(timeout=30)
    assert first.returncode == 6 and "has taken over" in log, log
    time.sleep(1)
    assert second.poll() is None
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=30) == 0
    assert all_ids(world) == list(range(1, newest_state(world)[0] + 1))


def test_what_a_run_refuses(world):
    assert run(world, "--orders", "100")[0] == 0
    code, log = run(world, "--orders", "200", "--seed", "9")
    assert code == 3 and "--seed 9 contradicts" in log
    code, log = run(world, "--volume", "3")
    assert code == 3 and "--volume 3.000 contradicts" in log
    code, log = run(world, "--topic-prefix", "no_such_prefix_")
    assert code == 3 and "no topic no_such_prefix_generator_state" in log
    code, log = run(world, "-X", "bootstrap.servers=127.0.0.1:1", "-X", "startup.timeout.ms=1500")
    assert code == 5, log
    code, log = run(world, "-X", "schema.registry.url=http://127.0.0.1:1", "-X",
                    "startup.timeout.ms=1500")
    assert code == 5, log
    assert all_ids(world) == list(range(1, 101))
