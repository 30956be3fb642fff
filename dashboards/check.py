"""Asks every chart for its rows, and every filter for what it offers, and prints how many and how long
each took; 1 if one does not answer. `check.py ADDRESS [--slower-than SECONDS]`; the password is in the data folder."""

import argparse
import os
import sys
from pathlib import Path

from assets import read_charts, read_dashboard
from client import Client


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--slower-than", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--quiet", action="store_true", help="print what is wrong only")
    options = parser.parse_args()
    password = (Path(os.environ["ORDERFLOW_SUPERSET"]) / "password").read_text(encoding="ascii").strip()
    client, charts, wrong = Client(options.address, password), read_charts(), 0
    questions = {("filter", spec["name"]): lambda spec=spec: client.options(spec)
                 for spec in read_dashboard()["filters"] if "dataset" in spec}
    questions |= {(chart.tab, name): lambda name=name, chart=chart: client.all_rows({name: chart})[name]
                  for name, chart in charts.items()}
    for (tab, name), ask in questions.items():
        try:
            rows, seconds = ask()
        except RuntimeError as error:
            print(error, file=sys.stderr)
            wrong += 1
            continue
        slow = seconds > options.slower_than
        wrong += slow
        if slow or not options.quiet:
            print(f"{tab:10} {name:22} {len(rows or []):6} rows {seconds:6.2f} s{'  too slow' if slow else ''}")
    print(f"{len(questions)} charts and filters asked, {wrong} wrong", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
