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


class Unsupported(Exception):
    """The schema has something that is not generated."""


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def lines(text, depth=1):
    return "".join(f"{'    ' * depth}{line}\n" if line else "\n" for line in text.splitlines())


class Scalar:
    """A value that one C variable holds and one call reads or writes."""

    def __init__(self, ctype, read, write, bound, show, check=None):
        self.ctype, self._read, self._write = ctype, read, write
        self._bound, self._show, self._check = bound, show, check

    def declare(self, name):
        return f"{self.ctype} {name};\n"

    def read(self, value, path):
        return f"{value} = {self._read.format(path=path)};\n"

    def check(self, value, path):
        return self._check.format(v=value, path=path) if self._check else ""

    def bound(self, value):
        return self._bound.format(v=value)

    def write(self, value):
        return f"out = {self._write.format(v=value)};\n"

    def show(self, value):
        return self._show.format(v=value) + "\n"


def text_scalar(reader, printer):
    return Scalar(
        "struct of_text", f"of_avro_read_{reader}(reader, STRING_LIMIT, \"{{path}}\")",
        "of_avro_write_text(out, {v})", "OF_AVRO_LONG_MAX + {v}.length", printer,
        f"if ({{v}}.length > STRING_LIMIT)\n"
        f"    return of_fail(error, OF_INPUT, RECORD \": {{path}} is longer than %d bytes\","
        f" STRING_LIMIT);\n"
        + ("if (!of_avro_is_utf8({v}.data, {v}.length))\n"
           "    return of_fail(error, OF_INPUT, RECORD \": {path} is not UTF-8\");\n"
           if reader == "string" else ""))


SCALARS = {
    "boolean": Scalar("bool", 'of_avro_read_boolean(reader, "{path}")',
                      "of_avro_write_boolean(out, {v})", "1",
                      'of_buffer_append_text(out, {v} ? "true" : "false");'),
    "int": Scalar("int32_t", 'of_avro_read_int(reader, "{path}")', "of_avro_write_long(out, {v})",
                  "OF_AVRO_INT_MAX", 'of_buffer_appendf(out, "%" PRId32, {v});'),
    "long": Scalar("int64_t", 'of_avro_read_long(reader, "{path}")',
                   "of_avro_write_long(out, {v})", "OF_AVRO_LONG_MAX",
                   'of_buffer_appendf(out, "%" PRId64, {v});'),
    "float": Scalar("float", 'of_avro_read_float(reader, "{path}")',
                    "of_avro_write_float(out, {v})", "4", "of_avro_print_float(out, {v});"),
    "double": Scalar("double", 'of_avro_read_double(reader, "{path}")',
                     "of_avro_write_double(out, {v})", "8", "of_avro_print_double(out, {v});"),
    "string": text_scalar("string",
                          "of_buffer_append_json_string(out, {v}.data, {v}.length);"),
    "bytes": text_scalar("bytes", "of_buffer_append_json_string(out, {v}.data, {v}.length);"),
    "timestamp-millis": Scalar(
        "int64_t", 'of_avro_read_long(reader, "{path}")', "of_avro_write_long(out, {v})",
        "OF_AVRO_LONG_MAX",
        'of_buffer_appendf(out, "\\"%s\\"", of_iso8601_print({v}, (char[OF_ISO8601_SIZE]){{0}}));'),
}


