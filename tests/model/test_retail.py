"""The generator against the figures of the retail model, over seeds 1-10 pooled.

Every figure is compared within Z standard errors of its estimate plus half of its last digit. The
errors come from the sample: binomial for shares, by clusters (orders) for what is measured on
lines, and from the spread of the seeds where orders of a seed hang together. The seeds are fixed,
so a run either always passes or never does; other seeds can be named to see that it is not luck
(how many orders each gives is then not judged: the shifts are a random walk).

usage: test_retail.py PRODUCER DATA_FOLDER [FIRST_SEED LAST_SEED]
"""

import csv
import json
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta, timezone
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

Z = 4.0  # two-sided 6e-5 a figure
SEEDS = range(int(sys.argv[3]), int(sys.argv[4]) + 1) if len(sys.argv) > 4 else range(1, 11)
UNTIL = datetime(2026, 11, 21, tzinfo=timezone.utc)
OLD = timedelta(days=30)
FIRST_SHIFT = 400  # orders before it have the model's own intervals
PRODUCER, DATA = sys.argv[1], Path(sys.argv[2])

ALLOWED_EVENTS = {"ordinary": [0], "middle": [1, 2], "sale end": [2, 3]}


def table(name):
    with open(DATA / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SKUS = {int(row["sku"]): row for row in table("skus.csv")}
DISCOUNTS = {sku: [round(float(row[f"sale_event_{e}"]) * 100) for e in range(4)]
             for sku, row in SKUS.items()}
PRICES = {sku: round(float(row["price"]) * 100) for sku, row in SKUS.items()}
CLASSES = {(row["lgu"], row["iso_3166_2"]): row["category"] for row in table("provinces.csv")}


def date(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def last_day(day):
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day


def pace(day):
    if day.day in (14, 15):
        return "middle"
    late = day.day >= 27 if day.month == 2 else day.day >= last_day(day) - 1
    return "end" if late else "ordinary"


def sale(day):
    if day.day in (14, 15):
        return "middle"
    return "sale end" if day.day >= (27 if day.month == 2 else 30) else "ordinary"


class Seed:
    """What one seed's orders add up to; small, so that it can be sent between processes."""

    def __init__(self, seed):
        self.count = 0
        self.states, self.outcomes, self.methods = Counter(), Counter(), Counter()
        self.express, self.varieties, self.classes = 0, Counter(), Counter()
        self.totals, self.customers, self.codes = [], Counter(), set()
        self.names, self.people = set(), {}
        self.intervals = defaultdict(list)
        self.shortest = timedelta(days=999)
        self.windows = defaultdict(lambda: {"lines": Counter(), "orders": []})
        self.on_time = self.at_once = self.delivered = self.paid_old = 0
        self.faults = []
        process = subprocess.Popen(
            [PRODUCER, "--dry-run", "--mode", "history", "--until", UNTIL.isoformat(),
             "--seed", str(seed)], stdout=subprocess.PIPE)
        before = None
        for line in process.stdout:
            order = json.loads(line)
            when = date(order["order_date"])
            self.add(order, when)
            if before:
                self.shortest = min(self.shortest, when - before)
                if self.count <= FIRST_SHIFT:
                    self.intervals[pace(before)].append((when - before).total_seconds() / 60)
            before = when
        if process.wait() != 0:
            self.faults.append(f"the producer ended with {process.returncode}")
        self.windows = {key: dict(value) for key, value in self.windows.items()}
        self.intervals = dict(self.intervals)

    def expect(self, truth, order, what):
        if not truth and len(self.faults) < 20:
            self.faults.append(f"order {order['order_id']}: {what}")

    def add(self, order, when):
        self.count += 1
        customer = order["customer_info"]
        self.expect(order["order_id"] == self.count, order, "its number")
        self.express += order["shipping_info"]["express_shipping"]
        self.varieties[order["item_variety"]] += 1
        self.totals.append(order["order_total"])
        self.customers[customer["customer_id"]] += 1
        self.codes.add(customer["provincial_code"])
        self.names.add(customer["customer_name"])
        self.classes[CLASSES[customer["lgu"], customer["provincial_code"]]] += 1
        person = json.dumps({key: value for key, value in customer.items() if key != "ip_address"})
        known = self.people.setdefault(customer["customer_id"], hash(person))
        self.expect(known == hash(person), order, "a customer who changed")
        if order["payment_info"]["payment_method"]:
            self.methods[order["payment_info"]["payment_method"]] += 1
        self.add_items(order, when)
        self.add_life(order, when)

    def add_items(self, order, when):
        items = order["item_info"]
        window = self.windows[sale(when), when.year, when.month]
        self.expect(len({item["sku"] for item in items}) == len(items) == order["item_variety"],
                    order, "its lines")
        total, quantity, discounted, percents = 0, 0, 0, 0
        for item in items:
            percent, cents = int(item["discount_percent"]), round(item["subtotal"] * 100)
            price = PRICES[item["sku"]]
            self.expect(round(item["unit_price"] * 100) == price, order, "a price")
            self.expect(cents == (price * item["quantity"] * (100 - percent) + 50) // 100, order,
                        "a subtotal")
            window["lines"][item["sku"], percent] += 1
            total += cents
            quantity += item["quantity"]
            discounted += percent > 0
            percents += percent
        self.expect(round(order["order_total"] * 100) == total, order, "its total")
        window["orders"].append((len(items), quantity, discounted, percents))

    def add_life(self, order, when):
        payment, shipping = order["payment_info"], order["shipping_info"]
        status, express = shipping["order_status"], shipping["express_shipping"]
        paid, shipped = date(payment["payment_date"]), date(shipping["shipped_date"])
        eta, finished = date(shipping["eta"]), date(shipping["finished_date"])
        self.expect(payment["payment_status"] == bool(paid), order, "paid without a date")
        for moment in (when, paid, shipped, finished):
            self.expect(not moment or moment <= UNTIL, order, "something that is to come")
        if paid:
            self.expect(when <= paid <= when + timedelta(hours=71), order, "its payment date")
            days = (eta - paid) / timedelta(days=1)
            self.expect((3 <= days < 6) if express else (5 <= days < 11), order, "its eta")
        if shipped:
            hours = (shipped - paid) / timedelta(hours=1)
            self.expect((12 <= hours <= 36) if express else (24 <= hours <= 60), order, "shipping")
        self.expect(status == self.status_by_age(when, paid, eta, status), order, "its status")
        if status == "Timed Out":
            self.expect(finished == when + timedelta(days=7), order, "its time-out")
        elif finished:
            self.expect(finished >= shipped, order, "finished before it was shipped")
            self.expect(abs(finished - eta) <= timedelta(hours=48), order, "its finish")
        if UNTIL - when > OLD:
            self.states[status] += 1
            if paid:
                self.paid_old += 1
                self.at_once += paid == when
            if status == "Delivered":
                self.delivered += 1
                self.on_time += finished <= eta

    @staticmethod
    def status_by_age(when, paid, eta, status):
        if not paid:
            return "Timed Out" if UNTIL - when > timedelta(days=7) else "Processing"
        if UNTIL - paid <= timedelta(hours=72):
            return "Processing"
        if UNTIL >= eta - timedelta(hours=24):
            return status if status in ("Delivered", "Cancelled", "Returned") else "finished"
        return "Shipped"


class Report:
    def __init__(self):
        self.failures = 0

    def line(self, good, name, found, wanted, tolerance=""):
        self.failures += not good
        print(f"{'ok  ' if good else 'FAIL'} {name:42} found {found:<10} wanted {wanted:<10} "
              f"{tolerance}")

    def near(self, name, found, wanted, error, digit):
        tolerance = Z * error + digit / 2
        self.line(abs(found - wanted) <= tolerance, name, f"{found:.5g}", f"{wanted:g}",
                  f"± {tolerance:.3g}")

    def share(self, name, count, whole, wanted, digit=.001):
        self.near(name, count / whole, wanted, sqrt(wanted * (1 - wanted) / whole), digit)

    def true(self, name, truth, found=""):
        self.line(bool(truth), name, str(found), "")


def quantile(values, share):
    return sorted(values)[int(len(values) * share)]


def pooled(seeds, attribute):
    total = Counter()
    for seed in seeds:
        total.update(getattr(seed, attribute))
    return total


def spread(values):
    return stdev(values) / sqrt(len(values))


def ratio(orders, index):
    """Mean of a line's property and its error, orders being the clusters."""
    lines = sum(order[0] for order in orders)
    found = sum(order[index] for order in orders) / lines
    return found, sqrt(sum((order[index] - found * order[0]) ** 2 for order in orders)) / lines


def events(seeds, report):
    """The event of each window is the one column of skus.csv that explains all its discounts."""
    orders, drawn, unclear = defaultdict(list), defaultdict(Counter), 0
    for seed in seeds:
        for (kind, _, _), window in seed.windows.items():
            fits = [event for event in ALLOWED_EVENTS[kind]
                    if all(DISCOUNTS[sku][event] == percent for sku, percent in window["lines"])]
            if len(fits) != 1:
                unclear += 1
                continue
            drawn[kind][fits[0]] += 1
            orders[fits[0]].extend(window["orders"])
    report.true("every sale lasts for its days and no longer", unclear == 0, unclear)
    report.share("the 14th-15th: event 1", drawn["middle"][1], sum(drawn["middle"].values()), .7)
    report.share("the month's end: event 2", drawn["sale end"][2],
                 sum(drawn["sale end"].values()), .65)
    return orders


def customers(seeds, report):
    repeaters = [[n for n in seed.customers.values() if n > 1] for seed in seeds]
    shares = [len(r) / len(seed.customers) for r, seed in zip(repeaters, seeds)]
    orders = [sum(r) / seed.count for r, seed in zip(repeaters, seeds)]
    report.near("customers with more than one order", mean(shares), .16, spread(shares), .01)
    report.near("their share of the orders", mean(orders), .55, spread(orders), .01)
    classes, total = pooled(seeds, "classes"), sum(seed.count for seed in seeds)
    for name, wanted in zip(("metro_manila", "large", "medium", "small", "poor"),
                            (.04, .27, .25, .32, .12)):
        error = spread([seed.classes[name] / seed.count for seed in seeds])
        report.near(f"size class {name}", classes[name] / total, wanted, error, .01)
    report.line(all(len(seed.codes) == 83 for seed in seeds), "provinces of each seed",
                str({len(seed.codes) for seed in seeds}), "83")


def money(seeds, report):
    for name, wanted, digit, figure in (
            ("order total, mean", 6170, 10, mean),
            ("order total, median", 5450, 10, lambda totals: quantile(totals, .5)),
            ("order total, 95th percentile", 14000, 100, lambda totals: quantile(totals, .95))):
        found = figure([total for seed in seeds for total in seed.totals])
        report.near(name, found, wanted, spread([figure(seed.totals) for seed in seeds]), digit)


def intervals(seeds, report):
    for name, wanted in (("ordinary", 159), ("middle", 78), ("end", 47)):
        values = [value for seed in seeds for value in seed.intervals.get(name, ())]
        report.near(f"interval before the first shift, {name}", mean(values), wanted,
                    spread(values), 1)
    shortest = min(seed.shortest for seed in seeds).total_seconds() / 60
    report.line(6.5 <= shortest < 6.55, "shortest interval, minutes", f"{shortest:.3f}", "6.5")


def several_runs(report):
    """The same bytes again, a shorter run as their beginning, 5,000 names in 30,000 orders."""
    def run(*options):
        return subprocess.run([PRODUCER, "--dry-run", "--until", UNTIL.isoformat(), *options],
                              stdout=subprocess.PIPE, check=True).stdout
    whole = run("--seed", "3")
    report.true("the same bytes again", whole == run("--seed", "3"))
    report.true("--orders cuts the same stream", whole.startswith(run("--seed", "3", "--orders",
                                                                      "1000")))
    report.true("another seed, other orders", not whole.startswith(run("--seed", "4", "--orders",
                                                                       "1")))
    many = run("--seed", "1", "--volume", "2", "--orders", "30000").splitlines()
    names = {json.loads(line)["customer_info"]["customer_name"] for line in many}
    report.line(len(many) == 30000 and len(names) >= 5000, "names in 30,000 orders",
                str(len(names)), ">= 5000")


def main():
    with ProcessPoolExecutor(2) as pool:
        seeds = list(pool.map(Seed, SEEDS))
    report, total = Report(), sum(seed.count for seed in seeds)
    for number, seed in zip(SEEDS, seeds):
        report.line(20000 <= seed.count <= 50000 or number > 10, f"orders of seed {number}",
                    str(seed.count), "20000-50000")
        for fault in seed.faults:
            report.true(f"seed {number}: {fault}", False)
    states, old = pooled(seeds, "states"), sum(sum(seed.states.values()) for seed in seeds)
    for name, wanted, digit in (("Delivered", .9215, .0001), ("Timed Out", .05, .001),
                                ("Cancelled", .019, .001), ("Returned", .0095, .0001)):
        report.share(f"older than 30 days, {name}", states[name], old, wanted, digit)
    report.share("on time", sum(s.on_time for s in seeds), sum(s.delivered for s in seeds), .5, .01)
    methods = pooled(seeds, "methods")
    for name, wanted in (("Bank Transfer", .57), ("Credit Card", .24), ("Digital Wallet", .19)):
        report.share(name, methods[name], sum(methods.values()), wanted, .01)
    report.share("paid at once", sum(s.at_once for s in seeds), sum(s.paid_old for s in seeds),
                 .63, .01)
    report.share("express", sum(seed.express for seed in seeds), total, .4)
    varieties = pooled(seeds, "varieties")
    for lines, wanted in enumerate((.273, .182, .182, .164, .147, .034, .017), 1):
        report.share(f"item variety {lines}", varieties[lines], total, wanted)
    report.true("no other variety", set(varieties) == set(range(1, 8)), sorted(varieties))
    money(seeds, report)
    for event, orders in sorted(events(seeds, report).items()):
        for name, index, wanted, digit in (
                ("discounted lines", 2, (.290, .547, .799, .927), .001),
                ("mean discount", 3, (2.8, 5.7, 16.7, 23.0), .1),
                ("mean quantity", 1, (2.55, 3.15, 3.78, 3.80), .01)):
            found, error = ratio(orders, index)
            report.near(f"event {event}: {name}", found, wanted[event], error, digit)
    intervals(seeds, report)
    customers(seeds, report)
    several_runs(report)
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
