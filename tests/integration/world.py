"""Orders made by hand, and the processors run on them: what the stage tests share."""

import io
import json
import os
import random
import socket
import struct
import subprocess
import time
import uuid
from pathlib import Path

import fastavro
import requests
from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, KafkaError, Producer,
                             TopicPartition)
from confluent_kafka.admin import AdminClient

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ORDERFLOW_BUILD", ROOT / "build"))
BOOTSTRAP = os.environ["BOOTSTRAP_SERVERS"]
REGISTRY = os.environ["SCHEMA_REGISTRY_URL"]
TEXT = (ROOT / "schemas" / "order.avsc").read_text()
SCHEMA = fastavro.parse_schema(json.loads(TEXT))
TOPICS = ["unpaid_orders", "valid_orders", "paid_orders", "shipped_orders", "finished_orders",
          "failed_orders", "orders_dlq"]


def wait_until(what, condition, seconds):
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        last = condition()
        if last is True:
            return
        time.sleep(.2)
    raise AssertionError(f"{what}: not within {seconds} s ({last})")


def free_port():
    """Below those that the system hands out by itself, where it would not stay free."""
    for _ in range(100):
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port")


def read_committed(topic):
    """All messages of a topic, every transaction decided: right after a commit the markers of some
    partitions may still be on their way, and a reader of committed records ends before them."""
    settings = {"bootstrap.servers": BOOTSTRAP, "group.id": topic + "-reader",
                "enable.auto.commit": False, "enable.partition.eof": True}
    plain = Consumer(settings | {"isolation.level": "read_uncommitted"})
    ends = {partition: plain.get_watermark_offsets(TopicPartition(topic, partition), 30)[1]
            for partition in plain.list_topics(topic, 30).topics[topic].partitions}
    plain.close()
    consumer, found = Consumer(settings | {"isolation.level": "read_committed"}), []
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
    while ends:
        message = consumer.poll(60)
        assert message is not None, f"{topic}: no answer"
        if not message.error():
            found.append(message)
        elif message.error().code() == KafkaError._PARTITION_EOF:  # pylint: disable=protected-access
            if message.offset() >= ends.get(message.partition(), 0):
                ends.pop(message.partition(), None)
    consumer.close()
    return found


def unpaid_order(number):
    return {
        "order_id": number, "order_date": 1_700_000_000_000 + number,
        "customer_info": {
            "customer_id": number % 97, "customer_name": "Ana Niño", "company": "",
            "email": "ana@example.com", "street_address": "1 Mabini Street", "lgu": "Cebu City",
            "provincial_code": "PH-CEB", "contact_number": "0917", "ip_address": "192.0.2.1"},
        "payment_info": {"payment_status": False, "payment_method": None, "payment_date": None},
        "shipping_info": {"shipping_id": number, "express_shipping": number % 5 < 2,
                          "order_status": "Processing", "shipped_date": None, "eta": None,
                          "finished_date": None},
        "item_info": [{"sku": 1, "unit_price": "850.00", "quantity": 2, "discount_percent": 0.0,
                       "subtotal": "1700.00"}],
        "item_variety": 1, "order_total": "1700.00"}


class World:
    """Topics of our own on the real servers, and the processes that work on them."""

    def __init__(self):
        self.prefix = f"stages_{uuid.uuid4().hex[:8]}_"
        self.processes = []
        self.run("stack/admin/orderflow-admin", "setup")
        self.schema_id = requests.post(
            f"{REGISTRY}/subjects/{self.prefix}unpaid_orders-value/versions",
            json={"schema": TEXT}, timeout=30).json()["id"]
        self.admin = AdminClient({"bootstrap.servers": BOOTSTRAP})

    def options(self):
        return ["-X", f"bootstrap.servers={BOOTSTRAP}", "-X", f"schema.registry.url={REGISTRY}",
                "--topic-prefix", self.prefix]

    def run(self, program, *arguments):
        return subprocess.run([BUILD / program, *self.options(), *arguments], check=True,
                              timeout=60, text=True, stdout=subprocess.PIPE).stdout

    def start(self, stage, *options):
        process = subprocess.Popen(
            [BUILD / "processors" / f"orderflow-{stage}", *self.options(), *options],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def encode(self, order):
        out = io.BytesIO()
        out.write(struct.pack(">bI", 0, self.schema_id))
        fastavro.schemaless_writer(out, SCHEMA, fastavro_order(order))
        return out.getvalue()

    def send(self, first, count, pause=0.0):
        producer = Producer({"bootstrap.servers": BOOTSTRAP, "partitioner": "murmur2_random",
                             "enable.idempotence": True})
        for number in range(first, first + count):
            producer.produce(self.prefix + "unpaid_orders", key=str(number),
                             value=self.encode(unpaid_order(number)))
            if pause and number % 50 == 0:
                producer.flush(30)
                time.sleep(pause)
        assert producer.flush(60) == 0

    def ids(self, topic):
        """Keys of all committed records of a topic, in a list: doubles show."""
        return [int(message.key()) for message in read_committed(self.prefix + topic)]

    def lag(self, group, topic):
        """Records that the group has not committed, by the broker's own figures."""
        name = self.prefix + topic
        answer = self.admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        committed = {(part.topic, part.partition): part.offset
                     for part in answer[group].result(30).topic_partitions}
        consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": "lag"})
        total = 0
        for partition in consumer.list_topics(name, 30).topics[name].partitions:
            _, high = consumer.get_watermark_offsets(TopicPartition(name, partition), 30)
            total += high - max(committed.get((name, partition), 0), 0)
        consumer.close()
        return total

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=30)
        names = [name for name in self.admin.list_topics(timeout=30).topics
                 if name.startswith(self.prefix)]
        for future in self.admin.delete_topics(names).values():
            future.result(30)


def fastavro_order(order):
    """fastavro wants Decimal for decimals."""
    from decimal import Decimal
    return {**order, "order_total": Decimal(order["order_total"]), "item_info": [
        {**item, "unit_price": Decimal(item["unit_price"]), "subtotal": Decimal(item["subtotal"])}
        for item in order["item_info"]]}
