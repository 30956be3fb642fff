"""What the codec generator refuses, and the name that it tells. What it generates is judged by the
C tests; here only the way to there. Standard library only, as the generator itself."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

GENERATOR = Path(__file__).parents[2] / "schemas" / "avscgen.py"


class Refusals(unittest.TestCase):
    def run_on(self, text):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "x.avsc"
            source.write_text(text, encoding="utf-8")
            outputs = [Path(folder) / "x.h", Path(folder) / "x.c"]
            run = subprocess.run([sys.executable, GENERATOR, source, *outputs],
                                 capture_output=True, text=True, check=False)
            self.assertEqual([run.returncode == 0] * 2, [path.exists() for path in outputs])
            return run.returncode, run.stderr

    def field(self, kind, name="f"):
        return self.run_on(json.dumps({"type": "record", "name": "R", "fields": [
            {"name": name, "type": kind}]}))

    def assert_refused(self, kind, part, name="f"):
        code, text = self.field(kind, name)
        self.assertNotEqual(code, 0)
        self.assertIn(part, text)
        self.assertNotIn("Traceback", text)

    def test_taken(self):
        for kind in ("long", ["null", "string"], ["double", "null"],
                     {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 18}):
            self.assertEqual(self.field(kind), (0, ""))

    def test_types(self):
        decimal = {"type": "bytes", "logicalType": "decimal"}
        array = {"type": "array", "items": "int"}
        for kind in ("nonsense", "null", ["int", "string"], ["null", "int", "long"], ["int"],
                     {"type": "map", "values": "int"}, array,
                     {"type": "enum", "name": "E", "symbols": ["A"]},
                     {"type": "fixed", "name": "F", "size": 2},
                     {"type": "long", "logicalType": "timestamp-micros"},
                     {"type": "int", "logicalType": "date"},
                     ["null", {"type": "record", "name": "Q", "fields": []}],
                     ["null", array], decimal, dict(decimal, precision=19),
                     dict(decimal, precision=0), dict(decimal, precision=2, scale=3),
                     dict(decimal, precision=2, scale=-1), "R"):
            with self.subTest(kind=kind):
                self.assert_refused(kind, "x.avsc: .f")

    def test_words_of_c(self):
        self.assert_refused("int", "x.avsc: .register: a word of C", name="register")

    def test_broken_files(self):
        for text in ("", "{", "[]", "7", '"int"', "{}", '{"type": "record", "name": "R"}',
                     '{"type": "enum", "name": "E", "symbols": ["A"]}'):
            with self.subTest(text=text):
                code, errors = self.run_on(text)
                self.assertNotEqual(code, 0)
                self.assertIn("x.avsc", errors)
                self.assertNotIn("Traceback", errors)


if __name__ == "__main__":
    unittest.main()
