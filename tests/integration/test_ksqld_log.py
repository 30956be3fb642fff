"""The processing log: whatever goes wrong with a record stands in it, in ksqlDB's shapes, together
with what the query did write; and it stops nobody."""

import base64
import json
import time

import pytest

from ksqld import Ksqld
from world import wait_until

TROUBLE = """CREATE STREAM trouble (k VARCHAR KEY, v INT) WITH (KAFKA_TOPIC='{prefix}trouble',
    VALUE_FORMAT='JSON', PARTITIONS=1);"""
RATIO = """CREATE STREAM ratio WITH (KAFKA_TOPIC='{prefix}ratio') AS
    SELECT k, 10 / v AS q FROM trouble;"""


def serve(*options):
    server = Ksqld(*options)
    server.log_topic = f"{server.prefix}{server.service}ksql_processing_log"
    for statement in (TROUBLE, RATIO):
        server.run(statement.replace("{prefix}", server.prefix))
    server.query = next(query for query in server.states() if query.startswith("CSAS_RATIO"))
    return server


@pytest.fixture(name="server")
def server_fixture():
    server = serve()
    yield server
    server.close()


def send(server, *values):
    producer = server.producer()
    for value in values:
        producer.produce(server.prefix + "trouble", key="a", value=value)
    assert producer.flush(60) == 0


def entries(server, count):
    wait_until("the log is written", lambda: server.count(server.log_topic) >= count, 60)
    found = [message for part in server.read(server.log_topic).values() for message in part]
    assert len(found) == count and all(message.key() is None for message in found)
    return [json.loads(message.value()) for message in found]


def test_errors_are_told_as_ksqldb_does(server):
    send(server, b'{"V": 0}', b"broken", b'{"V": 5}')
    server.wait_count(server.prefix + "ratio", 2)
    zero, broken = entries(server, 2)
    message = zero.pop("message")
    assert abs(zero.pop("time") / 1000 - time.time()) < 600
    assert zero == {"level": "ERROR", "logger": f"processing.{server.query}.Project"}
    assert message == {
        "type": 1, "deserializationError": None, "productionError": None,
        "serializationError": None, "kafkaStreamsThreadError": None,
        "recordProcessingError": {
            "errorMessage": "Error computing expression (10 / V) for column Q with index 0",
            "record": None, "cause": ["/ by zero: (10 / V)", f"{server.prefix}trouble[0]@0"]}}
    assert broken["logger"] == f"processing.{server.query}.KsqlTopic.Source.deserializer"
    assert broken["message"]["type"] == 0
    error = broken["message"]["deserializationError"]
    cause = error.pop("cause")
    assert len(cause) == 2 and cause[1] == f"{server.prefix}trouble[0]@1"
    assert error == {
        "target": "value", "topic": server.prefix + "trouble", "recordB64": None,
        "errorMessage": f"Error deserializing message from topic: {server.prefix}trouble"}
    assert server.count(server.prefix + "orders_dlq") == 1  # the record itself
    # ksqlDB's own statement reads it.
    server.run(f"""CREATE STREAM processing_log (logger STRING, level STRING, `time` BIGINT,
        message STRUCT<`type` INT, deserializationError STRUCT<target STRING, errorMessage STRING,
        recordB64 STRING, cause ARRAY<STRING>, `topic` STRING>, recordProcessingError STRUCT<
        errorMessage STRING, record STRING, cause ARRAY<STRING>>>)
        WITH (KAFKA_TOPIC='{server.log_topic}', VALUE_FORMAT='JSON');""")


def test_rows_are_told_where_that_is_wanted():
    server = serve("-X", "ksql.logging.processing.rows.include=true")
    try:
        large = b'{"V": "' + b"x" * 70_000
        send(server, b'{"V": 0}', b"broken", large)
        zero, broken, left_out = entries(server, 3)
        assert json.loads(zero["message"]["recordProcessingError"]["record"]) == ["a", 0]
        told = broken["message"]["deserializationError"]["recordB64"]
        assert base64.b64decode(told) == b"broken"
        assert left_out["message"]["deserializationError"]["recordB64"] is None
    finally:
        server.close()


def test_it_can_be_turned_off():
    server = serve("-X", "ksql.logging.processing.topic.auto.create=false")
    try:
        send(server, b'{"V": 0}', b"broken", b'{"V": 5}')
        server.wait_count(server.prefix + "ratio", 2)
        assert server.log_topic not in server.admin.list_topics(timeout=30).topics
        assert "an expression of a query failed" in server.said()
    finally:
        server.close()


def test_a_flood_and_a_log_that_is_gone_stop_nobody(server):
    flood = 20_000
    send(server, *[b'{"V": 0}'] * flood)
    server.wait_count(server.prefix + "ratio", flood, 120)
    assert server.count(server.log_topic) == flood
    server.admin.delete_topics([server.log_topic])[server.log_topic].result(30)
    wait_until("the log is gone", lambda: server.log_topic not in
               server.admin.list_topics(timeout=30).topics, 30)
    send(server, b'{"V": 0}', b'{"V": 5}', b"broken")
    server.wait_count(server.prefix + "ratio", flood + 2, 120)
    assert set(server.states().values()) == {"RUNNING"}
