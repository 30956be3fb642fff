"""The format JSON_SR: Confluent's own client writes what ksqld reads and reads what it writes, with
JSON schemas in the registry; what is not of its schema is a dead letter and stops nobody."""

import json
import signal

import pytest
import requests
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from ksqld import Ksqld
from world import REGISTRY, wait_until

DRAFT = "http://json-schema.org/draft-07/schema#"
ORDER = {
    "$schema": DRAFT, "title": "Order", "type": "object",
    "properties": {
        "order_id": {"type": "integer"},
        "status": {"type": "string", "enum": ["paid", "shipped"]},
        "order_total": {"type": "number"},
        "customer": {"$ref": "#/definitions/customer"},
        "items": {"type": "array", "items": {
            "type": "object", "properties": {"sku": {"type": "integer"}}}},
        "note": {"type": ["string", "null"]},
        "gift": {"oneOf": [{"type": "null"}, {"type": "boolean"}]}},
    "required": ["order_id", "status"],
    "definitions": {"customer": {"type": "object", "properties": {
        "name": {"type": "string"}, "level": {"type": "integer", "connect.type": "int32"}}}}}
ORDERS = [
    {"order_id": 1, "status": "paid", "order_total": 12.5, "note": None, "gift": True,
     "customer": {"name": "Ana Niño", "level": 3}, "items": [{"sku": 7}, {"sku": 8}]},
    {"order_id": 2, "status": "shipped", "unheard_of": [1]},
    {"order_id": 3, "status": "paid", "order_total": 99999999999, "note": "\"x\"", "items": []}]


@pytest.fixture(name="server", scope="module")
def make_server():
    registry = SchemaRegistryClient({"url": REGISTRY})
    server = Ksqld()
    server.registry = registry
    yield server
    server.close()


def serialize(server, topic, schema, value, field=MessageField.VALUE):
    serializer = JSONSerializer(json.dumps(schema), server.registry)
    return serializer(value, SerializationContext(topic, field))


def send(server, topic, *records):
    """Bytes of keys and values, in their order."""
    producer = server.producer()
    for key, value in records:
        producer.produce(topic, key=key, value=value, partition=0)
    assert producer.flush(60) == 0


def read(server, topic, count):
    """Keys and values by Confluent's deserializer, which validates them by the schema of their id."""
    server.wait_count(topic, count)
    found = []
    for message in sum(server.read(topic).values(), []):
        decoded = []
        for field, data in ((MessageField.KEY, message.key()), (MessageField.VALUE, message.value())):
            if data is None or data[:1] != b"\0":
                decoded.append(data)
                continue
            schema = server.registry.get_schema(int.from_bytes(data[1:5], "big"))
            assert schema.schema_type == "JSON"
            decoded.append(JSONDeserializer(schema, schema_registry_client=server.registry)(
                data, SerializationContext(topic, field)))
        found.append(tuple(decoded))
    return found


def newest(subject):
    return requests.get(f"{REGISTRY}/subjects/{subject}/versions/latest", timeout=30).json()


def columns(server, name):
    fields = server.run(f"DESCRIBE {name};")[0]["sourceDescription"]["fields"]
    return {field["name"]: field["schema"]["type"] for field in fields}


def ask(server, sql):
    answer = requests.post(server.url + "/query-stream", timeout=60, json={
        "sql": sql, "properties": {"auto.offset.reset": "earliest"}})
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()][1:]


