"""orderflow-dlq on a real broker: letters of a real stage, put back once each, whatever happens to
the tool meanwhile."""

import json
import random
import re
import subprocess
import time
from collections import Counter

import pytest
from confluent_kafka import Producer

from world import BOOTSTRAP, BUILD, World, read_committed, unpaid_order, wait_until

DLQ = BUILD / "deadletters/orderflow-dlq"


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def dlq(world, *arguments, code=0):
    done = subprocess.run([DLQ, *world.options(), *arguments], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def listed(world, *arguments):
    return [json.loads(line) for line in dlq(world, "list", "--json", *arguments).splitlines()]


def records(world, topic):
    """Committed records of a topic: (key, value, headers, partition, offset)."""
    return [(message.key(), message.value(), message.headers() or [], message.partition(),
             message.offset()) for message in read_committed(world.prefix + topic)]


def send(world, topic, entries):
    """(key, value, headers) each."""
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "partitioner": "murmur2_random"})
    for key, value, headers in entries:
        producer.produce(world.prefix + topic, key=key, value=value, headers=headers)
        producer.poll(0)
    assert producer.flush(60) == 0


def letter_headers(world, offset, topic="unpaid_orders", partition=0):
    """What a stage would have written; for letters that no stage has to make."""
    return [("origin", b"test"), ("__streams.errors.exception", b"input"),
            ("__streams.errors.message", f"bad record {offset}".encode()),
            ("__streams.errors.topic", (world.prefix + topic).encode()),
            ("__streams.errors.partition", str(partition).encode()),
            ("__streams.errors.offset", str(offset).encode()),
            ("orderflow.stage", b"payment"), ("orderflow.error.class", b"decode")]


def open_by_status(world):
    status = world.run("stack/admin/orderflow-admin", "status")
    return int(re.search(r"^dead letters +(\d+)", status, re.M)[1])


def test_a_letter_is_listed_shown_replayed_and_gone(world):
    stage = world.start("payment")
    good = world.encode(unpaid_order(1))
    send(world, "unpaid_orders", [
        ("1", good, None),
        ("2", good[:40], [("trace", b"t-2"), ("trace", None)]),
        ("3", b"", [("trace", b"t-3")]),
        (None, b"{}\x1b[31m", None)])
    wait_until("three letters", lambda: len(listed(world)) == 3 or len(listed(world)), 60)
    sources = {(key, value): (partition, offset)
               for key, value, _, partition, offset in records(world, "unpaid_orders")}
    letters = {letter["key"]: letter for letter in listed(world)}
    cut = letters["2"]
    assert (cut["stage"], cut["class"], cut["attempts"], cut["state"]) == ("payment", "decode", 0, "open")
    assert cut["source_topic"] == world.prefix + "unpaid_orders"
    assert (cut["source_partition"], cut["source_offset"]) == sources[(b"2", good[:40])]
    assert cut["message"] and cut["value_bytes"] == 40
    assert letters["3"]["class"] == letters[None]["class"] == "framing"

    # Filters, and the table for people.
    assert {letter["key"] for letter in listed(world, "--class", "framing")} == {"3", None}
    assert listed(world, "--stage", "shipping") == []
    assert listed(world, "--until", cut["time"][:10]) == []
    assert len(listed(world, "--since", cut["time"][:10], "--stage", "payment")) == 3
    table = dlq(world, "list")
    assert table.splitlines()[0].split() == ["LETTER", "SOURCE", "STAGE", "CLASS", "TIME", "KEY", "MESSAGE"]
    assert table.splitlines()[-1] == "3 letters" and cut["letter"] in table
    assert "\x1b" not in dlq(world, "show", letters[None]["letter"])

    shown = dlq(world, "show", cut["letter"])
    for part in (cut["letter"], "trace: t-2", "orderflow.instance: 1", "value      40 bytes", "00000020 "):
        assert part in shown, shown
    assert good[:16].hex(" ") in shown
    whole = json.loads(dlq(world, "show", "--json", cut["letter"]))
    assert bytes.fromhex(whole["value_hex"]) == good[:40] and whole["headers"][0]["text"] == "t-2"
    assert whole["headers"][1] == {"name": "trace", "text": None, "hex": None}

    # The stage fails on it again: the new letter counts the attempt, the old one is handled.
    assert "would be replayed " + cut["letter"] in dlq(world, "replay", "--dry-run", cut["letter"])
    out = dlq(world, "replay", cut["letter"])
    assert f"replayed {cut['letter']} to {world.prefix}unpaid_orders, attempt 1" in out
    assert out.endswith("1 replayed\n")
    wait_until("it died again", lambda: [letter["attempts"] for letter in listed(world)
                                         if letter["key"] == "2"] == [1] or listed(world), 60)
    again = [record for record in records(world, "unpaid_orders") if record[0] == b"2"]
    assert [value for _, value, _, _, _ in again] == [good[:40]] * 2
    assert again[1][2] == [("trace", b"t-2"), ("trace", None), ("orderflow.attempts", b"1")]
    assert again[0][3] == again[1][3]  # the same partition
    assert dlq(world, "replay", cut["letter"]).endswith("0 replayed, 1 had been handled before\n")
    newer = [letter for letter in listed(world) if letter["key"] == "2"][0]
    out = json.loads(dlq(world, "replay", "--json", newer["letter"]))
    assert (out["action"], out["attempts"]) == ("replayed", 2)
    wait_until("and again", lambda: [letter["attempts"] for letter in listed(world)
                                     if letter["key"] == "2"] == [2] or listed(world), 60)

    assert open_by_status(world) == 3
    assert dlq(world, "drop", "--class", "framing").endswith("2 dropped\n")
    assert open_by_status(world) == 1
    assert [letter["key"] for letter in listed(world)] == ["2"]
    assert Counter(letter["state"] for letter in listed(world, "--all")) == {
        "replayed": 2, "dropped": 2, "open": 1}
    assert dlq(world, "list").endswith("1 letter (4 handled, see --all)\n")
    assert stage.poll() is None


