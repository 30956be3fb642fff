"""What an analyst sees, in Debian's Chromium: every tab is drawn without an error, filters change the
figures, nothing leaves the machine. Keeps a picture of each tab."""

import io
import os
from pathlib import Path

import numpy
import pytest
from PIL import Image

from assets import read_charts, read_dashboard, read_tabs
from browser import CHROMIUM, open_browser
from load import USER

PICTURE_BYTES = 300_000
PICTURE_COLOURS = 256
NEAR = 3  # colours that differ by no more in any part are one

pytestmark = pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="Chromium is not installed")


@pytest.fixture(scope="module")
def browser(address, password):
    with open_browser(address) as browser:
        browser.log_in(USER, password)
        browser.open_dashboard(read_dashboard()["slug"])
        yield browser


@pytest.fixture(scope="module")
def pictures(superset_folder):
    """ORDERFLOW_SCREENSHOTS names the folder of the repository when its pictures are made anew."""
    folder = Path(os.environ.get("ORDERFLOW_SCREENSHOTS") or superset_folder.parent / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep(picture, path):
    """A palette of the commonest colours makes the file a third as large and leaves areas as they are."""
    pixels = numpy.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    colours, place, count = numpy.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    palette = numpy.empty((0, 3), int)
    for colour in colours[numpy.argsort(-count)].astype(int):
        if len(palette) < PICTURE_COLOURS and (abs(palette - colour).max(axis=1, initial=0) > NEAR).all():
            palette = numpy.vstack([palette, colour])
    far = ((colours[:, None, :].astype(int) - palette[None]) ** 2).sum(axis=2)
    image = Image.fromarray(far.argmin(axis=1).astype(numpy.uint8)[place].reshape(pixels.shape[:2]), mode="P")
    image.putpalette(palette.reshape(-1).tolist())
    image.save(path, optimize=True)


@pytest.mark.parametrize("tab", read_tabs(), ids=lambda tab: tab["id"])
def test_every_tab_is_drawn(browser, pictures, tab):
    browser.open_tab(tab["title"])
    picture = browser.picture()
    assert browser.errors() == []
    path = pictures / f"{tab['id']}.png"
    keep(picture, path)
    assert path.stat().st_size < PICTURE_BYTES


def test_charts_say_what_they_show_when_pointed_at(browser):
    tab = next(tab for tab in read_tabs() if tab["id"] == "orders")
    browser.open_tab(tab["title"])
    for chart in read_charts().values():
        if chart.tab == tab["id"]:
            assert browser.description(chart.spec["title"]) == chart.spec["about"]


def figures(browser, tab, *titles):
    browser.open_tab(tab)
    assert browser.errors() == []
    return [browser.figure(title) for title in titles]


def test_the_customer_filter_changes_the_figures(browser, figure):
    everyone = figures(browser, "Customers", "Customers", "Orders per customer")
    customer, orders = figure("""
        SELECT c.customer_name || ' #' || o.customer_id || '|' || count(*)
        FROM order_info o JOIN customer_info c USING (customer_id)
        WHERE order_status = 'Delivered' AND order_date < date_trunc('month', now() AT TIME ZONE 'UTC')
        GROUP BY c.customer_name, o.customer_id ORDER BY count(*) DESC, o.customer_id LIMIT 1""").split("|")
    assert int(orders) > 1
    browser.choose("Customer", customer)
    assert figures(browser, "Customers", "Customers") == ["1"] != everyone[:1]
    name, number = customer.rsplit(" #", 1)
    placed = figure("SELECT count(*) FROM order_info WHERE customer_id = %s", number)
    assert figures(browser, "Orders", "Orders") == [f"{placed:,}"], name
    for title in ("Items", "Payment & Delivery"):
        browser.open_tab(title)
        assert browser.errors() == []
    browser.clear()
    assert figures(browser, "Customers", "Customers", "Orders per customer") == everyone


@pytest.mark.parametrize("name, value, condition", [
    ("Province", "Cebu", "customer_id IN (SELECT customer_id FROM customer_info WHERE provincial_code = 'PH-CEB')"),
    ("Item", "SKU 51", "order_id IN (SELECT order_id FROM item_info WHERE sku = 51)"),
    ("Status", "Returned", "order_status = 'Returned'")])
def test_the_other_filters_change_the_figures(browser, figure, name, value, condition):
    browser.open_tab("Orders")
    browser.choose(name, value)
    chosen = figure(f"SELECT count(*) FROM order_info WHERE {condition}")
    assert figures(browser, "Orders", "Orders") == [f"{chosen:,}"]
    browser.open_tab("Locations")
    assert browser.errors() == []
    browser.clear()


def test_the_time_filter_changes_the_figures(browser, figure):
    all_time = figures(browser, "Orders", "Orders")
    browser.choose_time("2021-04-01", "2021-06-01")
    expected = figure("SELECT count(*) FROM order_info WHERE order_date >= '2021-04-01' AND order_date < '2021-06-01'")
    assert figures(browser, "Orders", "Orders") == [f"{expected:,}"] != all_time
    for tab in read_tabs():
        browser.open_tab(tab["title"])
        assert browser.errors() == [], tab["id"]
    browser.clear()
    assert figures(browser, "Orders", "Orders") == all_time


def test_nothing_left_the_machine_and_no_script_failed(browser):
    assert browser.foreign == []
    assert browser.failures == []


def test_the_watch_sees_what_leaves(browser):
    """Else the test above could not fail: the start page's policy is lifted, then it asks another host."""
    page = browser.page.context.browser.new_context(bypass_csp=True).new_page()
    page.on("requestfailed", browser.note_failed)
    page.goto(f"{browser.address}/health")
    page.evaluate("fetch('http://127.0.0.2:9/').catch(() => {})")
    page.wait_for_timeout(500)
    assert browser.foreign == ["http://127.0.0.2:9/"]
