"""The prompt of orderflow-ksql on a terminal: what is typed, completed, drawn, interrupted and kept.
The server is a small one of our own that speaks ksqlDB's REST API, so that rows come when the test
wants them to; against orderflow-ksqld it is tried in test_ksqld.py."""

import fcntl
import http.server
import json
import os
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = Path(os.environ.get("ORDERFLOW_BUILD", ROOT / "build")) / "ksqld/orderflow-ksql"
STREAMS = {"@type": "streams", "warnings": [], "streams": [
    {"type": "STREAM", "name": "ORDERS_PAID", "topic": "paid_orders", "keyFormat": "KAFKA",
     "valueFormat": "AVRO", "isWindowed": False}]}
HEADER = {"queryId": "q", "columnNames": ["ID", "NAME"], "columnTypes": ["INTEGER", "STRING"]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def line(self, value):
        text = json.dumps(value, ensure_ascii=False).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
        self.wfile.flush()

    def do_GET(self):  # pylint: disable=invalid-name
        self.answer(200, {"KsqlServerInfo": {}})

    def do_POST(self):  # pylint: disable=invalid-name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = body.get("sql", body.get("ksql"))
        self.server.seen.append((self.path, body))
        if self.path == "/query-stream":
            self.stream(text)
        elif "SHOW STREAMS" in text:
            self.answer(200, [STREAMS])
        elif "WRONG" in text:
            self.answer(400, {"@type": "statement_error", "error_code": 40001, "entities": [],
                              "message": "line 2:3: Syntax Error", "statementText": text})
        else:
            self.answer(200, [{"@type": "currentStatus", "warnings": [], "commandStatus": {
                "status": "SUCCESS", "message": "done: " + text}}])

    def stream(self, text):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.line(HEADER)
        try:
            for number in range(2 if "LIMIT" in text else 10 ** 6):
                self.line([number, "\u6f22\x1b[31m"])
                time.sleep(.02)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.server.left.set()
        self.close_connection = True


class Terminal:
    """The tool on a pseudo terminal."""

    def __init__(self, url, home, columns=80):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm",
                       "LANG": "C.UTF-8"}

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
            [TOOL, "--server", url, "--define", "n=7"], stdin=slave, stdout=slave, stderr=slave,
            env=environment, preexec_fn=own_terminal)
        os.close(slave)
        self.text = ""
        self.wait("ksql> ")

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            try:
                return os.read(self.master, 65536).decode(errors="replace")
            except OSError:
                return ""
        return ""

    def wait(self, wanted, seconds=20):
        """What came up to and with the wanted text; the rest is left for the next call."""
        deadline = time.monotonic() + seconds
        while wanted not in self.text:
            assert time.monotonic() < deadline, f"no {wanted!r} in {self.text[-2000:]!r}"
            self.text += self.read(.2)
        head, _, self.text = self.text.partition(wanted)
        return head + wanted

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        os.close(self.master)


@pytest.fixture
def server():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.seen, made.left = [], threading.Event()
    made.url = f"http://127.0.0.1:{made.server_address[1]}"
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def terminal(server, tmp_path):
    made = Terminal(server.url, tmp_path)
    yield made
    made.close()


def statements(server):
    return [body.get("sql", body.get("ksql")) for _, body in server.seen
            if "SHOW STREAMS; SHOW TABLES;" not in body.get("ksql", "")]


def test_answers_are_drawn_to_the_width(terminal):
    terminal.type("SHOW STREAMS;\n")
    shown = terminal.wait("ksql> ")
    assert "| ORDERS_PAID | paid_orders | KAFKA      | AVRO         | false    |" in shown
    fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    terminal.type("SHOW STREAMS;\n")
    shown = terminal.wait("false")
    assert max(len(line) for line in shown.splitlines() if line.startswith("+")) <= 60


def test_statements_have_lines_and_variables(terminal, server):
    terminal.type("CREATE -- ;\n")
    terminal.wait("   -> ")
    terminal.type("x ';'\n")
    terminal.wait("   -> ")
    terminal.type("${n};\n")
    terminal.wait("done: ")
    assert statements(server) == ["CREATE -- ;\nx ';'\n${n};"]
    assert server.seen[-1][1]["sessionVariables"] == {"n": "7"}
    terminal.wait("ksql> ")
    terminal.type("SET 'a'='b';\nDEFINE m='8';\nCREATE y;\n")
    terminal.wait("done: CREATE y;")
    sent = [body for _, body in server.seen if body.get("ksql") == "CREATE y;"][0]
    assert sent["streamsProperties"] == {"a": "b"}
    assert sent["sessionVariables"] == {"n": "7", "m": "8"}


def test_errors_have_a_caret(terminal):
    terminal.type("CREATE\n  WRONG;\n")
    shown = terminal.wait("^").replace("\r", "")
    assert shown.endswith("2:3: line 2:3: Syntax Error\n  WRONG;\n  ^")
    terminal.wait("ksql> ")
    terminal.type("CREATE x;\n")
    terminal.wait("done: CREATE x;")


