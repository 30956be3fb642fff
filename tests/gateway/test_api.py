"""The API judged by its own document, and what a document cannot say."""

import io
import json
import socket
import subprocess
import sys
from pathlib import Path

import fastavro
import requests

from test_dlq import records
from world import SCHEMA, wait_until
from world_of_gateway import FINAL, FIRST_ID, ROOT, events_of, order

HERE = Path(__file__).resolve().parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
PROBLEM = "application/problem+json"


def test_schemathesis_finds_nothing(world, tmp_path):
    """Streams are left out: that of an order that never ends does not end, either."""
    world.open()
    for customer in range(5):
        world.place(customer + 1)
    done = subprocess.run(
        [SCHEMATHESIS, "--config-file", HERE / "schemathesis.toml", "run",
         f"{world.url}/openapi.json", "--checks", "all", "--exclude-operation-id", "followOrder",
         "--max-examples", "40", "--seed", "20261121", "--no-color", "--generation-database", "none"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=500)
    print(done.stdout[-6000:])
    assert done.returncode == 0
    assert world.gateway.poll() is None


def test_an_order_stands_in_its_topic_as_it_was_placed(world):
    world.open()
    answer = world.post("/orders", order(42, express_shipping=True))
    assert answer.status_code == 202
    assert answer.json() == {"order_id": FIRST_ID, "location": f"/orders/{FIRST_ID}"}
    assert answer.headers["Location"] == f"/orders/{FIRST_ID}"
    # Read your write: at once, from the view.
    seen = world.get(answer.headers["Location"]).json()
    assert (seen["status"], seen["customer_id"], seen["final"]) == ("Generated", 42, False)
    (key, value, *_), = records(world, "unpaid_orders")
    placed = fastavro.schemaless_reader(io.BytesIO(value[5:]), SCHEMA)
    assert key == str(FIRST_ID).encode()
    assert placed["customer_info"]["customer_name"] == "Ana Niño"
    assert placed["customer_info"]["ip_address"] == "127.0.0.1"
    assert placed["shipping_info"]["express_shipping"] is True
    assert [str(item["subtotal"]) for item in placed["item_info"]] == ["1700.00", "800.00"]
    assert str(placed["order_total"]) == "2500.00" and placed["item_variety"] == 2


def test_waiting_and_streams_follow_the_stages(world):
    world.open()
    number = world.place()
    waited = world.get(f"/orders/{number}?wait=paid&timeout=300ms").json()
    assert (waited["reached"], waited["status"]) == (False, "Generated")
    with requests.get(f"{world.url}/orders/{number}/events", stream=True, timeout=60) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        found = events_of(stream.iter_lines(decode_unicode=True))
        assert next(found)[1]["status"] == "Generated"
        for stage in ("payment", "shipping", "delivery"):
            world.start(stage)
        rest = list(found)  # until the stream ends with the order
    shown = world.get(f"/orders/{number}").json()
    history = shown["history"]
    assert shown["beside"] == [] and history[-1]["status"] in FINAL
    assert [status["status"] for status in history[1:]] == [data["status"] for _, data in rest]
    # A client that comes back after any of them gets the others: the id says which it has.
    for place, (last, _) in enumerate(rest[:-1]):
        again = requests.get(f"{world.url}/orders/{number}/events",
                             headers={"Last-Event-ID": last}, timeout=60).text
        assert [data for _, data in events_of(again.splitlines())] == history[place + 2:]
    # Whoever waits for what does not come hears so when the order ends.
    other = world.place()
    waited = world.get(f"/orders/{other}?wait=returned&timeout=30s").json()
    assert waited["final"] and waited["reached"] == (waited["status"] == "Returned")


def test_lists_page_and_filter(world):
    world.open()
    world.tables.execute(
        "INSERT INTO order_status_history SELECT g, 'Generated', 'test', '2026-01-01', NULL, g % 3 "
        "FROM generate_series(1, 250) g")
    world.tables.execute(
        "INSERT INTO order_status_history SELECT g, 'Paid', 'test', '2026-01-02', NULL, g % 3 "
        "FROM generate_series(2, 250, 2) g")
    pages, cursor = [], None
    while True:
        page = world.get("/orders", params={"limit": 100, "cursor": cursor}).json()
        pages.append([entry["order_id"] for entry in page["orders"]])
        cursor = page["next"]
        if cursor is None:
            break
    assert [len(page) for page in pages] == [100, 100, 50]
    assert sum(pages, []) == list(range(250, 0, -1))

    def listed(**parameters):
        return [entry["order_id"] for entry in world.get(
            "/orders", params={"limit": 200, **parameters}).json()["orders"]]
    assert listed(status="paid") == list(range(250, 0, -2))
    assert listed(status="Generated", customer=1) == [n for n in range(249, 0, -2) if n % 3 == 1]
    assert listed(since="2026-01-02") == listed(status="Paid")
    assert listed(until="2026-01-02T00:00:00Z") == listed(status="Generated")
    for bad, status in (("limit=0", 400), ("limit=201", 400), ("cursor=x", 400), ("since=x", 400),
                        ("customer=-1", 400), ("state=paid", 400), ("status=Lost", 422),
                        ("status=exported", 422)):
        answer = world.get(f"/orders?{bad}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM), bad


def test_rows_and_sums_are_those_of_the_tables(world):
    world.open()
    world.tables.add(7, "Delivered", items=2)
    world.tables.add(8, "Delivered")
    world.tables.add(9, "Cancelled")
    assert world.get("/metrics/summary").json() == {
        "TotalOrdersProcessed": 0, "AverageOrderExecutionPrice": 0.0}
    world.tables.execute("UPDATE order_info SET execution_price = order_id WHERE order_id < 9")
    wanted = {"TotalOrdersProcessed": 2, "AverageOrderExecutionPrice": 7.5}
    assert world.get("/metrics/summary").json() == wanted
    world.kill()
    world.open()
    assert world.get("/metrics/summary").json() == wanted
    info = world.get("/order_info/7").json()
    assert info["order_info"]["order_status"] == "Delivered" and len(info["item_info"]) == 2
    assert world.get("/order_info/10").status_code == 404
    # Times and money as everywhere: with their Z, and as text to the centavo.
    assert {info["order_info"][name] for name in ("order_date", "order_total", "eta")} == {None}
    world.tables.execute(
        "UPDATE order_info SET order_total = 9007199254.10, order_date = '2026-11-21 17:10:22.329', "
        "finished_date = '2026-11-22' WHERE order_id = 7")
    world.tables.execute("UPDATE item_info SET unit_price = 850, subtotal = 807.5, discount_percent = 5 "
                         "WHERE order_id = 7")
    info = world.get("/order_info/7").json()
    assert info["order_info"]["order_total"] == "9007199254.10"
    assert info["order_info"]["execution_price"] == "7.00"
    assert info["order_info"]["order_date"] == "2026-11-21T17:10:22.329Z"
    assert info["order_info"]["finished_date"] == "2026-11-22T00:00:00Z"
    assert info["item_info"][0] == {"sku": 0, "unit_price": "850.00", "quantity": None,
                                    "discount_percent": 5, "subtotal": "807.50"}


def refused(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    return problem


def test_limits(world):
    world.open()
    body = json.dumps(order()).encode()
    kind = {"Content-Type": "application/json"}
    most = body + b" " * (65536 - len(body))
    assert requests.post(f"{world.url}/orders", most, headers=kind, timeout=30).status_code == 202
    refused(requests.post(f"{world.url}/orders", most + b" ", headers=kind, timeout=30), 413, "too-large")
    # In chunks nobody says beforehand how much it will be.
    chunks = requests.post(f"{world.url}/orders", iter([most, b" "]), headers=kind, timeout=30)
    refused(chunks, 413, "too-large")
    refused(world.get("/nowhere"), 404, "no-path")
    problem = requests.delete(f"{world.url}/orders", timeout=30)
    refused(problem, 405, "no-method")
    assert problem.headers["Allow"] == "GET, HEAD, POST"
    refused(requests.post(f"{world.url}/orders", body, timeout=30), 415, "no-json")
    refused(world.get(f"/orders/{FIRST_ID + 999}"), 404, "unknown-order")
    fault = refused(world.post("/orders", order(0)), 400, "bad-order")
    assert fault["errors"] == [{"path": "$.customer_info.customer_id",
                                "detail": "is not within 1 and 9007199254740991"}]
    double = order()
    double["item_info"][1]["sku"] = 1
    assert refused(world.post("/orders", double), 422, "bad-order")["errors"] == [
        {"path": "$.item_info[1].sku", "detail": "is that of $.item_info[0], too"}]
    refused(world.post("/orders", order(), headers={"Idempotency-Key": "x" * 129}), 400, "bad-parameter")
    world.stop()
    world.open("--rate-limit", "5")
    answers = [world.get("/generator") for _ in range(30)]
    late = [answer for answer in answers if answer.status_code == 429]
    assert 10 <= len(late) <= 20 and refused(late[0], 429, "too-many-requests")
    assert int(late[0].headers["Retry-After"]) >= 1
    assert world.get("/healthz").status_code == 200  # who watches is never refused


def test_connections_past_the_limit_are_closed(world):
    world.open()
    held = [socket.create_connection(("127.0.0.1", world.port), 30) for _ in range(530)]

    def is_served(connection):
        try:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            return connection.recv(100) != b""
        except ConnectionError:
            return False
    # Which of them is refused is a matter of which thread took it when.
    served = sum(map(is_served, held))
    assert 500 <= served <= 512
    for one in held:
        one.close()
    wait_until("others are served", world.is_ready, 30)


def test_streams_past_the_limit_are_refused(world):
    """From two addresses: one may not have as many connections."""
    world.open()
    number, streams = world.place(), []

    def begin(address):
        stream = socket.create_connection(("127.0.0.1", world.port), 30, (address, 0))
        streams.append(stream)
        stream.sendall(f"GET /orders/{number}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return int(stream.recv(200).split()[1])
    assert {begin("127.0.0.1" if count % 2 else "127.0.0.2") for count in range(512)} == {200}
    assert begin("127.0.0.2") == 503
    assert world.get("/healthz").status_code == 200  # all others are served
    for stream in streams:
        stream.close()
    # A stream whose client is gone is found out when it is next to be told that it is alive.
    world.stop()


def test_a_token_and_foreign_pages(world, tmp_path):
    secret = "a-token-of-the-tests-0123456789"
    world.open()
    for headers in ({"Origin": "http://example.com"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Host": "example.com"}):
        refused(world.post("/generator/stop", headers=headers), 403, "foreign-origin")
    assert world.post("/generator/stop", headers={"Origin": world.url}).status_code == 200
    world.stop()
    (tmp_path / "token").write_text(secret + "\n", encoding="ascii")
    world.open("--token-file", tmp_path / "token")
    assert world.get("/").status_code == world.get("/openapi.json").status_code == 200
    for wrong in (None, "Bearer x", f"Bearer {secret}x", f"Bearer {secret[:-1]}", secret):
        answer = world.get("/generator", headers={"Authorization": wrong} if wrong else None)
        refused(answer, 401, "no-token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    right = {"Authorization": f"Bearer {secret}"}
    assert world.get("/generator", headers=right).status_code == 200
    command = Path(f"/proc/{world.gateway.pid}/cmdline").read_bytes()
    assert secret.encode() not in command
    world.stop()
    open_to_all = subprocess.run(
        [ROOT / "build/gateway/orderflow-gateway", "--listen", "0.0.0.0"], stderr=subprocess.PIPE,
        text=True, timeout=30, check=False)
    assert open_to_all.returncode == 2 and "wants a token" in open_to_all.stderr
