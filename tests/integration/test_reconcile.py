"""orderflow-reconcile on real servers: clean while orders flow and stages die, and every id that is
off named, with rows put into tables of our own."""

import json
import os
import random
import subprocess
import time
import uuid
from urllib.parse import quote

import psycopg2
import pytest

from test_dlq import dlq, letter_headers, records, send
from world import BUILD, World, unpaid_order, wait_until

RECONCILE = BUILD / "reconcile/orderflow-reconcile"
PRODUCER = BUILD / "producer/orderflow-producer"
DATABASE = os.environ["DATABASE_URL"]
FINAL = {"finished_orders": "Delivered", "failed_orders": "Cancelled"}
STAGES = ["payment", "shipping", "delivery"]


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


class Tables:
    """The flattened tables in a schema of our own, made by the project's own script."""

    def __init__(self):
        self.schema = f"reconcile_{uuid.uuid4().hex[:8]}"
        self.url = f"{DATABASE}?options={quote(f'-c search_path={self.schema}')}"
        self.connection = psycopg2.connect(DATABASE)
        self.connection.autocommit = True
        self.execute(f"CREATE SCHEMA {self.schema}")
        self.execute(f"SET search_path = {self.schema}")
        for name in ("order_info", "item_info", "customer_info"):
            self.execute(f"CREATE TABLE {name} (LIKE public.{name} INCLUDING ALL)")

    def execute(self, statement, values=None):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)

    def add(self, order_id, status, items=1, customer=None):
        customer = customer or order_id
        self.execute("INSERT INTO order_info (order_id, customer_id, order_status, item_variety) "
                     "VALUES (%s, %s, %s, %s)", (order_id, customer, status, items))
        for sku in range(items):
            self.execute("INSERT INTO item_info (item_id, order_id, sku) VALUES (%s, %s, %s)",
                         (f"{order_id}-{sku}", order_id, sku))
        self.execute("INSERT INTO customer_info (customer_id) VALUES (%s) ON CONFLICT DO NOTHING",
                     (customer,))

    def close(self):
        self.execute(f"DROP SCHEMA {self.schema} CASCADE")
        self.connection.close()


@pytest.fixture
def tables():
    tables = Tables()
    yield tables
    tables.close()


def reconcile(world, *arguments, code=0, url=None):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if url:
        environment["DATABASE_URL"] = url
    done = subprocess.run([RECONCILE, *world.options(), *arguments], stdin=subprocess.DEVNULL,
                          text=True, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout[-3000:]}{done.stderr[-2000:]}"
    return done.stdout if code in (0, 1) else done.stderr


def judged(world, *arguments, code=0, url=None):
    """The JSON object; without a database unless there is an address."""
    if not url:
        arguments = (*arguments, "--no-database")
    return json.loads(reconcile(world, "--json", *arguments, code=code, url=url))


def differences(answer):
    return {entry["kind"]: entry["orders"] for entry in answer["differences"]}


