"""What each kind of chart of the tab files becomes in Superset: the settings that its browser code
reads (params) and the query that this code sends. Looks are decided here once for all charts.

Common keys of a chart: id, kind, title, about, dataset, width (of 12), where (SQL), full (day, month,
quarter: the running one is left out; it is not over, and an hour of live orders would outshine years of
past ones). Own ones:
    number    metric, note               one figure
    trend     metric, grain              the last full month or quarter against the one before
    gauge     metric                     a share on a dial
    time      metrics, grain, look (bar, line, area), by, stack, series (how many), zoom
    category  metrics, x, x_title, by, stack, log, values, labels (show every one)
    top       metric, x, limit (10)      horizontal bars, the longest first
    pie       metric, by
    heatmap   metric, x, y, values, turned (labels of x)
    chord     metric, source, target
    treemap   metric, by (list), limit
    map       metric
    table     by (list), metrics
"""

GRAINS = {"day": "P1D", "month": "P1M", "quarter": "P3M", "year": "P1Y"}
DATE_FORMATS = {"day": "%d %b %Y", "month": "%b ’%y", "quarter": "Q%q ’%y", "year": "%Y"}
NUMBER_FORMATS = {"peso": ".3~s", "price": ",.0f", "count": ",d", "number": ",.1f", "percent": ".1%"}
PESOS = ("peso", "price")
PESO = {"symbol": "PHP", "symbolPosition": "prefix"}
# Schemes of superset_config.py.
RAMPS = {"Revenue": "orderflow_revenue", "Orders": "orderflow_orders", "Orders with both": "orderflow_orders",
         "Average order value": "orderflow_value"}
SHARES_OF = {"On-time share": "Share of deliveries", "Quantity ratio": "Share of the ordinary"}
TITLE_MARGINS = {"peso": 65, "price": 65}  # keep an axis' title off its figures
MANY = 10000  # rows of a chart that shows all it finds


