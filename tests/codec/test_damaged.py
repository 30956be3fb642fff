"""Truncated and corrupted orders: what we take, fastavro takes with the same content, and the other
way round, except for what is past a limit that we name (or a rule of the specification that
fastavro does not look at). avro-c loses memory on such bytes and is no judge of them.

    pytest tests/codec        ORDERFLOW_TEST_SEED=N repeats a run, ORDERFLOW_BUILD names the build
"""

import io
import json
import os
import random
import struct

import fastavro
import pytest

from bridge import ROOT, Bridge, Refused

SEED = int(os.environ.get("ORDERFLOW_TEST_SEED") or random.SystemRandom().randrange(1 << 31))
STRING_MAX, ITEMS_MAX = 4096, 64
DECIMAL_DIGITS, DECIMAL_BYTES = 12, 16


def without_logical_types(node):
    """Decimals as their bytes and times as numbers: fastavro rounds the former and refuses the
    latter beyond the year 9999, which is not what is judged here."""
    if isinstance(node, list):
        return [without_logical_types(each) for each in node]
    if isinstance(node, dict):
        return {key: without_logical_types(value) for key, value in node.items()
                if key not in ("logicalType", "precision", "scale")}
    return node


ORDER = fastavro.parse_schema(without_logical_types(
    json.loads((ROOT / "schemas" / "order.avsc").read_text(encoding="utf-8"))))


def decode(data):
    """The order as fastavro reads it, and how much it read."""
    source = io.BytesIO(data)
    order = fastavro.schemaless_reader(source, ORDER)
    return order, source.tell()


def encode(order):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, ORDER, order)
    return out.getvalue()


def decimals(order):
    yield order["order_total"]
    for item in order["item_info"]:
        yield item["unit_price"]
        yield item["subtotal"]
    if order["execution_price"] is not None:
        yield order["execution_price"]


def comparable(order):
    """Numbers for decimals (their length may change) and bits for floats (NaN equals itself)."""
    number = int.from_bytes
    items = [{**item, "unit_price": number(item["unit_price"], "big", signed=True),
              "discount_percent": struct.pack("<d", item["discount_percent"]),
              "subtotal": number(item["subtotal"], "big", signed=True)}
             for item in order["item_info"]]
    price = order["execution_price"]
    return {**order, "item_info": items,
            "order_total": number(order["order_total"], "big", signed=True),
            "execution_price": price and number(price, "big", signed=True)}


def texts(order):
    yield from (value for value in order["customer_info"].values() if isinstance(value, str))
    yield order["payment_info"]["payment_method"] or ""
    yield order["shipping_info"]["order_status"]
    yield from (item[name] for item in order["item_info"]
                for name in ("unit_of_measures", "uom_type"))


def longs(order):
    yield from (order["order_id"], order["order_date"], order["customer_info"]["customer_id"],
                order["payment_info"]["payment_date"] or 0, order["shipping_info"]["shipping_id"])
    yield from (order["shipping_info"][name] or 0 for name in ("shipped_date", "eta",
                                                                "finished_date"))


def ints(order):
    yield order["item_variety"]
    yield from (item[name] for item in order["item_info"]
                for name in ("sku", "quantity", "from_location", "to_location"))


# For each refusal of ours that fastavro does not share: is the order that it read past that limit?
# None: fastavro reads over it (a boolean of 2, a negative branch or length), so that
# nothing of it is left to look at; the unit tests have these rules one by one.
LIMITS = {
    "longer than the limit": lambda order: any(len(text.encode()) > STRING_MAX
                                               for text in texts(order)),
    "more items than the limit": lambda order: len(order["item_info"]) > ITEMS_MAX,
    "an int beyond 32 bits": lambda order: any(not -1 << 31 <= value < 1 << 31
                                               for value in ints(order)),
    "a number beyond 64 bits": None,  # fastavro keeps the low bits
    "a decimal of other than 1 to 16 bytes": lambda order: any(
        not 0 < len(value) <= DECIMAL_BYTES for value in decimals(order)),
    "a decimal beyond its precision": lambda order: any(
        abs(int.from_bytes(value, "big", signed=True)) >= 10 ** DECIMAL_DIGITS
        for value in decimals(order)),
    "a boolean that is neither 0 nor 1": None,
    "a union branch that does not exist": None,
    "a negative length": None,
    "a block with a bad size": None,
}


