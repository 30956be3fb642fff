"""The pipeline seen through other people's clients.

Reads every order topic with Confluent's Python client (read_committed), decodes the records with
fastavro and the writer schemas from the registry, and reads PostgreSQL with psycopg2. Nothing here
uses Orderflow's own code, so that a mistake in it cannot hide.

Servers come from the environment that `./orderflow env` prints.
"""

import io
import json
import os
import struct
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal

import fastavro
import psycopg2
import psycopg2.extras
import requests
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

ORDER_TOPICS = ["unpaid_orders", "valid_orders", "paid_orders", "shipped_orders",
                "finished_orders", "failed_orders"]
FINAL_TOPICS = ["finished_orders", "failed_orders"]
DEAD_LETTERS = "orders_dlq"
STATE_TOPIC = "generator_state"
GATEWAY_TOPIC, GATEWAY_KEY = "gateway_state", b"progress"
GATEWAY_FIRST = 10 ** 12
BESIDE = {"Enriched", "Routed", "Exported"}  # told of an order's lines, whenever it comes to them
EVENTS = "order_status"
ASKED_AGAIN = 30   # a registry that does not answer, for a minute
READ_SECONDS = 60  # without any record while the end of a partition is still ahead


@dataclass
class Record:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list = field(default_factory=list)  # (name, bytes), as they came

    @property
    def place(self):
        return self.topic, self.partition, self.offset

    def header(self, name):
        """The last of that name, or None."""
        return next((value for each, value in reversed(self.headers) if each == name), None)


def environment(name):
    value = os.environ.get(name)
    if not value:
        raise SystemExit(f"{name} is not set: run this through ./orderflow test")
    return value


class Registry:
    """Writer schemas by id, parsed once. Waits for a registry that is just being killed."""

    def __init__(self):
        self.url = environment("SCHEMA_REGISTRY_URL")
        self.schemas = {}
        self.session = requests.Session()
        self.session.mount("http://", HTTPAdapter(max_retries=Retry(
            ASKED_AGAIN, backoff_factor=.2, backoff_max=2, status_forcelist=[500, 503])))

    def schema(self, schema_id):
        if schema_id not in self.schemas:
            answer = self.session.get(f"{self.url}/schemas/ids/{schema_id}", timeout=30)
            answer.raise_for_status()
            self.schemas[schema_id] = fastavro.parse_schema(json.loads(answer.json()["schema"]))
        return self.schemas[schema_id]

    def decode(self, value):
        magic, schema_id = struct.unpack(">bI", value[:5])
        if magic != 0:
            raise ValueError(f"magic byte {magic}")
        body = io.BytesIO(value[5:])
        decoded = fastavro.schemaless_reader(body, self.schema(schema_id))
        if body.read(1):
            raise ValueError("bytes behind the record")
        return decoded


def partitions_of(consumer, topic):
    """A broker that has just started may not know its leaders yet."""
    deadline = time.monotonic() + READ_SECONDS
    while True:
        metadata = consumer.list_topics(topic, timeout=30).topics[topic]
        if not metadata.error and not any(part.error for part in metadata.partitions.values()):
            return set(metadata.partitions)
        if time.monotonic() > deadline:
            raise RuntimeError(f"{topic}: {metadata.error or 'no leader'}")
        time.sleep(.5)


def watermarks(consumer, partition):
    """A broker that has just come back may not lead yet."""
    deadline = time.monotonic() + READ_SECONDS
    while True:
        try:
            return consumer.get_watermark_offsets(partition, timeout=30)
        except KafkaException as failure:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{partition.topic}: {failure}") from failure
        time.sleep(.5)


