"""The embedded SQL runner as a process: it answers and writes what a real ksqlDB was recorded to,
survives kill -9, keeps a failing query apart, and takes scripts through orderflow-ksql."""

import json
import signal
import socket
import time

import pytest
import requests
from confluent_kafka.admin import ConfigResource

import recorded
from ksqld import Ksqld
from world import REGISTRY, free_port, wait_until

COPY = """CREATE STREAM {name} (k VARCHAR KEY, v BIGINT)
    WITH (KAFKA_TOPIC='{prefix}{name}', VALUE_FORMAT='AVRO', PARTITIONS=2);"""


@pytest.fixture
def ksqld():
    server = Ksqld()
    yield server
    server.close()


def script(tmp_path, ksqld, text, name="script.sql"):
    path = tmp_path / name
    path.write_text(text.replace("{prefix}", ksqld.prefix), encoding="utf-8")
    return path


# ---- against the recording ----

@pytest.mark.skipif(not recorded.exists(), reason="the recording is not on this machine")
def test_it_answers_and_writes_as_recorded(ksqld):
    recording = recorded.Recording(ksqld)
    ksqld.create("finished_orders", "failed_orders")
    recording.send_inputs()
    for statement, status, wanted in recording.talk():
        answer = ksqld.post(statement)
        assert recorded.comparable(answer.json()) == recorded.comparable(wanted), statement
        assert answer.status_code == status, statement
    outputs = recording.outputs()
    for topic, wanted in outputs.items():
        name = recording.topic(topic)
        grouped = topic == "rec_order_price"  # each change is written, ksqlDB's cache merged some
        counted = outputs["rec_item_exploded" if grouped else topic]
        ksqld.wait_count(name, sum(len(records) for records in counted.values()))
        found = {partition: [(message.key(), recorded.body(message.value()),
                              message.timestamp()[1]) for message in messages]
                 for partition, messages in ksqld.read(name).items()}
        if grouped:
            assert recorded.last(found) == recorded.last(wanted)
            continue
        assert recorded.by_place(found) == recorded.by_place(wanted), topic
        if topic in ("CLOSED", "rec_item_exploded"):  # from one partition to the same one
            assert recorded.by_key(found) == recorded.by_key(wanted), topic
    for topic, schema in recording.schemas().items():
        answer = requests.get(
            f"{REGISTRY}/subjects/{recording.topic(topic)}-value/versions/latest", timeout=30)
        assert json.loads(answer.json()["schema"]) == schema, topic
    for statement, status, wanted in recording.queries():
        answer = requests.post(ksqld.url + "/query-stream", json={"sql": statement}, timeout=60)
        assert recorded.lines(answer.text) == wanted, statement
        assert answer.status_code == status, statement
    described = ksqld.run("DESCRIBE order_price EXTENDED;")[0]["sourceDescription"]
    summary, = described["queryOffsetSummaries"]
    offsets = summary["topicSummaries"][0]["offsets"]
    assert summary["topicSummaries"][0]["kafkaTopic"] == ksqld.prefix + "item_exploded"
    assert all(at["consumerOffset"] == at["logEndOffset"] > at["logStartOffset"] == 0
               for at in offsets) and len(offsets) == 2


@pytest.mark.skipif(not recorded.exists(), reason="the recording is not on this machine")
def test_unreadable_records_are_dead_letters_and_stop_nobody(ksqld):
    recording = recorded.Recording(ksqld)
    ksqld.create("finished_orders", "failed_orders")
    recording.send_inputs()
    for statement, status, _ in recording.talk():
        if status == 200 and statement.startswith(("CREATE", "INSERT")):
            ksqld.run(statement)
    total = sum(len(records) for records in recording.outputs()["CLOSED"].values())
    ksqld.wait_count(recording.closed, total)
    # Two bad records, and four queries that read the finished orders.
    ksqld.wait_count(ksqld.prefix + "orders_dlq", 8)
    for message in sum(ksqld.read(ksqld.prefix + "orders_dlq").values(), []):
        headers = dict(message.headers())
        assert headers["__streams.errors.topic"].decode() == ksqld.prefix + "finished_orders"
        assert headers["orderflow.stage"].decode() in ksqld.states()
        # One is cut off within its framing, the other is JSON.
        assert headers["orderflow.error.class"] == b"framing"
    assert set(ksqld.states().values()) == {"RUNNING"}


