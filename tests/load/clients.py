"""Clients of a gateway that runs with the rest of the pipeline, for some time: they place orders, wait
for them, follow their events and come back, cancel, list, look at rows, sums and the page's figures,
and send what is wrong. Prints how many requests of what status; ends with 1 if one got 5xx
but 503, which a busy gateway may say.

    python3 tests/load/clients.py URL SECONDS
"""

import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

THREADS = 8
ORDER = {
    "customer_info": {
        "customer_id": 900000001, "customer_name": "Ana Niño", "email": "ana@example.com",
        "street_address": "1 Mabini Street", "lgu": "Cebu", "provincial_code": "PH-CEB"},
    "item_info": [{"sku": 1, "quantity": 2, "unit_price": "850.00", "from_location": 10,
                   "to_location": 60},
                  {"sku": 24, "quantity": 1, "unit_price": "1000.00", "discount_percent": 20,
                   "from_location": 11, "to_location": 60}]}
WRONG = [b"", b"{", b"[]", b"\xff\xfe", b"x" * 70000, json.dumps({**ORDER, "item_info": []}).encode()]
PATHS = ["/", "/orders?limit=50", "/orders?status=Delivered&limit=200", "/orders?customer=900000001",
         "/flow", "/metrics", "/metrics/summary", "/generator", "/openapi.json", "/healthz",
         "/nowhere", "/orders?limit=0", "/orders/abc", "/orders/5?wait=lost"]


def is_fault(status):
    return status >= 500 and status != 503


class Client(threading.Thread):
    def __init__(self, place, until, seed):
        super().__init__(daemon=True)
        self.place, self.until, self.random = place, until, random.Random(seed)
        self.connection, self.counts, self.orders = None, Counter(), []

    def ask(self, method, path, body=None, headers=None):
        self.connection = self.connection or http.client.HTTPConnection(*self.place, timeout=30)
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            self.counts["cut"] += 1
            return 0, b""
        self.counts[answer.status] += 1
        if is_fault(answer.status):
            print(method, path, answer.status, text[:200], file=sys.stderr)
        return answer.status, text

    def post_order(self):
        key = {"Idempotency-Key": f"load-{self.random.randrange(10 ** 6)}"}
        kind = {"Content-Type": "application/json"}
        body = json.dumps(ORDER | {"express_shipping": self.random.random() < .5})
        status, text = self.ask("POST", "/orders", body, kind | key)
        if status == 202:
            self.orders.append(json.loads(text)["order_id"])

    def follow(self, number):
        """Some events, the connection cut, and on from the last id."""
        last = None
        for _ in range(3):
            connection = http.client.HTTPConnection(*self.place, timeout=1)
            try:
                connection.request("GET", f"/orders/{number}/events", None,
                                   {"Last-Event-ID": last} if last else {})
                answer = connection.getresponse()
                self.counts[answer.status] += 1
                for _ in range(4):
                    line = answer.readline()
                    if line.startswith(b"id:"):
                        last = line[3:].strip().decode()
            except (OSError, http.client.HTTPException):
                pass
            connection.close()

    def step(self):
        dice = self.random.random()
        number = self.random.choice(self.orders[-200:]) if self.orders else 1
        if dice < .35 or not self.orders:
            self.post_order()
        elif dice < .5:
            self.ask("GET", f"/orders/{number}")
        elif dice < .55:
            self.ask("GET", f"/orders/{number}?wait=delivered&timeout=300ms")
        elif dice < .65:
            self.ask("POST", f"/orders/{number}/cancel")
        elif dice < .7:
            self.ask("POST", f"/orders/{self.random.randrange(1, 5000)}/cancel")
        elif dice < .74:
            self.follow(number)
        elif dice < .8:
            self.ask("GET", f"/order_info/{number}")
        elif dice < .84:
            self.ask("POST", "/orders", self.random.choice(WRONG),
                     {"Content-Type": "application/json"})
        elif dice < .9:
            self.ask("GET", f"/orders/{self.random.randrange(1, 5000)}")
        else:
            self.ask("GET", self.random.choice(PATHS))

    def run(self):
        while time.monotonic() < self.until:
            self.step()


def main():
    place, seconds = urlsplit(sys.argv[1]), float(sys.argv[2])
    until = time.monotonic() + seconds
    clients = [Client((place.hostname, place.port), until, seed) for seed in range(THREADS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(seconds + 60)
    counts = sum((client.counts for client in clients), Counter())
    print(f"{sum(counts.values())} requests in {seconds:g} s:",
          ", ".join(f"{count} of {status}" for status, count in sorted(counts.items(), key=str)))
    print(f"{sum(len(set(client.orders)) for client in clients)} orders placed")
    return any(isinstance(status, int) and is_fault(status) for status in counts)


if __name__ == "__main__":
    sys.exit(main())
