"""Killed in mid-flow: no id twice, no order twice, no key forgotten; and cancels against stages."""

import io
import json
import os
import random
import signal
import subprocess
import threading
import time
import uuid
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fastavro
import requests
from confluent_kafka import Producer

from test_dlq import records
from test_reconcile import reconcile
from world import BOOTSTRAP, SCHEMA, wait_until
from world_of_gateway import FINAL, FIRST_ID, ROOT, order, until

STAGES = ("payment", "shipping", "delivery")
EVENT = fastavro.parse_schema(json.loads(
    (ROOT / "schemas/order_status.avsc").read_text(encoding="utf-8")))


def decoded(world, topic, schema=SCHEMA):
    return [fastavro.schemaless_reader(io.BytesIO(value[5:]), schema)
            for _, value, *_ in records(world, topic)]


class Clients:
    """Threads that place orders, each with a key of its own, and repeat until they are answered."""

    def __init__(self, world, count):
        self.world, self.stopping, self.placed, self.wrong = world, threading.Event(), {}, []
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        session = requests.Session()
        while not self.stopping.is_set():
            key = uuid.uuid4().hex
            while True:
                try:
                    answer = session.post(f"{self.world.url}/orders", json=order(),
                                          headers={"Idempotency-Key": key}, timeout=20)
                except requests.RequestException:
                    time.sleep(.05)
                    continue
                if answer.status_code == 202:
                    self.placed[key] = answer.json()["order_id"]
                    break
                if answer.status_code != 503:
                    self.wrong.append(answer.text)
                    return
                time.sleep(.05)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
        assert not self.wrong, self.wrong


def test_killed_again_and_again_no_order_is_lost_or_doubled(world):
    world.open()
    clients, moments = Clients(world, 4), random.Random(20261121)
    for _ in range(6):
        time.sleep(moments.uniform(.3, 1.2))
        world.kill()
        world.open()
    time.sleep(.5)
    clients.stop()
    placed = sorted(clients.placed.values())
    assert len(placed) > 50
    # Every key got an order of its own, and there are no others.
    assert placed == list(range(FIRST_ID, FIRST_ID + len(placed)))
    assert sorted(world.ids("unpaid_orders")) == placed
    assert sorted(event["order_id"] for event in decoded(world, "order_status", EVENT)) == placed
    # Keys are remembered by a gateway that never saw them.
    world.kill()
    world.open()
    for key, number in list(clients.placed.items())[:20]:
        assert world.place(key=key) == number
        other = world.post("/orders", order(2), headers={"Idempotency-Key": key})
        assert (other.status_code, other.json()["code"]) == (422, "other-body")
    assert len(world.ids("unpaid_orders")) == len(placed)
    assert reconcile(world, "--no-database")


def test_a_second_gateway_takes_over(world):
    world.open()
    world.place()
    first = world.gateway
    world.port += 1
    world.url = f"http://127.0.0.1:{world.port}"
    world.open()
    assert world.place() == FIRST_ID + 1
    answer = requests.post(f"http://127.0.0.1:{world.port - 1}/orders", json=order(), timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (503, "replaced")
    assert first.wait(30) == 6
    assert world.place() == FIRST_ID + 2


class Standing:
    """The broker stands still: its connections live, and nobody answers."""

    def __init__(self):
        run = Path(os.environ["ORDERFLOW_DATA"]) / "run" / "kafka.pid"
        self.pid = int(run.read_text(encoding="ascii").split()[0])

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def end(world, seconds):
    """Its exit code, once it has been asked to leave."""
    began = time.monotonic()
    world.gateway.terminate()
    code = world.gateway.wait(30)
    assert time.monotonic() - began < seconds
    return code


def test_the_end_takes_seconds_though_kafka_does_not_answer(world):
    world.open()
    world.place(key="first")
    with Standing():
        assert end(world, 8) == 0  # nobody waits for anything
    world.open()
    with Standing():  # nobody orders, and yet it is told
        assert until(lambda: world.get("/readyz").status_code == 503, 15)
    assert until(lambda: world.get("/readyz").status_code == 200, 30)
    with ThreadPoolExecutor(20) as threads:
        with Standing():
            late = [threads.submit(world.post, "/orders", order(),
                                   headers={"Idempotency-Key": f"late-{number}"})
                    for number in range(20)]
            time.sleep(1)
            assert end(world, 8) == 5
            answers = [each.result() for each in late]
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["code"] for answer in answers} == {"unavailable"}
    world.open()
    # Whatever became of them: repeated, each is placed once.
    placed = [world.place(key=f"late-{number}") for number in range(20)]
    assert len(set(placed)) == 20
    assert sorted(world.ids("unpaid_orders")) == [FIRST_ID, *sorted(placed)]
    assert world.place(key="first") == FIRST_ID
    assert reconcile(world, "--no-database")


