"""The processors as processes on a real broker and registry, watched by Confluent's client."""

import random
import signal
import time

import pytest

from world import World, wait_until


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def group_of(world, stage):
    return f"{world.prefix}orderflow-{stage}"


def assert_all_went_on(world, stage_input, outputs, count):
    def done():
        seen = [number for topic in outputs for number in world.ids(topic)]
        return len(seen) >= count or f"{len(seen)} of {count}"

    wait_until(f"{count} orders left {stage_input}", done, 60)
    seen = [number for topic in outputs for number in world.ids(topic)]
    assert sorted(seen) == list(range(1, count + 1))
    assert world.ids("orders_dlq") == []


def stop(process):
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    _, log = process.communicate(timeout=30)
    return process.returncode, time.monotonic() - started, log


def readers(world):
    """Members of payment's group that have partitions."""
    group = group_of(world, "payment")
    told = world.admin.describe_consumer_groups([group])[group].result(30)
    return sum(bool(member.assignment.topic_partitions) for member in told.members)


def test_every_order_goes_through_all_three(world):
    stages = [world.start(stage) for stage in ("payment", "shipping", "delivery")]
    world.send(1, 2000)
    wait_until("all orders final", lambda: len(world.ids("finished_orders")) + len(
        world.ids("failed_orders")) >= 2000 or "not yet", 60)
    final = world.ids("finished_orders") + world.ids("failed_orders")
    assert sorted(final) == list(range(1, 2001))
    assert .60 < len(world.ids("finished_orders")) / 2000 < .80  # .77 * .95 * .95 = .695
    # Behind the last record stands a transaction's marker: the lag must reach 0 all the same.
    wait_until("no lag", lambda: world.lag(group_of(world, "shipping"), "paid_orders") == 0 or
               world.lag(group_of(world, "shipping"), "paid_orders"), 20)
    for stage in stages:
        code, seconds, log = stop(stage)
        assert code == 0, log
        assert seconds < 5, log


def test_sigterm_leaves_the_group_at_once(world):
    stage = world.start("payment")
    world.send(1, 100)
    assert_all_went_on(world, "unpaid_orders", ["paid_orders", "failed_orders"], 100)
    code, _, log = stop(stage)
    assert code == 0, log
    group = group_of(world, "payment")
    told = world.admin.describe_consumer_groups([group])[group].result(30)
    assert told.members == []


def test_a_killed_stage_comes_back_without_loss_or_double(world):
    moments = random.Random(20261121)
    stage = world.start("payment")
    for kill in range(10):
        world.send(1 + 500 * kill, 500)
        time.sleep(moments.uniform(0, .6))
        stage.kill()
        stage.communicate(timeout=30)
        stage = world.start("payment")
    assert_all_went_on(world, "unpaid_orders", ["paid_orders", "failed_orders"], 5000)


def test_a_second_instance_joins_and_leaves(world):
    first = world.start("payment", "--instance", "first")
    world.send(1, 1000)
    second = world.start("payment", "--instance", "second")
    world.send(1001, 2000, pause=.1)
    wait_until("both read", lambda: readers(world) == 2 or readers(world), 30)
    world.send(3001, 500)
    code, _, log = stop(second)
    assert code == 0, log
    world.send(3501, 500)
    assert_all_went_on(world, "unpaid_orders", ["paid_orders", "failed_orders"], 4000)
    assert first.poll() is None


def test_the_same_name_twice_is_fenced(world):
    first = world.start("payment")
    world.send(1, 500)
    assert_all_went_on(world, "unpaid_orders", ["paid_orders", "failed_orders"], 500)
    second = world.start("payment")
    world.send(501, 2000, pause=.1)
    wait_until("the first leaves", lambda: first.poll() is not None, 40)
    _, log = first.communicate(timeout=30)
    assert first.returncode == 6, log
    assert "taken over" in log
    assert_all_went_on(world, "unpaid_orders", ["paid_orders", "failed_orders"], 2500)
    assert second.poll() is None
