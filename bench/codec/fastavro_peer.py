#!/usr/bin/env python3
"""The codec's Python peer: nanoseconds to decode and to encode one order with fastavro.

    fastavro_peer.py ORDERS SCHEMA [--rounds N] [--milliseconds N]

ORDERS is what `bench-codec --dump` wrote: the same orders. Like Confluent's serialisers it works on
dictionaries, with the logical types on. Prints one JSON object a line and round.
"""

import argparse
import io
import json
import struct
import sys
import time

import fastavro


def read_orders(path):
    orders = []
    with open(path, "rb") as file:
        while size := file.read(4):
            orders.append(file.read(struct.unpack(">I", size)[0]))
    return orders


def decode_all(schema, encoded):
    return [fastavro.schemaless_reader(io.BytesIO(order), schema, None) for order in encoded]


def encode_all(schema, orders):
    encoded = []
    for order in orders:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, order)
        encoded.append(out.getvalue())
    return encoded


def time_passes(function, schema, records, milliseconds):
    start, passes, passed = time.perf_counter_ns(), 0, 0
    while passed < milliseconds * 1_000_000:
        function(schema, records)
        passes += 1
        passed = time.perf_counter_ns() - start
    return passed / (passes * len(records))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("orders")
    parser.add_argument("schema")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--milliseconds", type=int, default=200)
    options = parser.parse_args()

    with open(options.schema, encoding="utf-8") as file:
        schema = fastavro.parse_schema(json.load(file))
    encoded = read_orders(options.orders)
    decoded = decode_all(schema, encoded)
    if encode_all(schema, decoded) != encoded:
        sys.exit("fastavro_peer.py: fastavro encodes an order otherwise")
    size = sum(map(len, encoded)) / len(encoded)
    for number in range(1, options.rounds + 1):
        for direction, function, records in (("decode", decode_all, encoded),
                                             ("encode", encode_all, decoded)):
            nanoseconds = time_passes(function, schema, records, options.milliseconds)
            print(json.dumps({"side": "fastavro", "direction": direction, "round": number,
                              "nanoseconds": round(nanoseconds, 1), "bytes": round(size, 1)}),
                  flush=True)


if __name__ == "__main__":
    main()
