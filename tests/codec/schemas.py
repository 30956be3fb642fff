"""Pairs of writer's and reader's schema: a table with each rule of the specification, and random
schemas with random evolutions of them."""

import copy
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]

def record(*fields, name="R", **more):
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name, kind, **more):
    return {"name": name, "type": kind, **more}


def enum(*symbols, name="E", **more):
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def fixed(size, name="F", **more):
    return {"type": "fixed", "name": name, "size": size, **more}


def array(items):
    return {"type": "array", "items": items}


def mapping(values):
    return {"type": "map", "values": values}


PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
LINKED = field("next", ["null", "R"])
TREE = record(field("value", "int"), field("children", array("R")))
ORDER_LIKE = record(
    field("order_id", "long"),
    field("customer", record(field("id", "long"), field("name", "string"), name="Customer")),
    field("paid", ["null", {"type": "long", "logicalType": "timestamp-millis"}], default=None),
    field("items", array(record(field("sku", "int"), field("share", "float"), name="Item"))))

# The order schema as it is and as it was: each reads what the other wrote.
ORDER = json.loads((ROOT / "schemas" / "order.avsc").read_text(encoding="utf-8"))
ORDER_V1 = json.loads((ROOT / "tests" / "golden" / "order-v1.avsc").read_text(encoding="utf-8"))

