"""codec-judge as an object: our codec for the Python tests beside."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("ORDERFLOW_BUILD", ROOT / "build"))


class Refused(Exception):
    """Our codec's error message."""


class Bridge:
    def __init__(self):
        # Its standard error, with a sanitizer's report perhaps, is ours.
        self.process = subprocess.Popen([BUILD / "tests" / "codec" / "codec-judge"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip("\n")
        word, _, rest = answer.partition(" ")
        if word == "error":
            raise Refused(rest)
        assert word == "ok", f"codec-judge is gone: {answer!r} for {request[:200]!r}"
        return rest

    def order(self, data):
        """Decoded and encoded again."""
        return self._bytes("order", data)

    def pair(self, writer, reader):
        """Both schemas as JSON text on one line."""
        self.ask(f"pair {writer}\t{reader}")

    def resolve(self, data):
        return self._bytes("resolve", data)

    def _bytes(self, verb, data):
        answer = self.ask(f"{verb} {data.hex() or '-'}")
        return b"" if answer == "-" else bytes.fromhex(answer)