def test_dead_letters_may_be_larger_than_records(ksqld):
    resource = ConfigResource(ConfigResource.Type.TOPIC, ksqld.prefix + "orders_dlq")
    entries = ksqld.admin.describe_configs([resource])[resource].result(30)
    assert entries["max.message.bytes"].value == str(2 * 1024 * 1024)


def test_outputs_have_the_headers_of_their_input(ksqld):
    ksqld.run(f"""CREATE STREAM s (k VARCHAR KEY, v BIGINT)
            WITH (KAFKA_TOPIC='{ksqld.prefix}s', VALUE_FORMAT='JSON', PARTITIONS=1);
        CREATE STREAM moved WITH (KAFKA_TOPIC='{ksqld.prefix}moved') AS
            SELECT k, v FROM s PARTITION BY v;
        CREATE TABLE counted WITH (KAFKA_TOPIC='{ksqld.prefix}counted') AS
            SELECT v, COUNT(*) AS n FROM moved GROUP BY v;
        CREATE TABLE sessions WITH (KAFKA_TOPIC='{ksqld.prefix}sessions') AS
            SELECT v, COUNT(*) AS n FROM moved WINDOW SESSION (5 SECONDS) GROUP BY v;""")
    mover = next(name for name in ksqld.states() if "MOVED" in name)
    trace = [("trace", b"1\0"), ("trace", None), ("empty", b"")]
    producer = ksqld.producer()
    for headers in (trace, None, [("orderflow.attempts", b"1"), ("orderflow.only", mover.encode()),
                                  ("trace", b"2")]):
        producer.produce(ksqld.prefix + "s", key="a", value='{"V": 7}', headers=headers)
    assert producer.flush(60) == 0
    # The last of them was put back for the first query, but what that writes is for everybody.
    for topic in ("moved", "counted"):
        ksqld.wait_count(ksqld.prefix + topic, 3)
        assert [message.headers() for messages in ksqld.read(ksqld.prefix + topic).values()
                for message in messages] == [trace, None, [("trace", b"2")]], topic
    for messages in ksqld.read(ksqld.prefix + "sessions").values():
        assert not any(message.headers() for message in messages)


# ---- life and death ----

def feed(ksqld, topic, first, count):
    """Avro records of COPY's schema, written by hand: keys k<n>, values n."""
    producer = ksqld.producer()
    schema = requests.get(f"{REGISTRY}/subjects/{topic}-value/versions/latest", timeout=30).json()
    for number in range(first, first + count):
        zigzag, encoded = number << 1, bytearray()
        while zigzag > 0x7f:
            encoded.append(zigzag & 0x7f | 0x80)
            zigzag >>= 7
        encoded.append(zigzag)
        producer.produce(topic, key=f"k{number}",
                         value=b"\0" + schema["id"].to_bytes(4, "big") + b"\2" + bytes(encoded))
    assert producer.flush(60) == 0


def start_copy(ksqld):
    """A stream, and a query that copies it; the source gets its schema by the query into it."""
    for name in ("source", "copy"):
        ksqld.run(COPY.format(name=name, prefix=ksqld.prefix))
    ksqld.run("INSERT INTO copy WITH (QUERY_ID='copying') SELECT * FROM source;")
    latest = requests.get(
        f"{REGISTRY}/subjects/{ksqld.prefix}copy-value/versions/latest", timeout=30).json()
    requests.post(f"{REGISTRY}/subjects/{ksqld.prefix}source-value/versions",
                  json={"schema": latest["schema"]}, timeout=30).raise_for_status()


def test_kill_9_loses_and_doubles_nothing(ksqld):
    start_copy(ksqld)
    before = ksqld.run("SHOW STREAMS; SHOW QUERIES;")
    count = 0
    for kill in range(4):
        feed(ksqld, ksqld.prefix + "source", count, 5000)
        count += 5000
        time.sleep(.1 * kill)
        ksqld.stop(signal.SIGKILL)
        ksqld.start()
    assert ksqld.run("SHOW STREAMS; SHOW QUERIES;") == before
    ksqld.wait_count(ksqld.prefix + "copy", count)
    keys = [message.key() for messages in ksqld.read(ksqld.prefix + "copy").values()
            for message in messages]
    assert len(set(keys)) == count


