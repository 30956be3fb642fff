#!/usr/bin/env python3
"""Generates C from an Avro schema: structs, encoder, decoder, release and JSON printer.

    avscgen.py NAME.avsc NAME.h NAME.c

What it takes: a record of null|T unions, records, arrays of records, boolean, int, long, float,
double, string, bytes, decimal on bytes (precision up to 18) and timestamp-millis. Anything else is
refused with file and field: the codec must be exact or not be there.

The C names are of_<snake case of the record's name>. Every record type is one class below that
knows how a value is declared, read, bounded, written and printed; main() only joins them.
"""

import json
import re
import sys
from pathlib import Path

BYTES_MAX = 256 * 1024   # one encoded record
STRING_MAX = 4096        # one string or bytes value
ARRAY_MAX = 64           # items of one array
PRECISION_MAX = 18       # digits of a decimal that an int64 holds


KEYWORDS = set("auto bool break case char const continue default do double else enum extern false "
               "float for goto if inline int long register restrict return short signed sizeof "
               "static struct switch true typedef union unsigned void volatile while".split())


class Unsupported(Exception):
    """The schema has something that is not generated."""


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def lines(text, depth=1):
    return "".join(f"{'    ' * depth}{line}\n" if line else "\n" for line in text.splitlines())


class Scalar:
    """A value that one C variable holds and one call reads or writes.

    `take` is the rest of a call after (reader, next, ; `write` yields the new `out`; `length` is
    the part of the room that only the value tells, `room` the rest; `bad` is true of a value that
    the schema or a limit forbids, as far as writing does not find that out; `check` says which."""

    def __init__(self, ctype, take, write, room, show, check="", length="", bad=""):
        self.ctype, self._take, self._write, self.room = ctype, take, write, room
        self._show, self._check, self._length, self._bad = show, check, length, bad

    def declare(self, name):
        return f"{self.ctype} {name};\n"

    def read(self, value, path):
        return f"next = of_avro_take_{self._take.format(path=path, v=value)};\n"

    def check(self, value, path):
        return self._check.format(v=value, path=path)

    def lengths(self, value):
        return [self._length.format(v=value)] if self._length else []

    def write(self, value):
        bad = f"bad |= {self._bad.format(v=value)};\n" if self._bad else ""
        return f"{bad}out = of_avro_write_{self._write.format(v=value)};\n"

    def show(self, value):
        return self._show.format(v=value) + "\n"


def number_scalar(ctype, take, room, show, write="long"):
    return Scalar(ctype, f'{take}(reader, next, "{{path}}", &{{v}})', f"{write}(out, {{v}})", room,
                  show)


def text_scalar(kind, write):
    return Scalar(
        "struct of_text", f'{kind}(reader, next, STRING_LIMIT, "{{path}}", &{{v}})', write,
        "OF_AVRO_LONG_MAX", "of_buffer_append_json_string(out, {v}.data, {v}.length);",
        f"if ({{v}}.length > STRING_LIMIT)\n"
        f"    return of_fail(error, OF_INPUT, RECORD \": {{path}} is longer than %d bytes\","
        f" STRING_LIMIT);\n"
        + ("if (!of_avro_is_utf8({v}.data, {v}.length))\n"
           "    return of_fail(error, OF_INPUT, RECORD \": {path} is not UTF-8\");\n"
           if kind == "string" else ""), "{v}.length")


SCALARS = {
    "boolean": number_scalar("bool", "boolean", "1",
                             'of_buffer_append_text(out, {v} ? "true" : "false");', "boolean"),
    "int": number_scalar("int32_t", "int", "OF_AVRO_INT_MAX",
                         'of_buffer_appendf(out, "%" PRId32, {v});'),
    "long": number_scalar("int64_t", "long", "OF_AVRO_LONG_MAX",
                          'of_buffer_appendf(out, "%" PRId64, {v});'),
    "float": number_scalar("float", "float", "4", "of_avro_print_float(out, {v});", "float"),
    "double": number_scalar("double", "double", "8", "of_avro_print_double(out, {v});", "double"),
    "string": text_scalar("string", "string(out, {v}, &bad)"),
    "bytes": text_scalar("bytes", "text(out, {v})"),
    "timestamp-millis": number_scalar(
        "int64_t", "long", "OF_AVRO_LONG_MAX",
        'of_buffer_appendf(out, "\\"%s\\"", of_iso8601_print({v}, (char[OF_ISO8601_SIZE]){{0}}));'),
}


