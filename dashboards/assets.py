"""Makes Superset's asset files from the YAML of this folder: dictionaries by the paths that its
importer knows. Pure: the columns of the views come in, nothing is read but this folder."""

import json
import uuid
from pathlib import Path

import yaml

from kinds import Chart

FOLDER = Path(__file__).resolve().parent
NAMESPACE = uuid.UUID("7b1f3c52-9a5e-4f0e-8d46-0c5c8c1f7a10")  # never changes: it makes all uuids
VERSION = "1.0.0"


def fixed_uuid(kind, name):
    """The same name gives the same uuid on every machine and in every release."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


def read_yaml(path):
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def read_datasets():
    return read_yaml(FOLDER / "datasets.yaml")


def read_dashboard():
    """The file's colours come as meaning -> colour."""
    spec = read_yaml(FOLDER / "retail_sales.yaml")
    return spec | {"colours": {name: colour for colour, names in spec["colours"].items() for name in names}}


def read_tabs():
    return [read_yaml(path) for path in sorted((FOLDER / "tabs").glob("*.yaml"))]


def row_charts(row):
    for inner in row.get("stack", {}).get("rows", []):
        yield from row_charts(inner)
    yield from row.get("charts", [])


def read_charts():
    """Every chart by its id, in the order of the tabs."""
    datasets, colours, found = read_datasets(), read_dashboard()["colours"], {}
    for tab in read_tabs():
        for row in tab["rows"]:
            for spec in row_charts(row):
                if spec["id"] in found:
                    raise ValueError(f"tab {tab['id']}: chart {spec['id']} is there twice")
                chart = Chart(spec, datasets[spec["dataset"]], colours)
                chart.tab = tab["id"]
                found[spec["id"]] = chart
    return found


def dataset_asset(name, spec, columns):
    """columns: (name, type, comment) of the view, as the database has them."""
    return {
        "table_name": spec["view"], "schema": "public", "main_dttm_col": spec["time"],
        "description": spec.get("about"), "sql": spec.get("sql"), "offset": 0, "cache_timeout": None, "params": None,
        "template_params": None, "filter_select_enabled": True, "fetch_values_predicate": None, "extra": None,
        "uuid": fixed_uuid("dataset", name), "database_uuid": fixed_uuid("database", "orderflow"),
        "version": VERSION,
        "columns": [{"column_name": column, "type": kind.upper(), "description": comment, "is_dttm": "timestamp" in kind,
                     "is_active": True, "groupby": True, "filterable": True, "verbose_name": None,
                     "expression": None, "python_date_format": None, "extra": None}
                    for column, kind, comment in columns],
        "metrics": [{"metric_name": metric, "expression": expression, "d3format": None, "description": about,
                     "metric_type": None, "verbose_name": None, "warning_text": None, "extra": None,
                     "currency": None}  # the charts say how they print
                    for metric, (expression, _, about) in spec["metrics"].items()],
    }


def chart_asset(chart):
    params = chart.params()
    return {"slice_name": chart.spec["title"], "description": chart.spec["about"], "viz_type": params["viz_type"],
            "params": params, "query_context": None, "cache_timeout": None, "certified_by": None,
            "certification_details": None, "uuid": fixed_uuid("chart", chart.spec["id"]),
            "dataset_uuid": fixed_uuid("dataset", chart.spec["dataset"]), "version": VERSION}


