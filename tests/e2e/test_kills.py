"""What happens when everything is killed with -9: nothing lost, nothing twice.

Each test ends by waiting until all orders are final and PostgreSQL holds them, and then reconciles
every id. The seed of the random moments is printed; ORDERFLOW_FAULT_SEED repeats a run (as far as
the machine's own timing allows).
"""

import os
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from random import Random
from threading import Lock

from flow import PARTS, PATIENCE, PROGRAMS, LiveOrders
from placing import Placing
from instance import ROOT, SERVERS, kill, log_since_start, orderflow, pid_of, seeded, wait_until

KILLS_A_PART = int(os.environ.get("ORDERFLOW_FAULT_KILLS", "10"))
ORDERS = int(os.environ.get("ORDERFLOW_FAULT_ORDERS", "20000"))
CONNECT_SECONDS = 15  # for its start, before it may be killed again
HANDS = SERVERS, PROGRAMS
RATES = 25, 400  # of the live orders, however long the machine takes to restart a part


class Kills:
    """kill -9 of every part in a random order at random moments, each followed by its restart, while
    orders flow: at a rate that makes the orders wanted last about as long as the kills.

    Two hands at once, one for the servers and one for our programs, so that these are also killed
    and started while a server is away; only Kafka dies alone, as it may itself lose the end of a
    transaction whose producer dies, too (docs/NOTES.md). Connect, on which no other part waits,
    starts beside the kills that follow: it alone takes as long as all others together. Its own next
    kill may come before it is ready."""

    def __init__(self, moments, flow):
        self.flow = flow
        self.connect = None  # its start, while that goes on
        self.with_kafka = Lock()
        self.hands = [(Random(moments.random()), parts * KILLS_A_PART)
                      for parts in HANDS]
        self.killed, self.gone, self.started = Counter(), Counter(), time.monotonic()

    def adapt_rate(self):
        elapsed, left = time.monotonic() - self.started, 0
        for parts in HANDS:
            done = max(sum(self.killed[part] for part in parts), 1)
            left = max(left, (len(parts) * KILLS_A_PART - done) * elapsed / done)
        self.flow.rate = max(RATES[0], min(RATES[1], (ORDERS - self.flow.made()) / max(left, 10)))

    def restart(self, part):
        if part == "producer":
            self.adapt_rate()
            self.flow.start()
        elif part == "connect":
            self.wait_for_connect(PATIENCE)  # the start that a kill has cut off ends at once
            self.connect = subprocess.Popen(
                [str(ROOT / "orderflow"), "start", part], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        else:
            orderflow("start", part)

    def wait_for_connect(self, seconds):
        if self.connect:
            try:
                self.connect.wait(seconds)
            except subprocess.TimeoutExpired:
                pass

    def strike(self, part, moments):
        if part == "connect":
            self.wait_for_connect(CONNECT_SECONDS)
        if pid_of(part) is None:  # another part's end was too much for it
            self.gone[part] += 1
            self.restart(part)
            wait_until(f"{part} is there", lambda: pid_of(part) is not None, PATIENCE, pause=.2)
        assert kill(part), f"{part} does not stay up:\n{log_since_start(part)[-2000:]}"
        self.killed[part] += 1
        time.sleep(moments.uniform(0, .5))
        self.restart(part)

    def strike_all(self, moments, victims):
        moments.shuffle(victims)
        for part in victims:
            time.sleep(moments.uniform(0, 1.5))  # outside of the lock, which does not queue
            with self.with_kafka if part in ["kafka", *PROGRAMS] else nullcontext():
                self.strike(part, moments)

    def run(self):
        with ThreadPoolExecutor() as pool:
            for hand in [pool.submit(self.strike_all, *hand) for hand in self.hands]:
                hand.result()
        self.wait_for_connect(PATIENCE)


def test_kill_9_of_every_part(pipeline):
    flow, placing = LiveOrders(rate=60), Placing()
    flow.start()
    kills = Kills(seeded("kills"), flow)
    kills.run()
    seconds, made = time.monotonic() - kills.started, flow.made()
    if made < ORDERS:
        flow.stop()
        flow.rate = RATES[1]
        flow.start()
        wait_until(f"{ORDERS} orders", lambda: flow.made() >= ORDERS or flow.made(), PATIENCE)
    flow.stop()
    placed = placing.stop()
    orderflow("up", timeout=2 * PATIENCE)  # restarts tasks of Connect that gave up, if any
    pipeline.settle()
    print(f"kills in {seconds:.0f} s and {made} of {flow.made()} orders: {dict(kills.killed)}; "
          f"had ended before: {dict(kills.gone)}; {len(placed)} orders through the gateway")
    assert kills.killed == {part: KILLS_A_PART for part in PARTS}


def test_kill_9_of_everything_at_once(pipeline):
    flow = LiveOrders(1000, rate=50)
    flow.start()
    time.sleep(4)
    assert [part for part in PARTS if not kill(part)] == []
    orderflow("up", timeout=2 * PATIENCE)
    assert flow.made() < 1000
    flow.start()
    flow.wait()
    pipeline.settle()
