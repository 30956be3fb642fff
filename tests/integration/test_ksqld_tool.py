"""orderflow-ksql as a client of orderflow-ksqld: rows as they come, tables, errors."""

import json
import subprocess
import time

import pytest

from ksqld import Ksqld
from world import BUILD

TOOL = BUILD / "ksqld/orderflow-ksql"


@pytest.fixture(scope="module")
def ksqld():
    server = Ksqld()
    yield server
    server.close()


def run(ksqld, *options, text=None, code=0):
    done = subprocess.run([TOOL, "--server", ksqld.url, "-d", f"prefix={ksqld.prefix}", *options],
                          input=text, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def test_rows_are_inserted_and_read(ksqld):
    said = run(ksqld, text="""
        CREATE STREAM line (k INT KEY, v STRING, d DECIMAL(6, 2))
            WITH (KAFKA_TOPIC='${prefix}line', VALUE_FORMAT='JSON', PARTITIONS=1);
        INSERT INTO line VALUES (1, 'a,b', 1.5);
        INSERT INTO line (k, d) VALUES (2, 2);
    """)
    assert said.startswith("Stream created")
    rows = run(ksqld, "-o", "csv", text="SET 'auto.offset.reset' = 'earliest';"
                                        "SELECT * FROM line EMIT CHANGES LIMIT 2;")
    assert rows == 'K,V,D\n1,"a,b",1.50\n2,,2.00\n'
    rows = run(ksqld, "-o", "json", text="SET 'auto.offset.reset' = 'earliest';"
                                         "SELECT d + 1 AS e FROM line EMIT CHANGES LIMIT 1;")
    assert json.loads(rows) == {"E": 2.5}


def test_tables_are_read_by_key(ksqld):
    run(ksqld, text="""
        SET 'auto.offset.reset' = 'earliest';
        CREATE STREAM deal (k STRING KEY, v BIGINT)
            WITH (KAFKA_TOPIC='${prefix}deal', VALUE_FORMAT='JSON', PARTITIONS=1);
        CREATE TABLE total WITH (KAFKA_TOPIC='${prefix}total') AS
            SELECT k, SUM(v) AS s FROM deal GROUP BY k;
        INSERT INTO deal VALUES ('x', 2);
        INSERT INTO deal VALUES ('x', 3);
    """)
    deadline = time.monotonic() + 60
    rows = ""
    while rows != "K,S\nx,5\n" and time.monotonic() < deadline:
        rows = subprocess.run([TOOL, "--server", ksqld.url, "-o", "csv", "-e",
                               "SELECT * FROM total WHERE k = 'x';"], text=True, timeout=120,
                              capture_output=True, check=False).stdout
        time.sleep(.2)
    assert rows == "K,S\nx,5\n"


def test_sources_are_listed_and_described(ksqld):
    run(ksqld, "-e", "CREATE STREAM IF NOT EXISTS shown (k INT KEY, v INT, h BYTES HEADER('x')) "
                     "WITH (KAFKA_TOPIC='${prefix}shown', VALUE_FORMAT='JSON', PARTITIONS=1);")
    assert "| SHOWN" in run(ksqld, "-e", "SHOW STREAMS;")
    described = run(ksqld, "-e", "DESCRIBE shown;").splitlines()
    assert described[0] == "Name         : SHOWN"
    assert "| K     | INTEGER (key)       |" in described
    assert "| H     | BYTES (header('x')) |" in described


def test_errors_have_place_and_caret(ksqld):
    said = run(ksqld, "-e", "SHOW STREAMS;\n  SELEC * FROM line;", code=4)
    lines = said.splitlines()
    assert lines[0].startswith("orderflow-ksql: --execute:2:3: line 1:1: Syntax Error")
    assert lines[-2:] == ["  SELEC * FROM line;", "  ^"]
    said = run(ksqld, "-e", "SELECT * FROM nowhere EMIT CHANGES;", code=4)
    assert "nowhere" in said.lower() and said.splitlines()[-1] == "^"
