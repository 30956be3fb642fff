"""Groups, joins and filtered tables on the server: what they make of their input is exact, through
restarts and kills, and they stop rather than go on with a state that is not theirs."""

import json
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections import defaultdict

import pytest
import requests
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

from ksqld import Ksqld
from world import wait_until

KILLS = int(os.environ.get("ORDERFLOW_FAULT_KILLS", "20"))
KEYS = 40

CLICKS = """CREATE STREAM clicks (k VARCHAR KEY, v BIGINT)
    WITH (KAFKA_TOPIC='{prefix}clicks', VALUE_FORMAT='JSON', PARTITIONS=2);"""
USERS = """CREATE TABLE users (k VARCHAR PRIMARY KEY, name VARCHAR)
    WITH (KAFKA_TOPIC='{prefix}users', VALUE_FORMAT='JSON', PARTITIONS=2);"""
COUNTS = """CREATE TABLE counts WITH (KAFKA_TOPIC='{prefix}counts') AS
    SELECT k, COUNT(*) AS n, SUM(v) AS total, LATEST_BY_OFFSET(v) AS last FROM clicks GROUP BY k;"""
PARITY = """CREATE TABLE parity WITH (KAFKA_TOPIC='{prefix}parity') AS
    SELECT v % 2 AS odd, COUNT(*) AS n, COLLECT_LIST(v) AS all_of_them FROM clicks
    WHERE v < 400 GROUP BY v % 2;"""
NAMED = """CREATE STREAM named WITH (KAFKA_TOPIC='{prefix}named') AS
    SELECT clicks.k AS k, v, name FROM clicks LEFT JOIN users ON clicks.k = users.k;"""
HALF = """CREATE TABLE half WITH (KAFKA_TOPIC='{prefix}half') AS
    SELECT * FROM counts WHERE n % 2 = 0;"""
MINUTES = """CREATE TABLE per_minute WITH (KAFKA_TOPIC='{prefix}minutes') AS
    SELECT k, COUNT(*) AS n FROM clicks WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY k;"""


@pytest.fixture
def ksqld():
    server = Ksqld()
    yield server
    server.close()


def run(ksqld, *statements):
    for statement in statements:
        ksqld.run(statement.replace("{prefix}", ksqld.prefix))


def send(ksqld, topic, records, **options):
    """(key, value) each; a value that is None is a tombstone."""
    producer = ksqld.producer()
    for key, value in records:
        producer.produce(ksqld.prefix + topic, key=key,
                         value=None if value is None else json.dumps(value), **options)
    assert producer.flush(60) == 0


def rows(ksqld, topic):
    """Every committed record by its key, in order."""
    found = defaultdict(list)
    for messages in ksqld.read(ksqld.prefix + topic).values():
        for message in messages:
            found[message.key()].append(json.loads(message.value()) if message.value() else None)
    return found


def wait_last(ksqld, topic, wanted, seconds=60):
    """Until the last record of each key is this; None: a tombstone."""
    def reached():
        last = {key: values[-1] for key, values in rows(ksqld, topic).items()}
        return last == wanted or str(last)[:500]

    wait_until(f"{topic} is there", reached, seconds)


def folders(ksqld):
    return sorted(os.listdir(ksqld.state.name))


# ---- what comes out ----