def test_sigterm_ends_it_within_seconds(ksqld):
    start_copy(ksqld)
    feed(ksqld, ksqld.prefix + "source", 0, 20000)
    began = time.monotonic()
    assert ksqld.stop() == 0
    assert time.monotonic() - began < 5
    ksqld.start()
    ksqld.wait_count(ksqld.prefix + "copy", 20000)


def test_terminate_forgets_and_drop_deletes(ksqld):
    start_copy(ksqld)
    feed(ksqld, ksqld.prefix + "source", 0, 100)
    ksqld.wait_count(ksqld.prefix + "copy", 100)
    ksqld.run("TERMINATE copying;")
    assert ksqld.states() == {}
    # A query of the same name starts from the beginning, not where the other one ended.
    ksqld.run("INSERT INTO copy WITH (QUERY_ID='copying') SELECT * FROM source;")
    ksqld.wait_count(ksqld.prefix + "copy", 200)
    ksqld.run("TERMINATE copying;")
    ksqld.run("DROP STREAM copy DELETE TOPIC;")
    wait_until("the topic is gone", lambda: ksqld.prefix + "copy"
               not in ksqld.admin.list_topics(timeout=30).topics, 30)
    assert requests.get(f"{REGISTRY}/subjects/{ksqld.prefix}copy-value/versions/latest",
                        timeout=30).status_code == 404
    ksqld.stop(signal.SIGKILL)
    ksqld.start()
    streams = ksqld.run("SHOW STREAMS;")[0]["streams"]
    assert [stream["name"] for stream in streams] == ["SOURCE"]


def test_a_failing_query_takes_nobody_down(ksqld):
    start_copy(ksqld)
    ksqld.run("CREATE STREAM other WITH (KAFKA_TOPIC='" + ksqld.prefix + "other') "
              "AS SELECT * FROM source;")
    ksqld.stop()
    # Somebody registers a schema that the query's cannot follow.
    subject = f"{REGISTRY}/subjects/{ksqld.prefix}copy-value"
    requests.delete(subject, timeout=30).raise_for_status()
    requests.post(subject + "/versions", json={"schema": '{"type":"string"}'},
                  timeout=30).raise_for_status()
    requests.put(f"{REGISTRY}/config/{ksqld.prefix}copy-value",
                 json={"compatibility": "FULL"}, timeout=30).raise_for_status()
    ksqld.start()
    feed(ksqld, ksqld.prefix + "source", 0, 100)
    ksqld.wait_count(ksqld.prefix + "other", 100)
    states = ksqld.states()
    assert states.pop("COPYING") == "ERROR"
    assert list(states.values()) == ["RUNNING"]
    told = ksqld.run("EXPLAIN COPYING;")[0]["queryDescription"]["queryErrors"]
    assert 1 <= len(told) <= 10
    assert told[-1]["type"] == "UNKNOWN" and told[-1]["timestamp"] > 1e12
    assert "copy-value" in told[-1]["errorMessage"], told
    health = requests.get(ksqld.url + "/healthcheck", timeout=10).json()
    assert not health["isHealthy"] and not health["details"]["queries"]["isHealthy"]


def test_a_second_server_of_the_service_takes_over(ksqld):
    start_copy(ksqld)
    feed(ksqld, ksqld.prefix + "source", 0, 100)
    ksqld.wait_count(ksqld.prefix + "copy", 100)
    first, port = ksqld.process, ksqld.port
    ksqld.port = free_port()
    ksqld.url = f"http://127.0.0.1:{ksqld.port}"
    ksqld.start()
    assert first.wait(30) == 6, f"the server on port {port} was fenced"
    feed(ksqld, ksqld.prefix + "source", 100, 100)
    ksqld.wait_count(ksqld.prefix + "copy", 200)


# ---- the tool ----