class Chart:
    """One chart of a tab file together with its dataset."""

    def __init__(self, spec, dataset, colours):
        self.spec = spec
        self.colours = colours
        self.dataset = dataset
        self.time = dataset["time"]

    def colour(self, name):
        """A colour as the trend's settings want it."""
        digits = self.colours[name].lstrip("#")
        return dict(zip("rgb", bytes.fromhex(digits))) | {"a": 1}

    def metric_format(self, name):
        return self.dataset["metrics"][name][1]

    def number_format(self, name):
        kind = self.metric_format(name)
        return {"y_axis_format": NUMBER_FORMATS[kind], "currency_format": PESO if kind in PESOS else {}}

    def axis_title(self):
        """Units of the value axis: one for all metrics of a chart."""
        names = self.spec["metrics"]
        kind = self.metric_format(names[0])
        return {"peso": "PHP", "price": "PHP", "percent": SHARES_OF.get(names[0], "Share of orders"),
                "count": names[0], "number": names[0]}[kind]

    def filters(self):
        """The dashboard's time filter applies to every chart; where adds the chart's own condition."""
        found = [{"clause": "WHERE", "expressionType": "SIMPLE", "subject": self.time,
                  "operator": "TEMPORAL_RANGE", "comparator": "No filter"}]
        condition = self.condition()
        if condition:
            found.append({"clause": "WHERE", "expressionType": "SQL", "sqlExpression": condition})
        return found

    def condition(self):
        """SQL, or None."""
        found = []
        full = self.spec["grain"] if self.spec["kind"] == "trend" else self.spec.get("full")
        if full:
            found.append(f"{self.time} < date_trunc('{full}', now() AT TIME ZONE 'UTC')")
        if "where" in self.spec:
            found.append(f"({self.spec['where']})")
        return " AND ".join(found) or None

    def params(self):
        """What the chart's file holds besides its name."""
        settings = getattr(self, "_" + self.spec["kind"])()
        return {"adhoc_filters": self.filters(), "color_scheme": "orderflow", "extra_form_data": {},
                "row_limit": MANY} | settings

    def query(self):
        """The chart's query as POST /api/v1/chart/data takes it."""
        spec, params = self.spec, self.params()
        kind = spec["kind"]
        metrics = params.get("metrics") or [params["metric"]]
        columns = []
        if kind in ("trend", "time"):
            columns.append({"timeGrain": params["time_grain_sqla"], "columnType": "BASE_AXIS",
                            "sqlExpression": self.time, "label": self.time, "expressionType": "SQL"})
        elif kind in ("category", "top", "heatmap"):
            columns.append(params["x_axis"])
        groups = spec.get("by", [])
        columns += groups if isinstance(groups, list) else [groups]
        columns += [spec[key] for key in ("y", "source", "target") if key in spec]
        query = {"columns": columns, "metrics": metrics, "orderby": [[metrics[0], False]],
                 "filters": [{"col": self.time, "op": "TEMPORAL_RANGE", "val": "No filter"}],
                 "row_limit": params["row_limit"], "extras": {"where": f"({self.condition()})" if self.condition() else ""}}
        if "series" in spec:
            query |= {"series_columns": [spec["by"]], "series_limit": spec["series"],
                      "series_limit_metric": metrics[0]}
        if kind == "map":
            query["columns"] = [params["entity"]]
        return query

    def _number(self):
        return {"viz_type": "big_number_total", "metric": self.spec["metric"], "subheader": self.spec["note"],
                "header_font_size": 0.4, "subheader_font_size": 0.2} | self.number_format(self.spec["metric"])

    def _trend(self):
        suffix = {"month": "on the month before", "quarter": "on the quarter before"}[self.spec["grain"]]
        return {"viz_type": "big_number", "metric": self.spec["metric"], "x_axis": self.time,
                "time_grain_sqla": GRAINS[self.spec["grain"]], "compare_lag": 1, "compare_suffix": suffix,
                "show_timestamp": True, "show_trend_line": True, "start_y_axis_at_zero": True,
                "time_format": DATE_FORMATS[self.spec["grain"]], "header_font_size": 0.3, "subheader_font_size": 0.15,
                "color_picker": self.colour(self.spec["metric"]), "rolling_type": "None",
                } | self.number_format(self.spec["metric"])

    def _gauge(self):
        return {"viz_type": "gauge_chart", "metric": self.spec["metric"], "groupby": [], "min_val": 0, "max_val": 1,
                "number_format": NUMBER_FORMATS[self.metric_format(self.spec["metric"])], "value_formatter": "{value}",
                "start_angle": 225, "end_angle": -45, "font_size": 15, "show_pointer": True, "show_progress": True,
                "show_axis_tick": False, "show_split_line": False, "split_number": 5, "overlap": True,
                "round_cap": False, "animation": False, "row_limit": 1, "color_scheme": "orderflow_dial"}  # all dials share one

    def _series(self):
        """What the bars, lines and areas have in common."""
        spec = self.spec
        groups = [spec["by"]] if "by" in spec else []
        several = len(spec["metrics"]) > 1 or groups
        return {"metrics": spec["metrics"], "groupby": groups, "stack": "Stack" if spec.get("stack") else None,
                "show_legend": bool(several), "legendType": "plain" if "series" in spec else "scroll",
                "legendOrientation": "right" if "series" in spec else "top",
                "legendMargin": 215 if "series" in spec else None,  # or long names are cut off
                "rich_tooltip": True, "tooltipSortByMetric": False, "y_axis_title": self.axis_title(),
                "y_axis_title_margin": TITLE_MARGINS.get(self.metric_format(spec["metrics"][0]), 60),
                "y_axis_title_position": "Left", "truncate_metric": True,
                "logAxis": bool(spec.get("log")), "show_value": bool(spec.get("values")), "only_total": True,
                "sort_series_type": "sum", "sort_series_ascending": False,
                } | self.number_format(spec["metrics"][0])

    def _time(self):
        spec = self.spec
        looks = {"bar": "echarts_timeseries_bar", "line": "echarts_timeseries_line", "area": "echarts_area"}
        settings = self._series() | {
            "viz_type": looks[spec["look"]], "x_axis": self.time, "time_grain_sqla": GRAINS[spec["grain"]],
            "x_axis_time_format": DATE_FORMATS[spec["grain"]], "tooltipTimeFormat": DATE_FORMATS[spec["grain"]],
            "zoomable": bool(spec.get("zoom")), "markerEnabled": False, "opacity": 0.6, "truncateXAxis": False,
            "x_axis_title": "", "seriesType": "line"}
        if "series" in spec:
            settings |= {"limit": spec["series"], "timeseries_limit_metric": spec["metrics"][0], "order_desc": True}
        return settings

    def _category(self):
        spec = self.spec
        return self._series() | {
            "viz_type": "echarts_timeseries_bar", "x_axis": spec["x"], "xAxisForceCategorical": True,
            "x_axis_sort": spec["x"], "x_axis_sort_asc": True, "x_axis_sort_series": "name",
            "x_axis_sort_series_ascending": True, "xAxisLabelInterval": "0" if spec.get("labels") else "auto",
            "x_axis_title": spec["x_title"], "x_axis_title_margin": 30,
            "orientation": "vertical"}

    def _top(self):
        spec = self.spec
        kind = self.metric_format(spec["metric"])
        unit = "PHP" if kind == "peso" else spec["metric"]
        return {"viz_type": "echarts_timeseries_bar", "x_axis": spec["x"], "metrics": [spec["metric"]], "groupby": [],
                "orientation": "horizontal", "row_limit": spec.get("limit", 10), "order_desc": True,
                "timeseries_limit_metric": spec["metric"], "x_axis_sort": spec["metric"], "x_axis_sort_asc": True,
                "xAxisForceCategorical": True, "show_legend": False, "show_value": True, "rich_tooltip": True,
                "y_axis_title": unit, "y_axis_title_margin": 30, "y_axis_title_position": "Left",
                "x_axis_title_margin": 15, "truncate_metric": True,
                "y_axis_format": NUMBER_FORMATS[kind], "currency_format": {}}  # a sign would make ticks overlap

    def _pie(self):
        return {"viz_type": "pie", "metric": self.spec["metric"], "groupby": [self.spec["by"]], "donut": True,
                "innerRadius": 35, "outerRadius": 60, "show_legend": True, "legendOrientation": "top",
                "legendType": "scroll", "label_type": "percent", "number_format": ",d", "show_labels": True,
                "labels_outside": True, "label_line": True, "show_labels_threshold": 3, "sort_by_metric": True,
                "row_limit": 20}

    def _heatmap(self):
        spec = self.spec
        return {"viz_type": "heatmap_v2", "metric": spec["metric"], "x_axis": spec["x"], "groupby": spec["y"],
                "sort_x_axis": "alpha_asc", "sort_y_axis": "alpha_asc", "normalize_across": "heatmap",
                "linear_color_scheme": RAMPS[spec["metric"]], "show_legend": True, "show_values": bool(spec.get("values")),
                "show_percentage": False, "left_margin": 70, "bottom_margin": 60, "value_bounds": [None, None],
                "legend_type": "continuous", "xscale_interval": 1, "yscale_interval": 1, "xAxisLabelRotation": 90 if spec.get("turned") else 0,
                "y_axis_format": NUMBER_FORMATS[self.metric_format(spec["metric"])]}

    def _chord(self):
        spec = self.spec
        return {"viz_type": "chord", "metric": spec["metric"], "groupby": spec["source"], "columns": spec["target"],
                "y_axis_format": ",d", "row_limit": 1000, "sort_by_metric": True}

    def _treemap(self):
        spec = self.spec
        return {"viz_type": "treemap_v2", "metric": spec["metric"], "groupby": spec["by"], "show_labels": True,
                "show_upper_labels": True, "label_type": "key", "sort_by_metric": True, "number_format": ".3~s",
                "currency_format": self.number_format(spec["metric"])["currency_format"], "row_limit": spec["limit"], "color_scheme": "orderflow_plain"}

    def _map(self):
        spec = self.spec
        return {"viz_type": "country_map", "select_country": "philippines", "entity": "map_code",
                "metric": spec["metric"], "number_format": NUMBER_FORMATS[self.metric_format(spec["metric"])],
                "linear_color_scheme": RAMPS[spec["metric"]], "row_limit": 1000,
                "color_scheme": ""}  # or it would colour by name

    def _table(self):
        spec = self.spec
        columns = {name: {"customColumnName": name.capitalize()} for name in spec["by"]}
        for name in spec["metrics"]:
            kind = self.metric_format(name)
            columns[name] = {"d3NumberFormat": NUMBER_FORMATS[kind]}
            if kind in PESOS:
                columns[name]["currencyFormat"] = PESO
        return {"viz_type": "table", "query_mode": "aggregate", "groupby": spec["by"], "metrics": spec["metrics"],
                "timeseries_limit_metric": spec["metrics"][0], "order_desc": True, "column_config": columns,
                "page_length": 15, "server_page_length": 15, "show_cell_bars": False, "color_pn": False,
                "include_search": True, "table_timestamp_format": "smart_date"}
