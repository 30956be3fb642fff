"""Queries and inserts over REST, by clients that we did not write: ksqlDB's Python client, curl as
ksqlDB's documentation calls it, and requests where a client must go away."""

import json
import subprocess
import threading
import time

import pytest
import requests

from ksqld import EARLIEST, Ksqld
from world import wait_until

# Behind ksqld, which puts back what hyper, by which the client speaks HTTP, takes from Python.
from ksql import KSQLAPI  # noqa: E402 pylint: disable=wrong-import-position
from ksql.errors import KSQLError  # noqa: E402 pylint: disable=wrong-import-position

DELIMITED = "application/vnd.ksqlapi.delimited.v1"
HOUR = 3_600_000
BASE = (int(time.time() * 1000) // HOUR - 3) * HOUR  # of hours that no retention takes away
STREAM = """CREATE STREAM riders (profileId VARCHAR KEY, latitude DOUBLE, longitude DOUBLE, seen
    TIMESTAMP, tags ARRAY<STRING>) WITH (KAFKA_TOPIC='{prefix}riders', VALUE_FORMAT='{format}',
    PARTITIONS=2);"""


@pytest.fixture(name="server", scope="module")
def server_fixture():
    server = Ksqld()
    server.run(STREAM.format(prefix=server.prefix, format="JSON"))
    for number in range(10):
        server.run(f"INSERT INTO riders VALUES ('r{number % 3}', {number}.5, -{number}, "
                   f"'2020-01-01T00:00:0{number}', ARRAY['a', NULL]);")
    yield server
    server.close()


def curl(server, path, body, *options):
    """As ksqlDB's documentation has it: no Content-Type but curl's own."""
    done = subprocess.run(
        ["curl", "-sS", "-m", "30", "-X", "POST", server.url + path, "-d", body, *options],
        check=True, capture_output=True, text=True)
    return done.stdout


def ask(server, sql, accept=None, path="/query-stream", properties=None):
    names = ("ksql", "streamsProperties") if path == "/query" else ("sql", "properties")
    return requests.post(
        server.url + path, timeout=60, headers={"Accept": accept} if accept else {},
        json={names[0]: sql, names[1]: EARLIEST if properties is None else properties})


def rows(answer):
    """Those of the delimited form, behind the header."""
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()][1:]


# ---- forms ----

def test_push_queries_have_three_forms(server):
    sql = "SELECT profileId, latitude, seen FROM riders WHERE latitude > 7 EMIT CHANGES LIMIT 2;"
    lines = ask(server, sql, DELIMITED)
    assert lines.headers["Content-Type"] == DELIMITED
    assert lines.headers["Transfer-Encoding"] == "chunked"
    header = json.loads(lines.text.splitlines()[0])
    assert header.pop("queryId").startswith("transient_RIDERS_")
    assert header == {"columnNames": ["PROFILEID", "LATITUDE", "SEEN"],
                      "columnTypes": ["STRING", "DOUBLE", "TIMESTAMP"]}
    found = rows(lines)
    assert len(found) == 2 and all(row[1] > 7 for row in found)
    assert found[0][2] == f"2020-01-01T00:00:0{int(found[0][1])}.000"
    array = ask(server, sql, "application/json").json()
    assert array[0]["columnNames"] == header["columnNames"] and len(array) == 3
    old = ask(server, sql, path="/query").json()
    assert old[0]["header"]["schema"] == "`PROFILEID` STRING, `LATITUDE` DOUBLE, `SEEN` TIMESTAMP"
    assert [len(item["row"]["columns"]) for item in old[1:3]] == [3, 3]
    assert old[3] == {"finalMessage": "Limit Reached"}


def test_streams_are_pulled_to_their_present_end(server):
    found = rows(ask(server, "SELECT * FROM riders;"))
    assert sorted(row[1] for row in found) == [number + .5 for number in range(10)]
    assert found[0][4] == ["a", None]
    assert rows(ask(server, "SELECT ROWTIME, profileId FROM riders WHERE false;")) == []
    assert len(rows(ask(server, "SELECT EXPLODE(tags) AS tag FROM riders;"))) == 20


