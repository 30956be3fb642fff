"""Writes the generator's tables (tables.h, tables.c) from producer/data.

Prices become centavos and discounts whole percents, so that C needs no floating point; each name
comes with the ASCII form that an e-mail address takes.
"""

import csv
import sys
import unicodedata
from decimal import Decimal
from pathlib import Path

WORDS = ["given_names", "family_names", "streets", "barangays", "company_words", "company_kinds"]
CLASSES = ["metro_manila", "large", "medium", "small", "poor"]
WORD_BYTES_MAX = 32
EVENTS = 4
WAREHOUSES = range(10, 50)  # numbers of locations; those above are destinations


def text(value):
    raw = value.encode("utf-8")
    if not 0 < len(raw) <= WORD_BYTES_MAX:
        sys.exit(f"tables.py: {value!r} is empty or longer than {WORD_BYTES_MAX} bytes")
    quoted = "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}"
                     for b in raw)
    return f'{{"{quoted}", {len(raw)}}}'


def slug(value):
    plain = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    return "".join(c for c in plain.lower() if c.isalnum())


def words(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(set(lines)) != len(lines):
        sys.exit(f"tables.py: {path.name} says a word twice")
    return lines


def whole(value, factor, where):
    number = Decimal(value) * factor
    if number != int(number):
        sys.exit(f"tables.py: {where}: {value} has too many digits")
    return int(number)


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def skus(path, catalogue):
    """Prices and discounts, and how the catalogue says that each is counted."""
    rows, products = [], {row["sku"]: row for row in table(catalogue)}
    for row in table(path):
        if row["sku"] not in products:
            sys.exit(f"tables.py: {catalogue.name} lacks SKU {row['sku']}")
        events = [whole(row[f"sale_event_{e}"], 100, path.name) for e in range(EVENTS)]
        product = products[row["sku"]]
        rows.append((int(row["sku"]), whole(row["price"], 100, path.name), events,
                     text(product["unit_of_measure"]), text(product["uom_type"])))
    if len(rows) > 64:
        sys.exit("tables.py: more than 64 SKUs do not fit the generator's bit set")
    return rows


def places(path):
    rows = table(path)
    return [[row for row in rows if row["category"] == name] for name in CLASSES]


def destinations(path, lgus):
    """For each place the numbers of its destinations: the one of its name, and those within it."""
    found = {lgu: [] for lgu in lgus}
    for row in table(path):
        lgu = row["name"].split(",")[0]
        if int(row["id"]) not in WAREHOUSES:
            if lgu not in found:
                sys.exit(f"tables.py: {path.name}: {row['name']} lies in no place of the provinces")
            found[lgu].append(int(row["id"]))
    if not all(found.values()):
        sys.exit(f"tables.py: {path.name} has a place without a destination")
    return list(found.values())


def main():
    folder, header, source = map(Path, sys.argv[1:4])
    head = ["/* Made by tables.py from producer/data; do not edit. */",
            "#ifndef OF_PRODUCER_TABLES_H", "#define OF_PRODUCER_TABLES_H", "",
            '#include "avro/binary.h"', "", f"#define OF_WORD_BYTES_MAX {WORD_BYTES_MAX}",
            f"#define OF_SALE_EVENTS {EVENTS}", "",
            "struct of_word {\n    struct of_text text, slug; /* slug: a-z and 0-9 */\n};",
            "struct of_sku {\n    int32_t sku;\n    int32_t price;                    "
            "/* centavos */\n    uint8_t discount[OF_SALE_EVENTS]; /* percent */\n"
            "    struct of_text unit, unit_type;\n};",
            "/* Its destinations are of_destinations[first_destination] and those behind it. */",
            "struct of_place {\n    struct of_text lgu, code;\n    uint16_t first_destination, "
            "destinations;\n};",
            f"#define OF_WAREHOUSE_FIRST {WAREHOUSES[0]}",
            f"#define OF_WAREHOUSES {len(WAREHOUSES)}", ""]
    body = ["/* Made by tables.py from producer/data; do not edit. */",
            f'#include "{header.name}"', ""]
    for name in WORDS:
        lines = words(folder / f"{name}.txt")
        head += [f"#define OF_{name.upper()} {len(lines)}",
                 f"extern const struct of_word of_{name}[OF_{name.upper()}];"]
        body += [f"const struct of_word of_{name}[OF_{name.upper()}] = {{"]
        body += [f"    {{{text(line)}, {text(slug(line))}}}," for line in lines] + ["};"]
    rows = skus(folder / "skus.csv", folder / "catalogue.csv")
    head += [f"#define OF_SKUS {len(rows)}", "extern const struct of_sku of_skus[OF_SKUS];"]
    body += ["const struct of_sku of_skus[OF_SKUS] = {"]
    body += [f"    {{{sku}, {price}, {{{', '.join(map(str, events))}}}, {unit}, {kind}}},"
             for sku, price, events, unit, kind in rows] + ["};"]
    classes = places(folder / "provinces.csv")
    flat = [row for rows in classes for row in rows]
    numbers = destinations(folder / "locations.csv", [row["lgu"] for row in flat])
    starts = [sum(map(len, numbers[:i])) for i in range(len(numbers))]
    frauds = [text(row["ip_address"]) for row in table(folder / "fraud_ips.csv")]
    ends = [sum(map(len, classes[:i + 1])) for i in range(len(classes))]
    head += [f"#define OF_PLACES {ends[-1]}",
             "/* In the order of the size classes; class i ends before of_place_ends[i]. */",
             "extern const struct of_place of_places[OF_PLACES];",
             f"#define OF_PLACE_CLASSES {len(CLASSES)}",
             "extern const uint32_t of_place_ends[OF_PLACE_CLASSES];",
             "extern const int32_t of_destinations[];",
             f"#define OF_FRAUD_ADDRESSES {len(frauds)}",
             "extern const struct of_text of_fraud_addresses[OF_FRAUD_ADDRESSES];",
             "", "#endif", ""]
    body += ["const struct of_place of_places[OF_PLACES] = {"]
    body += [f"    {{{text(row['lgu'])}, {text(row['iso_3166_2'])}, {start}, {len(those)}}},"
             for row, start, those in zip(flat, starts, numbers)] + ["};"]
    body += ["const int32_t of_destinations[] = {"]
    body += [f"    {', '.join(map(str, those))}," for those in numbers] + ["};"]
    body += ["const struct of_text of_fraud_addresses[OF_FRAUD_ADDRESSES] = {"]
    body += [f"    {address}," for address in frauds] + ["};"]
    body += [f"const uint32_t of_place_ends[OF_PLACE_CLASSES] = {{{', '.join(map(str, ends))}}};",
             ""]
    header.write_text("\n".join(head), encoding="utf-8")
    source.write_text("\n".join(body), encoding="utf-8")


if __name__ == "__main__":
    main()