def decimal(precision, scale, where):
    if not 0 < precision <= PRECISION_MAX or not 0 <= scale <= precision:
        raise Unsupported(f"{where}: decimal({precision}, {scale})")
    fits = f"of_avro_decimal_fits({{v}}, {precision})"
    return Scalar(
        "int64_t", f'decimal(reader, next, {precision}, "{{path}}", &{{v}})', "decimal(out, {v})",
        "OF_AVRO_DECIMAL_MAX", f"of_avro_print_decimal(out, {{v}}, {scale});",
        f"if (!{fits})\n"
        f'    return of_fail(error, OF_INPUT, RECORD ": {{path}} has more than {precision} '
        f'digits");\n', bad=f"!{fits}")


class Optional:
    """A union of null and a scalar: `has_NAME` tells whether NAME holds a value."""

    def __init__(self, inner, null_branch):
        self.inner, self.null_branch = inner, null_branch

    @staticmethod
    def flag(value):
        head, _, name = value.rpartition(".")
        arrow, _, arrow_name = name.rpartition("->")
        return f"{head}.has_{name}" if head else f"{arrow}->has_{arrow_name}"

    def declare(self, name):
        return f"bool has_{name};\n{self.inner.declare(name)}"

    def read(self, value, path):
        flag = self.flag(value)
        empty = "(struct of_text){\"\", 0}" if self.inner.ctype == "struct of_text" else "0"
        return (f'next = of_avro_take_branch(reader, next, 2, "{path}", &branch);\n'
                f"{flag} = branch != {self.null_branch};\n"
                f"if ({flag})\n{lines(self.inner.read(value, path))}"
                f"else\n    {value} = {empty};\n")

    def check(self, value, path):
        inner = self.inner.check(value, path)
        return f"if ({self.flag(value)}) {{\n{lines(inner)}}}\n" if inner else ""

    @property
    def room(self):
        return f"1 + {self.inner.room}"

    def lengths(self, value):
        return [f"({self.flag(value)} ? {length} : 0)" for length in self.inner.lengths(value)]

    def write(self, value):
        flag, null = self.flag(value), self.null_branch
        branch = f"{flag} ? {1 - null} : {null}"
        return (f"out = of_avro_write_branch(out, {branch});\nif ({flag}) {{\n"
                f"{lines(self.inner.write(value))}}}\n")

    def show(self, value):
        return (f"if ({self.flag(value)})\n{lines(self.inner.show(value))}"
                f'else\n    of_buffer_append_text(out, "null");\n')


class Record:
    """A record: a struct, and a static function for each thing done with it."""

    def __init__(self, name, fields):
        self.name, self.fields = name, fields
        self.cname = f"of_{snake(name)}"

    def declare(self, name):
        return f"struct {self.cname} {name};\n"

    def each(self, method, value, path=None):
        """The method's code for every field of the record held by `value`."""
        parts = []
        for name, kind in self.fields:
            member = f"{value}{name}"
            inner = f"{path}{name}" if path is not None else None
            if isinstance(kind, Record):
                parts.append(kind.each(method, f"{member}.",
                                       f"{inner}." if inner is not None else None))
            elif inner is not None:
                parts.append(getattr(kind, method)(member, inner))
            else:
                parts.append(getattr(kind, method)(member))
        return "".join(parts)

    def rooms(self):
        """What the fields take at the most, but for the lengths below and items of arrays."""
        terms = []
        for _, kind in self.fields:
            terms += kind.rooms() if isinstance(kind, Record) else [kind.room]
        return terms

    def lengths(self, value):
        terms = []
        for name, kind in self.fields:
            dot = "." if isinstance(kind, Record) else ""
            terms += kind.lengths(f"{value}{name}{dot}")
        return terms

    def has_unions(self):
        return any(kind.has_unions() if isinstance(kind, Record) else isinstance(kind, Optional)
                   for _, kind in self.fields)

    def arrays(self, value=""):
        for name, kind in self.fields:
            if isinstance(kind, Record):
                yield from kind.arrays(f"{value}{name}.")
            elif isinstance(kind, Array):
                yield f"{value}{name}", kind

    def show(self, value):
        parts = []
        for number, (name, kind) in enumerate(self.fields):
            opening = "{" if number == 0 else ","
            parts.append(f'of_buffer_append_text(out, "{opening}\\"{name}\\":");\n')
            parts.append(kind.show(f"{value}{name}.") if isinstance(kind, Record)
                         else kind.show(f"{value}{name}"))
        return "".join(parts) + "of_buffer_append_byte(out, '}');\n"

    def members(self):
        return "".join(kind.declare(name) for name, kind in self.fields)