def test_groups_and_windows_count_up(server):
    found = rows(ask(server, "SELECT profileId, COUNT(*) AS n FROM riders GROUP BY profileId "
                             "EMIT CHANGES LIMIT 10;"))
    last = {row[0]: row[1] for row in found}
    assert last == {"r0": 4, "r1": 3, "r2": 3}
    found = rows(ask(server, "SELECT profileId, WINDOWSTART, COUNT(*) FROM riders WINDOW TUMBLING "
                             "(SIZE 1 DAY) GROUP BY profileId EMIT CHANGES LIMIT 3;"))
    assert all(row[1] % 86400000 == 0 for row in found)


def test_joins_go_by_time(server):
    """The table's row is that of the time, wherever and whenever its record was written."""
    server.run("CREATE TABLE names (k VARCHAR PRIMARY KEY, n VARCHAR) WITH (KAFKA_TOPIC="
               f"'{server.prefix}names', VALUE_FORMAT='JSON', PARTITIONS=2);")
    server.run("CREATE STREAM acts (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC="
               f"'{server.prefix}acts', VALUE_FORMAT='JSON', PARTITIONS=2);")
    for number in range(4):
        server.run(f"INSERT INTO acts (rowtime, k, v) VALUES ({BASE + 1000 * (number + 1)}, "
                   f"'k{number % 2}', {number});")
    server.run(f"INSERT INTO names (rowtime, k, n) VALUES ({BASE + 500}, 'k0', 'old');"
               f"INSERT INTO names (rowtime, k, n) VALUES ({BASE + 2500}, 'k0', 'new');")
    found = rows(ask(server, "SELECT acts.k, v, n FROM acts LEFT JOIN names ON acts.k = names.k "
                             "EMIT CHANGES LIMIT 4;"))
    assert found == [["k0", 0, "old"], ["k1", 1, None], ["k0", 2, "new"], ["k1", 3, None]]


def test_refusals_are_ksqldb_s(server):
    unknown = ask(server, "SELECT nope FROM big;")
    assert unknown.status_code == 400
    assert unknown.json() == {
        "@type": "statement_error", "error_code": 40001, "entities": [],
        "message": "Exception while preparing statement: BIG does not exist.",
        "statementText": "SELECT nope FROM big;"}
    syntax = "SELECT order_key, size FROM big EMIT CHANGES LIMIT 3;".replace("size", "+")
    assert ask(server, syntax).json()["message"].endswith("\nStatement: " + syntax)
    two = ask(server, "SELECT * FROM riders; SELECT * FROM riders;").json()["message"]
    assert two.startswith("Expected exactly one KSQL statement; found 2 instead")
    other = ask(server, "SHOW STREAMS;").json()["message"]
    assert other.startswith("Neither a query nor a print statement")
    assert server.post("SELECT * FROM riders;").json()["error_code"] == 40002
    assert requests.post(server.url + "/query-stream", data="no", timeout=30).status_code == 400


# ---- pull queries on tables ----

@pytest.fixture(name="counted", scope="module")
def counted_fixture(server):
    """Tables over a stream of their own: by key, and in windows of an hour."""
    server.run("CREATE STREAM visits (who VARCHAR KEY, pages INT) WITH (KAFKA_TOPIC="
               f"'{server.prefix}visits', VALUE_FORMAT='JSON', PARTITIONS=2);")
    server.run(f"CREATE TABLE pages WITH (KAFKA_TOPIC='{server.prefix}pages') AS SELECT who, "
               "SUM(pages) AS total, COUNT(*) AS n FROM visits GROUP BY who;")
    server.run(f"CREATE TABLE hourly WITH (KAFKA_TOPIC='{server.prefix}hourly') AS SELECT who, "
               "COUNT(*) AS n FROM visits WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY who;")
    for number in range(6):
        server.run(f"INSERT INTO visits (rowtime, who, pages) VALUES ({BASE + number * HOUR // 2}, "
                   f"'w{number % 2}', {number});")
    for table in ("pages", "hourly"):
        def is_counted(sql=f"SELECT n FROM {table};"):
            answer = ask(server, sql)  # refused until the table's query runs
            return answer.status_code == 200 and sum(row[0] for row in rows(answer)) == 6

        wait_until(f"{table} are counted", is_counted, 60)
    return server


