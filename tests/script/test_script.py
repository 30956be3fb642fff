"""What ./orderflow says and leaves behind: bad words, ports in use, kill -9 of everything, reset.

An instance of its own on free ports with a data folder in a temporary place, which only the
caller may enter: PostgreSQL, that must not run as root, has to cope with it.
"""

import os
import re
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

from scratch import PORTS, SCRIPT, SERVERS, wait_until

ROOT = SCRIPT.parent


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
    (["down", "nosuch"], "down: unknown argument nosuch"),
    (["reset", "nosuch"], "reset: unknown argument nosuch"),
    (["status", "nosuch"], "status: unknown argument nosuch"),
    (["env", "nosuch"], "env: unknown argument nosuch"),
    (["--port", "kafka=25000", "--port", "registry=25000", "up"], "want the same port, 25000"),
    (["--port", "kafka=025000", "--port", "registry=25000", "up"], "want the same port, 25000"),
    (["bench", "nosuch"], "there is no benchmark 'nosuch'"),
    (["help", "nosuch"], "unknown command 'nosuch'"),
])
def test_bad_words_are_named(instance, arguments, message):
    code, output = instance.run(*arguments)
    assert code not in (0, 127), output
    assert message in output
    assert not re.search(r"line \d+:|unbound variable|No such file", output), output
    assert instance.is_listening() == []


def commands():
    """As the script itself dispatches them."""
    return re.search(r"^    (help( \| [a-z]+)+)\) ;;$", SCRIPT.read_text(), re.M)[1].split(" | ")


def test_help_names_every_command(instance):
    code, output = instance.run("help")
    assert code == 0
    assert len(commands()) > 15
    for command in commands():
        assert re.search(rf"^    {command}\b", output, re.M), command
        code, part = instance.run(command, "--help")
        assert code == 0 and part.startswith(f"./orderflow {command}"), part
    assert not instance.data.exists()


def test_help_of_up_names_every_option(instance):
    options = re.findall(r"--[a-z-]+", re.search(
        r"command_up\(\) \{.*?^\}", (ROOT / "stack/lib/up.sh").read_text(), re.S | re.M)[0])
    code, output = instance.run("up", "--help")
    assert code == 0 and len(set(options)) >= 6
    for option in options:
        assert option in output, option


def test_help_of_test_names_every_suite(instance):
    suites = re.search(r"^readonly SUITES=\((.*)\)$", (ROOT / "stack/lib/test.sh").read_text(),
                       re.M)[1]
    assert suites in " ".join(instance.run("test", "--help")[1].split())


def test_status_and_down_of_nothing(instance):
    code, output = instance.run("status")
    assert code == 1
    for part in [*SERVERS, "ksqld", "validation", "payment", "shipping", "delivery", "routing",
                 "export", "gateway"]:
        assert re.search(rf"^{part} +down", output, re.M), output
    assert instance.run("down")[0] == 0
    assert instance.run("reset")[0] == 0


def test_bench_lists_without_installing_anything(instance):
    code, output = instance.run("bench", "--list", timeout=20)
    assert code == 0 and "codec" in output.split() and "download" not in output, output
    code, output = instance.run("bench", "codec", "nosuch", timeout=20)
    assert code == 2 and "download" not in output, output
    assert not (instance.data / "logs").exists()


def test_the_port_of_dashboards_is_looked_at_first(instance):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, output = instance.run("--port", f"dashboards={port}", "up", "--with-dashboards")
    assert code == 1 and f"port {port}, wanted for dashboards, is in use" in output, output
    assert instance.pids() == {}


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
    # An up that is killed as soon as a part has been started: the next one goes on from there.
    for part in ("postgres", "kafka", "registry"):
        with instance.begin("up", "--servers") as process:
            wait_until(f"{part} was started",
                       lambda part=part: instance.pid(part) or process.poll() is not None, 60, .001)
            process.kill()
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

    # A second run at the same time keeps out, whichever it is.
    instance.environment["ORDERFLOW_SCRIPT_LOCK_SECONDS"] = "0"
    with (instance.data / "lock").open("a") as lock:
        subprocess.run(["flock", "-n", str(lock.fileno())], pass_fds=[lock.fileno()], check=True)
        for command in (["up", "--servers"], ["down"], ["reset"]):
            code, output = instance.run(*command)
            assert code == 1 and "another ./orderflow is at work" in output, output
    del instance.environment["ORDERFLOW_SCRIPT_LOCK_SECONDS"]
    assert instance.pids() == first

    # Nobody else reads the folder. PostgreSQL of root runs as another user, who may pass through.
    modes = {path.name: stat.S_IMODE(path.stat().st_mode)
             for path in [instance.data, *instance.data.iterdir()]}
    assert modes.pop("data") == (0o711 if os.getuid() == 0 else 0o700)
    assert {name: oct(mode) for name, mode in modes.items()
            if mode & 0o077 and name != "lock"} == {}
    # Connect gives out no other file than that of the sinks.
    assert (f"config.providers.file.param.allowed.paths={instance.data}/secrets/sink.properties\n"
            in (instance.data / "connect.properties").read_text())

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
    assert [path.name for path in instance.data.iterdir()] == ["lock"]


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


@pytest.mark.parametrize("command", [["up", "--servers"], ["reset"], ["start", "kafka"]])
def test_a_folder_that_is_somebody_elses_is_left_alone(instance, command):
    instance.data.mkdir(mode=0o755)
    (instance.data / "diary").write_text("dear")
    code, output = instance.run(*command)
    assert code == 1 and "holds files that are not of Orderflow" in output
    assert [path.name for path in instance.data.iterdir()] == ["diary"]
    assert stat.S_IMODE(instance.data.stat().st_mode) == 0o755


@pytest.mark.parametrize("letter", [",", ":", "\\", "{", "}", "'", '"', "\n"])
def test_a_path_that_properties_cannot_hold_is_refused(instance, letter):
    instance.environment["ORDERFLOW_DATA"] = f"a{letter}b"
    code, output = instance.run("up", "--servers")
    assert code == 1 and "the path must hold no comma" in output


def test_secrets_for_compose_are_for_nobody_else(tmp_path):
    """The files themselves are for the containers' users; the folder shuts all others out."""
    script = tmp_path / "secrets.sh"
    script.write_text((ROOT / "deploy/secrets.sh").read_text())
    (tmp_path / "secrets").mkdir(mode=0o711)
    subprocess.run(["bash", script], check=True)
    first = (tmp_path / "secrets/sink.properties").read_text()
    assert (tmp_path / "secrets/postgres").read_text().strip() in first
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    subprocess.run(["bash", script], check=True)
    assert (tmp_path / "secrets/sink.properties").read_text() == first