def test_confluent_s_records_are_read_and_ours_by_it(server):
    topic = server.prefix + "orders"
    server.create("orders", partitions=1)
    send(server, topic, *((None, serialize(server, topic, ORDER, order)) for order in ORDERS))
    server.run(f"CREATE STREAM orders WITH (KAFKA_TOPIC='{topic}', VALUE_FORMAT='JSON_SR');")
    assert columns(server, "orders") == {
        "ORDER_ID": "BIGINT", "STATUS": "STRING", "ORDER_TOTAL": "DOUBLE", "CUSTOMER": "STRUCT",
        "ITEMS": "ARRAY", "NOTE": "STRING", "GIFT": "BOOLEAN"}
    server.run(f"""CREATE STREAM copied WITH (KAFKA_TOPIC='{server.prefix}copied',
        FORMAT='JSON_SR') AS SELECT order_id, AS_VALUE(order_id) AS id, status, order_total,
        customer, items, note, gift, CAST(order_total AS DECIMAL(14, 2)) AS exact,
        PARSE_TIMESTAMP('2021-03-14', 'yyyy-MM-dd') AS born FROM orders PARTITION BY order_id;""")
    found = dict(read(server, server.prefix + "copied", 3))
    assert found[1] == {
        "ID": 1, "STATUS": "paid", "ORDER_TOTAL": 12.5, "NOTE": None, "GIFT": True, "EXACT": 12.5,
        "CUSTOMER": {"NAME": "Ana Niño", "LEVEL": 3}, "ITEMS": [{"SKU": 7}, {"SKU": 8}],
        "BORN": 1615680000000}
    assert found[2] == {
        "ID": 2, "STATUS": "shipped", "ORDER_TOTAL": None, "NOTE": None, "GIFT": None,
        "EXACT": None, "CUSTOMER": None, "ITEMS": None, "BORN": 1615680000000}
    assert found[3]["ORDER_TOTAL"] == 99999999999 and found[3]["ITEMS"] == []
    key, value = newest(server.prefix + "copied-key"), newest(server.prefix + "copied-value")
    assert key["schemaType"] == value["schemaType"] == "JSON"
    assert json.loads(key["schema"]) == {
        "$schema": DRAFT, "oneOf": [{"type": "null"}, {"type": "integer", "connect.type": "int64"}]}
    properties = json.loads(value["schema"])["properties"]
    assert properties["EXACT"] == {"connect.index": 7, "oneOf": [{"type": "null"}, {
        "type": "number", "title": "org.apache.kafka.connect.data.Decimal", "connect.version": 1,
        "connect.type": "bytes",
        "connect.parameters": {"scale": "2", "connect.decimal.precision": "14"}}]}
    # What we wrote, we infer again: the same columns in their places.
    server.run(f"CREATE STREAM again WITH (KAFKA_TOPIC='{server.prefix}copied', FORMAT='JSON_SR');")
    assert list(columns(server, "again")) == [
        "ROWKEY", "ID", "STATUS", "ORDER_TOTAL", "CUSTOMER", "ITEMS", "NOTE", "GIFT", "EXACT",
        "BORN"]
    assert [1, 12.5] in ask(server, "SELECT rowkey, exact FROM again;")


def test_schemas_by_their_id(server):
    topic = server.prefix + "by_id"
    server.create("by_id", partitions=1)
    schema = Schema(json.dumps({"type": "object", "properties": {"lower": {"type": "string"}}}),
                    "JSON")
    number = server.registry.register_schema(server.prefix + "elsewhere-value", schema)
    server.run(f"CREATE STREAM by_id (k INT KEY) WITH (KAFKA_TOPIC='{topic}', "
               f"VALUE_FORMAT='JSON_SR', VALUE_SCHEMA_ID={number});")
    assert columns(server, "by_id") == {"K": "INTEGER", "lower": "STRING"}
    refused = server.post(f"CREATE STREAM other WITH (KAFKA_TOPIC='{topic}', "
                          f"VALUE_FORMAT='AVRO', VALUE_SCHEMA_ID={number});")
    assert refused.status_code == 400
    assert refused.json()["message"] == (
        "Value schema is not in the expected format. You may want to set VALUE_FORMAT to 'JSON'.\n"
        f"topic: {topic}, schema id: {number}\nexpected format: AVRO\n"
        "actual format from Schema Registry: JSON")


