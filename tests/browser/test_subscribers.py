"""The pages for subscribers in a real browser: usable by everybody, with their style, without a script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from fakes.fleet import FakeFleet
from fakes.incidents import FLEET
from fakes.running import FakeOutside, run_in_thread, short_directory
from fakes.subscribers import SITE_PLATFORM

VIOLATIONS = "axe.run(document, {resultTypes: ['violations']})"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with short_directory() as state, run_in_thread(state, FakeOutside(FakeFleet(FLEET))) as running:
        with running.client() as admin:
            body = {"text": SITE_PLATFORM, "file": "p.yaml", "at_once": True, "reason": "x"}
            admin.post("/v1/revisions", json=body).raise_for_status()
        yield f"{running.url}/public/subscribers"


@pytest.fixture(params=["light", "dark"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Afterwards nothing may have been complained of."""
    complaints: list[str] = []
    context = chromium.new_context(color_scheme=request.param, viewport={"width": 380, "height": 800})
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [each for each in complaints if "404" not in each] == []


def check_readable(page: Page, axe: str) -> None:
    page.evaluate(axe)
    assert page.evaluate(VIOLATIONS)["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_whoever_subscribes_is_led_through(page: Page, address: str, axe: str) -> None:
    page.goto(address)
    check_readable(page, axe)
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "576px"
    page.get_by_label("E-mail address").fill(f"ann-{id(page)}@acme.example")
    page.get_by_label("Web shop").check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading")).to_have_text("Almost there")
    check_readable(page, axe)


def test_whoever_leaves_presses_a_button(page: Page, address: str, axe: str) -> None:
    page.goto(f"{address}/unsubscribe/anything")
    check_readable(page, axe)
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("status")).to_have_text("Your address is erased.")
