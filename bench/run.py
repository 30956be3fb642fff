#!/usr/bin/env python3
"""Runs the benchmarks and prints each figure beside its peer's. See bench/README.md.

    run.py [NAME...] [--json] [--rounds N] [--records N]

Names: codec producer validation payment shipping delivery routing export ksqld gateway latency
memory; all of them by default.
The servers are those of the environment: BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL, DATABASE_URL. codec
needs none. Each side runs N times in turn with the others, and its best run counts.
"""

import argparse
import contextlib
import datetime
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

import report
from sides import BUILD, ROOT, SCHEMA, SETTINGS, STAGES, TRANSACTION_RECORDS, Failed, check_output

NAMES = ("codec", "producer", "validation", "payment", "shipping", "delivery", "routing", "export",
         "ksqld", "gateway", "latency", "memory")
BESIDE_THE_BARE_LOOP = ("validation",)  # and no other peer
PYTHON_SHARE = 4  # Python gets a quarter of the records: the rate is the same, the wait is not
LATENCY_ORDERS = 200
# Measured elsewhere, on a comparable machine: orders/s and microseconds an order.
KSQLDB, KSQLDB_FIGURES = "ksqlDB 8.3.1", (13300, 184)
LATENCY_HISTORY = 200


def say(text):
    print(text, file=sys.stderr, flush=True)


def needs(name):
    value = os.environ.get(name)
    if not value:
        raise Failed(f"{name} is not set: run ./orderflow bench, or eval \"$(./orderflow env)\"")
    return value


def bench_codec(options, folder):
    orders = folder / "orders.bin"
    check_output([BUILD / "bench/bench-codec", "--rounds", 0, "--dump", orders])
    best = {}
    for number in range(options.rounds):
        say(f"codec: round {number + 1} of {options.rounds}")
        lines = check_output([BUILD / "bench/bench-codec", "--rounds", 1]).splitlines()
        lines += check_output([sys.executable, ROOT / "bench/codec/fastavro_peer.py", orders,
                               SCHEMA, "--rounds", 1]).splitlines()
        for line in map(json.loads, lines):
            key = line["direction"], line["side"]
            best[key] = min(best.get(key, line["nanoseconds"]), line["nanoseconds"])
    for direction in ("decode", "encode"):
        for peer, aim in (("avro-c", 25), ("avro-c by index", None), ("fastavro", None)):
            yield report.Row("codec", f"{direction} one order", best[direction, "orderflow"], peer,
                             best[direction, peer], "ns", aim, less_is_better=True)


@contextlib.contextmanager
def broker_for(name):
    from broker import Broker  # pylint: disable=import-outside-toplevel
    broker = Broker(needs("BOOTSTRAP_SERVERS"), needs("SCHEMA_REGISTRY_URL"),
                    f"bench_{name}_{os.getpid()}_")
    try:
        yield broker
    finally:
        broker.close()


def race(name, rounds, sides):
    """The best rate of each side: {side's name: orders a second}."""
    best = {}
    for number in range(rounds):
        for side, runner in sides.items():
            rate = runner.run()
            best[side] = max(best.get(side, 0), rate)
            say(f"{name}: round {number + 1} of {rounds}, {side}: {rate:,.0f} orders/s")
    return best


