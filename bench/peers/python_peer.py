#!/usr/bin/env python3
"""The Python peer: Confluent's client and fastavro, as their documentation shows them.

    python_peer.py produce   -X NAME=VALUE... --schema FILE --output T --records N
    python_peer.py transform -X NAME=VALUE... --schema FILE --stage S --input T --output T
                             --failed T --group G --records N

Transactions as long as ours (--transaction-records). Prints {"records":N,"seconds":S}.
"""

import argparse
import datetime
import io
import json
import random
import struct
import sys
import time
from decimal import Decimal

import fastavro
from confluent_kafka import Consumer, Producer, TopicPartition

PRODUCER_ONLY = ("acks", "batch.", "compression.", "linger.", "partitioner", "queue.buffering.",
                 "transaction.")
CONSUMER_ONLY = ("fetch.", "queued.", "isolation.level", "auto.offset.reset")
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def settings(options, others, **more):
    pairs = dict(pair.split("=", 1) for pair in options.set)
    return {name: value for name, value in pairs.items() if not name.startswith(others)} | more


def sample_order(number):
    """An order of the usual size; what differs between orders costs a generator more than this."""
    date = datetime.datetime(2021, 3, 14, 9, tzinfo=datetime.timezone.utc)
    item = {"sku": 1004, "unit_price": Decimal("899.00"), "quantity": 2, "discount_percent": 5.0,
            "subtotal": Decimal("1708.10"), "from_location": 12, "to_location": 407,
            "unit_of_measures": "box of 6", "uom_type": "F"}
    return {
        "order_id": number, "order_date": date,
        "customer_info": {
            "customer_id": number, "customer_name": "Maria dela Cruz", "company": "Luntian Foods",
            "email": "customer@example.com", "street_address": "12 Rizal Avenue, Barangay 7",
            "lgu": "Cagayan de Oro", "provincial_code": "PH-MSR",
            "contact_number": "+63 9171234567", "ip_address": "192.0.2.17"},
        "payment_info": {"payment_status": False, "payment_method": None, "payment_date": None},
        "shipping_info": {
            "shipping_id": number, "express_shipping": False, "order_status": "Processing",
            "shipped_date": None, "eta": None, "finished_date": None},
        "item_info": [item, item, item], "item_variety": 3, "order_total": Decimal("5124.30"),
        "execution_price": None}


def pay(order, draw):
    if draw.random() >= .77:
        order["shipping_info"] |= {"order_status": "Timed Out",
                                   "finished_date": order["order_date"] + 7 * DAY}
        return False
    paid = order["order_date"] + draw.randrange(71) * HOUR
    method = draw.choices(("Bank Transfer", "Credit Card", "Digital Wallet"), (57, 24, 19))[0]
    order["payment_info"] = {"payment_status": True, "payment_method": method,
                             "payment_date": paid}
    order["shipping_info"]["eta"] = paid + draw.randrange(3 * 24, 10 * 24) * HOUR
    return True


def ship(order, draw):
    paid = order["payment_info"]["payment_date"]
    if draw.random() >= .95:
        order["shipping_info"] |= {"order_status": "Cancelled",
                                   "finished_date": paid + draw.randrange(6, 54) * HOUR}
        return False
    order["shipping_info"] |= {"order_status": "Shipped",
                               "shipped_date": paid + draw.randrange(12, 60) * HOUR}
    return True


def deliver(order, draw):
    status = draw.choices(("Delivered", "Cancelled", "Returned"), (950, 35, 15))[0]
    finished = order["shipping_info"]["eta"] + draw.randrange(-48, 36) * HOUR
    order["shipping_info"] |= {"order_status": status, "finished_date": finished}
    return status == "Delivered"


STAGES = {"payment": pay, "shipping": ship, "delivery": deliver}


def encode(schema, header, order):
    out = io.BytesIO()
    out.write(header)
    fastavro.schemaless_writer(out, schema, order)
    return out.getvalue()


def send(producer, topic, key, value):
    while True:
        try:
            producer.produce(topic, key=key, value=value)
            return
        except BufferError:
            producer.poll(0.01)


def produce(options, schema):
    producer = Producer(settings(options, CONSUMER_ONLY, **{"transactional.id": options.group}))
    producer.init_transactions()
    header = struct.pack(">bI", 0, options.schema_id)
    began = time.perf_counter()
    for number in range(1, options.records + 1):
        if number % options.transaction_records == 1:
            producer.begin_transaction()
        send(producer, options.output, str(number),
             encode(schema, header, sample_order(number)))
        producer.poll(0)
        if number % options.transaction_records == 0 or number == options.records:
            producer.commit_transaction()
    return time.perf_counter() - began


def transform(options, schema):
    producer = Producer(settings(options, CONSUMER_ONLY, **{"transactional.id": options.group}))
    consumer = Consumer(settings(options, PRODUCER_ONLY, **{
        "group.id": options.group, "enable.auto.commit": "false",
        "auto.offset.reset": "earliest", "isolation.level": "read_committed"}))
    producer.init_transactions()
    consumer.subscribe([options.input])
    stage, draw = STAGES[options.stage], random.Random(1)
    began, done, in_transaction, positions = None, 0, 0, {}
    while done < options.records:
        for message in consumer.consume(min(500, options.records - done), 0.1):
            if message.error():
                sys.exit(f"python_peer.py: {message.error()}")
            if began is None:
                began = time.perf_counter()
            if in_transaction == 0:
                producer.begin_transaction()
            value = message.value()
            order = fastavro.schemaless_reader(io.BytesIO(value[5:]), schema, None)
            topic = options.output if stage(order, draw) else options.failed
            send(producer, topic, message.key(), encode(schema, value[:5], order))
            positions[message.partition()] = message.offset() + 1
            done += 1
            in_transaction += 1
            if in_transaction == options.transaction_records or done == options.records:
                producer.send_offsets_to_transaction(
                    [TopicPartition(options.input, partition, offset)
                     for partition, offset in positions.items()],
                    consumer.consumer_group_metadata())
                producer.commit_transaction()
                in_transaction, positions = 0, {}
    seconds = time.perf_counter() - began
    consumer.close()
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("produce", "transform"))
    parser.add_argument("-X", dest="set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--schema", required=True)
    parser.add_argument("--schema-id", type=int, default=0)
    parser.add_argument("--stage", choices=STAGES, default="payment")
    parser.add_argument("--input")
    parser.add_argument("--output", required=True)
    parser.add_argument("--failed")
    parser.add_argument("--group", default="bench-python")
    parser.add_argument("--records", type=int, default=10000)
    parser.add_argument("--transaction-records", type=int, default=10000)
    options = parser.parse_args()
    with open(options.schema, encoding="utf-8") as file:
        schema = fastavro.parse_schema(json.load(file))
    seconds = (produce if options.mode == "produce" else transform)(options, schema)
    print(json.dumps({"records": options.records, "seconds": round(seconds, 3)}))


if __name__ == "__main__":
    main()