def test_groups_joins_and_tables(ksqld):
    run(ksqld, USERS)
    send(ksqld, "users", [("a", {"NAME": "Ana"}), ("b", {"NAME": "Ben"})])
    run(ksqld, CLICKS)
    time.sleep(.2)  # later than the users
    send(ksqld, "clicks", [("a", {"V": 1}), ("b", {"V": 2}), ("a", {"V": 3}), ("c", {"V": 4})])
    run(ksqld, COUNTS, NAMED, HALF, """CREATE TABLE both WITH (KAFKA_TOPIC='{prefix}both') AS
        SELECT users.k AS k, name, n FROM users JOIN counts ON users.k = counts.k;""")
    wait_last(ksqld, "counts", {b"a": {"N": 2, "TOTAL": 4, "LAST": 3},
                                b"b": {"N": 1, "TOTAL": 2, "LAST": 2},
                                b"c": {"N": 1, "TOTAL": 4, "LAST": 4}})
    wait_last(ksqld, "named", {b"a": {"V": 3, "NAME": "Ana"}, b"b": {"V": 2, "NAME": "Ben"},
                               b"c": {"V": 4, "NAME": None}})
    wait_last(ksqld, "half", {b"a": {"N": 2, "TOTAL": 4, "LAST": 3}})
    wait_last(ksqld, "both", {b"a": {"NAME": "Ana", "N": 2}, b"b": {"NAME": "Ben", "N": 1}})
    assert len(folders(ksqld)) == 4

    assert ksqld.stop() == 0
    ksqld.start()
    send(ksqld, "clicks", [("a", {"V": 5}), ("c", {"V": 6})])
    send(ksqld, "users", [("b", None), ("a", {"NAME": "Aya"})])
    wait_last(ksqld, "counts", {b"a": {"N": 3, "TOTAL": 9, "LAST": 5},
                                b"b": {"N": 1, "TOTAL": 2, "LAST": 2},
                                b"c": {"N": 2, "TOTAL": 10, "LAST": 6}})
    wait_last(ksqld, "half", {b"a": None, b"c": {"N": 2, "TOTAL": 10, "LAST": 6}})
    wait_last(ksqld, "both", {b"a": {"NAME": "Aya", "N": 3}, b"b": None})
    assert set(ksqld.states().values()) == {"RUNNING"}

    paused = next(query for query in ksqld.states() if query.startswith("CTAS_HALF"))
    ksqld.run(f"PAUSE {paused};")
    assert len(folders(ksqld)) == 4
    ksqld.run(f"TERMINATE {paused};")
    run(ksqld, "DROP TABLE half DELETE TOPIC;", "DROP TABLE both DELETE TOPIC;")
    assert len(folders(ksqld)) == 2


def pull(ksqld):
    """What the table counts has, by key; or the status of a refusal."""
    answer = requests.post(ksqld.url + "/query-stream", timeout=60,
                           json={"sql": "SELECT k, n FROM counts;", "properties": {}})
    if answer.status_code != 200:
        return answer.status_code
    return dict(json.loads(line) for line in answer.text.splitlines()[1:])


def test_the_table_of_a_paused_query_is_read(ksqld):
    run(ksqld, CLICKS, COUNTS)
    send(ksqld, "clicks", [("a", {"V": 1}), ("b", {"V": 2}), ("a", {"V": 3})])
    wait_until("the clicks are counted", lambda: pull(ksqld) == {"a": 2, "b": 1}, 60)
    query = next(iter(ksqld.states()))
    ksqld.run(f"PAUSE {query};")
    send(ksqld, "clicks", [("b", {"V": 4})])
    assert ksqld.states() == {query: "PAUSED"}
    assert pull(ksqld) == {"a": 2, "b": 1}
    ksqld.run("PAUSE ALL;")
    for number in (signal.SIGTERM, signal.SIGKILL):
        ksqld.stop(number)
        ksqld.start()
        assert pull(ksqld) == {"a": 2, "b": 1}
    # A state that is gone is no empty table.
    ksqld.stop()
    [folder] = folders(ksqld)
    with tempfile.TemporaryDirectory() as elsewhere:
        shutil.move(os.path.join(ksqld.state.name, folder), elsewhere)
        ksqld.start()
        assert pull(ksqld) == 500
        assert folders(ksqld) == []
        shutil.move(os.path.join(elsewhere, folder), ksqld.state.name)
    assert pull(ksqld) == {"a": 2, "b": 1}  # each pull tries again what could not be opened
    ksqld.run(f"RESUME {query};")
    wait_until("the query has gone on", lambda: pull(ksqld) == {"a": 2, "b": 2}, 60)
    assert ksqld.states() == {query: "RUNNING"}
    ksqld.run(f"PAUSE {query}; TERMINATE {query};")
    assert folders(ksqld) == []


