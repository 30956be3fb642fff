"""Superset over HTTP, as the browser speaks it: log in, ask every chart for its rows."""

import json
import re
import time

import requests

from assets import fixed_uuid
from load import USER

LEGACY = {"map", "chord"}  # kinds that only the older endpoint answers
SECONDS = 60
FILTER_ROWS = 1000  # as many as the browser asks for


class Client:
    def __init__(self, address, password):
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy between us and 127.0.0.1
        page = self.session.get(f"{address}/login/", timeout=SECONDS)
        page.raise_for_status()
        token = re.search(r'csrf_token[^>]*?value="([^"]+)"', page.text) or \
            re.search(r'csrf_token&#34;: &#34;([^&]+)&#34;', page.text) or re.search(r'"csrf_token": "([^"]+)"', page.text)
        form = {"username": USER, "password": password}
        if token:
            form["csrf_token"] = token.group(1)
        self.session.post(f"{address}/login/", data=form, timeout=SECONDS)
        answer = self.session.get(f"{address}/api/v1/security/csrf_token/", timeout=SECONDS)
        if answer.status_code != 200:
            raise RuntimeError(f"no log-in as {USER}: {answer.status_code} {answer.text[:200]}")
        self.session.headers["X-CSRFToken"] = answer.json()["result"]
        self.session.headers["Referer"] = address

    def get(self, path):
        answer = self.session.get(self.address + path, timeout=SECONDS)
        answer.raise_for_status()
        return answer.json()

    def ids(self, kind):
        """uuid -> id of all charts or datasets."""
        columns = "(columns:!(id,uuid),page_size:1000)"
        found = self.get(f"/api/v1/{kind}/?q={columns}")["result"]
        return {one["uuid"]: one["id"] for one in found}

    def rows(self, chart, dataset_id, chart_id, filters=()):
        """What the chart's query gives: rows as dictionaries, or for older kinds the drawn data. The
        dashboard's filters, as {col, op, val}, are for the newer kinds only."""
        if chart.spec["kind"] in LEGACY:
            form = chart.params() | {"datasource": f"{dataset_id}__table", "slice_id": chart_id, "force": True}
            answer = self.session.post(f"{self.address}/superset/explore_json/?force=true",
                                       data={"form_data": json.dumps(form)}, timeout=SECONDS)
        else:
            query = chart.query()
            query["filters"] = query["filters"] + list(filters)
            body = {"datasource": {"id": dataset_id, "type": "table"}, "force": True, "queries": [query],
                    "result_format": "json", "result_type": "full"}
            answer = self.session.post(f"{self.address}/api/v1/chart/data", json=body, timeout=SECONDS)
        if answer.status_code != 200:
            raise RuntimeError(f"chart {chart.spec['id']}: {answer.status_code} {answer.text[:500]}")
        reply = answer.json()
        return reply["data"] if chart.spec["kind"] in LEGACY else reply["result"][0]["data"]

    def options(self, spec):
        """(What a filter offers at first, seconds)."""
        column, dataset_id = spec["column"], self.ids("dataset")[fixed_uuid("dataset", spec["dataset"])]
        began = time.monotonic()
        body = {"datasource": {"id": dataset_id, "type": "table"},
                "force": True, "result_format": "json", "result_type": "full",
                "queries": [{"columns": [column], "metrics": [], "filters": [], "row_limit": FILTER_ROWS,
                             "orderby": [[column, True]]}]}
        answer = self.session.post(f"{self.address}/api/v1/chart/data", json=body, timeout=SECONDS)
        if answer.status_code != 200:
            raise RuntimeError(f"filter {spec['name']}: {answer.status_code} {answer.text[:500]}")
        return answer.json()["result"][0]["data"], time.monotonic() - began

    def all_rows(self, charts):
        """Chart id -> (rows, seconds), every chart asked in turn."""
        chart_ids, dataset_ids, found = self.ids("chart"), self.ids("dataset"), {}
        for name, chart in charts.items():
            began = time.monotonic()
            rows = self.rows(chart, dataset_ids[fixed_uuid("dataset", chart.spec["dataset"])],
                             chart_ids[fixed_uuid("chart", name)])
            found[name] = (rows, time.monotonic() - began)
        return found