def judge(bridge, data):
    """Raises AssertionError where we and fastavro differ; tells whether the bytes were taken."""
    theirs, refusal, ours = None, None, None
    try:
        theirs, used = decode(data)
        if used != len(data):
            theirs = None  # we refuse what is left over
    except (EOFError, IndexError, UnicodeDecodeError, OverflowError, MemoryError, ValueError,
            TypeError, struct.error):
        pass
    try:
        ours = bridge.order(data)
    except Refused as cause:
        refusal = str(cause)
    if refusal is None:
        assert theirs is not None, f"only we take {data.hex()}"
        assert comparable(decode(ours)[0]) == comparable(theirs), data.hex()
        return True
    if theirs is not None:
        reason = next((name for name in LIMITS if f": {name} at byte" in refusal), None)
        assert reason, f"only fastavro takes {data.hex()}: {refusal}"
        assert LIMITS[reason] is None or LIMITS[reason](theirs), f"{refusal}: {data.hex()}"
    return False


def random_text(rng):
    alphabet = "abcdefghijklmnop ABC-.,ñéü€😀"
    return "".join(rng.choice(alphabet) for _ in range(rng.choice((0, 1, 5, 12, 30, 31, 32, 70))))


def random_long(rng):
    return rng.choice((0, 1, -1, rng.getrandbits(62), -rng.getrandbits(40), 1615712400000))


def random_int(rng):
    return rng.choice((0, -1, 50, (1 << 31) - 1, -1 << 31))