def bench_producer(options):
    import sides  # pylint: disable=import-outside-toplevel
    with broker_for("producer") as broker:
        broker.create("bare", "python")
        ours = sides.OurProducer(broker, options.records)
        bare = sides.BareProduce(broker, options.records)
        bare.bytes = ours.mean_bytes()
        say(f"producer: an order takes {bare.bytes} bytes")
        best = race("producer", options.rounds, {
            "orderflow": ours, "bare librdkafka loop": bare,
            "Python client": sides.PythonProduce(broker, options.records // PYTHON_SHARE)})
    for peer, aim in (("bare librdkafka loop", 0.8), ("Python client", None)):
        yield report.Row("producer", "history producer", best["orderflow"], peer, best[peer],
                         "orders/s", aim)


def race_stage(stage, options, folder):
    import sides  # pylint: disable=import-outside-toplevel
    with broker_for(stage) as broker:
        jvm_topics = [f"jvm{number}{end}" for number in range(sides.JvmTransform.PASSES)
                      for end in ("", "_failed")]
        broker.create(*STAGES[stage][1:], "orders_dlq", "bare", "python", "python_failed",
                      *jvm_topics)
        mean = sides.fill(broker, stage, options.records)
        say(f"{stage}: {options.records:,} orders of {mean:.0f} bytes")
        ours = sides.OurProcessor(broker, options.records, stage)
        runners = {
            "orderflow": ours,
            "bare librdkafka loop": sides.BareTransform(broker, options.records, stage)}
        if stage not in BESIDE_THE_BARE_LOOP:
            jvm = sides.JvmTransform(broker, options.records, stage, folder)
            runners |= {"JVM, warm": jvm, "Python client": sides.PythonTransform(
                broker, options.records // PYTHON_SHARE, stage)}
        best = race(stage, options.rounds, runners)
    if stage not in BESIDE_THE_BARE_LOOP:
        best["JVM, cold"] = max(jvm.cold)
    return best, {side: runner.cpu for side, runner in runners.items()}, ours.memory


def bench_stage(stage, options, folder, memory):
    best, cpu, memory[stage] = race_stage(stage, options, folder)
    for peer, aim in (("bare librdkafka loop", 0.7), ("JVM, warm", 2), ("JVM, cold", None),
                      ("Python client", None)):
        if peer not in best:
            continue
        yield report.Row(stage, f"{stage} processor", best["orderflow"], peer, best[peer],
                         "orders/s", aim)
    for peer, theirs in cpu.items():
        if peer != "orderflow":
            yield report.Row(stage, f"{stage} processor, CPU an order", cpu["orderflow"], peer,
                             theirs, "µs", None, less_is_better=True)


def bench_ksqld(options):
    import sides  # pylint: disable=import-outside-toplevel
    with broker_for("ksqld") as broker:
        broker.create(sides.OurKsqld.INPUT, sides.OurKsqld.OUTPUT, "orders_dlq", "bare")
        sides.fill(broker, "delivery", options.records)
        ours = sides.OurKsqld(broker, options.records)
        bare = sides.BareTransform(broker, options.records, "delivery")
        best = race("ksqld", options.rounds, {"orderflow": ours, "bare librdkafka loop": bare})
    what = "SQL, orders exploded into items"
    for peer, rate, cpu, aim in (
            (KSQLDB, *KSQLDB_FIGURES[:2], 10),
            ("bare librdkafka loop", best["bare librdkafka loop"], bare.cpu, None)):
        yield report.Row("ksqld", what, best["orderflow"], peer, rate, "orders/s", aim)
        yield report.Row("ksqld", f"{what}, CPU an order", ours.cpu, peer, cpu, "µs", aim,
                         less_is_better=True)
    yield report.Row("ksqld", "resident memory of the SQL runner, most", ours.memory, None, None,
                     "MB", 64, less_is_better=True)
    yield report.Row("ksqld", "SQL runner, from its start to its first answer", ours.ready, None,
                     None, "ms", 100, less_is_better=True)


def bench_routing(options, memory):
    import lines  # pylint: disable=import-outside-toplevel
    with broker_for("routing") as broker:
        runners = lines.routing_sides(broker, options.records)
        best = race("routing", options.rounds, runners)
    ours, bare = runners["orderflow"], runners["bare librdkafka loop"]
    memory["routing"] = ours.memory
    yield report.Row("routing", "routing, orders to lines", best["orderflow"],
                     "bare librdkafka loop", best["bare librdkafka loop"], "orders/s", None)
    yield report.Row("routing", "routing, CPU an order", ours.cpu, "bare librdkafka loop", bare.cpu,
                     "µs", None, less_is_better=True)


def bench_export(options, folder, memory):
    import lines  # pylint: disable=import-outside-toplevel
    with broker_for("export") as broker:
        runners = lines.export_sides(broker, options.records // lines.EXPORT_SHARE, folder)
        best = race("export", options.rounds, runners)
    memory["export"] = runners["orderflow"].memory
    yield report.Row("export", "export, orders to files", best["orderflow"], "bare loop of files",
                     best["bare loop of files"], "orders/s", None)


def bench_memory(options, memory):
    """From the processors' runs; alone it runs one."""
    if not memory:
        import sides  # pylint: disable=import-outside-toplevel
        with broker_for("memory") as broker:
            broker.create(*STAGES["payment"][1:], "orders_dlq")
            sides.fill(broker, "payment", options.records)
            ours = sides.OurProcessor(broker, options.records, "payment")
            ours.run()
            memory["payment"] = ours.memory
    for stage, megabytes in memory.items():
        yield report.Row("memory", f"resident memory of {stage}, most", megabytes, None, None,
                         "MB", 64, less_is_better=True)


def bench_gateway(options, folder):
    import gateway  # pylint: disable=import-outside-toplevel
    with broker_for("gateway") as broker:
        best = gateway.measure(broker, needs("DATABASE_URL"), options.rounds, folder, say)
    for method, what in (("GET", "GET /orders/ID"), ("POST", "POST /orders, committed")):
        ours, theirs = best[method, "orderflow"], best[method, "nginx"]
        yield report.Row("gateway", what, ours[0], "nginx, fixed body", theirs[0], "requests/s",
                         None)
        yield report.Row("gateway", f"{what}, p99", ours[1], "nginx, fixed body", theirs[1], "ms",
                         None, less_is_better=True)


def bench_latency():
    import latency  # pylint: disable=import-outside-toplevel
    if os.environ.get("ORDERFLOW_INSTANCE") == "bench":  # so far it runs only the servers
        say("latency: bringing the whole pipeline up")
        check_output([ROOT / "orderflow", "up", "--orders", LATENCY_HISTORY, "--seed", 1],
                     os.environ)
    times = latency.measure(needs("BOOTSTRAP_SERVERS"), needs("SCHEMA_REGISTRY_URL"),
                            needs("DATABASE_URL"), LATENCY_ORDERS)
    for share, aim in ((50, None), (99, 1000)):
        yield report.Row("latency", f"live order to row in PostgreSQL, p{share}",
                         times[min(len(times) - 1, len(times) * share // 100)], None, None, "ms",
                         aim, less_is_better=True)


def run(names, options, folder):
    memory = {}
    for name in names:
        if name == "codec":
            yield from bench_codec(options, folder)
        elif name == "producer":
            yield from bench_producer(options)
        elif name in STAGES:
            yield from bench_stage(name, options, folder, memory)
        elif name == "routing":
            yield from bench_routing(options, memory)
        elif name == "export":
            yield from bench_export(options, folder, memory)
        elif name == "ksqld":
            yield from bench_ksqld(options)
        elif name == "gateway":
            yield from bench_gateway(options, folder)
        elif name == "memory":
            yield from bench_memory(options, memory)
        else:
            yield from bench_latency()


def machine():
    model = next((line.split(":")[1].strip() for line in
                  Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
                  if line.startswith("model name")), platform.machine())
    return f"{len(os.sched_getaffinity(0))} x {model}, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser(prog="./orderflow bench", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--rounds", type=int, default=5, help="of each side (default: 5)")
    parser.add_argument("--records", type=int, default=300000, help="of a run (default: 300000)")
    parser.add_argument("--list", action="store_true", help="only print what would run")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark '{unknown.pop()}'; there are: {', '.join(NAMES)}")
    names = [name for name in NAMES if not options.names or name in options.names]
    if options.list:
        print(*names)
        return
    about = {"date": datetime.date.today().isoformat(), "machine": machine(),
             "rounds": options.rounds, "records": options.records,
             "transaction_records": TRANSACTION_RECORDS, "settings": SETTINGS}
    rows, failure = [], None
    with tempfile.TemporaryDirectory() as folder:
        try:
            rows.extend(run(names, options, Path(folder)))
        except Failed as cause:
            failure = cause
    print(report.as_json(about, rows) if options.json else report.as_table(about, rows))
    if failure:
        sys.exit(f"bench: {failure}")


if __name__ == "__main__":
    main()