class Layout:
    """The tree of a dashboard: tabs, rows, columns, charts."""

    def __init__(self, title):
        self.nodes = {
            "DASHBOARD_VERSION_KEY": "v2",
            "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["TABS-1"]},
            "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
            "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
            "TABS-1": {"type": "TABS", "id": "TABS-1", "children": [], "meta": {}, "parents": ["ROOT_ID"]},
        }

    def add(self, kind, name, parent, meta):
        node = f"{kind}-{name}"
        self.nodes[parent]["children"].append(node)
        self.nodes[node] = {"type": kind, "id": node, "children": [], "meta": meta,
                            "parents": self.nodes[parent]["parents"] + [parent] if "parents" in self.nodes[parent]
                            else [parent]}
        return node

    def add_tab(self, tab):
        node = self.add("TAB", tab["id"], "TABS-1", {"text": tab["title"]})
        for number, row in enumerate(tab["rows"], 1):
            self.add_row(row, f"{tab['id']}-{number}", node, 12)

    def add_row(self, row, name, parent, width):
        node = self.add("ROW", name, parent, {"background": "BACKGROUND_TRANSPARENT"})
        if "stack" in row:
            stack = row["stack"]
            column = self.add("COLUMN", name, node, {"background": "BACKGROUND_TRANSPARENT", "width": stack["width"]})
            for number, inner in enumerate(stack["rows"], 1):
                self.add_row(inner, f"{name}-{number}", column, stack["width"])
            width -= stack["width"]
        charts = row["charts"]
        for number, spec in enumerate(charts):
            # A row without widths is shared evenly; the first charts take what is left over.
            share = width // len(charts) + (1 if number < width % len(charts) else 0)
            self.add("CHART", spec["id"], node, {
                "uuid": fixed_uuid("chart", spec["id"]), "chartId": 0, "sliceName": spec["title"],
                "width": spec.get("width", share), "height": row["height"]})


def filter_asset(spec):
    name = spec["name"].lower().replace(" ", "-")
    common = {"id": f"NATIVE_FILTER-{name}", "name": spec["name"], "type": "NATIVE_FILTER",
              "description": spec["about"], "cascadeParentIds": [], "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
              "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}}}
    if spec.get("kind") == "time":
        return common | {"filterType": "filter_time", "targets": [{}], "controlValues": {"enableEmptyFilter": False}}
    return common | {
        "filterType": "filter_select",
        "targets": [{"datasetUuid": fixed_uuid("dataset", spec["dataset"]), "column": {"name": spec["column"]}}],
        "controlValues": {"multiSelect": True, "enableEmptyFilter": False, "defaultToFirstItem": False,
                          "inverseSelection": False, "searchAllOptions": True, "sortAscending": True}}


def dashboard_asset(spec, tabs):
    layout = Layout(spec["title"])
    for tab in tabs:
        layout.add_tab(tab)
    return {
        "dashboard_title": spec["title"], "slug": spec["slug"], "description": spec["about"], "css": spec["css"],
        "published": True, "uuid": fixed_uuid("dashboard", spec["slug"]), "version": VERSION,
        "position": layout.nodes,
        "metadata": {
            "color_scheme": "",  # the maps need it empty; every chart names its own
            "label_colors": spec["colours"], "shared_label_colors": [], "cross_filters_enabled": True,
            "refresh_frequency": spec["refresh_seconds"], "timed_refresh_immune_slices": [], "expanded_slices": {},
            "native_filter_configuration": [filter_asset(one) for one in spec["filters"]],
            "chart_configuration": {}, "default_filters": "{}", "filter_scopes": {}},
    }


def make_assets(database_uri, view_columns):
    """Path -> text of every asset. view_columns: view -> [(name, type, comment)]."""
    files = {
        "metadata.yaml": {"version": VERSION, "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/orderflow.yaml": {
            "database_name": "Orderflow", "sqlalchemy_uri": database_uri, "cache_timeout": None, "expose_in_sqllab": True,
            "allow_run_async": False, "allow_ctas": False, "allow_cvas": False, "allow_dml": False,
            "allow_file_upload": False, "extra": {"allows_virtual_table_explore": True},
            "uuid": fixed_uuid("database", "orderflow"), "version": VERSION},
    }
    for name, spec in read_datasets().items():
        files[f"datasets/orderflow/{name}.yaml"] = dataset_asset(name, spec, view_columns[spec["view"]])
    for name, chart in read_charts().items():
        files[f"charts/{name}.yaml"] = chart_asset(chart)
    dashboard = read_dashboard()
    files[f"dashboards/{dashboard['slug']}.yaml"] = dashboard_asset(dashboard, read_tabs())
    # JSON is YAML: nobody reads these but the importer.
    return {path: json.dumps(text) for path, text in files.items()}