def test_bad_records_are_dead_letters(server):
    topic = server.prefix + "bad"
    server.create("bad", partitions=1)
    avro = server.registry.register_schema(
        server.prefix + "avro-value", Schema('"string"', "AVRO"))
    good = serialize(server, topic, {"type": "object", "properties": {
        "V": {"type": "integer", "connect.type": "int32"}}}, {"V": 1})
    text = serialize(server, topic + "_text", {"type": "object", "properties": {
        "V": {"type": "string"}}}, {"V": "1"})
    bodies = [b"\0\x7f\0\0\1{\"V\":1}",                             # nobody's id
              b"\0" + avro.to_bytes(4, "big") + b"{\"V\":1}",        # Avro's
              b"{\"V\":1}", b"\0\0",                                # no id
              good[:5] + b"{\"V\":", good[:5] + b"{\"V\":null}",    # no JSON; null is not allowed
              text]                                                # STRING is no INT
    server.run(f"CREATE STREAM bad (v INT) WITH (KAFKA_TOPIC='{topic}', VALUE_FORMAT='JSON_SR');")
    server.run(f"CREATE STREAM sound WITH (KAFKA_TOPIC='{server.prefix}sound') AS "
               "SELECT * FROM bad;")
    send(server, topic, *((None, body) for body in [good, *bodies, good]))
    assert [value["V"] for _, value in read(server, server.prefix + "sound", 2)] == [1, 1]
    dead = sorted((dict(message.headers()) | {"value": message.value()} for message in
                   sum(server.read(server.prefix + "orders_dlq").values(), [])),
                  key=lambda letter: int(letter["__streams.errors.offset"]))
    assert [letter["value"] for letter in dead] == bodies
    causes = [letter["__streams.errors.message"].decode() for letter in dead]
    assert "the registry does not know schema id" in causes[0]
    assert f"schema id {avro} is AVRO, not JSON" in causes[1]
    assert "Invalid null value for required int32 field" in causes[5]
    assert "Cannot deserialize type string as type int32 for path: ->V" in causes[6]
    logs = f"{server.prefix}{server.service}ksql_processing_log"
    assert server.count(logs) == len(bodies)
    assert set(server.states().values()) == {"RUNNING"}


def test_values_are_inserted_printed_and_asserted(server):
    topic = server.prefix + "made"
    server.run(f"CREATE STREAM made (k BIGINT KEY, v STRUCT<a INT, b STRING>, d DATE) WITH "
               f"(KAFKA_TOPIC='{topic}', FORMAT='JSON_SR', PARTITIONS=1);")
    server.run("INSERT INTO made VALUES (5, STRUCT(a := 1, b := 'x'), '2021-03-14');")
    server.run("INSERT INTO made (k, d) VALUES (6, NULL);")
    assert read(server, topic, 2) == [(5, {"V": {"A": 1, "B": "x"}, "D": 18700}),
                                      (6, {"V": None, "D": None})]
    assert ask(server, "SELECT k, v->b, d FROM made;") == [[5, "x", "2021-03-14"], [6, None, None]]
    inserted = requests.post(server.url + "/inserts-stream", timeout=30, data="\n".join(
        json.dumps(line) for line in ({"target": "made"}, {"k": 7, "v": {"a": 2}})))
    assert json.loads(inserted.text.splitlines()[0])["status"] == "ok"
    printed = requests.post(server.url + "/query", timeout=60, json={
        "ksql": f"PRINT '{topic}' FROM BEGINNING LIMIT 2;"}).text.strip().splitlines()
    # The id's bytes could be text, too: ksqlDB says so of Avro as well.
    assert printed[0].startswith("Key format: JSON_SR") and printed[1].startswith("Value format: JSON_SR")
    assert ", key: 5, value: {\"V\":{\"A\":1,\"B\":\"x\"},\"D\":18700}" in printed[2]
    number = newest(topic + "-value")["id"]
    for text in (f"ASSERT SCHEMA SUBJECT '{topic}-key';", f"ASSERT SCHEMA ID {number};",
                 f"ASSERT SCHEMA SUBJECT '{topic}-value' ID {number};"):
        assert server.run(text)[0]["exists"] is True
    assert server.post(
        f"ASSERT NOT EXISTS SCHEMA SUBJECT '{topic}-value' TIMEOUT 1 SECOND;").status_code == 417
    foreign = server.prefix + "foreign-value"  # what is no format of ours is there all the same
    server.registry.register_schema(foreign, Schema(
        'syntax = "proto3"; message R { int32 v = 1; }', "PROTOBUF"))
    assert server.run(f"ASSERT SCHEMA SUBJECT '{foreign}';")[0]["exists"] is True
    assert server.run("ASSERT NOT EXISTS SCHEMA ID 2147483647;")[0]["exists"] is False