NAMES = """CREATE SOURCE TABLE names (name VARCHAR, k VARCHAR PRIMARY KEY)
    WITH (KAFKA_TOPIC='{prefix}users', VALUE_FORMAT='JSON');"""
COPIED = """CREATE TABLE copied WITH (KAFKA_TOPIC='{prefix}copied') AS
    SELECT k, UCASE(name) AS name FROM users;"""


def select(ksqld, sql):
    """Rows in no order, or the status of a refusal."""
    answer = requests.post(ksqld.url + "/query-stream", timeout=60,
                           json={"sql": sql, "properties": {}})
    if answer.status_code != 200:
        return answer.status_code
    return sorted(json.loads(line) for line in answer.text.splitlines()[1:])


def test_tables_without_groups_are_pulled(ksqld):
    """A SOURCE TABLE, and a table that is made of another row by row, through restarts."""
    run(ksqld, USERS)
    send(ksqld, "users", [("a", {"NAME": "Ana"}), ("b", {"NAME": "Ben"}), ("c", {"NAME": "Cem"})])
    run(ksqld, NAMES, COPIED)
    everything = {"names": "SELECT * FROM names;", "copied": "SELECT * FROM copied;"}

    def has(table, wanted):
        wait_until(f"{table} is {wanted}",
                   lambda: select(ksqld, everything[table]) == wanted or "not yet", 60)

    has("names", [["a", "Ana"], ["b", "Ben"], ["c", "Cem"]])
    has("copied", [["a", "ANA"], ["b", "BEN"], ["c", "CEM"]])
    queries = ksqld.run("SHOW QUERIES;")[0]["queries"]
    source = next(query for query in queries if query["id"].startswith("CST_NAMES_"))
    assert source["sinks"] == [] and source["state"] == "RUNNING"
    assert ksqld.post(f"TERMINATE {source['id']};").status_code == 400
    for number, change in ((signal.SIGTERM, ("b", None)), (signal.SIGKILL, ("a", {"NAME": "Al"}))):
        send(ksqld, "users", [change])
        ksqld.stop(number)
        ksqld.start()
    has("names", [["a", "Al"], ["c", "Cem"]])
    has("copied", [["a", "AL"], ["c", "CEM"]])
    assert select(ksqld, "SELECT name, k, ROWTIME > 0 AS t FROM names WHERE k = 'c';") == [
        ["Cem", "c", True]]
    assert select(ksqld, "SELECT k FROM copied WHERE name LIKE 'A%';") == [["a"]]
    assert select(ksqld, "SELECT * FROM copied WHERE k = 'b';") == []
    assert rows(ksqld, "copied")[b"a"] == [{"NAME": "ANA"}, {"NAME": "AL"}]
    run(ksqld, "DROP TABLE names;", "DROP TABLE copied DELETE TOPIC;")
    assert folders(ksqld) == []


def test_a_source_table_takes_its_columns_from_the_registry(ksqld):
    run(ksqld, USERS)
    send(ksqld, "users", [("a", {"NAME": "Ana"}), ("b", {"NAME": "Ben"})])
    run(ksqld, """CREATE TABLE written WITH (KAFKA_TOPIC='{prefix}written', VALUE_FORMAT='AVRO') AS
        SELECT k, name, LEN(name) AS length FROM users;""",
        """CREATE SOURCE TABLE told (k VARCHAR PRIMARY KEY)
        WITH (KAFKA_TOPIC='{prefix}written', VALUE_FORMAT='AVRO');""")
    sql = "SELECT * FROM told WHERE length = 3;"
    wait_until("the rows are there", lambda: select(ksqld, sql) == [
        ["a", "Ana", 3], ["b", "Ben", 3]] or "not yet", 60)
    send(ksqld, "users", [("a", {"NAME": "Anna"})])
    wait_until("one is longer", lambda: select(ksqld, sql) == [["b", "Ben", 3]] or "not yet", 60)