def read_topic(topic, last=None):
    """Every committed record of a topic, up to its end as it is now; or of those in the last so many
    offsets of each partition. Of a topic that never rests no consumer ever sees the end: so the end
    is asked for first."""
    consumer = Consumer({
        "bootstrap.servers": environment("BOOTSTRAP_SERVERS"),
        "group.id": "orderflow-judge",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "fetch.message.max.bytes": 8 << 20,
    })
    try:
        ends, starts = {}, []
        for partition in partitions_of(consumer, topic):
            low, end = watermarks(consumer, TopicPartition(topic, partition))
            if end > low:
                ends[partition] = end
                start = low if last is None else max(low, end - last)
                starts.append(TopicPartition(topic, partition, start))
        consumer.assign(starts)
        records, silent_since = [], time.monotonic()
        while ends:
            messages = consumer.consume(5000, timeout=0.1)  # waits so long for a full batch
            if messages:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > READ_SECONDS:
                raise RuntimeError(f"{topic}{sorted(ends)}: no answer in {READ_SECONDS} s")
            for message in messages:
                partition, offset = message.partition(), message.offset()
                if message.error():
                    if message.error().code() != KafkaError._PARTITION_EOF:
                        raise RuntimeError(f"{topic}: {message.error()}")
                    ends.pop(partition, None)
                elif partition in ends:
                    if offset < ends[partition]:
                        records.append(Record(topic, partition, offset, message.key(),
                                              message.value(), message.headers() or []))
                    if offset >= ends[partition] - 1:
                        del ends[partition]
        return records
    finally:
        consumer.close()


@dataclass
class Ledger:
    """All orders by topic and id, with what is wrong with them."""
    orders: dict      # topic -> {order_id: decoded order}
    doubled: list     # (topic, order_id)
    dead: Counter     # error class -> records
    dead_ids: set     # order ids (from the keys) of dead letters
    misled: list      # what is wrong with dead letters, as sentences
    last_id: int      # see last_ids
    placed: int = GATEWAY_FIRST - 1


def source_of(letter):
    """Where the record of a dead letter stood, by KIP-1034's headers."""
    topic, partition, offset = (letter.header(f"__streams.errors.{name}")
                                for name in ("topic", "partition", "offset"))
    if topic is None or partition is None or offset is None:
        raise AssertionError(f"the dead letter {letter.place} names no source: {letter.headers}")
    return topic.decode(), int(partition), int(offset)


def check_letters(letters, records):
    """Each letter is a copy of the record that it names, and no record has two of one stage."""
    problems, seen, last = [], set(), defaultdict(lambda: -1)
    for topic, partition, offset in records:
        last[topic, partition] = max(last[topic, partition], offset)
    for letter in letters:
        topic, partition, offset = source = source_of(letter)
        stage = letter.header("orderflow.stage")  # two stages read paid_orders
        if (source, stage) in seen:
            problems.append(f"record {source} is dead twice of {stage}")
        seen.add((source, stage))
        record = records.get(source)
        if record is None:  # or it came after its topic was read
            if offset <= last[topic, partition]:
                problems.append(f"the dead letter {letter.place} names {source}: nothing is there")
        elif ((letter.key, letter.value, letter.headers[:len(record.headers)])
              != (record.key, record.value, record.headers)):
            problems.append(f"the dead letter {letter.place} differs from its record {source}")
    return problems


def last_ids(registry, prefix=""):
    """The last that the generator made and the last that the gateway gave out, as their states have
    them."""
    made = max((registry.decode(record.value)["last_order_id"]
                for record in read_topic(prefix + STATE_TOPIC) if record.value), default=0)
    placed = max((registry.decode(record.value)["last_order_id"]
                  for record in read_topic(prefix + GATEWAY_TOPIC)
                  if record.value and record.key == GATEWAY_KEY), default=GATEWAY_FIRST - 1)
    return made, placed