def ends_of(world):
    """{order_id: [(topic, status, finished)]} of every record in a final topic."""
    found = defaultdict(list)
    for topic in ("finished_orders", "failed_orders"):
        for final in decoded(world, topic):
            found[final["order_id"]].append((topic, final["shipping_info"]["order_status"]))
    return found


def race(world, numbers, pause):
    """Asks for every order once, from several threads; how often which answer came."""
    answers, lock, todo = Counter(), threading.Lock(), iter(numbers)

    def run():
        session = requests.Session()
        while True:
            with lock:
                number = next(todo, None)
            if number is None:
                return
            time.sleep(random.uniform(0, pause))
            answer = session.post(f"{world.url}/orders/{number}/cancel", timeout=30)
            with lock:
                answers[answer.status_code] += 1
    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


def test_a_thousand_cancels_against_the_stages(world):
    world.open()
    stages = {stage: world.start(stage, "--batch-records", "50") for stage in STAGES}
    numbers, lock = [], threading.Lock()

    def place():
        session = requests.Session()
        for _ in range(125):
            number = session.post(f"{world.url}/orders", json=order(), timeout=30).json()["order_id"]
            answer = session.post(f"{world.url}/orders/{number}/cancel", timeout=30).status_code
            with lock:
                numbers.append((number, answer))
    threads = [threading.Thread(target=place) for _ in range(8)]
    for thread in threads:
        thread.start()
    for victim in ("shipping", "payment", "delivery"):  # they die meanwhile, too
        time.sleep(.7)
        stages[victim].kill()
        stages[victim].communicate(timeout=30)
        stages[victim] = world.start(victim, "--batch-records", "50")
    for thread in threads:
        thread.join(120)
    asked = dict(numbers)
    assert len(asked) == 1000 and set(asked.values()) <= {202, 409}
    wait_until("all orders final", lambda: len(world.ids("finished_orders")) + len(
        world.ids("failed_orders")) >= 1000 or "not yet", 90)
    ends = ends_of(world)
    assert set(ends) == set(asked)
    assert all(len(end) == 1 for end in ends.values()), "an order ended twice"
    last = defaultdict(list)
    for event in decoded(world, "order_status", EVENT):
        if event["status"] in FINAL:
            last[event["order_id"]].append((event["status"], event["reason"]))
    for number, answer in asked.items():
        (_, status), = ends[number]
        (told, reason), = last[number]
        assert told == status
        if answer == 409:  # it was final when it was asked
            assert reason != "on request"
    by_request = sum(end == [("Cancelled", "on request")] for end in last.values())
    print(f"{by_request} cancelled on request; answers {Counter(asked.values())}")
    assert by_request > 100
    assert reconcile(world, "--no-database")


def test_what_was_shipped_has_its_price_also_when_it_is_cancelled(world):
    world.open()
    placed = [world.place() for _ in range(20)]
    for stage in ("payment", "shipping"):
        world.start(stage)
    wait_until("all are shipped or have failed", lambda: len(world.ids("shipped_orders")) + len(
        world.ids("failed_orders")) == len(placed) or "not yet", 60)
    shipped = world.ids("shipped_orders")
    assert race(world, shipped, 0) == {202: len(shipped)} and shipped
    delivery = world.start("delivery", "--log-orders")
    wait_until("all orders final", lambda: len(world.ids("failed_orders")) == len(placed) or "not yet", 60)
    delivery.terminate()
    _, log = delivery.communicate(timeout=30)
    for end in decoded(world, "failed_orders"):
        number, price = end["order_id"], end["execution_price"]
        assert (price is not None) == (number in shipped)
        if price is not None:
            assert 330 <= price * 100 <= 600  # three pieces
            assert f"order executed order={number} status=Cancelled price_centavos={price * 100:.0f}" in log


def test_what_was_asked_before_a_stage_takes_the_order_is_done(world):
    world.open()
    numbers = [world.place() for _ in range(200)]
    assert race(world, numbers[:100], 0) == {202: 100}
    assert race(world, numbers[:100], 0) == {202: 100}  # again: asked is asked
    for stage in STAGES:
        world.start(stage)
    wait_until("all orders final", lambda: len(ends_of(world)) == 200 or "not yet", 60)
    ends = ends_of(world)
    for number in numbers[:100]:
        assert ends[number] == [("failed_orders", "Cancelled")]
    assert any(ends[number][0][1] != "Cancelled" for number in numbers[100:])
    assert race(world, numbers, 0) == {409: 200}
    assert world.post(f"/orders/{FIRST_ID + 5000}/cancel").status_code == 404
    shown = world.get(f"/orders/{numbers[0]}").json()
    assert (shown["status"], shown["reason"]) == ("Cancelled", "on request")


