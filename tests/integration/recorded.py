"""The recording of a real ksqlDB (../shared/ksqldb-recorded) with its names made ours, so that it
can be played again on a shared broker."""

import base64
import json
import os
import re
import struct
import time
from collections import Counter
from pathlib import Path

import requests

from world import REGISTRY, ROOT

FOLDER = Path(os.environ.get("ORDERFLOW_TEST_SHARED", ROOT.parent / "shared")) / "ksqldb-recorded"
GROUP = re.compile(r"_confluent-ksql-recorded_query_(\w+)")


def exists():
    return (FOLDER / "pipeline.json").exists()


class Recording:
    def __init__(self, ksqld):
        self.ksqld = ksqld
        self.data = json.loads((FOLDER / "pipeline.json").read_text(encoding="utf-8"))
        self.closed = f"CLOSED_{ksqld.tag.upper()}"
        ksqld.made |= {self.closed}
        self.ids = {}  # recorded schema id: ours
        # Records of the past would be deleted by retention while they are compared.
        self.shift = int(time.time() * 1000) - self.data["inputs"][0]["timestamp"]

    def ours(self, text):
        """Names of topics, and of the stream whose topic is named after it."""
        text = GROUP.sub(rf"{self.ksqld.prefix}orderflow-ksqld-{self.ksqld.service}-\1", text)
        text = re.sub(r"\brec_", self.ksqld.prefix, text)
        text = re.sub(r"\bCLOSED(?=\b|_3)", self.closed, text)
        return re.sub(r"CSAS_CLOSED_3", f"CSAS_{self.closed}_3",
                      re.sub(r"\bclosed\b", self.closed.lower(), text))

    def talk(self):
        for entry in self.data["talk"]:
            yield (self.ours(entry["statement"]), entry["status"],
                   json.loads(self.ours(json.dumps(entry["answer"]))))

    def queries(self):
        """Those at /query-stream: statement, status, lines of the answer."""
        for statement, entry in self.data["query_stream"].items():
            yield statement, entry["status"], lines(entry["body"])

    def topic(self, name):
        return self.closed if name == "CLOSED" else self.ours(name)

    def send_inputs(self):
        """Registers the inputs' schema and sends them in order, bytes as they were."""
        text = (FOLDER / "order.avsc").read_text(encoding="utf-8")
        for name in ("finished_orders", "failed_orders"):
            answer = requests.post(
                f"{REGISTRY}/subjects/{self.ksqld.prefix}{name}-value/versions",
                json={"schema": text}, timeout=30)
            answer.raise_for_status()
            recorded = self.data["subjects"][f"rec_{name}-value"]["id"]
            self.ids[recorded] = answer.json()["id"]
        producer = self.ksqld.producer()
        for record in self.data["inputs"]:
            producer.produce(self.topic(record["topic"]), key=decode(record["key"]),
                             value=self.with_our_id(decode(record["value"])),
                             timestamp=record["timestamp"] + self.shift)
        assert producer.flush(60) == 0

    def with_our_id(self, value):
        if value is None or len(value) < 5 or value[0] != 0:
            return value
        recorded, = struct.unpack(">I", value[1:5])
        return b"\0" + struct.pack(">I", self.ids[recorded]) + value[5:]

    def outputs(self):
        """topic: {partition: [(key, value without its framing, timestamp), ...]}"""
        found = {}
        for record in self.data["outputs"]:
            found.setdefault(record["topic"], {}).setdefault(record["partition"], []).append(
                (decode(record["key"]), body(decode(record["value"])),
                 record["timestamp"] + self.shift))
        return found

    def schemas(self):
        return {name[:-len("-value")]: entry["schema"]
                for name, entry in self.data["subjects"].items()
                if not name.startswith(("rec_finished_orders", "rec_failed_orders"))}


def decode(text):
    return None if text is None else base64.b64decode(text)


def body(value):
    return None if value is None else value[5:]


def lines(text):
    """Of an answer to a query, without the id that it was given."""
    found = [json.loads(line) for line in text.splitlines()]
    if "queryId" in found[0]:
        del found[0]["queryId"]
    return found


def comparable(answer):
    """Rows of lists in one order, without figures of the moment."""
    if not isinstance(answer, list):
        return answer
    for entity in answer:
        for rows, key in (("streams", "name"), ("tables", "name"), ("queries", "id")):
            if rows in entity:
                entity[rows].sort(key=lambda row, key=key: row[key])
        description = entity.get("sourceDescription", {})
        for rows in ("readQueries", "writeQueries"):
            description.get(rows, []).sort(key=lambda row: row["id"])
        if description:
            description["clusterStatistics"] = []
            for summary in description["queryOffsetSummaries"]:
                summary["topicSummaries"] = []
    return answer


def by_place(records):
    """What stands in each partition, in no order: sources' partitions are read as they come. A
    record without a key may be in any."""
    return Counter((partition if record[0] is not None else None, record)
                   for partition, list_of in records.items() for record in list_of)


def by_key(records):
    """Each key's records in their order."""
    found = {}
    for list_of in records.values():
        for record in list_of:
            found.setdefault(record[0], []).append(record)
    return found


def last(records):
    """Each key's last record."""
    return {key: list_of[-1] for key, list_of in by_key(records).items()}
