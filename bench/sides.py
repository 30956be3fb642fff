"""Both sides of each pair: how each program is started with the same settings, and what it did.

Each class runs one side once and answers with its figure. Everything that both sides share is in
SETTINGS; the table prints it."""

import http.client
import json
import math
import os
import re
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("ORDERFLOW_BENCH_BUILD", ROOT / "build"))
JARS = Path(os.environ.get("ORDERFLOW_BENCH_JARS", ROOT / "data/jars")) / "bench"
SCHEMA = ROOT / "schemas/order.avsc"
RUN_SECONDS = 900
STAGES = {  # name: state of its input; input, output and failed topic
    "validation": ("unpaid", "unpaid_orders", "valid_orders", "failed_orders"),
    "payment": ("unpaid", "unpaid_orders", "paid_orders", "failed_orders"),
    "shipping": ("paid", "paid_orders", "shipped_orders", "failed_orders"),
    "delivery": ("shipped", "shipped_orders", "finished_orders", "failed_orders"),
}
TOPICS = ("unpaid_orders", "paid_orders", "shipped_orders", "finished_orders", "failed_orders")

STAGE_OPTIONS = {"validation": ("--data", ROOT / "producer/data")}

PARTITIONS = 4  # of every topic
TRANSACTION_RECORDS = 10000
# librdkafka's names; the JVM has all but the one that counts messages
SETTINGS = {"batch.size": "1000000", "batch.num.messages": "10000", "linger.ms": "5",
            "compression.type": "none", "acks": "all", "queue.buffering.max.messages": "200000",
            "partitioner": "murmur2_random"}
# Of the peers' consumers. librdkafka 2.0.2 pauses a partition for a second when it has fetched
# queued.min.messages ahead: here it never has.
FETCHES = {"queued.min.messages": "1000000", "fetch.message.max.bytes": "2097152"}
JVM_FETCHES = {"max.partition.fetch.bytes": FETCHES["fetch.message.max.bytes"]}
JVM_LEAVES_OUT = ("batch.num.messages", "queue.buffering.max.messages", "partitioner")


# ORDERFLOW_ names would configure our side alone.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith("ORDERFLOW_")}


class Failed(Exception):
    """A side did not do what it should; the text has its last words."""


def check_output(command, environment=None):
    """The program's standard output; its log is kept for the message if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=RUN_SECONDS, check=False, env=environment or ENVIRONMENT)
    if done.returncode != 0:
        raise Failed(f"{Path(str(command[0])).name} ended with {done.returncode}:\n"
                     + "\n".join(done.stderr.splitlines()[-10:]))
    return done.stdout


def dash_x(settings):
    return [part for name, value in settings.items() for part in ("-X", f"{name}={value}")]


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Side:
    """One side of the pairs of a broker; `records` is the size of a run."""

    def __init__(self, broker, records):
        self.broker, self.records = broker, records
        self.settings = dash_x({"bootstrap.servers": broker.bootstrap} | SETTINGS)
        self.ours = self.settings + ["-X", f"schema.registry.url={broker.registry}",
                                     "--topic-prefix", broker.prefix, "--log-level", "warning"]
        self.length = ["--transaction-records", TRANSACTION_RECORDS]
        self.memory = 0
        self.cpu = math.inf  # microseconds an order, least of all runs
        self.runs = 0

    def timed(self, topics, run):
        """Orders a second by the broker's clock while `run` runs."""
        starts = {topic: self.broker.ends(topic) for topic in topics}
        self.runs += 1
        self.spend(run, self.records)
        return self.records / self.broker.append_seconds(starts)

    def spend(self, run, orders):
        """Notes the processor time of the programs that `run` runs, starting and ending included."""
        before = cpu_seconds()
        run()
        self.cpu = min(self.cpu, (cpu_seconds() - before) / orders * 1e6)


class OurProducer(Side):
    """A new set of topics for each run: a generator that has made its orders makes no others."""

    def run(self):
        self.runs += 1
        bases = self.make(f"history{self.runs}_", self.records)
        return self.records / self.broker.append_seconds({
            base: dict.fromkeys(range(PARTITIONS), 0) for base in bases})

    def make(self, prefix, orders):
        bases = [prefix + topic for topic in TOPICS]
        self.broker.create(*bases, prefix + "generator_state")
        volume = max(1, round(orders / 10000))  # volume 1 gives at least 20,000 orders
        check_output([BUILD / "producer/orderflow-producer", "--mode", "history", "--orders",
                      orders, "--volume", volume, *self.length, *self.ours,
                      "--topic-prefix", self.broker.name(prefix)])
        return bases

    def mean_bytes(self):
        """The mean size of an order's value."""
        return self.broker.mean_bytes(self.make("sample_", 3000))


