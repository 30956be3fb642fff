#!/usr/bin/env python3
"""The arithmetic of the benchmarks' table: ratios in the right direction, aims met or missed."""

import json
import unittest

import report

ABOUT = {"date": "2026-01-02", "machine": "m", "rounds": 5, "records": 1000,
         "transaction_records": 100,
         "settings": {"batch.size": "1", "batch.num.messages": "2", "linger.ms": "3",
                      "compression.type": "none", "acks": "all"}}
RATE = report.Row("payment", "payment processor", 300.0, "bare loop", 400.0, "orders/s", 0.7)
TIME = report.Row("codec", "decode one order", 50.0, "avro-c", 1000.0, "ns", 25, True)
ALONE = report.Row("memory", "memory", 63.9, None, None, "MB", 64, True)


class Report(unittest.TestCase):
    def test_ratio_is_how_many_times_better(self):
        self.assertEqual(RATE.ratio, 0.75)
        self.assertEqual(TIME.ratio, 20)
        self.assertIsNone(ALONE.ratio)

    def test_aims(self):
        self.assertTrue(RATE.reached)
        self.assertFalse(TIME.reached)
        self.assertTrue(ALONE.reached)
        self.assertFalse(report.Row("m", "m", 64.1, None, None, "MB", 64, True).reached)
        self.assertIsNone(report.Row("c", "c", 1.0, "p", 2.0, "ns", None, True).reached)

    def test_table(self):
        lines = report.as_table(ABOUT, [RATE, TIME, ALONE]).splitlines()
        self.assertIn(
            "| payment processor | 300 orders/s | bare loop | 400 orders/s | 0.75x | 0.7x |", lines)
        self.assertIn("| decode one order | 50.0 ns | avro-c | 1,000 ns | 20x | 25x, missed |",
                      lines)
        self.assertIn("| memory | 63.9 MB |  |  |  | under 64 MB |", lines)

    def test_json(self):
        rows = json.loads(report.as_json(ABOUT, [RATE, ALONE]))["rows"]
        self.assertEqual([row["ratio"] for row in rows], [0.75, None])
        self.assertEqual([row["reached"] for row in rows], [True, True])


if __name__ == "__main__":
    unittest.main()
