"""Orders placed through the gateway, each with a key of its own and repeated until it is answered."""

import os
import threading
import time
import uuid

import requests

FIRST_ID = 10 ** 12
ORDER = {
    "customer_info": {
        "customer_id": 900000001, "customer_name": "Ana Niño", "email": "ana@example.com",
        "street_address": "1 Mabini Street", "lgu": "Cebu", "provincial_code": "PH-CEB"},
    "item_info": [{"sku": 1, "quantity": 2, "unit_price": "850.00", "from_location": 10,
                   "to_location": 60},
                  {"sku": 2, "quantity": 1, "unit_price": "1000.00", "discount_percent": 20,
                   "from_location": 11, "to_location": 60}]}


def gateway():
    return os.environ["GATEWAY_URL"]


def place(order=None, key=None):
    answer = requests.post(f"{gateway()}/orders", json=order or ORDER, timeout=30,
                           headers={"Idempotency-Key": key} if key else None)
    return answer.json()["order_id"] if answer.status_code == 202 else None


class Placing:
    """A client that goes on whatever dies."""

    PAUSE = .1

    def __init__(self):
        self.stopping, self.placed = threading.Event(), {}
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopping.is_set():
            key, number = uuid.uuid4().hex, None
            while number is None:
                try:
                    number = place(key=key)
                except (requests.RequestException, ValueError):
                    pass
                time.sleep(self.PAUSE)
            self.placed[key] = number

    def stop(self):
        """The numbers: no two keys got the same, and none that was given out is missing."""
        self.stopping.set()
        self.thread.join(120)
        assert not self.thread.is_alive()
        numbers = sorted(self.placed.values())
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        return numbers