def test_a_copy_that_began_without_rows_is_not_read(ksqld):
    """As servers of old left it, which kept nothing of such a table: offsets without a state."""
    run(ksqld, USERS)
    send(ksqld, "users", [("a", {"NAME": "Ana"})])
    run(ksqld, COPIED)
    ksqld.wait_count(ksqld.prefix + "copied", 1)
    ksqld.stop()
    [folder] = folders(ksqld)
    committed = next(iter(ksqld.admin.list_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(folder)]).values())).result(30).topic_partitions
    bare = [TopicPartition(one.topic, one.partition, one.offset) for one in committed]
    assert bare
    next(iter(ksqld.admin.alter_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(folder, bare)]).values())).result(30)
    shutil.rmtree(ksqld.state.name + "/" + folder)
    ksqld.start()
    wait_until("the query is in error",
               lambda: set(ksqld.states().values()) == {"ERROR"} or str(ksqld.states()), 30)
    assert "was committed by a server that kept no rows of this table" in ksqld.said()
    assert select(ksqld, "SELECT * FROM copied;") == 500


def test_windows(ksqld):
    run(ksqld, CLICKS, MINUTES)
    minute, day = 60_000, 86_400_000
    start = int(time.time() * 1000) // day * day - 3 * day
    for stamp in (start + 1, start + minute, start + 2, start + 2 * day, start + 3):
        send(ksqld, "clicks", [("a", {"V": 1})], timestamp=stamp)

    def key(begin):
        return b"a" + begin.to_bytes(8, "big")

    # The last one comes when its window is closed.
    wait_last(ksqld, "minutes", {key(start): {"N": 2}, key(start + minute): {"N": 1},
                                 key(start + 2 * day): {"N": 1}})
    time.sleep(1)
    assert sum(len(values) for values in rows(ksqld, "minutes").values()) == 4


def test_partitions_come_in_the_order_of_time(ksqld):
    """Late rows are judged by what was before them, however partitions are fetched."""
    run(ksqld, CLICKS)
    step, count = 60_000, 3000
    start = int(time.time() * 1000) - count * step
    for number in range(2):  # one partition after the other
        producer = ksqld.producer()
        for i in range(number, count, 2):
            producer.produce(ksqld.prefix + "clicks", key="x", value=json.dumps({"V": i}),
                             partition=number, timestamp=start + i * step)
        assert producer.flush(60) == 0
    run(ksqld, """CREATE TABLE hourly WITH (KAFKA_TOPIC='{prefix}hours') AS
        SELECT v % 1 AS one, COUNT(*) AS n, COLLECT_LIST(v) AS rows_of_it FROM clicks
        WINDOW TUMBLING (SIZE 1 HOUR, GRACE PERIOD 10 MINUTES) GROUP BY v % 1;""")

    def all_there():
        last = [values[-1] for values in rows(ksqld, "hours").values()]
        return sum(row["N"] for row in last) == count or str(len(last))

    wait_until("every row counts", all_there, 60)
    for values in rows(ksqld, "hours").values():
        assert values[-1]["ROWS_OF_IT"] == sorted(values[-1]["ROWS_OF_IT"])


# ---- where they begin ----

def started(ksqld, kind):
    """The query of that kind has its partitions."""
    name = next(query for query in ksqld.states() if query.startswith(kind))
    wait_until(f"{name} reads", lambda: any(
        "partitions assigned" in line and name in line for line in ksqld.lines()), 60)


