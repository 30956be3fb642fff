"""Puts the project's own sink files on the real worker, under other names, and feeds them records
as ksqlDB writes them, so that a sink can be tested without a pipeline in front of it."""

import io
import json
import os
import struct
import time
import uuid
from pathlib import Path

import fastavro
import psycopg2
import requests
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60


def variable(name):
    value = os.environ.get(name)
    if not value:
        raise SystemExit(f"{name} is not set: run this through ./orderflow test")
    return value


def nullable(avro_type):
    return ["null", avro_type]


TIMESTAMP = {"type": "long", "connect.version": 1, "logicalType": "timestamp-millis",
             "connect.name": "org.apache.kafka.connect.data.Timestamp"}
DECIMAL = {"type": "bytes", "scale": 2, "precision": 12, "connect.version": 1,
           "connect.parameters": {"scale": "2", "connect.decimal.precision": "12"},
           "connect.name": "org.apache.kafka.connect.data.Decimal", "logicalType": "decimal"}


def ksqldb_schema(columns):
    """A value schema as a real ksqlDB registers it."""
    return {"type": "record", "name": "KsqlDataSourceSchema",
            "namespace": "io.confluent.ksql.avro_schemas",
            "fields": [{"name": name, "type": nullable(avro_type), "default": None}
                       for name, avro_type in columns.items()],
            "connect.name": "io.confluent.ksql.avro_schemas.KsqlDataSourceSchema"}


ORDER_INFO = ksqldb_schema({
    "ORDER_ID": "long", "CUSTOMER_ID": "long", "ORDER_DATE": TIMESTAMP, "ORDER_STATUS": "string",
    "ORDER_TOTAL": DECIMAL, "ITEM_VARIETY": "int", "PAYMENT_STATUS": "boolean",
    "PAYMENT_METHOD": "string", "PAYMENT_DATE": TIMESTAMP, "SHIPPING_ID": "long",
    "EXPRESS_SHIPPING": "boolean", "SHIPPED_DATE": TIMESTAMP, "ETA": TIMESTAMP,
    "FINISHED_DATE": TIMESTAMP})
ORDER_EXECUTED = ksqldb_schema({
    **{field["name"]: field["type"][1] for field in ORDER_INFO["fields"]},
    "EXECUTION_PRICE": DECIMAL})
ITEM_INFO = ksqldb_schema({
    "ITEM_ID": "string", "ORDER_ID": "long", "SKU": "int", "UNIT_PRICE": DECIMAL,
    "QUANTITY": "int", "DISCOUNT_PERCENT": "double", "SUBTOTAL": DECIMAL})
CUSTOMER_INFO = ksqldb_schema({
    "CUSTOMER_ID": "long", "CUSTOMER_NAME": "string", "COMPANY": "string", "EMAIL": "string",
    "STREET_ADDRESS": "string", "LGU": "string", "PROVINCIAL_CODE": "string",
    "CONTACT_NUMBER": "string"})
ORDER_STATUS = json.loads((ROOT / "schemas/order_status.avsc").read_text("utf-8"))  # our own
SCHEMAS = {"order_info": ORDER_INFO, "item_info": ITEM_INFO, "customer_info": CUSTOMER_INFO,
           "order_status_history": ORDER_STATUS, "order_executed": ORDER_EXECUTED,
           **{name: json.loads((ROOT / f"tests/golden/{name}-value.avsc").read_text("utf-8"))
              for name in ("order_price", "destination_total")}}


TABLES = {"order_executed": "order_info"}  # where it is not named after the sink


def execute(statement):
    """Runs SQL; its rows if it has any."""
    connection = psycopg2.connect(variable("DATABASE_URL"))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


class Sink:
    """One sink file on its own topic, table and dead-letter topic, gone again at the end."""

    def __init__(self, base, name):
        # A run that was cut off leaves its names behind: these are new each time.
        self.base, self.name = base, f"{name}_{base}_{uuid.uuid4().hex[:8]}"
        self.dead = f"{self.name}_dlq"
        self.url = variable("CONNECT_URL")
        servers = {"bootstrap.servers": variable("BOOTSTRAP_SERVERS")}
        self.admin = AdminClient(servers)
        self.producer = Producer({**servers, "partitioner": "murmur2_random", "linger.ms": 5})
        schema = SCHEMAS[base]
        answer = requests.post(
            f"{variable('SCHEMA_REGISTRY_URL')}/subjects/{self.name}-value/versions",
            json={"schema": json.dumps(schema)}, timeout=30)
        answer.raise_for_status()
        self.prefix = struct.pack(">bI", 0, answer.json()["id"])
        self.schema = fastavro.parse_schema(schema)

    def __enter__(self):
        for future in self.admin.create_topics(
                [NewTopic(self.name, 2, 1), NewTopic(self.dead, 1, 1)]).values():
            future.result(30)
        execute(f"CREATE TABLE {self.name} (LIKE {TABLES.get(self.base, self.base)} INCLUDING ALL)")
        config = json.loads((ROOT / f"connect/debezium/{self.base}.json").read_text("utf-8"))
        config.update({"topics": self.name, "collection.name.format": self.name,
                       "errors.deadletterqueue.topic.name": self.dead})
        secrets = str(Path(variable("ORDERFLOW_DATA")) / "secrets/sink.properties")
        config = {key: value.replace("/run/secrets/orderflow-sink.properties", secrets)
                  for key, value in config.items()}
        requests.put(f"{self.url}/connectors/{self.name}/config", json=config,
                     timeout=60).raise_for_status()
        self.wait("the task runs", lambda: self.states() == ["RUNNING"])
        return self

    def __exit__(self, *_):
        requests.delete(f"{self.url}/connectors/{self.name}", timeout=60)
        execute(f"DROP TABLE IF EXISTS {self.name}")
        for future in self.admin.delete_topics([self.name, self.dead]).values():
            future.result(30)
        requests.delete(f"{variable('SCHEMA_REGISTRY_URL')}/subjects/{self.name}-value",
                        timeout=30)

    def states(self):
        answer = requests.get(f"{self.url}/connectors/{self.name}/status", timeout=30)
        return [task["state"] for task in answer.json().get("tasks", [])]

    def send(self, key, row):
        """`row`: a dict by upper-case names, or bytes as they are, or None."""
        if isinstance(row, dict):
            body = io.BytesIO()
            fastavro.schemaless_writer(body, self.schema, row)
            row = self.prefix + body.getvalue()
        self.producer.produce(self.name, key=key, value=row)

    def flush(self):
        assert self.producer.flush(60) == 0

    def count(self):
        return execute(f"SELECT count(*) FROM {self.name}")[0][0]

    def wait(self, what, condition, seconds=READY_SECONDS):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, \
                f"{self.name}: {what}: not within {seconds} s, task {self.states()}"
            time.sleep(0.2)

    def dead_letters(self):
        consumer = Consumer({"bootstrap.servers": variable("BOOTSTRAP_SERVERS"),
                             "group.id": self.dead, "auto.offset.reset": "earliest",
                             "enable.auto.commit": False})
        try:
            consumer.subscribe([self.dead])
            found, deadline = [], time.monotonic() + 15
            while time.monotonic() < deadline and not found:
                found += consumer.consume(100, timeout=1)
            return found
        finally:
            consumer.close()
