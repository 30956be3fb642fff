"""Files as C arrays: embed.py OUTPUT.c PREFIX FILE... gives PREFIX_<name with _ for other letters>[]
and ..._size each."""

import re
import sys
from pathlib import Path

output, prefix, *files = sys.argv[1:]
with open(output, "w", encoding="ascii") as out:
    out.write('#include "gateway/embedded.h"\n\n')
    for file in map(Path, files):
        name = f"{prefix}_{re.sub(r'[^A-Za-z0-9]', '_', file.name)}"
        content = file.read_bytes()
        out.write(f"const char {name}[] = {{\n")
        for start in range(0, len(content), 20):
            out.write("    " + " ".join(f"{byte}," for byte in content[start:start + 20]) + "\n")
        out.write(f"    0}};\nconst size_t {name}_size = {len(content)};\n")
