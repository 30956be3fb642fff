"""Writes normal_table.h: quantiles of the standard normal distribution in 1/65536.

A draw u in [0, 1) falls into the half (its lowest bit) and then into p = (1 + v) / 2 with v in
[0, 1). The quantile is tabled at v = i / 512; the last cell, where it grows without bound, has a
finer table at v = 511/512 + i / 512 / 256, which ends at 4.5 sigma.
"""

import sys
from statistics import NormalDist

CELLS, TAIL = 512, 256
LIMIT = 4.5


def quantile(v):
    return round(65536 * min(LIMIT, NormalDist().inv_cdf((1 + v) / 2))) if v < 1 else round(
        65536 * LIMIT)


def table(name, values):
    rows = [", ".join(map(str, values[i:i + 10])) for i in range(0, len(values), 10)]
    return f"static const int32_t {name}[{len(values)}] = {{\n    " + ",\n    ".join(rows) + "};\n"


with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write("/* Made by normal_table.py and committed, so that no machine's libm decides a value. */\n#include <stdint.h>\n\n")
    out.write(f"#define NORMAL_CELLS {CELLS}\n#define NORMAL_TAIL_CELLS {TAIL}\n")
    out.write(table("normal_body", [quantile(i / CELLS) for i in range(CELLS)]))
    out.write(table("normal_tail", [quantile((CELLS - 1 + i / TAIL) / CELLS)
                                    for i in range(TAIL + 1)]))
