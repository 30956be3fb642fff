"""Poison among good orders, on the topics of all stages: each bad record ends in the
dead-letter topic as it was, nothing else does, and the good orders arrive.

Runs in any order with the other tests and whatever earlier runs left.
"""

import json
import time
import uuid
from collections import Counter

import requests
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, ConfigResource

import judge
from flow import PATIENCE, LiveOrders
from instance import STAGES, wait_until
from poison import UNRESOLVABLE, Poison

EACH = 1000
OVERSIZED = 21  # of these fewer: they are a megabyte each
STAGE_OF = dict(zip(["unpaid_orders", "valid_orders", "paid_orders", "shipped_orders"], STAGES))
BESIDE = "routing"  # reads paid_orders, too, and has letters of its own
ROOM = 512      # of a topic's max.message.bytes: key, headers, the batch's own head
BURST = 50      # of each kind, then the good orders have their turn


def record_max(topic):
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    admin = AdminClient({"bootstrap.servers": judge.environment("BOOTSTRAP_SERVERS")})
    return int(admin.describe_configs([resource])[resource].result(60)["max.message.bytes"].value)


def register_unresolvable():
    answer = requests.post(
        f"{judge.environment('SCHEMA_REGISTRY_URL')}/subjects/poison-value/versions",
        json={"schema": json.dumps(UNRESOLVABLE)}, timeout=60)
    answer.raise_for_status()
    return answer.json()["id"]


def good_values():
    """Topic -> a few values of orders that are right there."""
    registry, values = judge.Registry(), {}
    for topic in judge.ORDER_TOPICS:
        values[topic] = []
        for record in judge.read_topic(topic):
            if record.key and record.key.isdigit():
                registry.decode(record.value)
                values[topic].append(record.value)
                if len(values[topic]) == 60:
                    break
    return values


def all_poison(run):
    """(topic, mark, kind, key, value, headers) of each record to send, kinds and topics mixed."""
    limit = min(record_max(topic) for topic in STAGE_OF)
    poison, good = Poison(register_unresolvable(), limit - ROOM), good_values()
    wrong = {topic: [value for other in judge.ORDER_TOPICS if other != topic
                     for value in good[other]] for topic in STAGE_OF}
    for number in range(EACH):
        topic = list(STAGE_OF)[number % len(STAGE_OF)]
        for kind in Poison.KINDS:
            if kind == "oversized" and number >= OVERSIZED:
                continue
            mark = f"{run}/{kind}/{number}"
            if kind == "wrong state":
                value, headers = wrong[topic][number % len(wrong[topic])], []
            else:
                value, headers = poison.make(kind, good[topic][number % len(good[topic])], number)
            key = None if number % 10 == 9 else f"poison-{kind}".encode()
            yield (topic, mark, kind, key, value,
                   [("poison", mark.encode()), *headers, ("empty", b""), ("null", None)])


def send(records):
    """All of them, mark -> record."""
    producer = Producer({"bootstrap.servers": judge.environment("BOOTSTRAP_SERVERS"),
                         "partitioner": "murmur2_random", "message.max.bytes": 4 << 20,
                         "batch.size": 200_000, "enable.idempotence": True})
    sent = {}
    for record in records:
        topic, mark, _, key, value, headers = record
        sent[mark] = record
        producer.produce(topic, key=key, value=value, headers=headers)
        if len(sent) % (BURST * len(Poison.KINDS)) == 0:
            assert producer.flush(PATIENCE) == 0
            time.sleep(.3)
    assert producer.flush(PATIENCE) == 0
    return sent


def letters_of(run):
    """Those of the stages that the topics are for, and those of the stage beside."""
    letters = [letter for letter in judge.read_topic(judge.DEAD_LETTERS)
               if (letter.header("poison") or b"").startswith(run.encode())]
    beside = [letter for letter in letters if letter.header("orderflow.stage") == BESIDE.encode()]
    main = [letter for letter in letters if letter.header("orderflow.stage") != BESIDE.encode()]
    return main, beside


def assert_is_letter_of(letter, record, stage):
    topic, mark, kind, key, value, headers = record
    assert letter.key == key, mark
    assert letter.value == value, mark
    assert letter.headers[:len(headers)] == headers, mark
    assert letter.header("__streams.errors.topic") == topic.encode(), mark
    assert letter.header("__streams.errors.partition").isdigit(), mark
    assert letter.header("__streams.errors.offset").isdigit(), mark
    assert letter.header("__streams.errors.exception") == b"input", mark
    assert letter.header("__streams.errors.message"), mark
    assert letter.header("orderflow.stage") == stage.encode(), mark
    assert letter.header("orderflow.error.class") == Poison.KINDS[kind].encode(), (
        mark, letter.header("__streams.errors.message"))


def test_poison_of_each_kind_among_good_orders(pipeline):
    run = uuid.uuid4().hex
    flow = LiveOrders(rate=100)
    flow.start()
    sent = send(all_poison(run))
    twice = {mark for mark, record in sent.items() if record[0] == "paid_orders"}

    def dead():
        found = sum(map(len, letters_of(run)))
        return found >= len(sent) + len(twice) or f"{found} of {len(sent)} and {len(twice)}"

    wait_until("all poison is dead", dead, PATIENCE, pause=2)
    wait_until("1000 good orders among it", lambda: flow.made() >= 1000, PATIENCE)
    flow.stop()
    letters, beside = letters_of(run)
    assert len(letters) == len(sent) and len(beside) == len(twice)
    assert len({letter.header("poison") for letter in letters}) == len(sent)
    assert {letter.header("poison").decode() for letter in beside} == twice
    for letter in letters:
        record = sent[letter.header("poison").decode()]
        assert_is_letter_of(letter, record, STAGE_OF[record[0]])
    for letter in beside:
        assert_is_letter_of(letter, sent[letter.header("poison").decode()], BESIDE)
    kinds = Counter(record[2] for record in sent.values())
    print(f"poison: {dict(kinds)} among {flow.made()} orders")
    assert kinds == {kind: OVERSIZED if kind == "oversized" else EACH for kind in Poison.KINDS}
    pipeline.settle(letters=len(sent) + len(twice))
