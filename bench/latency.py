"""How long a live order takes from its record in unpaid_orders to its row in PostgreSQL, through
every processor, the SQL scripts and the sink of a running pipeline, orders coming slowly.

A row's time is that of the query that first saw it: the figure is up to POLL_SECONDS too high."""

import signal
import subprocess
import time

import psycopg2
from confluent_kafka import Consumer, TopicPartition

from sides import BUILD, ENVIRONMENT, Failed

TOPIC = "unpaid_orders"
RATE = 5
WARM_UP = 10  # orders that are not counted: connections open, classes load
POLL_SECONDS = 0.01
GIVE_UP_SECONDS = 60  # without a new row


def reader(bootstrap):
    return Consumer({"bootstrap.servers": bootstrap, "group.id": "orderflow-bench-latency",
                     "enable.auto.commit": False, "isolation.level": "read_committed"})


def ends(bootstrap):
    consumer = reader(bootstrap)
    offsets = []
    for number in consumer.list_topics(TOPIC, 10).topics[TOPIC].partitions:
        partition = TopicPartition(TOPIC, number)
        partition.offset = consumer.get_watermark_offsets(partition, 10, cached=False)[1]
        offsets.append(partition)
    consumer.close()
    return offsets


def sent_times(bootstrap, offsets, wanted):
    """Seconds by order id of the records behind `offsets`, until all of `wanted` are found."""
    consumer = reader(bootstrap)
    consumer.assign(offsets)
    times, deadline = {}, time.monotonic() + GIVE_UP_SECONDS
    while not wanted <= times.keys() and time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is not None and not message.error():
            times[int(message.key())] = message.timestamp()[1] / 1000
    consumer.close()
    return times


def watch_rows(cursor, program, count):
    """Seconds by order id of the next `count` rows of order_info."""
    cursor.execute("SELECT coalesce(max(order_id), 0) FROM order_info")
    highest = cursor.fetchone()[0]
    # Orders end in any order: what stood there before is told apart by its id alone, as the
    # generator counts on.
    seen, deadline = {}, time.monotonic() + GIVE_UP_SECONDS
    while len(seen) < count:
        cursor.execute("SELECT order_id FROM order_info WHERE order_id > %s", (highest,))
        now = time.time()
        fresh = [row[0] for row in cursor.fetchall() if row[0] not in seen]
        if fresh:
            seen.update((order, now) for order in fresh)
            deadline = time.monotonic() + GIVE_UP_SECONDS
        if program.poll() is not None:
            raise Failed(f"orderflow-producer ended with {program.returncode}")
        if time.monotonic() > deadline:
            raise Failed(f"no order reached order_info in {GIVE_UP_SECONDS} s: is the pipeline up?")
        time.sleep(POLL_SECONDS)
    return seen


def measure(bootstrap, registry, database, orders):
    """The milliseconds of each order, sorted."""
    offsets = ends(bootstrap)
    connection = psycopg2.connect(database)
    connection.autocommit = True
    program = subprocess.Popen(
        [BUILD / "producer/orderflow-producer", "--mode", "live", "--rate", str(RATE),
         "-X", f"bootstrap.servers={bootstrap}", "-X", f"schema.registry.url={registry}",
         "--log-level", "warning"], env=ENVIRONMENT)
    try:
        rows = watch_rows(connection.cursor(), program, WARM_UP + orders)
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(30)
        connection.close()
    sent = sent_times(bootstrap, offsets, set(rows))
    counted = sorted(rows)[WARM_UP:]
    return sorted(1000 * (rows[order] - sent[order]) for order in counted if order in sent)
