"""What orderflow-admin counts: records and orders, not offsets."""

import uuid

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from world import BOOTSTRAP, World


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def admin(world, *words):
    return world.run("stack/admin/orderflow-admin", *words).splitlines()


def transactions(world, topic, decisions):
    """One record each to partition 0; True is committed, False aborted."""
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": uuid.uuid4().hex})
    producer.init_transactions(60)
    for number, committed in enumerate(decisions):
        producer.begin_transaction()
        producer.produce(world.prefix + topic, key=str(number + 1), value=b"x", partition=0)
        assert producer.flush(60) == 0  # an aborted one is there, too
        if committed:
            producer.commit_transaction(60)
        else:
            producer.abort_transaction(60)


def commit(world, group, topic, offset):
    """As Connect does: the place behind the last record, before the markers."""
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group})
    consumer.commit(offsets=[TopicPartition(world.prefix + topic, 0, offset)], asynchronous=False)
    consumer.close()


def lag(world, word):
    """Partitions and lag."""
    return [tuple(int(number) for number in line.split()[2:]) for line in admin(world, "lag", word)]


def test_lag_is_records_and_comes_to_0(world):
    group, topic = world.prefix + "sink", "finished_orders"
    # Offsets: a record, its marker, ... 6 records in 12 offsets, of which the last two do not count.
    transactions(world, topic, [True, True, True, True, False, False])
    name = world.prefix + topic
    assert lag(world, group) == []
    assert lag(world, f"{group}={name}") == [(4, 4)]  # nothing committed: the topic whole
    for offset, left in [(1, 3), (2, 3), (3, 2), (6, 1), (7, 0), (8, 0), (12, 0)]:
        commit(world, group, topic, offset)
        assert lag(world, group) == [(1, left)], offset
        assert lag(world, f"{group}={name}") == [(4, left)], offset
        assert lag(world, group[:-2] + "*") == [(1, left)], offset
    transactions(world, topic, [True])
    assert lag(world, group) == [(1, 1)]


def test_lag_of_many_is_read_only_so_far(world):
    """Behind the first 10,000 records offsets stand for records."""
    topic, many = "failed_orders", 12000
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "queue.buffering.max.messages": 2 * many})
    for number in range(many):
        producer.produce(world.prefix + topic, key=str(number + 1), value=b"x", partition=0)
    assert producer.flush(60) == 0
    transactions(world, topic, [True])
    commit(world, world.prefix + "sink", topic, 0)
    assert lag(world, world.prefix + "sink") == [(1, many + 2)]  # the last one and its marker


def test_balance_is_orders_however_often_they_were_sent(world):
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    for topic, keys in [("finished_orders", ["1", "2", "2", "3", "1000000000000"]),
                        ("failed_orders", ["3", "4", "4", "no number", "5"]), ("orders_dlq", ["6"])]:
        for key in keys:
            producer.produce(world.prefix + topic, key=key, value=b"x")
    assert producer.flush(60) == 0
    assert admin(world, "balance") == ["generated 0", "finished 4", "failed 3", "ended 6", "dead 1"]
