"""What the benchmarks ask of Kafka and the Schema Registry: topics, groups, and the broker's own
clock, which times every side alike.

Output topics have message.timestamp.type=LogAppendTime. A side's time is that between the broker's
first and last append of its records: starting, group joining and shutdown count for nobody.
"""

import json
import time
import urllib.request

from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException,
                             TopicPartition)
from confluent_kafka.admin import AdminClient, NewTopic

from sides import PARTITIONS, Failed

ASK_SECONDS = 30
MARKERS_MAX = 8  # control records that may stand behind a partition's last record


class Broker:
    """Everything made through it has its prefix and goes away with close()."""

    def __init__(self, bootstrap, registry, prefix):
        self.bootstrap, self.registry, self.prefix = bootstrap, registry, prefix
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        self.subjects = []

    def name(self, base):
        return self.prefix + base

    def create(self, *bases):
        topics = [NewTopic(self.name(base), PARTITIONS, 1, config={
            "message.timestamp.type": "LogAppendTime", "retention.ms": "-1"}) for base in bases]
        for future in self.admin.create_topics(topics).values():
            future.result(ASK_SECONDS)

    def register(self, base, schema_text):
        subject = f"{self.name(base)}-value"
        answer = self.ask("POST", f"/subjects/{subject}/versions", {"schema": schema_text})
        self.subjects.append(subject)
        return answer["id"]

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.registry + path, method=method, data=json.dumps(body).encode() if body else None,
            headers={"Content-Type": "application/vnd.schemaregistry.v1+json"})
        with urllib.request.urlopen(request, timeout=ASK_SECONDS) as answer:
            return json.load(answer)

    def ends(self, base):
        """The offset behind the last record or marker of each partition."""
        consumer = self.consumer()
        try:
            return {partition: consumer.get_watermark_offsets(
                        TopicPartition(self.name(base), partition), ASK_SECONDS, cached=False)[1]
                    for partition in range(PARTITIONS)}
        finally:
            consumer.close()

    def consumer(self):
        return Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.name("reader"),
                         "enable.auto.commit": False, "enable.partition.eof": True,
                         "isolation.level": "read_uncommitted", "fetch.wait.max.ms": 10})

    def committed(self, group, base):
        """The sum of the group's committed positions, 0 for what it has not committed."""
        partitions = [TopicPartition(self.name(base), number) for number in range(PARTITIONS)]
        asked = self.admin.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group, partitions)])
        answer = asked[group].result(ASK_SECONDS)
        return sum(max(0, partition.offset) for partition in answer.topic_partitions)

    def delete_group(self, group):
        """Once its last member has left."""
        deadline = time.monotonic() + ASK_SECONDS
        while True:
            try:
                self.admin.delete_consumer_groups([group])[group].result(ASK_SECONDS)
                return
            except KafkaException as failure:
                if failure.args[0].name() == "GROUP_ID_NOT_FOUND":
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def append_seconds(self, starts):
        """From the first to the last append behind `starts`: {base: {partition: offset}}."""
        ends = {base: self.ends(base) for base in starts}
        firsts, lasts = {}, {}
        for base, offsets in starts.items():
            for partition, offset in offsets.items():
                if ends[base][partition] > offset:
                    key = (self.name(base), partition)
                    firsts[key] = offset
                    lasts[key] = max(offset, ends[base][partition] - MARKERS_MAX)
        first = [times[0] for times in self.times(firsts, 1).values() if times]
        last = [times[-1] for times in self.times(lasts, MARKERS_MAX).values() if times]
        return (max(last) - min(first)) / 1000

    def times(self, offsets, count):
        """The timestamps of up to `count` records of each partition from its offset on."""
        records = self.read(offsets, count)
        return {key: [message.timestamp()[1] for message in messages]
                for key, messages in records.items()}

    def mean_bytes(self, bases):
        """The mean size of the values of all records in the topics."""
        records = self.read({(self.name(base), partition): 0
                             for base in bases for partition in range(PARTITIONS)}, None)
        sizes = [len(message.value()) for messages in records.values() for message in messages]
        return round(sum(sizes) / len(sizes))

    def read(self, offsets, count):
        """Up to `count` records of each partition from its offset on, all of them if None:
        {(topic, partition): [message]}."""
        consumer = self.consumer()
        seen = {key: [] for key in offsets}
        waiting = set(offsets)
        consumer.assign([TopicPartition(topic, partition, offset)
                         for (topic, partition), offset in offsets.items()])
        deadline = time.monotonic() + ASK_SECONDS
        while waiting:
            if time.monotonic() > deadline:
                raise Failed(f"the broker did not hand out {sorted(waiting)}")
            message = consumer.poll(1)
            if message is None:
                continue
            key = (message.topic(), message.partition())
            if message.error():
                # all else passes: a topic just made is unknown for a moment
                if message.error().code() == KafkaError._PARTITION_EOF:
                    waiting.discard(key)
            elif key in waiting:
                seen[key].append(message)
                if len(seen[key]) == count:
                    waiting.discard(key)
                    consumer.pause([TopicPartition(*key)])
        consumer.close()
        return seen

    def close(self):
        topics = [name for name in self.admin.list_topics(timeout=ASK_SECONDS).topics
                  if name.startswith(self.prefix)]
        if topics:
            for future in self.admin.delete_topics(topics).values():
                future.result(ASK_SECONDS)
        for subject in self.ask("GET", "/subjects"):
            if subject.startswith(self.prefix):
                self.ask("DELETE", f"/subjects/{subject}")
