"""Bad records of every kind, each made from a good one's bytes so that only one thing is wrong."""

import io
import json
import struct

import fastavro

# An order id that is a text has no way into the long of ours.
UNRESOLVABLE = {"type": "record", "name": "Order", "namespace": "poison",
                "fields": [{"name": "order_id", "type": "string"}]}
UNKNOWN_ID, GARBAGE_ID = 987654321, 0xFFFFFFFF


def skip_number(data, at):
    while data[at] & 0x80:
        at += 1
    return at + 1


def read_number(data, at):
    end = skip_number(data, at)
    value = sum((byte & 0x7f) << 7 * place for place, byte in enumerate(data[at:end]))
    return (value >> 1) ^ -(value & 1), end


def landmarks(body):
    """Where, in an order's bytes, the customer's name and the payment begin."""
    at = 0
    for _ in ("order_id", "order_date", "customer_id"):
        at = skip_number(body, at)
    name = at
    for _ in range(8):  # the customer's texts
        size, at = read_number(body, at)
        at += size
    return name, at


def framed(schema_id, body):
    return struct.pack(">bI", 0, schema_id) + body


class Poison:
    """KINDS: name -> error class of its dead letters. A kind's method makes a record's value, or
    value and headers, from the bytes of a good order and a number."""

    KINDS = {"empty": "framing", "null": "framing", "too short": "framing", "bad magic": "framing",
             "guid prefix": "framing", "guid header": "framing", "unknown schema": "schema",
             "garbage schema": "schema", "unresolvable schema": "schema", "truncated": "decode",
             "trailing": "decode", "corrupt": "decode", "oversized": "decode",
             "wrong state": "state"}

    def __init__(self, unresolvable_id, record_max):
        self.unresolvable_id, self.record_max = unresolvable_id, record_max

    def make(self, kind, good, number):
        made = getattr(self, kind.replace(" ", "_"))(good, number)
        return made if isinstance(made, tuple) else (made, [])

    def empty(self, good, number):
        return b""

    def null(self, good, number):
        return None

    def too_short(self, good, number):
        return good[:1 + number % 4]

    def bad_magic(self, good, number):
        if number % 2:
            return json.dumps({"order_id": number}).encode()
        return bytes([2 + number % 254]) + good[1:]

    def guid_prefix(self, good, number):
        return b"\1" + number.to_bytes(16, "big") + good[5:]

    def guid_header(self, good, number):
        return good[5:], [("__value_schema_id", b"\1" + number.to_bytes(16, "big"))]

    def unknown_schema(self, good, number):
        return framed(UNKNOWN_ID, good[5:])

    def garbage_schema(self, good, number):
        return framed(GARBAGE_ID, good[5:])

    def unresolvable_schema(self, good, number):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, UNRESOLVABLE, {"order_id": str(number)})
        return framed(self.unresolvable_id, out.getvalue())

    def truncated(self, good, number):
        return good[:5 + number * 7919 % (len(good) - 5)]

    def trailing(self, good, number):
        return good + bytes(1 + number % 3)

    def corrupt(self, good, number):
        head, body = good[:5], good[5:]
        name, payment = landmarks(body)
        damages = [
            b"\xff" * 10 + b"\1" + body[skip_number(body, 0):],         # an id of 11 bytes
            body[:name] + b"\1" + body[name + 1:],                      # a length of -1
            body[:name] + b"\xfe\xff\xff\xff\x0f" + body[name + 1:],    # one beyond the end
            body[:payment] + b"\2" + body[payment + 1:],                # a boolean of 2
            body[:payment + 1] + b"\x0e" + body[payment + 2:],          # a union's branch 7
        ]
        return head + damages[number % len(damages)]

    def oversized(self, good, number):
        """An order whose customer's name fills the record up to what the topic takes."""
        head, body = good[:5], good[5:]
        name, _ = landmarks(body)
        size, end = read_number(body, name)
        rest = body[end + size:]
        room = self.record_max - len(head) - name - len(rest) - 4
        out = io.BytesIO()
        fastavro.schemaless_writer(out, "string", "x" * room)
        return head + body[:name] + out.getvalue() + rest

    def wrong_state(self, good, number):
        raise NotImplementedError("a good order of another topic, which is the caller's to choose")
