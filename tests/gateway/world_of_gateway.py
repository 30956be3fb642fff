"""A gateway with topics and tables of its own on the real servers, and orders to send to it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from test_reconcile import Tables  # noqa: E402 pylint: disable=wrong-import-position
from world import BUILD, World, free_port, wait_until  # noqa: E402 pylint: disable=wrong-import-position

FIRST_ID = 10 ** 12
FINAL = {"Timed Out", "Delivered", "Cancelled", "Returned", "Rejected"}
TOPICS = ("-X", "order.status.topic=order_status", "-X", "order.cancel.topic=cancel_requests")


class GatewayTables(Tables):
    def __init__(self):
        super().__init__()
        for name in ("03_status", "04_execution", "06_gateway"):
            self.execute((ROOT / f"connect/postgres/{name}.sql").read_text(encoding="utf-8"))
        self.execute("ALTER TABLE order_info ADD COLUMN IF NOT EXISTS execution_price numeric(12, 2)")


class GatewayWorld(World):
    def __init__(self):
        super().__init__()
        self.tables = GatewayTables()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.gateway = None
        self.run("stack/admin/orderflow-admin", "setup")

    def options(self):
        return [*super().options(), *TOPICS]

    def open(self, *options, environment=None):
        self.gateway = subprocess.Popen(
            [BUILD / "gateway/orderflow-gateway", *self.options(), "--port", str(self.port),
             "--rate-limit", "0", *options], stdin=subprocess.DEVNULL,
            env={**os.environ, "DATABASE_URL": self.tables.url, **(environment or {})})
        self.processes.append(self.gateway)
        wait_until("the gateway is ready", self.is_ready, 60)
        return self

    def is_ready(self):
        assert self.gateway.poll() is None, f"the gateway left with {self.gateway.returncode}"
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200 or "not yet"
        except requests.ConnectionError as error:
            return str(error)

    def kill(self):
        self.gateway.kill()
        self.gateway.wait(30)

    def stop(self):
        self.gateway.terminate()
        assert self.gateway.wait(30) == 0

    def get(self, path, **options):
        return requests.get(self.url + path, timeout=90, **options)

    def post(self, path, body=None, **options):
        return requests.post(self.url + path, json=body, timeout=30, **options)

    def place(self, customer=1, key=None):
        answer = self.post("/orders", order(customer),
                           headers={"Idempotency-Key": key} if key else None)
        assert answer.status_code == 202, answer.text
        return answer.json()["order_id"]

    def close(self):
        super().close()
        self.tables.close()


def order(customer=1, **more):
    return {
        "customer_info": {
            "customer_id": customer, "customer_name": "Ana Niño", "email": "ana@example.com",
            "street_address": "1 Mabini Street", "lgu": "Cebu City", "provincial_code": "PH-CEB"},
        "item_info": [
            {"sku": 1, "quantity": 2, "unit_price": "850.00"},
            {"sku": 2, "quantity": 1, "unit_price": "1000.00", "discount_percent": 20}],
        **more}


def events_of(lines):
    """(id, data) of each server-sent event, until the stream ends."""
    import json
    entry = {}
    for line in lines:
        if line.startswith("id:"):
            entry["id"] = line[3:].strip()
        elif line.startswith("data:"):
            entry["data"] = json.loads(line[5:])
        elif not line and "data" in entry:
            yield entry["id"], entry["data"]
            entry = {}


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(.1)
    return False