def generate(world, *options, wait=True):
    process = subprocess.Popen(
        [PRODUCER, *world.options(), "--until", "2026-11-21T00:00:00Z", *options],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    world.processes.append(process)
    if wait:
        _, log = process.communicate(timeout=120)
        assert process.returncode == 0, log
    return process


def fill(world, tables):
    """What the scripts and sinks would write."""
    count = 0
    for topic in FINAL:
        for key, value, *_ in records(world, topic):
            tables.add(int(key), FINAL[topic])
            count += 1
    return count


def test_counts_and_rows_of_a_settled_pipeline(world, tables):
    generate(world, "--mode", "both", "--orders", "1200", "--live-orders", "300", "--rate", "0")
    before = judged(world)
    assert before["generated"] == sum(before["records"].values()) > 1000
    assert before["in_flight"] == sum(before["waiting"].values()) > 0
    for stage in STAGES:
        world.start(stage)
    wait_until("nothing is in flight", lambda: judged(world)["in_flight"] == 0 or "some are", 60)
    answer = judged(world)
    assert answer["clean"] and answer["differences"] == [] and answer["rows"] is None
    assert answer["generated"] == before["generated"] == answer["finished"] + answer["failed"]
    assert answer["records"] == {topic: len(world.ids(topic)) for topic in answer["records"]}

    # No row yet: within the grace all may be on their way, without it each id is named.
    final = sorted(world.ids("finished_orders") + world.ids("failed_orders"))
    young = judged(world, url=tables.url)
    assert young["clean"] and young["rows"]["under_way"] == len(final)
    late = judged(world, "--grace", "0", url=tables.url, code=1)
    assert differences(late) == {"no_row": final}
    page = reconcile(world, "--grace", "0", url=tables.url, code=1)
    assert f"OFF: {len(final)} orders final, but without a row in order_info: 1-{len(final)}" in page

    assert fill(world, tables) == len(final)
    assert judged(world, "--grace", "0", url=tables.url)["rows"] == {
        "order_info": len(final), "item_info": len(final), "customer_info": len(final),
        "under_way": 0, "customers_of_no_order": 0, "items_of_no_order": 0}
    assert "\nclean: generated = " in reconcile(world, "--grace", "0", url=tables.url)

    delivered, failed = sorted(world.ids("finished_orders")), sorted(world.ids("failed_orders"))
    tables.execute("DELETE FROM order_info WHERE order_id = %s", (delivered[0],))
    tables.execute("UPDATE order_info SET order_status = 'Delivered' WHERE order_id = %s",
                   (failed[0],))
    tables.execute("UPDATE order_info SET order_status = E'Lost\\tand \\\\N' WHERE order_id = %s",
                   (failed[1],))
    tables.execute("UPDATE order_info SET order_status = NULL, item_variety = NULL "
                   "WHERE order_id = %s", (failed[2],))
    tables.execute("DELETE FROM item_info WHERE order_id = %s", (delivered[1],))
    tables.execute("DELETE FROM customer_info WHERE customer_id = %s", (delivered[2],))
    tables.execute("INSERT INTO customer_info (customer_id) VALUES (-5)")
    tables.execute("INSERT INTO item_info (item_id) VALUES ('stray')")
    tables.add(len(final) + 7, "Delivered")
    off = judged(world, "--grace", "0", url=tables.url, code=1)
    assert differences(off) == {
        "no_row": [delivered[0]], "status": failed[:3], "items": sorted([delivered[1], failed[2]]),
        "customer": [delivered[2]], "extra_row": [len(final) + 7]}
    assert off["rows"]["items_of_no_order"] == 1
    assert off["rows"]["customers_of_no_order"] == 2  # of -5, and of the row that was deleted


def test_topics_that_differ_name_their_ids(world):
    generate(world, "--orders", "400", "--volume", "0.05")
    count = judged(world)["generated"]
    assert count > 10
    value = world.encode(unpaid_order(1))
    send(world, "unpaid_orders", [(str(count + 1), value, None), (str(count + 2), value, None),
                                  ("no number", value, None)])
    send(world, "finished_orders", [(str(count + 1), value, None)])
    send(world, "failed_orders", [(str(count + 1), value, None)])
    where = {number: topic for topic in ("finished_orders", "failed_orders")
             for number in world.ids(topic)}
    twice, dead = sorted(where)[:2]
    send(world, where[twice], [(str(twice), value, None)])
    send(world, "orders_dlq", [(str(dead), value, letter_headers(world, 0)),
                               (str(count + 3), value, letter_headers(world, 1))])
    answer = judged(world, code=1)
    assert differences(answer) == {
        "unknown": [count + 1, count + 2, count + 3], "doubled": [twice],
        "both_ends": [count + 1], "end_and_dead": [dead], "skipped": [count + 1]}
    assert answer["bad_keys"] == 1 and answer["letters"]["open"] == 2


def test_lost_orders_are_named(world):
    generate(world, "--orders", "400", "--volume", "0.05")
    count = judged(world)["generated"]
    topic = max(judged(world)["records"].items(), key=lambda entry: entry[1])[0]
    gone = sorted(world.ids(topic))
    name = world.prefix + topic
    world.admin.delete_topics([name])[name].result(30)
    wait_until("it is gone", lambda: name not in world.admin.list_topics(timeout=30).topics, 30)
    assert f"there is no topic {name}" in reconcile(world, "--no-database", code=4)
    world.run("stack/admin/orderflow-admin", "setup")
    answer = judged(world, code=1)
    assert differences(answer) == {"lost": gone}
    assert answer["generated"] == count


def test_letters_put_back_are_no_doubles(world):
    """Live orders die on the way, are put back, and come to their end."""
    generate(world, "--orders", "400", "--volume", "0.05", "--mode", "both", "--live-orders", "50",
             "--rate", "0")
    live = sorted(world.ids("unpaid_orders"))[-50:]
    values = {int(key): value for key, value, *_ in records(world, "unpaid_orders")}
    send(world, "orders_dlq", [(str(number), values[number], letter_headers(world, number))
                               for number in live])
    answer = judged(world)
    assert answer["dead"] == answer["letters"]["open"] == 50
    dlq(world, "drop", dlq_letter(world, live[0]))
    assert judged(world)["letters"] == {"open": 49, "replayed": 0, "dropped": 1}
    assert judged(world)["dead"] == 50
    dlq(world, "replay", "--every")
    answer = judged(world)
    assert answer["letters"] == {"open": 0, "replayed": 49, "dropped": 1} and answer["dead"] == 1
    # The same record put back by something else: no letter says so.
    send(world, "unpaid_orders", [(str(live[1]), values[live[1]], [("orderflow.attempts", b"2")])])
    assert differences(judged(world, code=1)) == {"replayed_twice": [live[1]]}


def dlq_letter(world, number):
    letters = [json.loads(line) for line in dlq(world, "list", "--json").splitlines()]
    return [letter["letter"] for letter in letters if letter["key"] == str(number)][0]


def test_it_is_clean_at_any_moment_while_orders_flow_and_stages_die(world):
    moments = random.Random(20261121)
    generate(world, "--orders", "300", "--volume", "0.05")
    stages = {stage: world.start(stage, "--batch-records", "200") for stage in STAGES}
    generate(world, "--mode", "both", "--orders", "300", "--volume", "0.05", "--live-orders",
             "20000", "--rate", "400", wait=False)
    flying, started = 0, time.monotonic()
    while time.monotonic() < started + 15 or flying < 3 and time.monotonic() < started + 90:
        victim = moments.choice(STAGES)
        stages[victim].kill()
        stages[victim].communicate(timeout=30)
        answer = judged(world)
        assert answer["clean"], answer
        flying += answer["in_flight"] > 0
        stages[victim] = world.start(victim, "--batch-records", "200")
        time.sleep(moments.uniform(0, .5))
        answer = judged(world)
        assert answer["generated"] == (answer["finished"] + answer["failed"] + answer["in_flight"]
                                       + answer["dead"])
    assert flying >= 3


def test_what_is_refused(world, tables):
    assert "DATABASE_URL is not set" in reconcile(world, code=2)
    both = ("--database", "dbname=x", "--no-database")
    assert "contradict" in reconcile(world, *both, code=2)
    assert "unexpected operand 'x'" in reconcile(world, "--no-database", "x", code=2)
    for text in ("postgresql://a:secret-word@127.0.0.1/x", "host=127.0.0.1 password=secret-word"):
        out = reconcile(world, "--database", text, code=2)
        assert "can be read by everybody" in out and "secret-word" not in out
    out = reconcile(world, url="postgresql://a:secret-word@[", code=4)
    assert "cannot read" in out and "secret-word" not in out
    out = reconcile(world, url="postgresql://a:secret-word@127.0.0.1:1/x", code=5)
    assert "database: " in out and "secret-word" not in out
    tables.execute("DROP TABLE item_info")
    assert "item_info" in reconcile(world, url=tables.url, code=4)
    out = reconcile(world, "--no-database", "-X", "bootstrap.servers=127.0.0.1:1", "-X",
                    "log_level=0", code=5)
    assert "\norderflow-reconcile: " in "\n" + out
    page = reconcile(world, "--help")
    for part in ("DIFFERENCES", "EXIT STATUS", "ENVIRONMENT", "--grace", "replayed_twice"):
        assert part in page
