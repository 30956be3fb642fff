"""orderflow-validation on real servers: each order goes where its screening says, with its reason,
and payment takes them from there; files are read again on SIGHUP."""

import functools
import io
import json
import shutil
import signal
import struct
import subprocess

import fastavro
import pytest
import requests
from confluent_kafka import Producer

from test_dlq import records
from world import (BOOTSTRAP, BUILD, REGISTRY, ROOT, SCHEMA, World, fastavro_order, unpaid_order,
                   wait_until)

DATA = ROOT / "producer" / "data"
EVENTS = ["-X", "order.status.topic=order_status"]
FRAUD = (DATA / "fraud_ips.csv").read_text().split()[1]

# What is done to a sound order, and what is told of it; None: it is valid.
CHANGES = {
    "sound": (lambda order: None, None),
    "fraud": (lambda order: order["customer_info"].update(ip_address=FRAUD),
              f"ip_address {FRAUD} is on the fraud list"),
    "province": (lambda order: order["customer_info"].update(provincial_code="PH-XYZ"),
                 "province 'PH-XYZ' is not known"),
    "sku": (lambda order: order["item_info"][0].update(sku=77), "SKU 77 is not known"),
    "variety": (lambda order: order.update(item_variety=2),
                "item_variety is 2, but there are 1 lines"),
    "subtotal": (lambda order: (order["item_info"][0].update(subtotal="1700.02"),
                                order.update(order_total="1700.02")),
                 "SKU 1: subtotal 1700.02, it should be 1700.00"),
    "total": (lambda order: order.update(order_total="1.00"),
              "order_total is 1.00, but the subtotals make 1700.00"),
}


@pytest.fixture
def world():
    world = World()
    world.run("stack/admin/orderflow-admin", *EVENTS, "setup")
    yield world
    world.close()


def changed(number, kind):
    order = unpaid_order(number)
    CHANGES[kind][0](order)
    return order


def send(world, orders):
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "partitioner": "murmur2_random",
                         "enable.idempotence": True})
    for order in orders:
        producer.produce(world.prefix + "unpaid_orders", key=str(order["order_id"]),
                         value=world.encode(order))
    assert producer.flush(60) == 0


def orders_in(world, topic):
    return {int(key): fastavro.schemaless_reader(io.BytesIO(value[5:]), SCHEMA)
            for key, value, *_ in records(world, topic)}


def reasons(world):
    """{order id: [(status, reason)]} of the events that validation wrote."""
    found = {}
    for key, value, *_ in records(world, "order_status"):
        event = decode(value)
        if event["stage"] == "validation":
            found.setdefault(int(key), []).append((event["status"], event["reason"]))
    return found


@functools.cache
def schema_of(schema_id):
    answer = requests.get(f"{REGISTRY}/schemas/ids/{schema_id}", timeout=30)
    return fastavro.parse_schema(json.loads(answer.json()["schema"]))


def decode(value):
    schema_id, = struct.unpack(">I", value[1:5])
    return fastavro.schemaless_reader(io.BytesIO(value[5:]), schema_of(schema_id))


def start(world, *options):
    return world.start("validation", *EVENTS, "--data", str(DATA), *options)


def test_each_order_goes_where_its_screening_says(world):
    kinds = [list(CHANGES)[number % len(CHANGES)] for number in range(1, 1401)]
    start(world)
    send(world, [changed(number, kind) for number, kind in enumerate(kinds, 1)])
    wanted = {kind: {n for n, each in enumerate(kinds, 1) if each == kind} for kind in CHANGES}
    wait_until("all are screened", lambda: len(world.ids("valid_orders")) + len(
        world.ids("failed_orders")) >= len(kinds) or "not yet", 30)
    valid, failed = orders_in(world, "valid_orders"), orders_in(world, "failed_orders")
    assert sorted(world.ids("valid_orders")) == sorted(wanted["sound"])
    assert sorted(world.ids("failed_orders")) == sorted(set(range(1, 1401)) - wanted["sound"])
    told = reasons(world)
    for number, kind in enumerate(kinds, 1):
        order = {**valid, **failed}[number]
        status = "Validated" if kind == "sound" else "Rejected"
        assert order["shipping_info"]["order_status"] == status
        assert told[number] == [(status, CHANGES[kind][1])]
        sent = fastavro_order(changed(number, kind))
        assert order["item_info"][0]["subtotal"] == sent["item_info"][0]["subtotal"]
        assert (order["shipping_info"]["finished_date"] is None) == (kind == "sound")
    assert world.ids("orders_dlq") == []


