"""The page in headless Chromium: what it shows, by mouse and by keyboard, in dark and light and at
phone width; nothing from elsewhere. Pictures go to a folder of the test's."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from world_of_gateway import until

CHROMIUM = os.environ.get("ORDERFLOW_TEST_CHROMIUM", "/usr/bin/chromium")
SIZES = {"wide": (1280, 900), "phone": (360, 740)}


@pytest.fixture(name="chromium", scope="module")
def open_chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(chromium, world, size="wide", scheme="light"):
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(30000)
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda line: page.wrong.append(line.text) if line.type == "error" else None)
    page.on("request", lambda request: None if request.url.startswith((world.url, "data:"))
            else page.wrong.append(request.url))
    page.goto(world.url)
    page.locator("#connection", has_text="live").wait_for()
    return page


def fill(world):
    for stage in ("payment", "shipping", "delivery"):
        world.start(stage)
    world.tables.execute(
        "INSERT INTO order_status_history SELECT g, 'Generated', 'test', now() AT TIME ZONE 'UTC', NULL, g "
        "FROM generate_series(1, 1234) g")
    world.tables.execute(
        "INSERT INTO order_status_history SELECT g, 'Paid', 'test', now() AT TIME ZONE 'UTC', NULL, g "
        "FROM generate_series(1, 345) g")
    for customer in range(25):
        world.place(customer + 1)


def test_the_flow_is_shown_and_steered(chromium, world):
    world.open()
    fill(world)
    page = open_page(chromium, world)
    states = page.locator("#states")
    states.get_by_text("345").wait_for()
    assert "889" in states.inner_text()
    assert until(lambda: page.locator("#latest tr").count() == 20)
    assert until(lambda: page.locator("#lags li").count() >= 3)
    assert page.locator("#generator-state").inner_text() == "stopped"
    assert page.locator("#stop").is_disabled()
    # By keyboard alone: to the rate, type, Enter starts; on to the button that stops, Space.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "rate"
    page.keyboard.press("Control+A")
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    page.locator("#generator-state", has_text="running, 20 a second").wait_for()
    assert until(lambda: float(page.locator("#in").inner_text()) > 5)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "start"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "stop"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"  # one sees where one is
    page.keyboard.press("Space")
    page.locator("#generator-state", has_text="stopped").wait_for()
    # Any number that the gateway refuses is said.
    page.evaluate("document.getElementById('rate').removeAttribute('max')")
    page.fill("#rate", "10001")
    page.click("#start")
    page.locator("#message", has_text="A parameter is not as it should be.").wait_for()
    # The gateway goes, and comes back.
    world.kill()
    page.locator("#connection.off").wait_for()
    world.open()
    page.locator("#connection", has_text="live").wait_for()
    page.wrong = [line for line in page.wrong if "400" not in line and "ERR_CONNECTION" not in line]
    assert page.wrong == []


def contrast(page, selector):
    """Of a text with what is behind it, as WCAG 2.2 defines it."""
    return page.evaluate("""selector => {
      const parse = color => color.match(/[\\d.]+/g).map(Number);
      const light = color => {
        const [r, g, b] = parse(color).map(part => part / 255)
          .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
      };
      let element = document.querySelector(selector), behind = element;
      while ((parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
      const pair = [light(getComputedStyle(element).color),
                    light(getComputedStyle(behind).backgroundColor)].sort((a, b) => b - a);
      return (pair[0] + .05) / (pair[1] + .05);
    }""", selector)


def test_dark_and_light_wide_and_narrow(chromium, world, tmp_path):
    pictures = Path(os.environ.get("ORDERFLOW_TEST_PICTURES", tmp_path))
    world.open()
    fill(world)
    backs = set()
    for size in SIZES:
        for scheme in ("light", "dark"):
            page = open_page(chromium, world, size, scheme)
            page.locator("#states").get_by_text("345").wait_for()
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            for selector in ("h1", "#connection", ".figure span", "#start", "th", "footer a",
                             "#latest td:nth-child(2)"):
                assert contrast(page, selector) >= 4.5, (scheme, selector)
            for selector in ("#start", "#rate"):  # large enough for a finger
                assert page.locator(selector).bounding_box()["height"] >= 44
            backs.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
            page.screenshot(path=pictures / f"gateway-{size}-{scheme}.png", full_page=True)
            assert page.wrong == []
            page.context.close()
    assert len(backs) == 2


def test_the_policy_and_the_token(chromium, world):
    world.open(environment={"ORDERFLOW_GATEWAY_TOKEN": "a-token-of-the-tests-0123456789"})
    answer = world.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    context = chromium.new_context()
    page = context.new_page()
    page.goto(world.url)
    page.locator("#token").wait_for()
    assert page.locator("#main").is_hidden()
    page.fill("#token", "wrong-one-0123456789")
    page.keyboard.press("Enter")
    page.locator("#connection.off").wait_for()
    page.fill("#token", "a-token-of-the-tests-0123456789")
    page.keyboard.press("Enter")
    page.locator("#connection", has_text="live").wait_for()
    assert page.locator("#login").is_hidden() and page.locator("#main").is_visible()
    # A script that somebody brings in does not run.
    page.evaluate("""() => {
      const script = document.createElement('script');
      script.textContent = 'window.broken = true';
      document.body.append(script);
    }""")
    assert page.evaluate("window.broken") is None
    context.close()