class Array:
    """An array of records, in memory that the record owns and uses again."""

    room = "OF_AVRO_LONG_MAX + 1"

    def __init__(self, item):
        self.item = item

    def declare(self, name):
        return (f"struct {self.item.cname} *{name};\n"
                f"size_t {name}_count, {name}_capacity;\n")

    @staticmethod
    def lengths(value):
        return []

    def read(self, value, path):
        return (f"{value}_count = 0;\n"
                "for (;;) {\n"
                f'    next = of_avro_take_block(reader, next, {value}_count, ARRAY_LIMIT, "{path}",'
                " &block);\n"
                "    if (block == 0)\n        break;\n"
                f"    reserve_{path.replace('.', '_')}(record, block);\n"
                "    for (size_t i = 0; i < block && !reader->failure; i++) {\n"
                f"        reader->index = {value}_count;\n"
                f"        next = read_{snake(self.item.name)}(reader, next, "
                f"&{value}[{value}_count++]);\n"
                "    }\n}\n")

    def check(self, value, path):
        checks = self.item.each("check", "item->", f"{path}[].")
        loop = (f"for (size_t i = 0; i < {value}_count; i++) {{\n"
                f"    const struct {self.item.cname} *item = &{value}[i];\n"
                + lines(checks) + "}\n") if checks else ""
        return (f"if ({value}_count > ARRAY_LIMIT)\n"
                f'    return of_fail(error, OF_INPUT, RECORD ": {path} has more than %d items",'
                f" ARRAY_LIMIT);\n" + loop)

    def write(self, value):
        return (f"if ({value}_count) {{\n"
                f"    out = of_avro_write_long(out, (int64_t){value}_count);\n"
                f"    for (size_t i = 0; i < {value}_count; i++)\n"
                f"        out = write_{snake(self.item.name)}(out, &{value}[i], failed);\n}}\n"
                "*out++ = 0;\n")

    def show(self, value):
        return ("of_buffer_append_byte(out, '[');\n"
                f"for (size_t i = 0; i < {value}_count; i++) {{\n"
                f"    const struct {self.item.cname} *item = &{value}[i];\n"
                "    if (i > 0)\n        of_buffer_append_byte(out, ',');\n"
                + lines(self.item.show("item->")) + "}\nof_buffer_append_byte(out, ']');\n")