def test_without_a_setting_tables_begin_at_their_start_and_streams_at_their_end(ksqld):
    run(ksqld, USERS, CLICKS)
    send(ksqld, "users", [("a", {"NAME": "Ana"}), ("b", {"NAME": "Ben"}), ("c", {"NAME": "Ana"})])
    send(ksqld, "clicks", [("a", {"V": 1})])
    for statement in ("""CREATE TABLE names WITH (KAFKA_TOPIC='{prefix}names') AS
        SELECT name, COUNT(*) AS n FROM users GROUP BY name;""", NAMED):
        ksqld.run(statement.replace("{prefix}", ksqld.prefix), properties={})
    wait_last(ksqld, "names", {b"Ana": {"N": 2}, b"Ben": {"N": 1}})
    started(ksqld, "CSAS_NAMED")
    send(ksqld, "clicks", [("a", {"V": 2}), ("b", {"V": 3})])
    wait_last(ksqld, "named", {b"a": {"V": 2, "NAME": "Ana"}, b"b": {"V": 3, "NAME": "Ben"}})
    ksqld.wait_count(ksqld.prefix + "named", 2)


def test_where_to_begin_may_be_said_by_its_long_name(ksqld):
    run(ksqld, USERS, CLICKS)
    send(ksqld, "users", [("a", {"NAME": "Ana"})])
    send(ksqld, "clicks", [("a", {"V": 1})])
    time.sleep(.2)
    ksqld.run(NAMED.replace("{prefix}", ksqld.prefix),
              properties={"ksql.streams.auto.offset.reset": "earliest"})
    ksqld.wait_count(ksqld.prefix + "named", 1)
    ksqld.run("""CREATE TABLE names WITH (KAFKA_TOPIC='{prefix}names') AS
        SELECT name, COUNT(*) AS n FROM users GROUP BY name;""".replace("{prefix}", ksqld.prefix),
              properties={"ksql.streams.auto.offset.reset": "latest"})
    started(ksqld, "CTAS_NAMES")
    send(ksqld, "users", [("b", {"NAME": "Ben"})])
    wait_last(ksqld, "names", {b"Ben": {"N": 1}})


# ---- what it refuses to go on with ----

def start_counting(ksqld):
    run(ksqld, CLICKS, COUNTS)
    send(ksqld, "clicks", [(f"k{i}", {"V": i}) for i in range(100)])
    ksqld.wait_count(ksqld.prefix + "counts", 100)
    ksqld.stop()


def assert_stopped(ksqld, reason):
    ksqld.start()
    wait_until("the query is in error",
               lambda: set(ksqld.states().values()) == {"ERROR"} or str(ksqld.states()), 30)
    assert reason in ksqld.said()
    time.sleep(1)
    assert ksqld.count(ksqld.prefix + "counts") == 100


def test_a_state_that_is_gone_stops_its_query(ksqld):
    start_counting(ksqld)
    shutil.rmtree(ksqld.state.name + "/" + folders(ksqld)[0])
    assert_stopped(ksqld, "but its state is not in")


def test_a_state_from_earlier_stops_its_query(ksqld, tmp_path):
    start_counting(ksqld)
    folder = ksqld.state.name + "/" + folders(ksqld)[0]
    shutil.copytree(folder, tmp_path / "old")
    ksqld.start()
    send(ksqld, "clicks", [("k1", {"V": 1})])
    ksqld.wait_count(ksqld.prefix + "counts", 101)
    ksqld.stop()
    os.rename(folder, tmp_path / "new")
    shutil.copytree(tmp_path / "old", folder)
    ksqld.start()
    wait_until("the query is in error",
               lambda: set(ksqld.states().values()) == {"ERROR"} or str(ksqld.states()), 30)
    assert "which is before the committed offset" in ksqld.said()
    ksqld.stop()
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "new", folder)
    ksqld.start()
    send(ksqld, "clicks", [("k1", {"V": 1})])
    ksqld.wait_count(ksqld.prefix + "counts", 102)


# ---- kill -9 ----

