"""The instance under test: its script, its parts and their processes."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGES = ["validation", "payment", "shipping", "delivery", "routing", "export"]
SERVERS = ["kafka", "registry", "connect", "postgres"]
# What a second instance of a stage needs, too; see stack/parts/programs.sh.
STAGE_OPTIONS = {
    "validation": ["--data", str(ROOT / "producer" / "data")],
    "routing": ["--data", str(ROOT / "producer" / "data"),
                "--rules", str(ROOT / "routing" / "rules.txt")],
    "export": ["--folder", str(Path(os.environ.get("ORDERFLOW_DATA", "data")) / "export")]}


def orderflow(*arguments, timeout=300, check=True):
    """Runs ./orderflow for the instance that the environment names."""
    answer = subprocess.run([str(ROOT / "orderflow"), *arguments], timeout=timeout, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    if check and answer.returncode != 0:
        raise AssertionError(f"orderflow {' '.join(arguments)} ended with "
                             f"{answer.returncode}:\n{answer.stdout[-4000:]}")
    return answer


def data_folder():
    return Path(os.environ["ORDERFLOW_DATA"])


def pid_of(part):
    """The process id of a part, or None when it does not run: its pid may be another's by now."""
    try:
        pid, started = (data_folder() / "run" / f"{part}.pid").read_text().split()
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return None if stat[0] == "Z" or stat[19] != started else int(pid)
    except (OSError, ValueError, IndexError):
        return None


def kill(part):
    """kill -9; True if there was a process to kill."""
    pid = pid_of(part)
    if pid is None:
        return False
    os.kill(pid, signal.SIGKILL)
    for _ in range(200):
        if pid_of(part) is None:
            return True
        time.sleep(0.05)
    raise AssertionError(f"{part} (process {pid}) outlived kill -9")


def log_since_start(part):
    """What a part has logged since it was started the last time."""
    text = (data_folder() / "logs" / f"{part}.log").read_text(errors="replace")
    return text[text.rindex("\n=== "):]


class Program:
    """One of our programs beside the instance's parts, with its addresses and a log of its own."""

    def __init__(self, log, *command):
        self.path = Path(log)
        with self.path.open("w") as file:
            self.process = subprocess.Popen([str(ROOT / "orderflow"), "exec", *command],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def log(self):
        return self.path.read_text()

    def wait_for(self, text, seconds):
        wait_until(f"'{text}' in {self.path.name}",
                   lambda: text in self.log() or self.log()[-2000:], seconds, pause=.2)

    def wait(self, seconds):
        """Its exit code."""
        return self.process.wait(timeout=seconds)

    def stop(self, seconds):
        self.process.terminate()
        return self.wait(seconds)


def wait_until(what, condition, seconds, pause=1.0):
    """Polls; condition gives a true value when done, or raises/gives a false one with a reason."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        last = condition()
        if last is True:
            return
        time.sleep(pause)
    raise AssertionError(f"{what}: not within {seconds} s ({last})")


def seeded(name):
    """A random source whose seed is printed, or taken from ORDERFLOW_FAULT_SEED."""
    seed = int(os.environ.get("ORDERFLOW_FAULT_SEED") or random.SystemRandom().randrange(1 << 31))
    print(f"{name}: ORDERFLOW_FAULT_SEED={seed}", flush=True)
    return random.Random(seed)