def test_scripts_can_be_applied_twice(ksqld, tmp_path):
    text = """-- A comment; with a semicolon.
SET 'auto.offset.reset' = 'earliest';
DEFINE suffix = 'two; parts';
CREATE STREAM IF NOT EXISTS source (k VARCHAR KEY, v BIGINT)
    WITH (KAFKA_TOPIC='{prefix}source', VALUE_FORMAT='AVRO', PARTITIONS=${partitions});
CREATE STREAM IF NOT EXISTS texts (k VARCHAR KEY, t VARCHAR)
    WITH (KAFKA_TOPIC='{prefix}texts', VALUE_FORMAT='AVRO', PARTITIONS=${partitions});
/* A ';' here, too. */ INSERT INTO texts WITH (QUERY_ID='texts_1')
    SELECT k, 'a;b--c' + '${suffix}' AS t FROM source;
"""
    path = script(tmp_path, ksqld, text)
    first = ksqld.apply(path, "--define", "partitions=2")
    assert first.returncode == 0, first.stderr
    lines = first.stdout.splitlines()
    assert lines[0] == f"{path}:2: SET auto.offset.reset = earliest"
    assert lines[2].startswith(f"{path}:4: Stream created")
    assert lines[4] == f"{path}:8: Created query with ID TEXTS_1"
    second = ksqld.apply(path, "--define", "partitions=2")
    assert second.returncode == 0, second.stderr
    assert second.stdout.splitlines()[4] == f"{path}:8: the same query runs already"
    assert ksqld.states() == {"TEXTS_1": "RUNNING"}
    changed = script(tmp_path, ksqld, text.replace("a;b", "a;c"), "changed.sql")
    third = ksqld.apply(changed, "--define", "partitions=2")
    assert third.returncode == 4
    assert third.stderr.splitlines()[0].endswith(
        f"{changed}:8:24: Query ID 'TEXTS_1' already exists.")


def test_the_first_error_stops_a_script_at_its_place(ksqld, tmp_path):
    path = script(tmp_path, ksqld, "SHOW STREAMS;\n\n  CREATE STREM x;\nSHOW TABLES;\n")
    answer = ksqld.apply(path)
    assert answer.returncode == 4
    assert answer.stdout == f"{path}:1: 0 streams\n"
    assert f"{path}:3:10: line 1:8: Syntax Error" in answer.stderr
    path = script(tmp_path, ksqld, "SHOW STREAMS;\nSELECT 'open;\n")
    answer = ksqld.apply(path)
    assert answer.returncode == 4 and answer.stdout == ""
    assert f"{path}:2:8: this string does not end" in answer.stderr


def test_the_tool_says_what_it_cannot_reach(ksqld, tmp_path):
    path = script(tmp_path, ksqld, "SHOW STREAMS;")
    ksqld.stop()
    assert ksqld.apply(path, "-X", "startup.timeout.ms=500").returncode == 5
    assert ksqld.apply(tmp_path / "absent.sql", "-X", "startup.timeout.ms=500").returncode == 5


# ---- other statements ----

def test_what_shows_and_what_holds_for_a_request(ksqld):
    start_copy(ksqld)
    answers = ksqld.run(
        "SHOW TABLES; SHOW TOPICS; SHOW PROPERTIES; SHOW FUNCTIONS; SET 'client.id' = 'c';"
        "DEFINE name = 'copy'; SHOW VARIABLES; DESCRIBE ${name}; DESCRIBE ${name} EXTENDED;")
    kinds = [answer["@type"] for answer in answers]
    assert kinds == ["tables", "kafka_topics", "properties", "function_names", "variables",
                     "sourceDescription", "sourceDescription"]
    topics = {topic["name"]: topic["replicaInfo"] for topic in answers[1]["topics"]}
    assert topics[ksqld.prefix + "copy"] == [1, 1]
    values = {entry["name"]: entry["value"] for entry in answers[2]["properties"]}
    assert values["ksql.service.id"] == ksqld.service
    assert {"name": "EXPLODE", "type": "TABLE", "category": "OTHER"} in answers[3]["functions"]
    assert answers[4]["variables"] == [{"name": "name", "value": "copy"}]
    described = answers[5]["sourceDescription"]
    assert described["partitions"] == 2 and described["name"] == "COPY"
    assert [query["id"] for query in described["writeQueries"]] == ["COPYING"]
    assert answers[6]["sourceDescription"]["extended"]


