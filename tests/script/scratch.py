"""An instance of its own for each test: free ports, a data folder in a temporary place."""

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "orderflow"
PORTS = ["kafka", "controller", "registry", "connect", "ksqld", "postgres", "gateway"]
SERVERS = ["postgres", "kafka", "registry", "connect"]
PORT_RANGE = range(21000, 31000)
PARTS = [*SERVERS, "ksqld", "validation", "payment", "shipping", "delivery", "routing", "export",
         "gateway", "producer"]


def wait_until(what, condition, seconds, pause=.05):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(pause)


def free_ports(count):
    """Below the range that the kernel hands out to clients, where a port would not stay free; each
    of the processes that test side by side has a part of it."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = PORT_RANGE[worker::int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
    free = (port for port in random.sample(share, len(share)) if is_free(port))
    return [next(free) for _ in range(count)]


class Instance:
    def __init__(self, folder):
        self.folder, self.data = folder, folder / "data"
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("ORDERFLOW_")
                            or name == "ORDERFLOW_SCRIPT_READY_SECONDS"}  # of a slow machine
        self.environment["ORDERFLOW_DATA"] = "data"  # from `folder`, where all is run
        for name, port in self.ports.items():
            self.environment[f"ORDERFLOW_PORT_{name.upper()}"] = str(port)

    def run(self, *arguments, timeout=240):
        with self.begin(*arguments) as process:
            return self.finish(process, timeout)

    def begin(self, *arguments):
        """Starts the script; what it says goes to a file, as a server left behind would hold a
        pipe open."""
        with (self.folder / "output").open("w") as output:
            return subprocess.Popen([SCRIPT, *arguments], cwd=self.folder, env=self.environment,
                                    stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=subprocess.STDOUT)

    def finish(self, process, timeout=240):
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"not within {timeout} s:\n{self.output()}") from None
        return code, self.output()

    def output(self):
        return (self.folder / "output").read_text()

    def pid(self, part):
        """As the pid file has it; None if there is no such process, or it is another's by now."""
        try:
            pid, started = (self.data / "run" / f"{part}.pid").read_text().split()
            stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            return int(pid) if stat[0] != "Z" and stat[19] == started else None
        except (OSError, ValueError, IndexError):
            return None

    def pids(self):
        found = {part: self.pid(part) for part in PARTS}
        return {part: pid for part, pid in found.items() if pid}

    def kill(self, part):
        os.kill(self.pid(part), signal.SIGKILL)
        wait_until(f"{part} is dead", lambda: self.pid(part) is None, 10)

    def is_listening(self):
        return [name for name, port in self.ports.items() if is_answered(port)]


def is_free(port):
    """Nobody has it, nor had it a moment ago."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_answered(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
