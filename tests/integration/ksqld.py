"""orderflow-ksqld as a process on a real broker and registry, with what its tests share: a service
and topics of their own, the REST API over requests, Kafka through Confluent's client."""

import collections
import collections.abc
import signal
import subprocess
import tempfile
import time
import uuid

import requests
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from world import BOOTSTRAP, BUILD, REGISTRY, free_port, wait_until

# ksqlDB's Python client needs an h2 that takes these from where Python had them before 3.10, and
# the client of Confluent's registry takes the h2 that is there.
for abstract in ("Iterable", "Mapping", "MutableMapping", "MutableSet"):
    if not hasattr(collections, abstract):
        setattr(collections, abstract, getattr(collections.abc, abstract))

EARLIEST = {"auto.offset.reset": "earliest", "processing.guarantee": "exactly_once_v2"}
TYPE = "application/vnd.ksql.v1+json"


class Ksqld:
    def __init__(self, *options, auth=None):
        self.tag = uuid.uuid4().hex[:8]
        self.prefix = f"ksqld_{self.tag}_"
        self.service = f"test_{self.tag}_"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.extra = options
        self.auth = auth
        self.admin = AdminClient({"bootstrap.servers": BOOTSTRAP})
        self.process = None   # the last one started
        self.processes = []
        self.log = tempfile.NamedTemporaryFile()
        self.state = tempfile.TemporaryDirectory()
        self.made = set()  # topics outside of the prefix
        self.start()

    # ---- the process ----

    def options(self):
        return ["-X", f"bootstrap.servers={BOOTSTRAP}", "-X", f"schema.registry.url={REGISTRY}",
                "--topic-prefix", self.prefix, *self.extra]

    def start(self, wait=True):
        self.process = subprocess.Popen(
            [BUILD / "ksqld/orderflow-ksqld", *self.options(), "--port", str(self.port),
             "--service-id", self.service, "--state-dir", self.state.name],
            stdin=subprocess.DEVNULL, stderr=self.log)
        self.processes.append(self.process)
        if wait:
            wait_until("the server answers", self.answers, 60)

    def answers(self):
        assert self.process.poll() is None, \
            f"the server left with {self.process.returncode}: {self.said()}"
        try:
            answer = requests.get(self.url + "/info", auth=self.auth, timeout=10)
            return answer.status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(30)
        return code

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait(30)
        topics = [name for name in self.admin.list_topics(timeout=30).topics
                  if name.startswith(self.prefix) or name in self.made]
        if topics:
            for future in self.admin.delete_topics(topics).values():
                future.result(30)
        for subject in requests.get(f"{REGISTRY}/subjects", timeout=30).json():
            if subject.startswith(self.prefix) or subject.rsplit("-", 1)[0] in self.made:
                requests.delete(f"{REGISTRY}/subjects/{subject}", timeout=30)
        self.log.close()
        self.state.cleanup()

    def said(self):
        with open(self.log.name, encoding="utf-8") as log:
            return log.read()[-4000:]

    def lines(self):
        with open(self.log.name, encoding="utf-8") as log:
            return log.read().splitlines()

    # ---- the API ----

    def post(self, statement, properties=None, **members):
        return requests.post(self.url + "/ksql", timeout=60, headers={"Content-Type": TYPE},
                             json={"ksql": statement,
                                   "streamsProperties": EARLIEST if properties is None
                                   else properties, **members})

    def run(self, statement, **members):
        answer = self.post(statement, **members)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def states(self):
        queries = self.run("SHOW QUERIES;")[0]["queries"]
        return {query["id"]: query["state"] for query in queries}

    def apply(self, path, *options):
        return subprocess.run(
            [BUILD / "ksqld/orderflow-ksql", "apply", "--server", self.url, *options, path],
            timeout=120, text=True, capture_output=True, check=False)

    # ---- Kafka ----

    def create(self, *names, partitions=2):
        for future in self.admin.create_topics(
                [NewTopic(self.prefix + name, partitions) for name in names]).values():
            future.result(30)
        wait_until("topics are known", lambda: all(
            self.prefix + name in self.admin.list_topics(timeout=30).topics for name in names), 30)

    def producer(self):
        return Producer({"bootstrap.servers": BOOTSTRAP, "partitioner": "murmur2_random",
                         "enable.idempotence": True})

    def read(self, topic):
        """All committed records of a topic, by partition."""
        consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": self.prefix + "reader",
                             "enable.auto.commit": False, "isolation.level": "read_committed",
                             "enable.partition.eof": True})
        known = consumer.list_topics(topic, 30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, 0) for partition in known])
        waiting, found = set(known), {partition: [] for partition in known}
        while waiting:
            message = consumer.poll(30)
            assert message is not None, f"{topic}: no answer"
            if message.error():
                waiting.discard(message.partition())
            else:
                found[message.partition()].append(message)
        consumer.close()
        return found

    def count(self, topic):
        return sum(len(messages) for messages in self.read(topic).values())

    def wait_count(self, topic, count, seconds=60):
        def reached():
            seen = self.count(topic)
            return seen == count or f"{seen} of {count} records"

        wait_until(topic, reached, seconds)
        time.sleep(.5)
        assert self.count(topic) == count, "more came afterwards"
