"""The sinks of both connectors, Debezium's and Confluent's, write the same: the one that our tests run
stands for the other. And both name the keys that the tables have."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "connect/debezium").glob("*.json"))

# What means the same, in Debezium's words and in Confluent's.
WORDS = {
    "connection.username": "connection.user",
    "primary.key.mode": "pk.mode",
    "primary.key.fields": "pk.fields",
    "collection.name.format": "table.name.format",
    "flush.max.retries": "max.retries",
    "flush.retry.delay.ms": "retry.backoff.ms",
}
OWN = {"connector.class", "schema.evolution", "use.reduction.buffer", "connection.restart.on.errors",
       "auto.create", "auto.evolve", "quote.sql.identifiers", "db.timezone"}


def settings(connector, name):
    text = (ROOT / "connect" / connector / f"{name}.json").read_text(encoding="utf-8")
    return {WORDS.get(word, word): value for word, value in json.loads(text).items() if word not in OWN}


def primary_keys():
    """{table: its key's columns} as the scripts have them."""
    found = {}
    for path in sorted((ROOT / "connect/postgres").glob("*.sql")):
        for table, body in re.findall(r"CREATE TABLE IF NOT EXISTS (\w+) \((.*?)\n\)", path.read_text(
                encoding="utf-8"), re.S):
            whole = re.search(r"PRIMARY KEY \(([^)]*)\)", body)
            columns = whole[1].split(",") if whole else re.findall(r"(\w+)[^\n]* PRIMARY KEY", body)
            found[table] = {column.strip() for column in columns}
    return found


def test_there_are_as_many_of_both():
    assert len(NAMES) == 7
    assert sorted(path.stem for path in (ROOT / "connect/confluent").glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_both_connectors_write_the_same(name):
    debezium, confluent = settings("debezium", name), settings("confluent", name)
    assert confluent == debezium
    assert {"topics", "pk.fields", "table.name.format", "insert.mode"} <= set(debezium)


@pytest.mark.parametrize("name", NAMES)
def test_no_connector_makes_or_changes_a_table(name):
    for connector, words in (("debezium", {"schema.evolution": "none"}),
                             ("confluent", {"auto.create": "false", "auto.evolve": "false"})):
        text = (ROOT / "connect" / connector / f"{name}.json").read_text(encoding="utf-8")
        assert words.items() <= json.loads(text).items()


@pytest.mark.parametrize("name", NAMES)
def test_keys_are_those_of_the_tables(name):
    sink = settings("confluent", name)
    keys = {field.lower() for field in sink["pk.fields"].split(",")}
    assert keys == primary_keys()[sink["table.name.format"]]
