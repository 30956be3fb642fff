"""Debian's Chromium by playwright: logs in, opens tabs, applies filters, takes pictures, and keeps
a list of every request that leaves this machine."""

import contextlib
import os
from urllib.parse import urlparse

from playwright.sync_api import sync_playwright

CHROMIUM = os.environ.get("ORDERFLOW_CHROMIUM", "/usr/bin/chromium")
SECONDS = 180  # on a machine that is busy with more than this
WIDTH, HEIGHT, HIGHEST = 1680, 1050, 3200
BLOCKED = "csp"
LOADING = ".loading, [data-test='loading-indicator']"
REFRESHING = "[data-test='auto-refresh-toggle'][aria-label='Pause auto-refresh']"
APPLY = "[data-test='filter-bar__apply-button']"
TIME_APPLY = "[data-test='date-filter-control__apply-button']"
ERRORS = "[data-test='chart-error'], .ant-alert-error, .chart-error, [role='alert']:has-text('error')"


class Browser:
    def __init__(self, page, address):
        self.page = page
        self.address = address
        self.foreign = []      # requests to any other machine, but those that the page's policy stopped
        self.failures = []     # what the page's scripts threw
        page.on("requestfinished", self._note)
        page.on("requestfailed", self.note_failed)
        page.on("pageerror", lambda error: self.failures.append(str(error)))

    def _note(self, request):
        place = urlparse(request.url)
        if place.scheme in ("http", "https", "ws", "wss") and place.netloc != urlparse(self.address).netloc:
            self.foreign.append(request.url)

    def note_failed(self, request):
        if request.failure != BLOCKED:
            self._note(request)

    def log_in(self, user, password):
        self.page.goto(f"{self.address}/login/")
        self.page.fill("input#username, input[name='username']", user)
        self.page.fill("input#password, input[name='password']", password)
        self.page.press("input#password, input[name='password']", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def open_dashboard(self, slug):
        self.page.goto(f"{self.address}/superset/dashboard/{slug}/")
        self.page.wait_for_selector("[role='tab']")
        self.page.locator(REFRESHING).click()  # a machine that is slow enough would do nothing else
        self.settle()

    def open_tab(self, title):
        self.page.locator("[role='tab']", has_text=title).first.click()
        self.settle()

    def charts(self):
        """The visible chart holders by the id of their layout node."""
        return self.page.locator(".dashboard-component-chart-holder:visible")

    def settle(self):
        """Charts are drawn when they come into view: scroll through the tab, wait for each."""
        self.page.wait_for_timeout(300)
        for holder in self.charts().all():
            holder.evaluate("element => element.scrollIntoView({block: 'center'})")
            self._wait_drawn(holder)
        self.page.evaluate("window.scrollTo(0, 0)")
        self.page.wait_for_timeout(700)  # the last animation

    def _wait_drawn(self, holder):
        drawn = holder.locator("canvas, svg, table, .header-line, .superset-legacy-chart-country-map")
        drawn.first.wait_for(state="attached", timeout=SECONDS * 1000)
        holder.locator(LOADING).first.wait_for(state="detached", timeout=SECONDS * 1000)

    def errors(self):
        """The text of every error that a visible chart shows."""
        found = [one.inner_text() for one in self.page.locator(ERRORS).all() if one.is_visible()]
        found += [one.inner_text() for one in self.charts().all()
                  if any(words in one.inner_text() for words in ("No data", "No results", "Unexpected error", "Data error"))]
        return found

    def figure(self, title):
        """The big number of the chart with this title."""
        holder = self.charts().filter(has_text=title).first
        return holder.locator(".header-line").inner_text()

    def description(self, title):
        """What the chart with this title says of itself while the pointer is on it."""
        chart = self.page.locator(f".chart-slice[data-test-chart-name='{title}']:visible")
        chart.locator("[data-test='slice-header']").hover()
        said = chart.locator(".dashboard-chart").evaluate("element => getComputedStyle(element, '::before').content")
        self.page.mouse.move(WIDTH // 2, 2)
        return said.strip('"')

    def filter_field(self, name):
        label = self.page.locator("[data-test='filter-bar'] h4, [data-test='filter-control-name']")
        return label.filter(has_text=name).first.locator("xpath=following::input[1]")

    def choose(self, name, value):
        """Types into a select filter, takes the answer and applies it."""
        field = self.filter_field(name)
        field.click()
        field.fill(value)
        option = self.page.locator(".ant-select-item-option", has_text=value).first
        option.wait_for()
        option.click()
        self.page.keyboard.press("Escape")
        self.apply()

    def choose_time(self, start, end):
        """Sets the time filter to [start, end) and applies it."""
        self.page.locator("[data-test='time-range-trigger']").click()
        window = self.page.locator(".ant-popover, .ant-modal", has=self.page.locator(TIME_APPLY)).last
        window.locator(".ant-select").first.click()
        self.page.locator(".ant-select-item-option", has_text="Advanced").click()
        for field, value in zip(window.locator("input[type='text']").all(), (start, end)):
            field.fill(value)
        self.page.wait_for_timeout(1000)  # the dialog asks the server what the words mean
        self.page.locator(TIME_APPLY).click()
        self.apply()

    def clear(self):
        self.page.locator("[data-test='filter-bar__clear-button']").click()
        self.page.wait_for_timeout(500)
        if self.page.locator(APPLY).is_enabled():  # some releases apply by themselves
            self.apply()
        self.settle()

    def apply(self):
        self.page.locator(APPLY).click()
        self.page.wait_for_timeout(500)
        self.settle()

    def picture(self):
        """PNG of the whole tab: the window is made as high as the page, so that all of it is drawn."""
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": WIDTH, "height": max(HEIGHT, min(height, HIGHEST))})
        self.page.mouse.move(WIDTH // 2, 2)  # or what lies under it shows its hint
        self.settle()
        taken = self.page.screenshot()
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        return taken


@contextlib.contextmanager
def open_browser(address):
    with sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
                  "--disable-component-update", "--no-first-run"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(SECONDS * 1000)
        try:
            yield Browser(page, address)
        finally:
            chromium.close()