def test_extended_lists_describe(ksqld):
    ksqld.run(f"""CREATE STREAM s (k VARCHAR KEY, v BIGINT)
            WITH (KAFKA_TOPIC='{ksqld.prefix}s', VALUE_FORMAT='JSON', PARTITIONS=2);
        CREATE TABLE hourly WITH (KAFKA_TOPIC='{ksqld.prefix}hourly') AS SELECT k, COUNT(*) AS n
            FROM s WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 30 MINUTES) GROUP BY k;""")
    ksqld.run("INSERT INTO s VALUES ('a', 1);")
    ksqld.wait_count(ksqld.prefix + "hourly", 2)
    streams, tables, queries, topics = ksqld.run(
        "SHOW STREAMS EXTENDED; SHOW TABLES EXTENDED; SHOW QUERIES EXTENDED; SHOW TOPICS EXTENDED;")
    assert (streams["@type"], tables["@type"]) == ("source_descriptions", "source_descriptions")
    stream, = streams["sourceDescriptions"]
    assert (stream["name"], stream["extended"], stream["windowType"]) == ("S", True, None)
    table, = tables["sourceDescriptions"]
    assert (table["name"], table["windowType"]) == ("HOURLY", "HOPPING")
    offset, = [at for summary in table["queryOffsetSummaries"][0]["topicSummaries"]
               for at in summary["offsets"] if at["logEndOffset"] > 0]
    assert offset["consumerOffset"] == 1
    assert queries["@type"] == "queryDescriptions"
    query, = queries["queryDescriptions"]
    assert [field["name"] for field in query["fields"]] == ["K", "N"]
    assert (query["state"], query["windowType"]) == ("RUNNING", "HOPPING")
    assert query["sinks"] == ["HOURLY"]
    assert topics["@type"] == "kafka_topics_extended"
    counts = {topic["name"]: (topic["consumerCount"], topic["consumerGroupCount"])
              for topic in topics["topics"]}
    assert counts[ksqld.prefix + "s"] == (2, 1) and counts[ksqld.prefix + "hourly"] == (0, 0)


@pytest.mark.parametrize("name, value, message", [
    ("foo", "bar", "Not recognizable as ksql, streams, consumer, or producer property: 'foo'"),
    ("auto.offset.reset", "bogus", "Invalid value bogus for configuration auto.offset.reset: "),
    ("ksql.service.id", "x", "One or more properties overrides set locally are prohibited")])
def test_settings_that_mean_nothing_are_refused(ksqld, name, value, message):
    ksqld.run(COPY.format(name="one", prefix=ksqld.prefix))
    create = f"CREATE STREAM two WITH (KAFKA_TOPIC='{ksqld.prefix}two') AS SELECT * FROM one;"
    refused = ksqld.post(f"SET '{name}'='{value}'; {create}")
    assert (refused.status_code, refused.json()["error_code"]) == (400, 40001)
    assert refused.json()["message"].startswith(message)
    for path, body in (("/ksql", {"ksql": create, "streamsProperties": {name: value}}),
                       ("/query", {"ksql": "SELECT * FROM one EMIT CHANGES LIMIT 1;",
                                   "streamsProperties": {name: value}}),
                       ("/query-stream", {"sql": "SELECT * FROM one EMIT CHANGES LIMIT 1;",
                                          "properties": {name: value}})):
        refused = requests.post(ksqld.url + path, json=body, timeout=30)
        assert (refused.status_code, refused.json()["error_code"]) == (400, 40000), path
        assert refused.json()["message"].startswith(message)
    assert not ksqld.states()
    if name == "foo":
        assert ksqld.post("UNSET 'foo';").status_code == 400


def test_a_request_is_carried_out_whole_or_not_at_all(ksqld):
    create = COPY.format(name="one", prefix=ksqld.prefix)
    query = f"CREATE STREAM two WITH (KAFKA_TOPIC='{ksqld.prefix}two') AS SELECT * FROM one;"
    again = f"CREATE STREAM three (k VARCHAR KEY) WITH (KAFKA_TOPIC='{ksqld.prefix}two', " \
            "VALUE_FORMAT='AVRO');"
    refused = ksqld.post(f"SHOW STREAMS; {create} {query} DROP STREAM nobody;")
    assert (refused.status_code, refused.json()["error_code"]) == (400, 40001)
    assert refused.json()["statementText"] == "DROP STREAM nobody;"
    assert refused.json()["entities"] == []
    assert ksqld.run("SHOW STREAMS;")[0]["streams"] == []
    assert ksqld.prefix + "one" not in ksqld.admin.list_topics(timeout=30).topics
    # The columns of the third are those of the schema that the second registers.
    assert len(ksqld.run(create + query + again)) == 3
    assert len(ksqld.run("SHOW STREAMS;")[0]["streams"]) == 3