def test_the_generator_outlives_its_gateway_and_doubles_nothing(world):
    world.open()
    assert world.get("/generator").json() == {"wanted": False, "running": False, "rate": .5}
    assert world.post("/generator/start?rate=200").json()["wanted"]
    for _ in range(3):
        wait_until("it runs", lambda: world.get("/generator").json().get("running") or "not yet", 30)
        time.sleep(1.5)
        world.kill()  # and its child with it
        world.open()
    wait_until("it runs", lambda: world.get("/generator").json().get("running") or "not yet", 30)
    time.sleep(1)
    assert world.get("/generator").json()["rate"] == 200
    assert not world.post("/generator/stop").json()["wanted"]
    wait_until("it ended", lambda: not world.get("/generator").json()["running"] or "not yet", 30)
    ids = sorted(world.ids("unpaid_orders"))
    assert len(ids) > 300 and ids == list(range(1, len(ids) + 1))
    world.stop()
    world.open()
    assert not world.get("/generator").json()["wanted"]
    for bad in ("0", "-1", "10001", "x", "nan", "1e9", "0x10"):
        assert world.post(f"/generator/start?rate={bad}").status_code == 400, bad


def send_letters(world, count):
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    for number in range(count):
        producer.produce(world.prefix + "orders_dlq", key=str(number), value=b"letter")
    assert producer.flush(30) == 0


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()


def test_the_switch_knows_of_the_generator_that_is_a_part(world, tmp_path):
    """./orderflow up --live runs it, and only ./orderflow stop producer ends it."""
    pid_file = tmp_path / "producer.pid"
    world.open("--part", str(pid_file))
    assert "elsewhere" not in world.get("/generator").json()
    assert world.post("/generator/start?rate=1").status_code == 200
    wait_until("it runs", lambda: len(children_of(world.gateway.pid)) == 1 or "not yet", 30)
    with subprocess.Popen(["sleep", "120"]) as part:
        try:
            started = Path(f"/proc/{part.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
            pid_file.write_text(f"{part.pid} {started}\n")
            shown = world.get("/generator").json()
            assert shown["running"] and shown["elsewhere"] and shown["wanted"]
            # The wish outlives the gateway, and still starts none beside the part.
            world.kill()
            world.open("--part", str(pid_file))
            assert world.get("/generator").json()["wanted"]
            for _ in range(20):
                assert children_of(world.gateway.pid) == []
                time.sleep(.1)
            assert not world.post("/generator/stop").json()["wanted"]
            for action in ("start", "stop"):
                answer = world.post(f"/generator/{action}")
                assert answer.status_code == 409
                assert "./orderflow stop producer ends it" in answer.json()["detail"]
            assert world.get("/flow").json()["generator"]["running"]
        finally:
            part.kill()
    wait_until("none runs", lambda: not world.get("/generator").json()["running"] or "not yet", 30)
    assert world.post("/generator/start?rate=1").json()["wanted"]


def test_handled_letters_are_no_open_ones(world):
    world.open()
    send_letters(world, 5)
    wait_until("five are open", lambda: world.get("/flow").json()["dead_letters"] == 5 or "not yet", 30)
    world.run("deadletters/orderflow-dlq", "drop", "--every")
    wait_until("none is open", lambda: world.get("/flow").json()["dead_letters"] == 0 or "not yet", 30)
    send_letters(world, 1)
    wait_until("one is open", lambda: world.get("/flow").json()["dead_letters"] == 1 or "not yet", 30)
    # A gateway that begins anew reads both topics in any order.
    world.stop()
    world.open()
    wait_until("one is open", lambda: world.get("/flow").json()["dead_letters"] == 1 or "not yet", 30)


def test_truncating_wants_a_confirmation_and_counting_begins_anew(world):
    world.open()
    for _ in range(20):
        world.place()
    stages = [world.start(stage) for stage in STAGES]
    wait_until("all orders final", lambda: len(ends_of(world)) == 20 or "not yet", 60)
    world.tables.add(FIRST_ID, "Delivered")
    world.tables.add(5, "Delivered")
    answer = world.post("/truncate", {})
    assert answer.status_code == 200 and not answer.json()["truncated"]
    confirmation = answer.json()["confirmation"]
    assert world.post("/truncate", {"confirmation": "0" * 32}).status_code == 409
    assert world.get("/order_info/5").status_code == 200
    done = world.post("/truncate", {"confirmation": confirmation}).json()
    assert done["truncated"] and {"order_info", "item_info", "customer_info",
                                  "order_status_history"} <= set(done["tables"])
    assert world.post("/truncate", {"confirmation": confirmation}).status_code == 409
    assert world.get("/order_info/5").status_code == 404
    assert world.get("/orders").json()["orders"] == []
    # What came before has no rows, and is not missed; what comes now is.
    report = json.loads(reconcile(world, "--json", "--grace", "0", url=world.tables.url))
    assert report["generated"] == 0, report
    number = world.place()
    wait_until("it is final", lambda: number in ends_of(world) or "not yet", 60)
    for stage in stages:
        assert stage.poll() is None
    report = json.loads(reconcile(world, "--json", "--grace", "0", url=world.tables.url, code=1))
    assert report["generated"] == 1
    assert [difference["orders"] for difference in report["differences"]] == [[number]]