def read_ledger(prefix=""):
    """Every record is an order in good form under its own key, but those that are dead: what the
    dead letters name, and nothing else, is passed over. They are read last, so that none is missed
    whose record was seen."""
    registry = Registry()
    orders, doubled = defaultdict(dict), []
    records = {record.place: record
               for topic in ORDER_TOPICS for record in read_topic(prefix + topic)}
    letters = read_topic(prefix + DEAD_LETTERS)
    sources = {source_of(letter) for letter in letters}
    for place, record in records.items():
        if place in sources:
            continue
        topic = record.topic[len(prefix):]
        try:
            order = registry.decode(record.value)
        except Exception as error:
            raise AssertionError(f"{place} is neither an order nor dead: {error!r}") from error
        if record.key != str(order["order_id"]).encode():
            raise AssertionError(f"{place}: key {record.key!r} of order {order['order_id']}")
        if order["order_id"] in orders[topic]:
            doubled.append((topic, order["order_id"]))
        orders[topic][order["order_id"]] = order
    dead = Counter((letter.header("orderflow.error.class") or b"?").decode() for letter in letters)
    dead_ids = {int(letter.key) for letter in letters if letter.key and letter.key.isdigit()}
    return Ledger(orders, doubled, dead, dead_ids, check_letters(letters, records),
                  *last_ids(registry, prefix))


def in_flight(ledger):
    """Ids whose newest record stands in a topic that is not final."""
    final = set().union(*(ledger.orders[topic] for topic in FINAL_TOPICS))
    return set().union(*(ledger.orders[topic] for topic in ORDER_TOPICS)) - final


def reconcile(ledger):
    """Problems as sentences; none if generated = finished + failed + in flight + dead letters."""
    problems = list(ledger.misled)
    problems += [f"order {order_id} stands twice in {topic}" for topic, order_id in ledger.doubled]
    both = set(ledger.orders["finished_orders"]) & set(ledger.orders["failed_orders"])
    problems += [f"order {order_id} is both finished and failed" for order_id in sorted(both)]
    generated = set(range(1, ledger.last_id + 1)) | set(range(GATEWAY_FIRST, ledger.placed + 1))
    seen = set().union(*(ledger.orders[topic] for topic in ORDER_TOPICS)) | ledger.dead_ids
    lost, unknown = sorted(generated - seen), sorted(seen - generated)
    if lost:
        problems.append(f"{len(lost)} orders lost, the first {lost[:10]}")
    if unknown:
        problems.append(f"{len(unknown)} orders nobody generated, the first {unknown[:10]}")
    parts = (len(ledger.orders["finished_orders"]) + len(ledger.orders["failed_orders"])
             + len(in_flight(ledger) - ledger.dead_ids)
             + len(ledger.dead_ids & generated))
    if not problems and parts != len(generated):
        problems.append(f"{len(generated)} generated, {parts} accounted for")
    return problems


def expected_statuses(order, ledger):
    """What an order has been through, by its own newest record; whether it was screened, only its
    record in valid_orders tells."""
    payment, shipping = order["payment_info"], order["shipping_info"]
    statuses = ["Generated"]
    if order["order_id"] in ledger.orders["valid_orders"]:
        statuses.append("Validated")
    if payment["payment_status"]:
        statuses.append("Paid")
    if shipping["shipped_date"]:
        statuses.append("Shipped")
    if shipping["order_status"] not in ("Processing", "Validated", "Shipped"):
        statuses.append(shipping["order_status"])
    return statuses


def read_events():
    """order_id -> its status events as they came in."""
    registry, events = Registry(), defaultdict(list)
    for record in read_topic(EVENTS):
        event = registry.decode(record.value)
        if record.key != str(event["order_id"]).encode():
            raise AssertionError(f"{record.place}: key {record.key!r} of order {event['order_id']}")
        events[event["order_id"]].append(event)
    return events