def test_a_statement_that_fits_into_no_record_is_refused(ksqld):
    create = COPY.format(name="large", prefix=ksqld.prefix)
    for size in (899_000, 901_000):
        answer = ksqld.post(create, {"client.id": "x" * size})
        assert answer.status_code == (200 if size < 900_000 else 400), answer.text
        create = COPY.format(name="larger", prefix=ksqld.prefix)
    assert answer.json()["error_code"] == 40001
    assert answer.json()["message"] == "the statement is longer than 900000 bytes"
    assert ksqld.prefix + "larger" not in ksqld.admin.list_topics(timeout=30).topics
    ksqld.stop()
    ksqld.start()
    assert [stream["name"] for stream in ksqld.run("SHOW STREAMS;")[0]["streams"]] == ["LARGE"]


def test_a_paused_query_waits_and_goes_on(ksqld):
    start_copy(ksqld)
    feed(ksqld, ksqld.prefix + "source", 0, 100)
    ksqld.wait_count(ksqld.prefix + "copy", 100)
    ksqld.run("PAUSE copying;")
    assert ksqld.states() == {"COPYING": "PAUSED"}
    explained, shown = ksqld.run("EXPLAIN copying; SHOW QUERIES EXTENDED;")
    assert explained["queryDescription"]["state"] == "PAUSED"
    assert explained["queryDescription"]["queryErrors"] == []
    assert [query["state"] for query in shown["queryDescriptions"]] == ["PAUSED"]
    feed(ksqld, ksqld.prefix + "source", 100, 100)
    ksqld.stop()
    ksqld.start()
    assert ksqld.states() == {"COPYING": "PAUSED"}
    ksqld.wait_count(ksqld.prefix + "copy", 100)
    ksqld.run("RESUME copying;")
    ksqld.wait_count(ksqld.prefix + "copy", 200)
    assert ksqld.states() == {"COPYING": "RUNNING"}


# ---- the API's rim ----

def test_bad_requests_are_refused():
    auth = ("ann", "se:cret")
    ksqld = Ksqld("-X", "ksqld.basic.auth.user.info=ann:se:cret", auth=auth)
    try:
        url = ksqld.url + "/ksql"
        good = {"ksql": "SHOW STREAMS;"}
        assert requests.post(url, json=good, timeout=10).status_code == 401
        assert requests.post(url, json=good, auth=("ann", "no"), timeout=10).status_code == 401
        answer = requests.post(url, json=good, auth=auth, timeout=10)
        assert answer.status_code == 200 and answer.json()[0]["streams"] == []
        for status, code, options in (
                (400, 40000, {"data": "{", "headers": {"Content-Type": "application/json"}}),
                (415, 41500, {"data": "x", "headers": {"Content-Type": "text/plain"}}),
                (406, 40600, {"json": good, "headers": {"Accept": "text/html"}}),
                (503, 50301, {"json": {**good, "commandSequenceNumber": 7}}),
                (413, 41300, {"json": {"ksql": "x" * 3_000_000}})):
            answer = requests.post(url, auth=auth, timeout=30, **options)
            assert (answer.status_code, answer.json()["error_code"]) == (status, code)
        # A request at its limit, and one byte past it.
        body = json.dumps(good).encode().ljust(2 * 1024 * 1024)
        for data, status in ((body, 200), (body + b" ", 413)):
            answer = requests.post(url, data=data, auth=auth, timeout=30,
                                   headers={"Content-Type": "application/json"})
            assert answer.status_code == status
        assert requests.get(ksqld.url + "/nope", auth=auth, timeout=10).status_code == 404
        assert requests.delete(url, auth=auth, timeout=10).status_code == 405
    finally:
        ksqld.close()


def test_connections_are_limited(ksqld):
    """192 are held; one more gets no answer, and those that come when some are gone do."""
    def ask():
        connection = socket.create_connection(("127.0.0.1", ksqld.port), timeout=10)
        connection.sendall(b"GET /info HTTP/1.1\r\nHost: x\r\n\r\n")
        return connection

    held = [ask() for _ in range(192)]
    try:
        for connection in held:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        with ask() as late:
            late.settimeout(2)
            try:
                assert late.recv(65536) == b""
            except (TimeoutError, ConnectionError):
                pass
    finally:
        for connection in held:
            connection.close()
    wait_until("there is room again", ksqld.answers, 30)
