"""A pipeline with orders in it: what up tells when a part dies, and how it repairs."""

import os
import re
import signal
from pathlib import Path

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