def test_payment_takes_the_valid_ones_and_no_others(world):
    start(world)
    world.start("payment", *EVENTS, "-X", "payment.input.topic=valid_orders")
    send(world, [changed(n, "fraud" if n % 10 == 0 else "sound") for n in range(1, 501)])
    wait_until("all are paid or failed", lambda: len(world.ids("paid_orders")) + len(
        world.ids("failed_orders")) >= 500 or "not yet", 30)
    failed = orders_in(world, "failed_orders")
    rejected = {number for number, order in failed.items()
                if order["shipping_info"]["order_status"] == "Rejected"}
    assert rejected == set(range(10, 501, 10))
    assert not rejected & set(world.ids("paid_orders"))
    paid = orders_in(world, "paid_orders")
    assert {order["shipping_info"]["order_status"] for order in paid.values()} == {"Processing"}


def test_kill_9_screens_each_order_once(world):
    process = start(world, "--batch-records", "50")
    for first in range(1, 4001, 1000):
        send(world, [changed(n, "fraud" if n % 7 == 0 else "sound")
                     for n in range(first, first + 1000)])
        process.kill()
        process.communicate(timeout=30)
        process = start(world, "--batch-records", "50")
    wait_until("all are screened", lambda: len(world.ids("valid_orders")) + len(
        world.ids("failed_orders")) >= 4000 or "not yet", 60)
    assert sorted(world.ids("failed_orders")) == list(range(7, 4001, 7))
    assert sorted(world.ids("valid_orders")) == [n for n in range(1, 4001) if n % 7]
    assert {len(each) for each in reasons(world).values()} == {1}


def test_hang_up_reads_the_list_again(world, tmp_path):
    listed = tmp_path / "fraud.csv"
    listed.write_text("ip_address\n198.18.9.9\n")
    process = start(world, "--fraud-list", str(listed))

    def screened(number, address, topic):
        order = unpaid_order(number)
        order["customer_info"]["ip_address"] = address
        send(world, [order])
        wait_until(f"{number} is in {topic}", lambda: number in world.ids(topic) or
                   (world.ids("valid_orders"), world.ids("failed_orders")), 30)

    screened(1, "198.18.9.9", "failed_orders")
    screened(2, FRAUD, "valid_orders")
    listed.write_text(f"ip_address\n{FRAUD}\n")
    screened(3, FRAUD, "valid_orders")  # nobody has asked for it
    process.send_signal(signal.SIGHUP)
    screened(4, FRAUD, "failed_orders")
    screened(5, "198.18.9.9", "valid_orders")
    listed.write_text("ip_address\nnonsense\n")
    process.send_signal(signal.SIGHUP)
    screened(6, FRAUD, "failed_orders")  # a bad file changes nothing
    process.terminate()
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log
    assert "'nonsense' is no IP address" in log and "stay as they were" in log


