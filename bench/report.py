"""What the benchmarks print: a Markdown table, or JSON."""

import dataclasses
import json


@dataclasses.dataclass
class Row:
    """One figure of ours beside one peer's; without a peer, beside its aim alone."""

    name: str
    what: str
    ours: float
    peer: str | None
    theirs: float | None
    unit: str
    aim: float | None  # of the ratio, or of the figure itself where there is no peer
    less_is_better: bool = False

    @property
    def ratio(self):
        """How many times better we are."""
        if not self.theirs:
            return None
        return self.theirs / self.ours if self.less_is_better else self.ours / self.theirs

    @property
    def reached(self):
        if self.aim is None:
            return None
        return self.ratio >= self.aim if self.peer else self.ours <= self.aim


def number(value, unit):
    if value is None:
        return ""
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"


def aim_text(row):
    if row.aim is None:
        return ""
    text = f"{row.aim:g}x" if row.peer else f"under {row.aim:g} {row.unit}"
    return text if row.reached else f"{text}, missed"


def as_table(about, rows):
    settings = about["settings"]
    both = ", ".join(f"{name}={settings[name]}" for name in
                     ("batch.size", "batch.num.messages", "linger.ms", "compression.type", "acks"))
    lines = [
        f"Measured on {about['date']}, {about['machine']}. Best of {about['rounds']} runs of each "
        "side, in turn.",
        f"Both sides of a pair: {both}, {about['transaction_records']:,} records a transaction; "
        f"{about['records']:,} orders a run.",
        "",
        "| what | Orderflow | peer | its figure | ratio | aim |",
        "| --- | ---: | --- | ---: | ---: | --- |",
    ]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}x"
        lines.append(f"| {row.what} | {number(row.ours, row.unit)} | {row.peer or ''} | "
                     f"{number(row.theirs, row.unit)} | {ratio} | {aim_text(row)} |")
    return "\n".join(lines)


def as_json(about, rows):
    return json.dumps(about | {"rows": [
        dataclasses.asdict(row) | {"ratio": row.ratio, "reached": row.reached} for row in rows]},
        indent=2)