class Reader:
    """Turns the schema's JSON into the classes above; keeps named types by name."""

    def __init__(self, file):
        self.file, self.named = file, {}

    def field_type(self, node, where):
        if isinstance(node, list):
            return self.union(node, where)
        if isinstance(node, str):
            if node in SCALARS and node != "timestamp-millis":
                return SCALARS[node]
            if node in self.named:
                return self.named[node]
            raise Unsupported(f"{self.file}: {where}: type '{node}'")
        kind, logical = node.get("type"), node.get("logicalType")
        if kind == "record":
            return self.record(node, where)
        if kind == "array":
            item = self.field_type(node["items"], f"{where}[]")
            if not isinstance(item, Record) or list(item.arrays()):
                raise Unsupported(f"{self.file}: {where}: an array of other than flat records")
            return Array(item)
        if kind == "bytes" and logical == "decimal":
            return decimal(node.get("precision", 0), node.get("scale", 0),
                           f"{self.file}: {where}")
        if kind == "long" and logical == "timestamp-millis":
            return SCALARS["timestamp-millis"]
        if logical is None and isinstance(kind, (str, dict, list)):
            return self.field_type(kind, where)
        raise Unsupported(f"{self.file}: {where}: type {json.dumps(node)}")

    def union(self, node, where):
        if len(node) != 2 or node.count("null") != 1:
            raise Unsupported(f"{self.file}: {where}: a union of other than null and one type")
        null = node.index("null")
        inner = self.field_type(node[1 - null], where)
        if not isinstance(inner, Scalar):
            raise Unsupported(f"{self.file}: {where}: a nullable record or array")
        return Optional(inner, null)

    def record(self, node, where):
        for field in node["fields"]:
            if field["name"] in KEYWORDS:
                raise Unsupported(f"{self.file}: {where}.{field['name']}: a word of C")
        fields = [(field["name"], self.field_type(field["type"], f"{where}.{field['name']}"))
                  for field in node["fields"]]
        record = Record(node["name"], fields)
        self.named[node["name"]] = record
        if "namespace" in node:
            self.named[f"{node['namespace']}.{node['name']}"] = record
        return record


def item_records(record):
    seen = []
    for _, array in record.arrays():
        if array.item not in seen:
            seen.append(array.item)
    return seen


def header(record, reader, source):
    upper = record.cname.upper()
    structs = "".join(f"struct {r.cname} {{\n{lines(r.members())}}};\n\n"
                      for r in dict.fromkeys(reader.named.values()))
    limits = "".join(f"#define {upper}_{path.replace('.', '_').upper()}_MAX {ARRAY_MAX}\n"
                     for path, _ in record.arrays())
    adders = "".join(
        f"/* Adds a zeroed item behind the last; NULL at the limit. Moves the array. */\n"
        f"struct {array.item.cname} *{record.cname}_add_{path.replace('.', '_')}"
        f"(struct {record.cname} *record);\n" for path, array in record.arrays())
    return f"""/* Made from {source} by avscgen.py; do not edit.
 *
 * Texts are views that borrow the decoded bytes (or what the caller set). Decimals are integers in
 * units of their scale, timestamps milliseconds since 1970 UTC. Arrays belong to the record and
 * their memory is used again by the next decode. */
#ifndef {upper}_SCHEMA_H
#define {upper}_SCHEMA_H

#include "avro/binary.h"
#include "base/error.h"

#define {upper}_BYTES_MAX {BYTES_MAX} /* one encoded record */
#define {upper}_STRING_MAX {STRING_MAX} /* bytes of one string */
{limits}
{structs}/* The schema as it is registered: the raw text of {source}. */
extern const char {record.cname}_schema[];
extern const size_t {record.cname}_schema_size;

void {record.cname}_init(struct {record.cname} *record);
void {record.cname}_release(struct {record.cname} *record);
{adders}
/* INPUT names the field: truncated, trailing bytes, past a limit, not UTF-8... The record's views
 * borrow `bytes`. After a failure the content is unspecified but can be released or decoded into. */
int {record.cname}_decode(struct {record.cname} *record, const uint8_t *bytes, size_t size,
    struct of_error *error) OF_NODISCARD;

/* Appends. INPUT: a value past a limit of the schema or of ours; `out` is then unchanged. */
int {record.cname}_encode(const struct {record.cname} *record, struct of_buffer *out,
    struct of_error *error) OF_NODISCARD;

/* Appends one plain JSON object without a newline: names as in the schema, times as ISO 8601 UTC,
 * decimals with exactly their scale's digits, null for what is absent. OF_INPUT: the buffer is
 * full. */
int {record.cname}_print_json(const struct {record.cname} *record, struct of_buffer *out);

#endif
"""