def test_subjects_of_another_type_are_refused(server):
    avro, mixed = server.prefix + "avro_in", server.prefix + "mixed"
    server.create("avro_in", partitions=1)
    server.registry.register_schema(avro + "-value", Schema('{"type":"record","name":"R","fields":'
                                                            '[{"name":"V","type":"int"}]}', "AVRO"))
    refused = server.post(f"CREATE STREAM avro_in WITH (KAFKA_TOPIC='{avro}', "
                          "VALUE_FORMAT='JSON_SR');")
    assert refused.json()["message"] == (
        "Value schema is not in the expected format. You may want to set VALUE_FORMAT to 'AVRO'.\n"
        f"topic: {avro}\nexpected format: JSON\nactual format from Schema Registry: AVRO")
    server.run(f"CREATE STREAM avro_in WITH (KAFKA_TOPIC='{avro}', VALUE_FORMAT='AVRO');")
    schemas = {"AVRO": Schema('"string"', "AVRO"), "JSON": Schema('{"type":"object","properties":{}}', "JSON")}
    for mine, theirs, taken in (("JSON_SR", "JSON", "AVRO"), ("AVRO", "AVRO", "JSON")):
        server.registry.register_schema(f"{mixed}_{mine}-value", schemas[taken])
        refused = server.post(f"CREATE STREAM mixed_{mine} WITH (KAFKA_TOPIC='{mixed}_{mine}', "
                              f"VALUE_FORMAT='{mine}') AS SELECT * FROM avro_in;")
        assert refused.status_code == 400, refused.text
        assert (f"subject {mixed}_{mine}-value has schemas of the type {taken}, not {theirs}"
                in refused.json()["message"])
    assert set(server.states().values()) == {"RUNNING"}


def test_states_restarts_and_drops(server):
    topic, rate = server.prefix + "sales", server.prefix + "rates"
    schema = {"type": "object", "properties": {
        "shop": {"type": "string"}, "amount": {"type": "integer", "connect.type": "int32"}}}
    server.create("sales", "rates", partitions=1)
    key = {"$schema": DRAFT, "type": "string"}  # without it Apicurio takes it for no JSON schema

    def sell(*sales):
        send(server, topic, *(
            (serialize(server, topic, key, shop, MessageField.KEY),
             serialize(server, topic, schema, {"shop": shop, "amount": amount}))
            for shop, amount in sales))

    server.run(f"CREATE STREAM sales (k STRING KEY, shop STRING, amount INT) WITH "
               f"(KAFKA_TOPIC='{topic}', FORMAT='JSON_SR');")
    server.run(f"CREATE TABLE rates (shop STRING PRIMARY KEY, factor INT) WITH "
               f"(KAFKA_TOPIC='{rate}', FORMAT='JSON_SR');")
    server.run("INSERT INTO rates VALUES ('a', 10);")
    server.wait_count(rate, 1)
    server.run(f"CREATE TABLE totals WITH (KAFKA_TOPIC='{server.prefix}totals') AS "
               "SELECT shop, COUNT(*) AS n, SUM(amount) AS total, COLLECT_LIST(amount) AS all_ "
               "FROM sales GROUP BY shop;")
    server.run(f"CREATE STREAM rated WITH (KAFKA_TOPIC='{server.prefix}rated') AS SELECT s.k, "
               "amount * factor AS rated FROM sales s JOIN rates r ON s.k = r.shop;")
    sell(("a", 1), ("b", 2), ("a", 3))

    def total(wanted):
        if set(server.states().values()) != {"RUNNING"}:
            return server.states()
        rows = ask(server, "SELECT n, total, all_ FROM totals WHERE shop = 'a';")
        return rows == wanted or rows

    wait_until("the total is there", lambda: total([[2, 4, [1, 3]]]), 60)
    assert read(server, server.prefix + "rated", 2) == [("a", {"RATED": 10}), ("a", {"RATED": 30})]
    server.stop(signal.SIGKILL)
    server.start()
    sell(("a", 4))
    wait_until("the total goes on", lambda: total([[3, 8, [1, 3, 4]]]), 60)
    assert read(server, server.prefix + "totals", 4)[-1] == (
        "a", {"N": 3, "TOTAL": 8, "ALL_": [1, 3, 4]})
    assert read(server, server.prefix + "rated", 3)[-1] == ("a", {"RATED": 40})
    server.run("DROP TABLE totals DELETE TOPIC;")
    for side in ("key", "value"):
        answer = requests.get(f"{REGISTRY}/subjects/{server.prefix}totals-{side}/versions/latest",
                              timeout=30)
        assert answer.status_code == 404