def decimal(precision, scale, where):
    if not 0 < precision <= PRECISION_MAX or not 0 <= scale <= precision:
        raise Unsupported(f"{where}: decimal({precision}, {scale})")
    return Scalar(
        "int64_t", f'of_avro_read_decimal(reader, {precision}, "{{path}}")',
        "of_avro_write_decimal(out, {v})", "OF_AVRO_DECIMAL_MAX",
        f"of_avro_print_decimal(out, {{v}}, {scale});",
        f"if (!of_avro_decimal_fits({{v}}, {precision}))\n"
        f'    return of_fail(error, OF_INPUT, RECORD ": {{path}} has more than {precision} '
        f'digits");\n')


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
        return (f'{flag} = of_avro_read_branch(reader, 2, "{path}") != {self.null_branch};\n'
                f"if ({flag})\n{lines(self.inner.read(value, path))}"
                f"else\n    {value} = {empty};\n")

    def check(self, value, path):
        inner = self.inner.check(value, path)
        return f"if ({self.flag(value)}) {{\n{lines(inner)}}}\n" if inner else ""

    def bound(self, value):
        return f"1 + {self.inner.bound(value)}"

    def write(self, value):
        flag, null = self.flag(value), self.null_branch
        branch = f"{flag} ? {1 - null} : {null}"
        return (f"out = of_avro_write_long(out, {branch});\nif ({flag})\n"
                f"{lines(self.inner.write(value))}")

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

    def bound_terms(self, value):
        terms = []
        for name, kind in self.fields:
            if isinstance(kind, Record):
                terms += kind.bound_terms(f"{value}{name}.")
            elif isinstance(kind, Array):
                terms.append("OF_AVRO_LONG_MAX + 1")
            else:
                terms.append(kind.bound(f"{value}{name}"))
        return terms

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

    def __init__(self, item):
        self.item = item

    def declare(self, name):
        return (f"struct {self.item.cname} *{name};\n"
                f"size_t {name}_count, {name}_capacity;\n")

    def read(self, value, path):
        return (f"{value}_count = 0;\n"
                "for (size_t block; (block = of_avro_read_block(reader, "
                f'{value}_count, ARRAY_LIMIT, "{path}")) > 0;)\n'
                "    for (size_t i = 0; i < block && !reader->failure; i++) {\n"
                f"        reader->index = {value}_count;\n"
                f"        read_{snake(self.item.name)}(reader, add_{path.replace('.', '_')}"
                f"(record));\n    }}\n")

    def check(self, value, path):
        return (f"if ({value}_count > ARRAY_LIMIT)\n"
                f'    return of_fail(error, OF_INPUT, RECORD ": {path} has more than %d items",'
                f" ARRAY_LIMIT);\n"
                f"for (size_t i = 0; i < {value}_count; i++) {{\n"
                f"    const struct {self.item.cname} *item = &{value}[i];\n"
                + lines(self.item.each("check", "item->", f"{path}[].")) + "}\n")

    def write(self, value):
        return (f"if ({value}_count) {{\n"
                f"    out = of_avro_write_long(out, (int64_t){value}_count);\n"
                f"    for (size_t i = 0; i < {value}_count; i++)\n"
                f"        out = write_{snake(self.item.name)}(out, &{value}[i]);\n}}\n"
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
    rows = [json.dumps(line + "\n", ensure_ascii=True) for line in raw.rstrip("\n").split("\n")]
    return "\n    ".join(rows)


def item_functions(item):
    name = snake(item.name)
    return f"""static inline void read_{name}(struct of_avro_reader *reader, struct {item.cname} *item)
{{
{lines(item.each("read", "item->", "@."))}}}

static inline uint8_t *write_{name}(uint8_t *out, const struct {item.cname} *item)
{{
{lines(item.each("write", "item->"))}    return out;
}}

static inline size_t bound_{name}(const struct {item.cname} *item)
{{
    (void)item;
    return {" + ".join(item.bound_terms("item->"))};
}}
"""


def adder(record, path, array):
    flat = path.replace(".", "_")
    upper = record.cname.upper()
    return f"""/* Room was checked by the caller. */
static struct {array.item.cname} *add_{flat}(struct {record.cname} *record)
{{
    if (record->{path}_count == record->{path}_capacity) {{
        size_t capacity = record->{path}_capacity ? 2 * record->{path}_capacity : 8;
        record->{path} = of_realloc_array(record->{path}, capacity, sizeof(*record->{path}));
        record->{path}_capacity = capacity;
    }}
    struct {array.item.cname} *item = &record->{path}[record->{path}_count++];
    *item = (struct {array.item.cname}){{0}};
    return item;
}}

struct {array.item.cname} *{record.cname}_add_{flat}(struct {record.cname} *record)
{{
    return record->{path}_count < {upper}_{flat.upper()}_MAX ? add_{flat}(record) : NULL;
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
        f"        bound += bound_{snake(array.item.name)}(&record->{path}[i]);\n"
        for path, array in record.arrays())
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
static void read_record(struct of_avro_reader *reader, struct {cname} *record)
{{
{lines(record.each("read", "record->", ""))}}}

int {cname}_decode(
    struct {cname} *record, const uint8_t *bytes, size_t size, struct of_error *error)
{{
    if (size > {upper}_BYTES_MAX)
        return of_fail(error, OF_INPUT, RECORD ": %zu bytes, more than the limit of %d", size,
            {upper}_BYTES_MAX);
    struct of_avro_reader reader;
    of_avro_reader_init(&reader, bytes, size);
    read_record(&reader, record);
    if (!reader.failure && reader.next != reader.end)
        of_avro_reader_fail(&reader, "bytes behind the record", "end");
    if (reader.failure)
        return of_avro_reader_error(&reader, RECORD, error);
    return OF_OK;
}}

static int check_record(const struct {cname} *record, struct of_error *error)
{{
    (void)record, (void)error;
{lines(record.each("check", "record->", ""))}    return OF_OK;
}}

/* What the record takes at the most. */
static size_t bound_record(const struct {cname} *record)
{{
    (void)record;
    size_t bound = {" + ".join(record.bound_terms("record->"))};
{loops}    return bound + sizeof(uint64_t); /* a decimal is written 8 bytes wide */
}}

static uint8_t *write_record(uint8_t *out, const struct {cname} *record)
{{
{lines(record.each("write", "record->"))}    return out;
}}

int {cname}_encode(const struct {cname} *record, struct of_buffer *out, struct of_error *error)
{{
    if (check_record(record, error) < 0)
        return OF_INPUT;
    size_t bound = bound_record(record);
    if (bound > {upper}_BYTES_MAX)
        return of_fail(error, OF_INPUT, RECORD ": may take more than the limit of %d bytes",
            {upper}_BYTES_MAX);
    if (of_buffer_grow(out, bound) < 0)
        return of_buffer_check(out, RECORD, error);
    uint8_t *start = out->data + out->length;
    out->length += (size_t)(write_record(start, record) - start);
    return OF_OK;
}}

int {cname}_print_json(const struct {cname} *record, struct of_buffer *out)
{{
{lines(record.show("record->"))}    return out->full ? OF_INPUT : OF_OK;
}}
"""


def main():
    source, header_path, source_path = map(Path, sys.argv[1:4])
    raw = source.read_text(encoding="utf-8")
    reader = Reader(source.name)
    try:
        record = reader.record(json.loads(raw), "")
    except (Unsupported, json.JSONDecodeError, KeyError) as cause:
        sys.exit(f"avscgen.py: {cause} is not supported")
    header_path.write_text(header(record, reader, source.name), encoding="utf-8")
    source_path.write_text(source_file(record, raw, source.name, header_path.name),
                           encoding="utf-8")


if __name__ == "__main__":
    main()