# (name, writer, reader)
TABLE = [(f"{writer} as {reader}", writer, reader) for writer in PRIMITIVES for reader in PRIMITIVES]
TABLE += [
    ("same record", ORDER_LIKE, ORDER_LIKE),
    ("reordered", record(field("a", "int"), field("b", "string"), field("c", "double")),
     record(field("c", "double"), field("a", "int"), field("b", "string"))),
    ("dropped", record(field("a", array(mapping("string"))), field("b", ["null", "bytes"]),
                       field("c", fixed(3)), field("d", enum("A", "B")), field("e", "boolean")),
     record(field("e", "boolean"))),
    ("dropped records", record(field("a", TREE | {"name": "T", "fields": [
        field("value", "int"), field("children", array("T"))]}), field("b", "int")),
     record(field("b", "long"))),
    ("no fields left", ORDER_LIKE, record()),
    ("missing without default", record(field("a", "int")),
     record(field("a", "int"), field("b", "int"))),
    ("defaults", record(field("a", "int")), record(
        field("n", "null", default=None), field("t", "boolean", default=True),
        field("i", "int", default=-2147483648), field("l", "long", default=9223372036854775807),
        field("f", "float", default=0.1), field("d", "double", default=1e300),
        field("g", "double", default=3), field("s", "string", default="ñ€😀\n"),
        field("y", "bytes", default="\u0000ÿA"), field("x", fixed(2), default="\u00fe\u0000"),
        field("e", enum("A", "B"), default="B"), field("r", array("long"), default=[1, -1]),
        field("z", array("long"), default=[]), field("m", mapping("int"), default={"k": 1}),
        field("u", ["null", "int"], default=None), field("v", ["int", "null"], default=7),
        field("a", "int"),
        field("q", record(field("p", "int"), field("o", "string", default="d"), name="Q"),
              default={"p": 1}))),
    ("default of a later branch", record(), record(field("u", ["null", "int", "string"],
                                                         default="text"))),
    ("default of a decimal", record(), record(field(
        "d", {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
        default="\u0000"))),
    ("field alias", record(field("old", "int"), field("b", "int")),
     record(field("b", "int"), field("new", "long", aliases=["older", "old"]))),
    ("record alias", record(field("a", "int"), name="Old"),
     record(field("a", "int"), aliases=["Old"])),
    ("nested aliases", record(field("a", record(field("x", "int"), name="In"))),
     record(field("b", record(field("y", "int", aliases=["x"]), name="Inner", aliases=["In"]),
                  aliases=["a"]))),
    ("enum alias", enum("A", "B", name="Old"), enum("B", "A", aliases=["Old"])),
    ("fixed alias", fixed(2, name="Old"), fixed(2, aliases=["Old"])),
    ("alias in a namespace", record(field("a", "int"), name="x.Old"),
     record(field("a", "int"), name="x.R", aliases=["Old"])),
    ("enum reordered", enum("A", "B", "C"), enum("C", "A", "B", "D")),
    ("enum with fewer", enum("A", "B", "C"), enum("A")),
    ("enum with fewer and default", enum("A", "B", "C"), enum("X", "A", default="X")),
    ("fixed of another size", fixed(2), fixed(3)),
    ("fixed of another name", fixed(2), fixed(2, name="G")),
    ("enum of another name", enum("A"), enum("A", name="G")),
    ("into a union", "int", ["null", "int"]),
    ("out of a union", ["null", "int"], "int"),
    ("union reordered", ["null", "int", "string"], ["string", "null", "int"]),
    ("union with fewer", ["null", "int", "string"], ["null", "string"]),
    ("union with more", ["null", "int"], ["null", "boolean", "int", "string"]),
    ("union promoted", ["null", "int"], ["null", "double"]),
    ("exact before promotion", "int", ["double", "long", "int"]),
    ("first promotion", "int", ["null", "double", "long"]),
    ("int to float in a union", "int", ["null", "float"]),
    ("long to float in a union", "long", ["null", "float", "double"]),
    ("float in a union", "float", ["long", "double"]),
    ("string in a union", "string", ["int", "bytes"]),
    ("bytes in a union", "bytes", ["int", "string"]),
    ("union to union, promoted", ["int", "string"], ["bytes", "double"]),
    ("no branch", "boolean", ["null", "int"]),
    ("record into a union", record(field("x", "int"), name="B"),
     ["null", record(field("x", "int"), name="A"), record(field("x", "long"), name="B")]),
    ("record in a union, fields do not fit", record(field("x", "string"), name="A"),
     ["null", record(field("x", "int"), name="A")]),
    ("records in unions", [record(field("x", "int"), name="A"), record(field("y", "int"), name="B")],
     [record(field("y", "long"), name="B"), record(name="A")]),
    ("union of containers", [array("int"), mapping("int"), "null"],
     [mapping("long"), "null", array("double")]),
    ("linked list", record(field("value", "int"), LINKED),
     record(LINKED, field("value", "long"), field("more", "int", default=1))),
    ("tree", TREE, record(field("children", array("R")), field("value", "double"))),
    ("array as map", array("int"), mapping("int")),
    ("items promoted", array("int"), array("double")),
    ("items not promoted", array("string"), array("int")),
    ("values promoted", mapping("float"), mapping("double")),
    ("map of records", mapping(record(field("a", "int"), field("b", "int"))),
     mapping(record(field("b", "int")))),
    ("array of nulls", array("null"), array("null")),
    ("array of empty records", array(record()), array(record(field("a", "int", default=1)))),
    ("order of version 1, read by version 2", ORDER_V1, ORDER),
    ("order of version 2, read by version 1", ORDER, ORDER_V1),
    ("order, evolved", ORDER_LIKE, record(
        field("items", array(record(field("share", "double"), field("sku", "long"),
                                    field("note", ["null", "string"], default=None), name="Item"))),
        field("channel", enum("WEB", "SHOP"), default="WEB"),
        field("customer", record(field("name", "string"), field("id", "long"),
                                 field("mail", "string", default=""), name="Customer")),
        field("order_id", "long"))),
]


class Maker:
    """Random schemas and their evolutions; each named type has a name of its own."""

    def __init__(self, rng):
        self.rng, self.names = rng, 0

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def kind(self, depth):
        if depth == 0 or self.rng.random() < .4:
            return self.rng.choice(PRIMITIVES)
        choice = self.rng.randrange(6)
        if choice == 0:
            return array(self.kind(depth - 1))
        if choice == 1:
            return mapping(self.kind(depth - 1))
        if choice == 2:
            return enum(*self.rng.sample("ABCDEFG", self.rng.randrange(1, 6)), name=self.name("E"))
        if choice == 3:
            return fixed(self.rng.randrange(1, 5), name=self.name("F"))
        if choice == 4:
            return self.union(depth)
        return self.record(depth)

    def record(self, depth):
        count = self.rng.randrange(5)
        return record(*(field(f"f{i}", self.kind(depth - 1)) for i in range(count)),
                      name=self.name("R"))

    def union(self, depth):
        branches = []
        for _ in range(self.rng.randrange(1, 4)):
            self.add_branch(branches, self.kind(depth - 1))
        return branches or ["null"]

    @staticmethod
    def tag(kind):
        if isinstance(kind, list):
            return "union"
        if isinstance(kind, dict) and kind["type"] != "record":  # one record a union: as in other()
            return kind.get("name", kind["type"])
        return kind["type"] if isinstance(kind, dict) else kind

    def add_branch(self, branches, kind):
        if self.tag(kind) not in ("union", *map(self.tag, branches)):
            branches.insert(self.rng.randrange(len(branches) + 1), kind)

    def other(self):
        """No record: Java takes records of any name for each other."""
        while True:
            kind = self.kind(1)
            if not (isinstance(kind, dict) and kind["type"] == "record"):
                return kind

    def evolve(self, kind):
        """A reader's schema; most of its changes can be resolved, some for some values only."""
        kind = copy.deepcopy(kind)
        if self.rng.random() < .04:
            return self.other()
        if isinstance(kind, list):
            return self.evolve_union(kind)
        if self.rng.random() < .1:
            branches = [self.evolve(kind)]
            if isinstance(branches[0], list):
                return branches[0]
            for _ in range(self.rng.randrange(1, 3)):
                self.add_branch(branches, self.other())
            return branches
        if isinstance(kind, str):
            return self.promote(kind)
        return getattr(self, "evolve_" + kind["type"])(kind)

    def promote(self, kind):
        wider = {"int": ("long", "float", "double"), "long": ("float", "double"),
                 "float": ("double",), "string": ("bytes",)}
        if kind in wider and self.rng.random() < .4:
            return self.rng.choice(wider[kind])
        return kind

    def evolve_union(self, branches):
        evolved = []
        for branch in branches:
            if self.rng.random() < .9:
                self.add_branch(evolved, self.evolve(branch))
        if self.rng.random() < .3:
            self.add_branch(evolved, self.other())
        if len(evolved) == 1 and self.rng.random() < .5:
            return evolved[0]
        return evolved or branches

    def evolve_array(self, kind):
        return array(self.evolve(kind["items"]))

    def evolve_map(self, kind):
        return mapping(self.evolve(kind["values"]))

    def evolve_enum(self, kind):
        symbols = [symbol for symbol in kind["symbols"] if self.rng.random() < .9]
        symbols += [symbol for symbol in "XYZ" if self.rng.random() < .3]
        symbols = symbols or kind["symbols"]
        self.rng.shuffle(symbols)
        kind["symbols"] = symbols
        if self.rng.random() < .4:
            kind["default"] = self.rng.choice(symbols)
        return self.rename(kind)

    def evolve_fixed(self, kind):
        if self.rng.random() < .05:
            kind["size"] += 1
        return self.rename(kind)

    def rename(self, kind):
        if self.rng.random() < .15:
            kind["aliases"] = [kind["name"]]
            kind["name"] = self.name("N")
        return kind

    def evolve_record(self, kind):
        fields = [each for each in kind["fields"] if self.rng.random() < .85]
        for each in fields:
            each["type"] = self.evolve(each["type"])
            if self.rng.random() < .15:
                each["aliases"] = [each["name"]]
                each["name"] = self.name("g")
        for _ in range(self.rng.choice((0, 0, 1, 2))):
            fields.append(self.new_field())
        if self.rng.random() < .5:
            self.rng.shuffle(fields)
        kind["fields"] = fields
        return self.rename(kind)

    def new_field(self):
        kind, value = self.rng.choice((
            ("int", 5), ("long", -1), ("string", "x"), ("double", .5), ("boolean", False),
            (["null", "string"], None), (["string", "null"], "y"), ("bytes", "\u00ff"),
            (array("int"), [1]), (mapping("string"), {"k": "v"}), ("float", 1)))
        more = {} if self.rng.random() < .05 else {"default": value}
        return field(self.name("n"), kind, **more)


def random_pairs(rng, count):
    for i in range(count):
        maker = Maker(rng)
        writer = maker.record(3) if rng.random() < .7 else maker.kind(3)
        yield f"random {i}", writer, maker.evolve(writer)


def line(writer, reader):
    return f"{json.dumps(writer)}\t{json.dumps(reader)}"
