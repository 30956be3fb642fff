"""A pipeline with orders in it: what up tells when a part dies, and how it repairs."""

import os
import re
import signal
from pathlib import Path

from confluent_kafka import Producer

from scratch import PARTS, wait_until

ORDERS = ["--orders", "200", "--seed", "7"]


def rate_of(pid):
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return words[words.index("--rate") + 1]


def test_a_pipeline_is_repaired(instance):
    # A stage stands still, so that the orders cannot get through. Then Kafka dies, for which its
    # clients would wait.
    with instance.begin("up", *ORDERS) as up:
        wait_until("shipping runs", lambda: instance.pid("shipping") or up.poll() is not None, 240)
        os.kill(instance.pid("shipping"), signal.SIGSTOP)
        wait_until("up waits", lambda: re.search(r"^  tables", instance.output(), re.M)
                   or up.poll() is not None, 120)
        instance.kill("kafka")
        code, output = instance.finish(up, 60)
    assert code == 1, output
    assert "orderflow: kafka: ended before the orders were through" in output
    assert "kafka.log" in output
    instance.kill("shipping")

    # Beside orders that keep coming, up ends; the generator is the same.
    code, output = instance.run("up", *ORDERS, "--live", "30")
    assert code == 0, output
    rows = ["psql", "-At", "-c", "SELECT count(*) FROM order_info"]
    held = int(instance.run(*rows)[1])
    assert held >= 1200
    first = instance.pids()
    assert sorted(first) == sorted(PARTS) and rate_of(first["producer"]) == "30"
    wait_until("orders come", lambda: int(instance.run(*rows)[1]) > held, 60, 1)
    code, output = instance.run("up")
    assert (code, instance.pids()) == (0, first), output

    # One that has died comes back with its rate, which another --live changes.
    instance.kill("producer")
    assert instance.run("up")[0] == 0
    assert rate_of(instance.pid("producer")) == "30"
    assert instance.run("up", "--live", "2.5")[0] == 0
    assert rate_of(instance.pid("producer")) == "2.5"

    # One that was stopped does not.
    assert instance.run("stop", "producer")[0] == 0
    assert instance.pid("producer") is None
    assert not (instance.data / "live-rate").exists()


def lags(instance):
    """Of the sinks, as status prints them."""
    code, output = instance.run("status")
    assert code == 0, output
    return {line.split()[0]: int(line.split()[3]) for line in output.splitlines()
            if line.startswith("connect-")}


def test_orders_that_were_sent_twice_hold_nobody_up(instance):
    """Rows are orders, and there are fewer of them than records."""
    code, output = instance.run("up", *ORDERS, timeout=480)
    assert code == 0, output
    code, output = instance.run("exec", "orderflow-producer", "--mode", "live", "--orders", "40",
                                "--rate", "40", "--duplicate", "0.5", "--manifest",
                                str(instance.folder / "manifest"))
    assert code == 0, output
    code, output = instance.run("up")
    assert code == 0, output
    assert "nothing is left to load" not in output
    rows = int(instance.run("psql", "-At", "-c", "SELECT count(*) FROM order_info")[1])
    counts = dict(line.split() for line in
                  instance.run("exec", "orderflow-admin", "balance")[1].splitlines())
    records = instance.run("exec", "orderflow-admin", "count", "finished_orders", "failed_orders")[1]
    assert rows == int(counts["ended"]) == 1240
    assert sum(int(line.split()[1]) for line in records.splitlines()) > rows

    # At rest nothing is left to read, whatever markers stand behind the last record.
    wait_until("the sinks have read all", lambda: set(lags(instance).values()) == {0}, 30, 1)
    assert len(lags(instance)) >= 7

    # An order that can get no row: up waits until nothing is left to load, and says so.
    producer = Producer({"bootstrap.servers": f"127.0.0.1:{instance.ports['kafka']}"})
    producer.produce("failed_orders", key="900001", value=b"no order")
    assert producer.flush(30) == 0
    code, output = instance.run("up")
    assert code == 0, output
    assert "PostgreSQL holds 1240 of 1241 final orders and nothing is left to load" in output