def test_a_bad_file_is_an_error_at_start(world, tmp_path):
    done = subprocess.run([BUILD / "processors/orderflow-validation", *world.options(),
                           "--data", str(tmp_path)], timeout=60, text=True,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode == 3 and "catalogue.csv" in done.stderr


def test_what_is_wrong_here_is_told_before_servers_are_waited_for(tmp_path):
    nowhere = ["-X", "bootstrap.servers=127.0.0.1:1", "-X", "schema.registry.url=http://127.0.0.1:1"]
    for wrong, told in ((["--hourly-limit", "5"], "--state-dir"),
                        (["--data", str(tmp_path)], "catalogue.csv")):
        done = subprocess.run([BUILD / "processors/orderflow-validation", *nowhere, *wrong],
                              cwd=ROOT, timeout=10, text=True, stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, check=False)
        assert done.returncode == 3 and told in done.stderr, done.stderr


# ---- the hourly limit ----

HOUR = 3_600_000
NOW = 1_700_000_000_000


def limited(world, tmp_path, limit, instance="1"):
    return start(world, "--hourly-limit", str(limit), "--state-dir", str(tmp_path / instance),
                 "--instance", instance, "--batch-records", "100")


def customers_order(number, customer, date):
    order = unpaid_order(number)
    order["order_date"] = date
    order["customer_info"]["customer_id"] = customer
    return order


def fullest_hour(orders, order):
    """What the fullest hour that holds the order comes to."""
    dates = [each["order_date"] for each in orders]
    return max(sum(float(each["order_total"]) for each in orders
                   if end - HOUR < each["order_date"] <= end)
               for end in dates if order["order_date"] <= end < order["order_date"] + HOUR)


def judge(orders, rejected, limit):
    """Orders of a customer come in any order, as their partitions are read: so no hour holds more
    than the limit, and each that was rejected would have made one hold more."""
    accepted = {}
    for order in orders:
        if order["order_id"] not in rejected:
            accepted.setdefault(order["customer_info"]["customer_id"], []).append(order)
    for order in orders:
        known = accepted[order["customer_info"]["customer_id"]]
        if order["order_id"] in rejected:
            assert fullest_hour([*known, order], order) > limit, order["order_id"]
        else:
            assert fullest_hour(known, order) <= limit, order["order_id"]


def settled(world, count):
    wait_until(f"{count} are decided on", lambda: len(world.ids("valid_orders")) + len(
        world.ids("failed_orders")) >= count or
        (len(world.ids("valid_orders")), len(world.ids("failed_orders"))), 60)


def limited_orders(first, count, pause=20_000, customers=40):
    """Each customer orders for 1,700 at each pause."""
    return [customers_order(n, n % customers, NOW + n // customers * pause)
            for n in range(first, first + count)]


def check(world, orders, limit):
    settled(world, len(orders))
    failed, valid = world.ids("failed_orders"), world.ids("valid_orders")
    assert sorted(failed + valid) == sorted(order["order_id"] for order in orders)
    rejected = set(failed)
    judge(orders, rejected, limit)
    assert rejected and valid
    assert world.ids("orders_dlq") == []
    told = reasons(world)
    assert {number for number, each in told.items() if each[0][0] == "Rejected"} == rejected
    assert {len(each) for each in told.values()} == {1}
    assert all("within an hour, the limit is" in told[number][0][1] for number in rejected)


def test_the_limit_is_kept_by_customer(world, tmp_path):
    limited(world, tmp_path, 5100)
    orders = limited_orders(0, 1600, pause=HOUR // 5)
    for first in range(0, 1600, 160):  # four rounds: nobody is more than an hour late
        send(world, orders[first:first + 160])
        settled(world, first + 160)
    check(world, orders, 5100)
    assert len(world.ids("valid_orders")) > 900  # three of five, and one for each late one
    order = next(iter(orders_in(world, "failed_orders").values()))
    assert order["shipping_info"]["order_status"] == "Rejected"


def test_kill_9_forgets_nobody(world, tmp_path):
    process = limited(world, tmp_path, 51000)
    orders = limited_orders(0, 6000)
    for first in range(0, 6000, 1500):
        send(world, orders[first:first + 1500])
        process.kill()
        process.communicate(timeout=30)
        process = limited(world, tmp_path, 51000)
    check(world, orders, 51000)


def test_a_lost_state_is_made_anew(world, tmp_path):
    process = limited(world, tmp_path, 51000)
    orders = limited_orders(0, 2000)
    send(world, orders[:1000])
    settled(world, 1000)
    process.terminate()
    process.communicate(timeout=30)
    shutil.rmtree(tmp_path / "1")
    process = limited(world, tmp_path, 51000)
    send(world, orders[1000:])
    check(world, orders, 51000)
    process.terminate()
    _, log = process.communicate(timeout=30)
    assert "customers' orders read again" in log


def test_two_instances_decide_as_one(world, tmp_path):
    """The second one comes and goes: partitions move, and with them what is known of customers."""
    orders = limited_orders(0, 6000)
    limited(world, tmp_path, 51000, "first")
    send(world, orders[:1500])
    second = limited(world, tmp_path, 51000, "second")
    send(world, orders[1500:3000])
    settled(world, 2500)
    second.kill()
    second.communicate(timeout=30)
    send(world, orders[3000:4500])
    second = limited(world, tmp_path, 51000, "second")
    send(world, orders[4500:])
    settled(world, 5500)
    second.terminate()
    _, log = second.communicate(timeout=60)
    assert second.returncode == 0, log
    check(world, orders, 51000)