def random_decimal(rng):
    value = rng.choice((0, 127, -129, 85000, rng.randrange(-10 ** 12 + 1, 10 ** 12)))
    return value.to_bytes((value.bit_length() // 8) + 1, "big", signed=True)


def random_order(rng):
    def maybe(value):
        return rng.choice((None, value))

    customer = {name: random_text(rng) for name in (
        "customer_name", "company", "email", "street_address", "lgu", "provincial_code",
        "contact_number", "ip_address")}
    return {
        "order_id": random_long(rng), "order_date": random_long(rng),
        "customer_info": {"customer_id": random_long(rng), **customer},
        "payment_info": {"payment_status": rng.random() < .5,
                         "payment_method": maybe(random_text(rng)),
                         "payment_date": maybe(random_long(rng))},
        "shipping_info": {"shipping_id": random_long(rng), "express_shipping": rng.random() < .5,
                          "order_status": random_text(rng), "shipped_date": maybe(random_long(rng)),
                          "eta": maybe(random_long(rng)),
                          "finished_date": maybe(random_long(rng))},
        "item_info": [{"sku": rng.randrange(-1 << 31, 1 << 31), "unit_price": random_decimal(rng),
                       "quantity": rng.randrange(100),
                       "discount_percent": rng.choice((0.0, 5.0, 12.5)),
                       "subtotal": random_decimal(rng), "from_location": rng.randrange(50),
                       "to_location": random_int(rng), "unit_of_measures": random_text(rng),
                       "uom_type": rng.choice("EMF")} for _ in range(rng.choice((0, 1, 3, 7)))],
        "item_variety": rng.randrange(10), "order_total": random_decimal(rng),
        "execution_price": maybe(random_decimal(rng))}


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def damage(rng, data):
    """One to three changes of the kinds that storage, networks and other writers make."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = rng.choice((0, 1, 2, 0x7f, 0x80, 0xff))
        elif kind == 2:
            del data[at:at + rng.choice((1, 2, 8))]
        elif kind == 3:
            data[at:at] = rng.randbytes(rng.choice((1, 2, 8)))
        elif kind == 4:  # a number of another size, or a length that nobody has
            data[at:at + 1] = varint(rng.choice((-1, 1 << 31, -1 << 31, (1 << 63) - 1, -1 << 63,
                                                 100000, 65, 4097)))
        elif kind == 5:
            data[at:at] = data[at:at + rng.randrange(40)]
        else:
            del data[at:]
        if not data:
            break
    return bytes(data)


@pytest.fixture(name="rng")
def make_rng():
    print(f"ORDERFLOW_TEST_SEED={SEED}")
    return random.Random(SEED)


def test_whole_orders(rng):
    with Bridge() as bridge:
        for _ in range(2000):
            order = random_order(rng)
            data = encode(order)
            assert judge(bridge, data)
            assert bridge.order(data) == data


def test_every_prefix(rng):
    with Bridge() as bridge:
        for _ in range(25):
            data = encode(random_order(rng))
            for size in range(len(data)):
                assert not judge(bridge, data[:size])
            assert not judge(bridge, data + b"\0")


def test_damaged(rng):
    taken = refused = 0
    with Bridge() as bridge:
        for _ in range(400):
            data = encode(random_order(rng))
            for _ in range(100):
                if judge(bridge, damage(rng, data)):
                    taken += 1
                else:
                    refused += 1
    assert taken > 1000 and refused > 1000, "the damage is of one kind only"


def test_limits(rng):
    order = random_order(rng)
    item = {"sku": 1, "unit_price": b"\1", "quantity": 1, "discount_percent": .0, "subtotal": b"\1",
            "from_location": 10, "to_location": 50, "unit_of_measures": "each", "uom_type": "E"}
    with Bridge() as bridge:
        for more in (0, 1):
            order["item_info"] = [item] * (ITEMS_MAX + more)
            assert judge(bridge, encode(order)) == (not more)
            order["item_info"] = []
            order["customer_info"]["company"] = "x" * (STRING_MAX + more)
            assert judge(bridge, encode(order)) == (not more)
            order["customer_info"]["company"] = ""
            order["order_total"] = (10 ** DECIMAL_DIGITS - 1 + more).to_bytes(6, "big")
            assert judge(bridge, encode(order)) == (not more)
            order["order_total"] = b"\0" * (DECIMAL_BYTES + more)
            assert judge(bridge, encode(order)) == (not more)
            order["order_total"] = b"\0"


def piece(names, order):
    """Some of the order's fields, as they stand in its bytes."""
    fields = [field for field in ORDER["fields"] if field["name"] in names]
    schema = fastavro.parse_schema({"type": "record", "name": "Piece", "fields": fields})
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, order)
    return out.getvalue()


def in_blocks(rng, items):
    """The array in blocks of any length, some of them with their size in bytes before them."""
    out, items = b"", list(items)
    while items:
        count = rng.randrange(1, len(items) + 1)
        block = b"".join(items[:count])
        sized = rng.random() < .5
        out += (varint(-count) + varint(len(block)) if sized else varint(count)) + block
        del items[:count]
    return out + b"\0"


def padded(value, size):
    return value.rjust(size, b"\xff" if value[0] & 0x80 else b"\0")


def test_other_forms(rng):
    """What other writers may send: blocks, longer decimals, numbers of more bytes than needed."""
    head = ("order_date", "customer_info", "payment_info", "shipping_info")
    with Bridge() as bridge:
        for _ in range(500):
            order = random_order(rng)
            order["order_total"] = padded(order["order_total"], rng.randrange(6, 17))
            for item in order["item_info"]:
                item["subtotal"] = padded(item["subtotal"], rng.randrange(6, 17))
            number = bytearray(varint(order["order_id"]))
            if len(number) < 9:
                number[-1] |= 0x80
                number.append(0)
            items = [piece(["item_info"], {"item_info": [item]})[1:-1]
                     for item in order["item_info"]]
            data = (bytes(number) + piece(head, order) + in_blocks(rng, items)
                    + piece(("item_variety", "order_total", "execution_price"), order))
            assert judge(bridge, data), data.hex()
            assert comparable(decode(data)[0]) == comparable(order)
