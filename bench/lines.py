"""The stages beside the orders' way: routing and export, each beside a bare loop."""

import json
import tempfile
from pathlib import Path

from sides import BUILD, ROOT, TRANSACTION_RECORDS, BareTransform, OurProcessor, check_output, fill

EXPORT_SHARE = 20  # the export gets a part of the records: it syncs a file an order


class OurStage(OurProcessor):
    """A stage that is no processor: its program, topics and options."""

    def __init__(self, broker, records, stage, topics, options):
        self.options = options
        super().__init__(broker, records, stage, topics)

    def program(self):
        return (BUILD / self.stage / f"orderflow-{self.stage}", *self.options())


def our_routing(broker, records):
    return OurStage(broker, records, "routing",
                    ("paid_orders", "internal_orders", "external_orders"),
                    lambda: ("--data", ROOT / "producer/data", "--rules",
                             ROOT / "routing/rules.txt"))


class OurExport(OurStage):
    """Writes into a new folder each time; counts and measures the files."""

    def __init__(self, broker, records, scratch):
        self.scratch, self.folder, self.files, self.mean = Path(scratch), None, 0, 0
        super().__init__(broker, records, "export", ("external_orders", "order_status"),
                         lambda: ("--folder", self.folder, "-X",
                                  "order.status.topic=order_status"))

    def run(self):
        self.folder = tempfile.mkdtemp(dir=self.scratch)
        rate = super().run()
        sizes = [path.stat().st_size for path in Path(self.folder).glob("*/order-*.json")]
        self.files, self.mean = len(sizes), sum(sizes) // len(sizes)
        return rate * self.files / self.records


class BareFiles:
    """As many files of that size, by a loop without a broker."""

    def __init__(self, ours):
        self.ours = ours

    def run(self):
        folder = tempfile.mkdtemp(dir=self.ours.scratch)
        answer = json.loads(check_output([BUILD / "bench/bare-files", folder, self.ours.files,
                                          self.ours.mean, TRANSACTION_RECORDS]))
        return answer["files"] / answer["seconds"]


def routing_sides(broker, records):
    broker.create("paid_orders", "internal_orders", "external_orders", "orders_dlq", "bare")
    fill(broker, "shipping", records)
    return {"orderflow": our_routing(broker, records),
            "bare librdkafka loop": BareTransform(broker, records, "shipping")}


def export_sides(broker, records, scratch):
    broker.create("paid_orders", "internal_orders", "external_orders", "orders_dlq",
                  "order_status")
    fill(broker, "shipping", records)
    our_routing(broker, records).run()
    ours = OurExport(broker, records, scratch)
    return {"orderflow": ours, "bare loop of files": BareFiles(ours)}
