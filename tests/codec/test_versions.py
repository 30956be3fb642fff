"""The order schema's two versions: what version 1 wrote is read with the defaults of what came
later, what version 2 writes is read without it, by our codec as by fastavro. Java's judgement of
the same pairs is in test_resolution.py's table."""

import io
import json

import fastavro
import pytest

from bridge import ROOT, Bridge
from test_damaged import ORDER, make_rng, random_order, without_logical_types  # noqa: F401

TEXTS = {1: (ROOT / "tests" / "golden" / "order-v1.avsc").read_text(encoding="utf-8"),
         2: (ROOT / "schemas" / "order.avsc").read_text(encoding="utf-8")}
SCHEMAS = {1: fastavro.parse_schema(without_logical_types(json.loads(TEXTS[1]))), 2: ORDER}
NEW_OF_ITEMS = {"from_location": 0, "to_location": 0, "unit_of_measures": "", "uom_type": ""}


def one_line(version):
    return json.dumps(json.loads(TEXTS[version]))


def write(version, order):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMAS[version], order)
    return out.getvalue()


def read(data, writer, reader):
    source = io.BytesIO(data)
    order = fastavro.schemaless_reader(source, SCHEMAS[writer], SCHEMAS[reader])
    assert source.tell() == len(data)
    return order


def as_version_1(order):
    items = [{name: value for name, value in item.items() if name not in NEW_OF_ITEMS}
             for item in order["item_info"]]
    return {**{name: value for name, value in order.items() if name != "execution_price"},
            "item_info": items}


@pytest.mark.parametrize("writer, reader", [(1, 2), (2, 1)])
def test_both_ways(rng, writer, reader):
    with Bridge() as bridge:
        bridge.pair(one_line(writer), one_line(reader))
        for _ in range(500):
            order = random_order(rng)
            data = write(writer, as_version_1(order) if writer == 1 else order)
            ours, theirs = bridge.resolve(data), read(data, writer, reader)
            assert read(ours, reader, reader) == theirs
            if reader == 2:
                assert bridge.order(ours) == ours  # and the generated codec takes it
            expected = read(write(1, as_version_1(order)), 1, 1)
            assert as_version_1(theirs) == expected


def test_defaults(rng):
    order = random_order(rng)
    while not order["item_info"]:
        order = random_order(rng)
    data = write(1, as_version_1(order))
    with Bridge() as bridge:
        bridge.pair(one_line(1), one_line(2))
        found = read(bridge.resolve(data), 2, 2)
    assert found["execution_price"] is None
    for item in found["item_info"]:
        assert {name: item[name] for name in NEW_OF_ITEMS} == NEW_OF_ITEMS


def test_additions_have_defaults():
    """Each field that version 1 lacks has one, and none of its own is gone or changed."""
    def compare(old, new):
        fields = {field["name"]: field for field in new["fields"]}
        names = [field["name"] for field in old["fields"]]
        assert [name for name in fields if name in names] == names
        for name in set(fields) - set(names):
            assert "default" in fields[name], name
        for field in old["fields"]:
            was, is_now = field["type"], fields[field["name"]]["type"]
            if isinstance(was, dict) and was["type"] == "record":
                compare(was, is_now)
            elif isinstance(was, dict) and was["type"] == "array":
                compare(was["items"], is_now["items"])
            else:
                assert was == is_now, field["name"]
    compare(json.loads(TEXTS[1]), json.loads(TEXTS[2]))