def test_replay_after_the_cause_is_gone(world):
    """Good orders that died of something that is over now."""
    send(world, "orders_dlq", [(str(number), world.encode(unpaid_order(number)),
                                letter_headers(world, number)) for number in range(1, 301)])
    assert dlq(world, "replay", "--every").endswith("300 replayed\n")
    assert dlq(world, "replay", "--every").endswith("0 replayed, 300 had been handled before\n")
    world.start("payment")
    wait_until("all went on", lambda: len(world.ids("paid_orders")) + len(
        world.ids("failed_orders")) >= 300 or "not yet", 60)
    assert sorted(world.ids("paid_orders") + world.ids("failed_orders")) == list(range(1, 301))
    assert listed(world) == []


def test_kill_9_replays_nothing_twice_and_loses_nothing(world):
    count, moments, killed = 3000, random.Random(20261121), 0
    send(world, "orders_dlq", [(str(number), b"raw", letter_headers(world, number))
                               for number in range(count)])
    # 1,500 transactions: longer than all moments together on any machine.
    command = [DLQ, *world.options(), "replay", "--every", "--batch-records", "2"]
    for _ in range(10):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        world.processes.append(process)
        time.sleep(moments.uniform(.1, .5))
        if process.poll() is not None:
            break
        process.kill()
        process.communicate(timeout=30)
        killed += 1
    dlq(world, "replay", "--every")
    assert killed >= 3
    assert sorted(world.ids("unpaid_orders")) == list(range(count))
    assert len(records(world, "orders_dlq_handled")) == count
    assert listed(world) == []


def test_two_at_the_same_time(world):
    count = 3000
    send(world, "orders_dlq", [(str(number), b"raw", letter_headers(world, number))
                               for number in range(count)])
    command = [DLQ, *world.options(), "replay", "--every", "--batch-records", "5"]
    both = []
    for _ in range(2):
        both.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, text=True))
        world.processes.append(both[-1])
        time.sleep(.6)
    logs = [process.communicate(timeout=120)[1] for process in both]
    assert both[1].returncode == 0, logs
    assert both[0].returncode in (0, 6), logs  # 0: it was done before the second came
    if both[0].returncode == 6:
        assert "has taken over" in logs[0]
    assert sorted(world.ids("unpaid_orders")) == list(range(count))


def test_a_topic_made_anew_hides_no_letter(world):
    send(world, "orders_dlq", [("1", b"raw", letter_headers(world, 1))])
    assert dlq(world, "drop", "--every").endswith("1 dropped\n")
    world.admin.delete_topics([world.prefix + "orders_dlq"])[world.prefix + "orders_dlq"].result(30)
    wait_until("it is gone", lambda: world.prefix + "orders_dlq" not in
               world.admin.list_topics(timeout=30).topics, 30)
    world.run("stack/admin/orderflow-admin", "setup")
    send(world, "orders_dlq", [("1", b"raw", letter_headers(world, 1))])
    assert len(listed(world)) == 1


def test_what_is_refused(world):
    headers = letter_headers(world, 1)
    elsewhere = [entry for entry in headers if entry[0] != "__streams.errors.topic"]
    send(world, "orders_dlq", [
        ("good", b"raw", headers),
        ("nowhere", b"raw", [*elsewhere, ("__streams.errors.topic", b"no_such_topic_here")]),
        ("nothing", b"raw", None),
        ("itself", b"raw", [*elsewhere, ("__streams.errors.topic",
                                         (world.prefix + "orders_dlq").encode())])])
    letters = {letter["key"]: letter["letter"] for letter in listed(world)}
    assert len(letters) == 4
    refused = {"nowhere": "its source topic no_such_topic_here does not exist",
               "nothing": "no header names its source topic", "itself": "orders_dlq itself"}
    for key, message in refused.items():
        out = dlq(world, "replay", letters[key], code=4)
        assert letters[key] in out and message in out
    assert "no_such_topic_here" not in world.admin.list_topics(timeout=30).topics
    missing = letters["good"].split("@")[0] + "@999999"
    assert f"there is no letter {missing}" in dlq(world, "replay", letters["good"], missing, code=4)
    assert world.ids("unpaid_orders") == []  # the good one was not touched either
    assert "there is no letter" in dlq(world, "show", "77@0", code=4)
    assert "no letter's position" in dlq(world, "show", "x", code=2)
    assert "which letter?" in dlq(world, "show", code=2)
    assert "say --every" in dlq(world, "drop", code=2)
    assert "there is no command 'purge'" in dlq(world, "purge", code=2)
    assert "which command?" in dlq(world, code=2)
    assert "is later than --until" in dlq(world, "list", "--since", "2026-01-02", "--until",
                                          "2026-01-01", code=2)
    assert "no topic" in dlq(world, "list", "--topic", "no_such_letters", code=4)
    out = dlq(world, "list", "-X", "bootstrap.servers=127.0.0.1:1", "-X", "log_level=0", code=5)
    assert "orderflow-dlq:" in out
    assert "EXIT STATUS" in dlq(world, "--help")