def c_text(raw):
    """A C literal of exactly the text's bytes, one line of it a line."""
    def escape(byte):
        if byte in b'"\\?':
            return "\\" + chr(byte)
        if byte == 10:
            return "\\n"
        return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"

    rows = raw.encode().splitlines(keepends=True)
    return "\n    ".join('"' + "".join(map(escape, row)) + '"' for row in rows)


def sum_of(rooms, lengths):
    """A C expression; equal terms are counted, for the reader's sake."""
    terms = " + ".join(rooms).split(" + ")
    counted = [f"{terms.count(term)} * {term}" if terms.count(term) > 1 and not term.isdigit()
               else term for term in dict.fromkeys(terms) if not term.isdigit()]
    digits = sum(int(term) for term in terms if term.isdigit())
    return " + ".join(counted + ([str(digits)] if digits else []) + lengths)


def reading(record, value, path):
    branch = "    size_t branch;\n" if record.has_unions() else ""
    return f"{branch}{lines(record.each('read', value, path))}    return next;\n"


def item_functions(item):
    name = snake(item.name)
    lengths = item.lengths("item->")
    suspicion = f"""
static inline size_t lengths_{name}(const struct {item.cname} *item)
{{
    return {" | ".join(lengths)};
}}
""" if lengths else ""
    return f"""static inline const uint8_t *read_{name}(
    struct of_avro_reader *reader, const uint8_t *next, struct {item.cname} *item)
{{
{reading(item, "item->", "@.")}}}

static inline uint8_t *write_{name}(uint8_t *out, const struct {item.cname} *item, bool *failed)
{{
    bool bad = false;
{lines(item.each("write", "item->"))}    *failed |= bad;
    return out;
}}

static inline size_t room_{name}(const struct {item.cname} *item)
{{
    (void)item;
    return {sum_of(item.rooms(), item.lengths("item->"))};
}}
{suspicion}"""


def adder(record, path, array):
    flat = path.replace(".", "_")
    upper = record.cname.upper()
    return f"""/* Room for so many more, within the limit as the caller checked. */
static inline void reserve_{flat}(struct {record.cname} *record, size_t more)
{{
    size_t count = record->{path}_count + more, capacity = record->{path}_capacity;
    if (count <= capacity)
        return;
    capacity = count > 2 * capacity ? count : 2 * capacity;
    record->{path} = of_realloc_array(record->{path}, capacity, sizeof(*record->{path}));
    record->{path}_capacity = capacity;
}}

struct {array.item.cname} *{record.cname}_add_{flat}(struct {record.cname} *record)
{{
    if (record->{path}_count >= {upper}_{flat.upper()}_MAX)
        return NULL;
    reserve_{flat}(record, 1);
    struct {array.item.cname} *item = &record->{path}[record->{path}_count++];
    *item = (struct {array.item.cname}){{0}};
    return item;
}}
"""


