"""What ./orderflow says and leaves behind: bad words, ports in use, kill -9 of everything, reset.

An instance of its own on free ports with a data folder in a temporary place, which only the
caller may enter: PostgreSQL, that must not run as root, has to cope with it.
"""

import os
import random
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "orderflow"
PORTS = ["kafka", "controller", "registry", "connect", "ksqld", "postgres"]
SERVERS = ["postgres", "kafka", "registry", "connect"]


def free_ports(count):
    """Below the range that the kernel hands out to clients, where a port would not stay free."""
    free = (port for port in random.sample(range(21000, 31000), 1000) if is_free(port))
    return [next(free) for _ in range(count)]


class Instance:
    def __init__(self, folder):
        self.data = folder / "data"
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("ORDERFLOW_")}
        self.environment["ORDERFLOW_DATA"] = str(self.data)
        for name, port in self.ports.items():
            self.environment[f"ORDERFLOW_PORT_{name.upper()}"] = str(port)

    def run(self, *arguments, timeout=240):
        # To a file: a server left behind would hold a pipe open.
        log = self.data.parent / "output"
        with log.open("w") as output:
            code = subprocess.run([SCRIPT, *arguments], env=self.environment, timeout=timeout,
                                  stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT, check=False).returncode
        return code, log.read_text()

    def pids(self):
        found = {}
        for part in SERVERS:
            try:
                pid = int((self.data / "run" / f"{part}.pid").read_text().split()[0])
                os.kill(pid, 0)
                found[part] = pid
            except (OSError, ValueError, IndexError):
                pass
        return found

    def is_listening(self):
        return [name for name, port in self.ports.items() if not is_free(port)]


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def instance(tmp_path):
    instance = Instance(tmp_path)
    yield instance
    instance.run("reset")
    assert instance.pids() == {}


@pytest.mark.parametrize("arguments, message", [
    (["nosuch"], "unknown command 'nosuch'"),
    (["--nosuch", "up"], "unknown option --nosuch"),
    (["up", "--nosuch"], "up: unknown option --nosuch"),
    (["up", "--orders"], "--orders needs a value"),
    (["up", "--orders", "many"], "--orders"),
    (["--port", "kafka", "up"], "--port wants PART=N"),
    (["--port", "nosuch=1", "up"], "--port wants PART=N"),
    (["--port", "kafka=70000", "up"], "'70000', is no number within 1 to 65535"),
    (["start", "nosuch"], "there is no part 'nosuch'"),
    (["stop", "nosuch"], "there is no part 'nosuch'"),
    (["stop"], "stop what?"),
    (["logs", "nosuch"], "there is no log of 'nosuch'"),
    (["exec", "nosuch"], "there is no program nosuch"),
    (["connect"], "connect what?"),
    (["test", "nosuch"], "there is no suite 'nosuch'"),
    (["env"], "nothing was started yet"),
    (["psql"], "nothing was started yet"),
])
def test_bad_words_are_named(instance, arguments, message):
    code, output = instance.run(*arguments)
    assert code not in (0, 127), output
    assert message in output
    assert not re.search(r"line \d+:|unbound variable|No such file", output), output
    assert instance.is_listening() == []


def test_help_names_every_command(instance):
    code, output = instance.run("help")
    assert code == 0
    for command in ("up", "status", "env", "logs", "psql", "exec", "connect", "start", "stop",
                    "down", "reset", "test", "bench"):
        assert re.search(rf"^    .*\b{command}\b", output, re.M), command


def test_status_and_down_of_nothing(instance):
    code, output = instance.run("status")
    assert code == 1
    for part in [*SERVERS, "ksqld", "payment", "shipping", "delivery"]:
        assert re.search(rf"^{part} +down", output, re.M), output
    assert instance.run("down")[0] == 0
    assert instance.run("reset")[0] == 0


@pytest.mark.parametrize("part", PORTS)
def test_a_port_in_use_is_named_before_anything_starts(instance, part):
    with socket.socket() as other:
        other.bind(("127.0.0.1", instance.ports[part]))
        other.listen()
        code, output = instance.run("up", "--servers")
    assert code == 1
    assert f"port {instance.ports[part]}, wanted for {part}, is in use" in output
    assert instance.pids() == {}
    assert not (instance.data / "postgres").exists()


def test_a_full_disk_is_told_before_anything_starts(instance):
    instance.environment["ORDERFLOW_SCRIPT_DISK_MB"] = "999999999"
    code, output = instance.run("up", "--servers")
    assert code == 1
    assert re.search(r"has \d+ MB of disk left, 999999999 are needed", output)
    assert instance.pids() == {}


def test_the_life_of_the_servers(instance):
    code, output = instance.run("up", "--servers")
    assert code == 0, output
    first = instance.pids()
    assert sorted(first) == sorted(SERVERS)
    marker = instance.run("psql", "-c", "CREATE TABLE kept AS SELECT 42 AS answer")
    assert marker[0] == 0, marker

    # Again: quick, and nothing is started anew.
    started = time.monotonic()
    code, output = instance.run("up", "--servers")
    assert (code, instance.pids()) == (0, first), output
    assert time.monotonic() - started < 10

    # A second run at the same time keeps out.
    with (instance.data / "lock").open("w") as lock:
        subprocess.run(["flock", "-n", str(lock.fileno())], pass_fds=[lock.fileno()], check=True)
        code, output = instance.run("up", "--servers")
        assert code == 1 and "another ./orderflow is at work" in output

    # kill -9 of everything at once loses nothing.
    for pid in first.values():
        os.kill(pid, signal.SIGKILL)
    code, output = instance.run("up", "--servers")
    assert code == 0, output
    second = instance.pids()
    assert sorted(second) == sorted(SERVERS)
    assert not set(second.values()) & set(first.values())
    assert "42" in instance.run("psql", "-At", "-c", "TABLE kept")[1]

    # Status is 1 while ksqld and the stages are down, and says so.
    code, output = instance.run("status")
    assert code == 1
    assert re.search(r"^kafka +running +\d+ +127\.0\.0\.1:\d+", output, re.M), output

    code, output = instance.run("env")
    exports = dict(line.removeprefix("export ").split("=", 1) for line in output.splitlines())
    assert exports["BOOTSTRAP_SERVERS"] == f"127.0.0.1:{instance.ports['kafka']}"
    assert f":{instance.ports['registry']}/" in exports["SCHEMA_REGISTRY_URL"]

    # down leaves no process and no port; the data stays.
    assert instance.run("down")[0] == 0
    assert instance.pids() == {} and instance.is_listening() == []
    code, output = instance.run("start", "postgres")
    assert code == 0, output
    assert "42" in instance.run("psql", "-At", "-c", "TABLE kept")[1]

    # reset leaves no data either.
    code, output = instance.run("reset")
    assert code == 0, output
    assert instance.pids() == {} and instance.is_listening() == []
    assert [path.name for path in instance.data.iterdir()] == []


def test_a_pid_that_is_somebody_elses_now_is_left_alone(instance):
    with subprocess.Popen(["sleep", "60"]) as bystander:
        try:
            (instance.data / "run").mkdir(parents=True)
            (instance.data / "run" / "kafka.pid").write_text(f"{bystander.pid} 12345\n")
            assert instance.run("stop", "kafka")[0] == 0
            time.sleep(.3)
            assert bystander.poll() is None
        finally:
            bystander.kill()