class Load:
    """Clicks in ever new bursts, until it is told to stop."""

    def __init__(self, ksqld, seed):
        self.ksqld, self.random = ksqld, random.Random(seed)
        self.sent = []
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        producer = self.ksqld.producer()
        while not self.done.is_set():
            for _ in range(self.random.randrange(1, 60)):
                key, number = f"k{self.random.randrange(KEYS)}", len(self.sent)
                producer.produce(self.ksqld.prefix + "clicks", key=key,
                                 value=json.dumps({"V": number}))
                self.sent.append((key.encode(), number))
            producer.flush(30)
            time.sleep(self.random.uniform(0, .05))

    def stop(self):
        self.done.set()
        self.thread.join(60)


def test_kill_9_loses_and_doubles_nothing(ksqld):
    moments = random.Random(int(os.environ.get("ORDERFLOW_FAULT_SEED", "7")))
    run(ksqld, USERS, CLICKS)
    send(ksqld, "users", [(f"k{i}", {"NAME": f"name {i}"}) for i in range(KEYS)])
    run(ksqld, COUNTS, PARITY, NAMED, HALF, MINUTES, """CREATE TABLE same
        WITH (KAFKA_TOPIC='{prefix}same') AS SELECT k, n, total FROM counts;""",
        """CREATE SOURCE TABLE told (k VARCHAR PRIMARY KEY, n BIGINT, total BIGINT)
        WITH (KAFKA_TOPIC='{prefix}counts', VALUE_FORMAT='JSON');""")
    load = Load(ksqld, 11)
    try:
        for _ in range(KILLS):
            time.sleep(moments.uniform(.3, 2))
            assert ksqld.stop(signal.SIGKILL) == -signal.SIGKILL
            ksqld.start()
    finally:
        load.stop()
    wanted = defaultdict(list)
    for key, number in load.sent:
        wanted[key].append(number)
    ksqld.wait_count(ksqld.prefix + "counts", len(load.sent), 60)
    ksqld.wait_count(ksqld.prefix + "named", len(load.sent), 60)
    ksqld.wait_count(ksqld.prefix + "minutes", len(load.sent), 60)
    assert set(ksqld.states().values()) == {"RUNNING"}

    counts, named = rows(ksqld, "counts"), rows(ksqld, "named")
    for key, numbers in wanted.items():  # each partition keeps its order
        assert counts[key] == [
            {"N": i + 1, "TOTAL": sum(numbers[:i + 1]), "LAST": number}
            for i, number in enumerate(numbers)], key
        assert [row["V"] for row in named[key]] == numbers, key
        assert {row["NAME"] for row in named[key]} == {f"name {key.decode()[1:]}"}
    # Partitions mingle: each list is the one before it and one more.
    few = [number for _, number in load.sent if number < 400]
    for odd in range(2):
        changes = next(values for values in rows(ksqld, "parity").values()
                       if values[0]["ALL_OF_THEM"][0] % 2 == odd)
        last = changes[-1]["ALL_OF_THEM"]
        assert [change["ALL_OF_THEM"] for change in changes] == [
            last[:i + 1] for i in range(len(changes))]
        assert [change["N"] for change in changes] == list(range(1, len(last) + 1))
        assert sorted(last) == [number for number in few if number % 2 == odd]
    # Window by window, each count once.
    total = 0
    for values in rows(ksqld, "minutes").values():
        assert [row["N"] for row in values] == list(range(1, len(values) + 1))
        total += len(values)
    assert total == len(load.sent)
    # A table over a table: what it passes on is what its source says.
    expected = defaultdict(list)
    for key, changes in counts.items():
        for change in changes:
            if change["N"] % 2 == 0:
                expected[key].append(change)
            elif change["N"] > 1:
                expected[key].append(None)
    wait_until("the filtered table is there", lambda: rows(ksqld, "half") == expected or "", 60)
    # Tables without groups have each row as it was last.
    last = sorted([key.decode(), len(numbers), sum(numbers)] for key, numbers in wanted.items())
    for table in ("same", "told"):
        wait_until(f"{table} is there",
                   lambda sql=f"SELECT * FROM {table};": select(ksqld, sql) == last or "", 60)
    print(f"{len(load.sent)} clicks, {KILLS} kills")