def test_tables_are_pulled_by_key(counted):
    one = ask(counted, "SELECT * FROM pages WHERE who = 'w1';", DELIMITED)
    header = json.loads(one.text.splitlines()[0])
    assert header.pop("queryId").startswith("query_")
    assert header == {"columnNames": ["WHO", "TOTAL", "N"],
                      "columnTypes": ["STRING", "INTEGER", "BIGINT"]}
    assert rows(one) == [["w1", 9, 3]]
    assert rows(ask(counted, "SELECT n, who FROM pages WHERE who IN ('w0', 'w9');")) == [[3, "w0"]]
    assert rows(ask(counted, "SELECT who FROM pages WHERE total > 6;")) == [["w1"]]
    assert len(rows(ask(counted, "SELECT * FROM pages LIMIT 1;"))) == 1
    old = ask(counted, "SELECT who, total FROM pages WHERE who = 'w0';", path="/query").json()
    assert old[0]["header"]["schema"] == "`WHO` STRING KEY, `TOTAL` INTEGER"
    assert old[1:] == [{"row": {"columns": ["w0", 6]}}]


def test_windows_are_pulled_by_their_bounds(counted):
    first, second = BASE + HOUR, BASE + 2 * HOUR
    assert rows(ask(counted, f"SELECT * FROM hourly WHERE who = 'w0' AND WINDOWSTART >= {first};"
                    )) == [["w0", first, second, 1], ["w0", second, second + HOUR, 1]]
    hour = time.strftime("%Y-%m-%dT%H:00:00", time.gmtime(first // 1000))
    assert rows(ask(counted, "SELECT who, n FROM hourly WHERE who = 'w1' AND "
                             f"WINDOWSTART = '{hour}';")) == [["w1", 1]]


def test_tables_that_nobody_keeps_are_not_pulled(counted):
    counted.run("CREATE TABLE bare (who VARCHAR PRIMARY KEY, total INT) WITH (KAFKA_TOPIC="
                f"'{counted.prefix}pages', VALUE_FORMAT='JSON');")
    refused = ask(counted, "SELECT * FROM bare WHERE who = 'w1';")
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("The `BARE` table isn't queryable.")
    changes = rows(ask(counted, "SELECT * FROM bare EMIT CHANGES LIMIT 6;"))
    assert {tuple(row) for row in changes} >= {("w0", 6), ("w1", 9)}


def test_answers_have_a_limit(server):
    """256 MiB are too much for a pull query, and 64 MiB of one record for a push query."""
    server.run("CREATE SOURCE TABLE wide (k VARCHAR PRIMARY KEY, v INT) WITH (KAFKA_TOPIC="
               f"'{server.prefix}wide', VALUE_FORMAT='JSON', PARTITIONS=1);")
    producer = server.producer()
    for number in range(16):
        producer.produce(server.prefix + "wide", key=f"k{number:02}", value=b'{"V": 1}')
    assert producer.flush(60) == 0
    wait_until("the rows are there", lambda: len(rows(ask(server, "SELECT * FROM wide;"))) == 16, 60)
    big = "RPAD(k, 16777216, 'x') AS big"
    answer = ask(server, f"SELECT {big} FROM wide WHERE k < 'k15';")
    assert answer.status_code == 200 and len(answer.content) > 15 * 2**24
    answer = ask(server, f"SELECT {big} FROM wide;")
    assert answer.status_code == 500
    assert answer.json()["message"] == f"the answer is longer than {256 * 2**20} bytes"
    server.run("CREATE STREAM wider (t VARCHAR, a ARRAY<INT>) WITH (KAFKA_TOPIC="
               f"'{server.prefix}wider', VALUE_FORMAT='JSON', PARTITIONS=1);")
    for items in (130, 140):  # rows of half a megabyte
        producer.produce(server.prefix + "wider",
                         value=json.dumps({"T": "x" * 500_000, "A": [1] * items}))
        assert producer.flush(60) == 0
    found = ask(server, "SELECT t, EXPLODE(a) AS n FROM wider EMIT CHANGES LIMIT 270;")
    lines = found.text.splitlines()[1:]
    assert [len(line) > 500_000 for line in lines] == [True] * 130 + [False]
    assert f"the answer is longer than {64 * 2**20} bytes" in lines[-1]


# ---- other statements ----

def test_topics_are_printed(server):
    printed = ask(server, f"PRINT '{server.prefix}riders' FROM BEGINNING LIMIT 2;", path="/query")
    lines = printed.text.strip().splitlines()
    assert lines[0].startswith("Key format: ") and "KAFKA_STRING" in lines[0]
    assert lines[1] == "Value format: JSON or KAFKA_STRING"
    assert lines[2].startswith("rowtime: 2") and ", value: {\"LATITUDE\":" in lines[2]
    assert len(lines) == 4
    nobody = ask(server, "PRINT nobody;", path="/query")
    assert nobody.json()["message"].startswith("Could not find topic 'nobody'")


def test_types_and_assertions(server):
    server.run("CREATE TYPE place AS STRUCT<latitude DOUBLE, longitude DOUBLE>;")
    assert list(server.run("SHOW TYPES;")[0]["types"]) == ["PLACE"]
    server.run("CREATE STREAM placed (p place) WITH (KAFKA_TOPIC="
               f"'{server.prefix}placed', VALUE_FORMAT='JSON', PARTITIONS=1);")
    server.run("INSERT INTO placed VALUES (STRUCT(latitude := 1.5, longitude := 2));")
    assert rows(ask(server, "SELECT p->longitude FROM placed;")) == [[2.0]]
    topic = f"{server.prefix}riders"
    assert server.run(f"ASSERT TOPIC '{topic}' WITH (PARTITIONS=2);")[0]["exists"] is True
    failed = server.post(f"ASSERT TOPIC '{topic}' WITH (PARTITIONS=3) TIMEOUT 1 SECOND;")
    assert failed.status_code == 417
    assert failed.json()["message"] == (f"Mismatched configuration for topic {topic}: For config "
                                        "partitions, expected 3 got 2")
    assert server.run("ASSERT NOT EXISTS SCHEMA SUBJECT nobody;")[0]["@type"] == "assert_schema"
    explained = server.run("EXPLAIN SELECT profileId FROM riders EMIT CHANGES;")[0]
    assert explained["queryDescription"]["sources"] == ["RIDERS"]
    assert server.run("DESCRIBE FUNCTION COUNT;")[0]["type"] == "AGGREGATE"


# ---- lives ----

def open_push(server, sql="SELECT * FROM riders EMIT CHANGES;"):
    answer = requests.post(server.url + "/query-stream", stream=True, timeout=60,
                           json={"sql": sql, "properties": {"auto.offset.reset": "latest"}})
    lines = answer.iter_lines(chunk_size=1)
    return answer, lines, json.loads(next(lines))["queryId"]


def test_new_rows_come_as_they_are_inserted(server):
    answer, lines, _ = open_push(server, "SELECT profileId FROM riders EMIT CHANGES;")
    server.run("INSERT INTO riders (profileId) VALUES ('new');")
    assert json.loads(next(lines)) == ["new"]
    answer.close()


def test_a_query_is_closed_by_its_id(server):
    answer, lines, query_id = open_push(server)
    body = json.dumps({"queryId": query_id})
    assert requests.post(server.url + "/close-query", data=body, timeout=30).status_code == 200
    assert list(lines) == []
    answer.close()
    again = requests.post(server.url + "/close-query", data=body, timeout=30)
    assert again.status_code == 400
    assert again.json()["message"] == f"No query with id {query_id}"


def test_a_client_that_goes_away_ends_its_query(server):
    answer, _, query_id = open_push(server)
    answer.raw._fp.fp.raw._sock.close()  # pylint: disable=protected-access
    answer.close()

    def is_closed():
        return requests.post(server.url + "/close-query", json={"queryId": query_id},
                             timeout=30).status_code == 400

    time.sleep(1)
    assert is_closed()


# ---- inserts ----

def test_inserts_stream(server):
    body = "\n".join(json.dumps(item) for item in (
        {"target": "riders", "properties": {}}, {"profileId": "i1", "latitude": 1},
        {"PROFILEID": "i2", "tags": ["x"]}, {"profileId": 5}, {"profileId": "i4"}))
    answer = requests.post(server.url + "/inserts-stream", data=body, timeout=30)
    acks = [json.loads(line) for line in answer.text.splitlines()]
    assert acks[:2] == [{"status": "ok", "seq": 0}, {"status": "ok", "seq": 1}]
    assert (acks[2]["status"], acks[2]["seq"], acks[2]["error_code"]) == ("error", 2, 40000)
    assert len(acks) == 3
    found = rows(ask(server, "SELECT profileId, latitude FROM riders WHERE profileId LIKE 'i%';"))
    assert sorted(found) == [["i1", 1.0], ["i2", None]]


def test_avro_is_inserted_with_its_schemas(server):
    server.run("CREATE STREAM priced (k INT KEY, total DECIMAL(6, 2), day DATE) WITH (KAFKA_TOPIC="
               f"'{server.prefix}priced', FORMAT='AVRO', PARTITIONS=1);")
    server.run("INSERT INTO priced VALUES (1, 12.50, '2021-03-14');")
    assert rows(ask(server, "SELECT * FROM priced;")) == [[1, 12.5, "2021-03-14"]]
    assert "12.50" in ask(server, "SELECT * FROM priced;").text


# ---- curl, as ksqlDB's documentation calls it ----

def test_curl_s_examples(server):
    listed = json.loads(curl(
        server, "/ksql", '{"ksql": "LIST STREAMS;", "streamsProperties": {}}',
        "-H", "Accept: application/vnd.ksql.v1+json"))
    assert listed[0]["@type"] == "streams"
    pushed = curl(server, "/query-stream", json.dumps({
        "sql": "SELECT * FROM riders EMIT CHANGES LIMIT 3;",
        "properties": {"ksql.streams.auto.offset.reset": "earliest"}})).splitlines()
    assert json.loads(pushed[0])["columnNames"][0] == "PROFILEID" and len(pushed) == 4
    old = json.loads(curl(server, "/query", json.dumps({
        "ksql": "SELECT * FROM riders EMIT CHANGES LIMIT 1;",
        "streamsProperties": {"ksql.streams.auto.offset.reset": "earliest"}}),
        "-H", "Accept: application/vnd.ksql.v1+json"))
    assert old[-1] == {"finalMessage": "Limit Reached"}
    acks = subprocess.run(
        ["curl", "-sS", "-m", "30", "-X", "POST", server.url + "/inserts-stream", "--data-binary",
         '{"target":"riders"}\n{"profileId":"curl"}\n'], check=True, capture_output=True, text=True)
    assert json.loads(acks.stdout) == {"status": "ok", "seq": 0}
    for path in ("/info", "/healthcheck", "/clusterStatus", "/is_valid_property/auto.offset.reset"):
        assert requests.get(server.url + path, timeout=30).status_code == 200, path
    assert requests.get(
        server.url + "/is_valid_property/nope", timeout=30).json()["error_code"] == 40000


# ---- ksqlDB's Python client ----

def chunks(client, sql, **options):
    """What it yields where it makes no objects of it; at the end it trips over its own feet."""
    found = []
    with pytest.raises(RuntimeError):
        for chunk in client.query(sql, **options):
            found.append(chunk)
    return found


def test_the_python_client(server):
    client = KSQLAPI(server.url)
    assert client.get_ksql_version()
    assert any(one["name"].endswith("auto.offset.reset") for one in client.get_properties())
    assert client.ksql("SHOW STREAMS;")[0]["@type"] == "streams"
    assert client.create_stream("from_client", ["id int key", "name varchar"],
                                server.prefix + "riders", "JSON")
    with pytest.raises(KSQLError):
        client.ksql("DROP STREAM nobody;")
    found = list(client.query(
        "SELECT profileId, latitude FROM riders WHERE latitude > 7 EMIT CHANGES LIMIT 2",
        stream_properties=EARLIEST, return_objects=True))
    assert len(found) == 2 and set(found[0]) == {"PROFILEID", "LATITUDE"}
    raw = "".join(chunks(client, "SELECT * FROM riders EMIT CHANGES LIMIT 1",
                         stream_properties=EARLIEST))
    assert json.loads(raw)[-1] == {"finalMessage": "Limit Reached"}


def test_the_python_client_s_streams(server):
    client = KSQLAPI(server.url)
    acks = client.inserts_stream("riders", [{"profileId": "c1"}, {"profileId": "c2"}])
    assert acks == [{"status": "ok", "seq": 0}, {"status": "ok", "seq": 1}]
    rest = client.query("SELECT profileId FROM riders EMIT CHANGES", use_http2=True,
                        stream_properties={"auto.offset.reset": "latest"})
    query_id = json.loads(next(rest))["queryId"]
    threading.Timer(1, client.close_query, [query_id]).start()
    assert not list(rest)
    assert client.close_query("nobody") is False


def test_silence_is_broken_by_empty_lines(server):
    """By which the client's idle_timeout, and a proxy, know that the other end lives."""
    client = KSQLAPI(server.url)
    began = time.monotonic()
    found = chunks(client, "SELECT * FROM riders EMIT CHANGES", idle_timeout=1,
                   stream_properties={"auto.offset.reset": "latest"})
    assert len(found) == 1 and "header" in found[0]
    assert time.monotonic() - began < 10