def test_rows_come_until_the_limit(terminal):
    terminal.type("SELECT * FROM x EMIT CHANGES LIMIT 2;\n")
    shown = terminal.wait("2 rows")
    assert re.search(r"\| 0 +\| \u6f22\ufffd\[31m +\|", shown)  # no command to the terminal
    terminal.wait("ksql> ")


def test_ctrl_c_ends_a_query_and_not_the_prompt(terminal, server):
    terminal.type("SELECT * FROM x EMIT CHANGES;\n")
    terminal.wait("| 3 ")
    terminal.type("\x03")
    terminal.wait("rows")
    terminal.wait("ksql> ")
    assert server.left.wait(10)  # the server is not left with it
    terminal.type("CREATE z;\n")
    terminal.wait("done: CREATE z;")


def test_ctrl_c_drops_what_was_typed(terminal, server):
    terminal.type("CREATE half\n")
    terminal.wait("   -> ")
    terminal.type("of it")
    time.sleep(.2)
    terminal.type("\x03")
    terminal.wait("ksql> ")
    terminal.type("CREATE whole;\n")
    terminal.wait("done: CREATE whole;")
    assert statements(server) == ["CREATE whole;"]


def test_tab_completes_words_and_sources(terminal, server):
    terminal.type("sele\t* from orders_p\t;\n")
    terminal.wait("| 3 ")
    terminal.type("\x03")
    terminal.wait("ksql> ")
    # A name is the same in any case; what is typed in lower case stays so.
    assert [" ".join(text.split()) for text in statements(server)] == [
        "select * from orders_paid ;"]
    terminal.type("val\t\t")
    terminal.wait("VALUE_FORMAT")  # several: they are listed


def test_the_history_is_kept_for_its_owner_alone(terminal, server, tmp_path):
    terminal.type("CREATE one\n;\n")
    terminal.wait("done: ")
    terminal.wait("ksql> ")
    terminal.type("exit\n")
    assert terminal.process.wait(10) == 0
    kept = tmp_path / ".orderflow-ksql_history"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    other = Terminal(server.url, tmp_path)
    other.type("\x1b[A\n")  # the key up
    other.wait("done: CREATE one ;")
    other.wait("ksql> ")
    other.type("\x04")
    assert other.process.wait(10) == 0
    other.close()
    assert statements(server) == ["CREATE one\n;", "CREATE one ;"]


def test_the_history_follows_no_link(server, tmp_path):
    target = tmp_path / "precious"
    target.write_text("keep me", encoding="utf-8")
    (tmp_path / ".orderflow-ksql_history").symlink_to(target)
    typed = Terminal(server.url, tmp_path)
    typed.type("CREATE one;\n")
    typed.wait("done: ")
    typed.close()
    assert target.read_text(encoding="utf-8") == "keep me"


def test_the_prompt_knows_its_own_words(terminal):
    terminal.type("help\n")
    terminal.wait("RUN SCRIPT")
    terminal.type("output csv\nSHOW STREAMS;\n")
    terminal.wait("ORDERS_PAID,paid_orders,KAFKA,AVRO,false")
    terminal.type("history\n")
    terminal.wait("SHOW STREAMS;")


def test_sigterm_ends_a_query_and_the_prompt(terminal):
    terminal.type("SELECT * FROM x EMIT CHANGES;\n")
    terminal.wait("| 3 ")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.process.wait(10) == 0


# ---- without a terminal ----

def run(server, *options, text=None):
    return subprocess.run([TOOL, "--server", server.url, *options], input=text, text=True,
                          capture_output=True, timeout=60, check=False,
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})


def test_statements_of_options_and_of_a_pipe(server):
    done = run(server, "--output", "csv", "-e", "SELECT * FROM x LIMIT 2;")
    assert (done.returncode, done.stdout) == (0, "ID,NAME\n0,\u6f22\x1b[31m\n1,\u6f22\x1b[31m\n")
    done = run(server, "--output", "json", text="SHOW STREAMS; SELECT 1 LIMIT 2")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines == [STREAMS, {"ID": 0, "NAME": "\u6f22\x1b[31m"},
                     {"ID": 1, "NAME": "\u6f22\x1b[31m"}]
    assert server.seen[-1][1]["sql"] == "SELECT 1 LIMIT 2;"  # the semicolon is the tool's


def test_files_stop_at_the_first_error(server, tmp_path):
    script = tmp_path / "a.sql"
    script.write_text("CREATE a;\nCREATE\n  WRONG;\nCREATE b;\n", encoding="utf-8")
    done = run(server, "-f", str(script))
    assert done.returncode == 4
    assert done.stdout == "done: CREATE a;\n"
    assert done.stderr == (f"orderflow-ksql: {script}:3:3: line 2:3: Syntax Error\n  WRONG;\n  ^\n")
    outer = tmp_path / "outer.sql"
    outer.write_text(f"RUN SCRIPT '{outer}';", encoding="utf-8")
    done = run(server, "-f", str(outer))
    assert done.returncode == 4 and "scripts run one another" in done.stderr


def test_a_reader_that_leaves_ends_the_query(server):
    process = subprocess.Popen([TOOL, "--server", server.url, "-e", "SELECT 1 EMIT CHANGES;"],
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(10) == 0
    assert server.left.wait(10)