def status_differences(ledger, events):
    """Compares the events with the orders, and PostgreSQL with the events; at most ten sentences."""
    newest = {}
    for topic in ORDER_TOPICS:  # each further on than the one before
        newest.update(ledger.orders[topic])
    problems = [f"order {number} has events, but no record" for number in events.keys() - newest.keys()]
    for number, order in newest.items():
        told, expected = [event["status"] for event in events[number]], expected_statuses(
            order, ledger)
        if len(told) != len(set(told)):
            problems.append(f"order {number} tells of {told}: twice of the same")
        if [status for status in told if status not in BESIDE] != expected:
            problems.append(f"order {number} tells of {told}, it has been through {expected}")
    rows = {(row["order_id"], row["status"]): row for row in table("order_status_history")}
    told = {(number, event["status"]): event for number in events for event in events[number]}
    problems += [f"order_status_history: {key} is in but one of topic and table"
                 for key in rows.keys() ^ told.keys()]
    problems += [f"order_status_history {key}: {rows[key]} is not {told[key]}"
                 for key in rows.keys() & told.keys()
                 if rows[key] != {**told[key], "at": naive(told[key]["at"])}]
    current = {row["order_id"]: row["status"] for row in table("order_status")}
    problems += [f"order_status: order {number} is {current.get(number)}"
                 for number, order in newest.items()
                 if current.get(number) != expected_statuses(order, ledger)[-1]]
    return problems[:10]


def database():
    return psycopg2.connect(environment("DATABASE_URL"))


def execute(statement):
    with database() as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def table(name):
    with database() as connection, connection.cursor(
            cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute(f"SELECT * FROM {name}")  # noqa: S608 - our own table names
        return [dict(row) for row in cursor.fetchall()]


def row_count(name):
    with database() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608
        return cursor.fetchone()[0]


def naive(moment):
    """PostgreSQL's timestamp without time zone holds UTC."""
    return moment and moment.astimezone(timezone.utc).replace(tzinfo=None)


def expected_order_row(order):
    payment, shipping = order["payment_info"], order["shipping_info"]
    return {
        "order_id": order["order_id"],
        "customer_id": order["customer_info"]["customer_id"],
        "order_date": naive(order["order_date"]),
        "order_status": shipping["order_status"],
        "order_total": order["order_total"],
        "item_variety": order["item_variety"],
        "payment_status": payment["payment_status"],
        "payment_method": payment["payment_method"],
        "payment_date": naive(payment["payment_date"]),
        "shipping_id": shipping["shipping_id"],
        "express_shipping": shipping["express_shipping"],
        "shipped_date": naive(shipping["shipped_date"]),
        "eta": naive(shipping["eta"]),
        "finished_date": naive(shipping["finished_date"]),
        "execution_price": order["execution_price"],
    }


def expected_customer_row(order):
    customer = order["customer_info"]
    return {name: customer[name] for name in
            ("customer_id", "customer_name", "company", "email", "street_address", "lgu",
             "provincial_code", "contact_number")}


def expected_item_rows(order):
    for item in order["item_info"]:
        yield {
            "item_id": f"{order['order_id']}-{item['sku']}",
            "order_id": order["order_id"],
            "sku": item["sku"],
            "unit_price": item["unit_price"],
            "quantity": item["quantity"],
            "discount_percent": item["discount_percent"],
            "subtotal": item["subtotal"],
        }


def final_orders(ledger):
    for topic in FINAL_TOPICS:
        yield from ledger.orders[topic].values()


def priced(ledger):
    """How many orders were carried out at a price."""
    return sum(order["execution_price"] is not None for order in final_orders(ledger))


def priced_rows():
    with database() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(execution_price) FROM order_info")
        return cursor.fetchone()[0]


def differences(name, key, expected):
    """Compares a table with {key: row}; at most ten differences as sentences."""
    actual = {row[key]: row for row in table(name)}
    problems = []
    for missing in sorted(set(expected) - set(actual), key=str)[:3]:
        problems.append(f"{name}: no row {missing}")
    for extra in sorted(set(actual) - set(expected), key=str)[:3]:
        problems.append(f"{name}: row {extra} comes from no order")
    for identity in expected.keys() & actual.keys():
        for column, value in expected[identity].items():
            if actual[identity][column] != value:
                problems.append(f"{name} {identity}: {column} is {actual[identity][column]!r}, "
                                f"the order says {value!r}")
        if len(problems) >= 10:
            break
    return problems