class BareProduce(Side):
    """`bytes` is the mean size of our orders."""

    bytes = 256

    def run(self):
        return self.timed(["bare"], lambda: check_output(
            [BUILD / "bench/bare-produce", *self.settings, *self.length, "--records", self.records,
             "--bytes", self.bytes, "--topic", self.broker.name("bare"),
             "--transactional-id", self.broker.name("bare")]))


class PythonProduce(Side):
    def run(self):
        return self.timed(["python"], lambda: check_output(
            [os.sys.executable, ROOT / "bench/peers/python_peer.py", "produce", *self.settings,
             *self.length, "--schema", SCHEMA, "--records", self.records,
             "--output", self.broker.name("python"), "--group", self.broker.name("python")]))


class OurProcessor(Side):
    """Runs until its group has committed the whole input. Memory: the most it ever held."""

    def __init__(self, broker, records, stage, topics=None):
        super().__init__(broker, records)
        self.stage = stage
        self.input, *self.outputs = topics or STAGES[stage][1:]

    def program(self):
        return (BUILD / f"processors/orderflow-{self.stage}",)

    def run(self):
        group = self.broker.name(f"orderflow-{self.stage}")
        self.broker.delete_group(group)
        return self.timed(self.outputs, lambda: self.process(group))

    def process(self, group):
        end = sum(self.broker.ends(self.input).values())
        program = subprocess.Popen(
            [str(part) for part in (*self.program(), *self.ours, "--batch-records",
                                    TRANSACTION_RECORDS, "--batch-ms", 5000,
                                    *STAGE_OPTIONS.get(self.stage, ()))],
            stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        try:
            deadline = time.monotonic() + RUN_SECONDS
            while program.poll() is None and self.broker.committed(group, self.input) < end:
                if time.monotonic() > deadline:
                    raise Failed(f"orderflow-{self.stage} did not get through {end} orders")
                time.sleep(0.3)
            if program.poll() is None:
                self.memory = max(self.memory, peak_memory(program.pid))
                program.send_signal(signal.SIGTERM)
            _, log = program.communicate(timeout=30)
            if program.returncode != 0:
                raise Failed(f"orderflow-{self.stage} ended with {program.returncode}:\n{log}")
        finally:
            if program.poll() is None:
                program.kill()


class OurKsqld(Side):
    """orderflow-ksqld with the pipeline's own script that explodes orders into their items. Runs
    until the query's group has committed the whole input; then starts once more, to see how long
    that takes until it answers."""

    INPUT, OUTPUT, QUERY = "shipped_orders", "item_exploded", "ITEM_EXPLODED_FINISHED"

    def __init__(self, broker, records):
        super().__init__(broker, records)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.ready = math.inf  # milliseconds, least of all runs

    def run(self):
        return self.timed([self.OUTPUT], self.process)

    def process(self):
        service = f"{self.broker.prefix}{self.runs}_"
        group = self.broker.name(f"orderflow-ksqld-{service}-{self.QUERY}")
        end = sum(self.broker.ends(self.INPUT).values())
        program, _ = self.start(service)
        try:
            self.apply()
            deadline = time.monotonic() + RUN_SECONDS
            while program.poll() is None and self.broker.committed(group, self.INPUT) < end:
                if time.monotonic() > deadline:
                    raise Failed(f"orderflow-ksqld did not get through {end} orders")
                time.sleep(0.3)
            if program.poll() is None:
                self.memory = max(self.memory, peak_memory(program.pid))
            self.stop(program)
            program, ready = self.start(service)
            self.ready = min(self.ready, ready)
            self.stop(program)
        finally:
            if program.poll() is None:
                program.kill()

    def start(self, service):
        """The program and the milliseconds until it answered."""
        began = time.monotonic()
        program = subprocess.Popen(
            [str(part) for part in (BUILD / "ksqld/orderflow-ksqld", *self.ours, "--service-id",
                                    service, "--port", self.port)],
            stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        while program.poll() is None and time.monotonic() < began + 60:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                connection.request("GET", "/info")
                if connection.getresponse().status == 200:
                    return program, (time.monotonic() - began) * 1000
            except OSError:
                pass
            time.sleep(0.002)
        program.kill()
        raise Failed(f"orderflow-ksqld did not start:\n{program.communicate(timeout=30)[1]}")

    @staticmethod
    def stop(program):
        program.send_signal(signal.SIGTERM)
        _, log = program.communicate(timeout=60)
        if program.returncode != 0:
            raise Failed(f"orderflow-ksqld ended with {program.returncode}:\n{log}")

    def apply(self):
        """The stream of orders, that of items, and the query between them; topics of the bench."""
        text = "".join((ROOT / "ksql" / f"{name}.sql").read_text(encoding="utf-8")
                       for name in ("01_sources", "04_item_exploded"))
        parts = [part for part in text.split(";")
                 if not re.search(r"\bfailed\b", re.sub(r"--.*", "", part))]
        text = ";".join(parts).replace("'finished_orders'", f"'{self.broker.name(self.INPUT)}'")
        text = text.replace("'item_exploded'", f"'{self.broker.name(self.OUTPUT)}'", 1)
        done = subprocess.run(
            [BUILD / "ksqld/orderflow-ksql", "apply", "--server",
             f"http://127.0.0.1:{self.port}", "--define", f"partitions={PARTITIONS}", "-"],
            input=text, text=True, capture_output=True, check=False, timeout=60, env=ENVIRONMENT)
        if done.returncode != 0:
            raise Failed(f"orderflow-ksql: {done.stderr}")


def peak_memory(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


class BareTransform(Side):
    def __init__(self, broker, records, stage):
        super().__init__(broker, records)
        self.input = STAGES[stage][1]

    def run(self):
        return self.timed(["bare"], lambda: check_output(
            [BUILD / "bench/bare-transform", *self.settings, *dash_x(FETCHES), *self.length,
             "--records", self.records, "--input", self.broker.name(self.input),
             "--output", self.broker.name("bare"),
             "--group", self.broker.name(f"bare-{self.runs}")]))


class PythonTransform(Side):
    def __init__(self, broker, records, stage):
        super().__init__(broker, records)
        self.stage, self.input = stage, STAGES[stage][1]

    def run(self):
        return self.timed(["python", "python_failed"], lambda: check_output(
            [os.sys.executable, ROOT / "bench/peers/python_peer.py", "transform", *self.settings,
             *dash_x(FETCHES), *self.length, "--schema", SCHEMA, "--stage", self.stage, "--records", self.records,
             "--input", self.broker.name(self.input), "--output", self.broker.name("python"),
             "--failed", self.broker.name("python_failed"),
             "--group", self.broker.name(f"python-{self.runs}")]))


class JvmTransform(Side):
    """One JVM a run, which reads the input PASSES times: the first pass is the cold figure, the
    last the warm one."""

    PASSES = 4

    def __init__(self, broker, records, stage, folder):
        super().__init__(broker, records)
        self.stage, self.input, self.cold = stage, STAGES[stage][1], []
        self.properties = folder / "jvm.properties"
        settings = {"bootstrap.servers": broker.bootstrap, "buffer.memory": "67108864"} | {
            name: value for name, value in SETTINGS.items() if name not in JVM_LEAVES_OUT}
        settings |= JVM_FETCHES
        self.properties.write_text("".join(f"{k}={v}\n" for k, v in settings.items()),
                                   encoding="ascii")
        self.classes = compile_java(folder)

    def run(self):
        pairs = [(f"jvm{number}", f"jvm{number}_failed") for number in range(self.PASSES)]
        starts = [{topic: self.broker.ends(topic) for topic in pair} for pair in pairs]
        self.runs += 1
        command = ["java", "-cp", f"{self.classes}:{JARS}/*", "Peer", self.properties, SCHEMA,
                   self.stage, self.broker.name(self.input),
                   self.broker.name(f"jvm-{self.runs}"), self.records, TRANSACTION_RECORDS,
                   *[",".join(map(self.broker.name, pair)) for pair in pairs]]
        self.spend(lambda: check_output(command), self.records * self.PASSES)
        rates = [self.records / self.broker.append_seconds(start) for start in starts]
        self.cold.append(rates[0])
        return rates[-1]


def compile_java(folder):
    """Fetches the pinned jars once and compiles the peer."""
    source = ROOT / "bench/peers/jvm"
    if not list(JARS.glob("avro-*.jar")):
        check_output(["mvn", "-q", "-B", "-f", source / "pom.xml",
                      "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies",
                      f"-DoutputDirectory={JARS}", "-DincludeScope=runtime"])
    classes = folder / "classes"
    if not classes.exists():
        check_output(["javac", "-d", classes, "-cp", f"{JARS}/*", source / "Peer.java"])
    return classes


def fill(broker, stage, records):
    """Fills the stage's input; the mean size of a value."""
    state, topic = STAGES[stage][:2]
    schema_id = broker.register(topic, SCHEMA.read_text(encoding="utf-8"))
    output = check_output(
        [BUILD / "bench/bench-fill", *dash_x({"bootstrap.servers": broker.bootstrap} | SETTINGS),
         "--topic", broker.name(topic), "--state", state, "--records", records,
         "--schema-id", schema_id])
    return json.loads(output)["bytes"]