def source_file(record, raw, source, header_name):
    upper, cname = record.cname.upper(), record.cname
    items = item_records(record)
    paths = {array.item: path for path, array in record.arrays()}
    functions = "\n".join(item_functions(item).replace('"@.', f'"{paths[item]}[].')
                          for item in items)
    adders = "\n".join(adder(record, path, array) for path, array in record.arrays())
    release = "".join(f"    free(record->{path});\n" for path, _ in record.arrays())
    loops = "".join(
        f"    for (size_t i = 0; i < record->{path}_count; i++)\n"
        f"        room += room_{snake(array.item.name)}(&record->{path}[i]);\n"
        for path, array in record.arrays())
    suspicions = "".join(
        f"    for (size_t i = 0; i < record->{path}_count; i++)\n"
        f"        lengths |= lengths_{snake(array.item.name)}(&record->{path}[i]);\n"
        for path, array in record.arrays() if array.item.lengths("item->"))
    counts = "".join(f"    if (record->{path}_count > ARRAY_LIMIT)\n        return true;\n"
                     for path, _ in record.arrays())
    block = "    size_t block;\n" if paths else ""
    array_limit = f"#define ARRAY_LIMIT {ARRAY_MAX}\n" if paths else ""
    return f"""/* Made from {source} by avscgen.py; do not edit. */
#include "schemas/{header_name}"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

#define RECORD "{record.name}"
#define STRING_LIMIT {upper}_STRING_MAX
{array_limit}
const char {cname}_schema[] =
    {c_text(raw)};
const size_t {cname}_schema_size = sizeof({cname}_schema) - 1;

void {cname}_init(struct {cname} *record)
{{
    *record = (struct {cname}){{0}};
}}

void {cname}_release(struct {cname} *record)
{{
{release}    {cname}_init(record);
}}

{adders}
{functions}
static const uint8_t *read_record(
    struct of_avro_reader *reader, const uint8_t *next, struct {cname} *record)
{{
{block}{reading(record, "record->", "")}}}

int {cname}_decode(
    struct {cname} *record, const uint8_t *bytes, size_t size, struct of_error *error)
{{
    if (size > {upper}_BYTES_MAX)
        return of_fail(error, OF_INPUT, RECORD ": %zu bytes, more than the limit of %d", size,
            {upper}_BYTES_MAX);
    struct of_avro_reader reader;
    of_avro_reader_init(&reader, bytes, size);
    reader.next = read_record(&reader, bytes, record);
    if (!reader.failure && reader.next != reader.end)
        of_avro_reader_fail(&reader, "bytes behind the record", "end");
    if (reader.failure)
        return of_avro_reader_error(&reader, RECORD, error);
    return OF_OK;
}}

/* Says which value is past a limit; the other functions only find that one is. */
static int check_record(const struct {cname} *record, struct of_error *error)
{{
    (void)record, (void)error;
{lines(record.each("check", "record->", ""))}    return OF_OK;
}}

/* Could a length or count be past its limit? One comparison for all lengths; yes may be wrong. */
static bool is_suspect(const struct {cname} *record)
{{
    (void)record;
{counts}    size_t lengths = {" | ".join(record.lengths("record->")) or "0"};
{suspicions}    return lengths > STRING_LIMIT;
}}

/* What the record takes at the most, given that no length is past its limit. */
static size_t room_record(const struct {cname} *record)
{{
    (void)record;
    size_t room = {sum_of(record.rooms(), record.lengths("record->"))};
{loops}    return room + sizeof(uint64_t); /* numbers are written 8 bytes wide */
}}

/* *failed is set when a value must not be written; what was written is then of no use. */
static uint8_t *write_record(uint8_t *out, const struct {cname} *record, bool *failed)
{{
    bool bad = false;
{lines(record.each("write", "record->"))}    *failed |= bad;
    return out;
}}

int {cname}_encode(const struct {cname} *record, struct of_buffer *out, struct of_error *error)
{{
    bool failed = false;
    if (is_suspect(record) && check_record(record, error) < 0)
        return OF_INPUT;
    size_t room = room_record(record);
    if (room > {upper}_BYTES_MAX)
        return of_fail(error, OF_INPUT, RECORD ": may take more than the limit of %d bytes",
            {upper}_BYTES_MAX);
    if (of_buffer_grow(out, room) < 0)
        return of_buffer_check(out, RECORD, error);
    uint8_t *start = out->data + out->length, *end = write_record(start, record, &failed);
    if (failed)
        return check_record(record, error);
    out->length += (size_t)(end - start);
    return OF_OK;
}}

int {cname}_print_json(const struct {cname} *record, struct of_buffer *out)
{{
{lines(record.show("record->"))}    return out->full ? OF_INPUT : OF_OK;
}}
"""


def main():
    source, header_path, source_path = map(Path, sys.argv[1:4])
    raw = source.read_bytes().decode()  # line ends as they are
    reader = Reader(source.name)
    try:
        record = reader.record(json.loads(raw), "")
    except Unsupported as cause:
        sys.exit(f"avscgen.py: {cause} is not supported")
    except (json.JSONDecodeError, KeyError, TypeError) as cause:
        sys.exit(f"avscgen.py: {source.name}: no schema of a record: {cause}")
    header_path.write_text(header(record, reader, source.name), encoding="utf-8")
    source_path.write_text(source_file(record, raw, source.name, header_path.name),
                           encoding="utf-8")


if __name__ == "__main__":
    main()
