"""The status site as people read it: from a plain web server or a disk, in light and dark, with and without scripts."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from fakes.npm import install
from fakes.status_site import NOW, make_document, make_full_state, make_platform
from fakes.web_server import serve_directory
from holdfast.adapters.status_site import SiteDirectory, SiteRenderer

PAGES = (
    "index.html",
    "history.html",
    "history/2026-11.html",
    "incidents/i-1.html",
    "incidents/i-2.html",
    "maintenance/w-1.html",
    "components/shop.html",
    "promises.html",
    "protections.html",
)
WRITTEN = datetime.fromtimestamp(NOW, UTC)
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's own text."""
    modules = install(Path(__file__).parents[1] / "status_clients")
    return (modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = SiteDirectory(tmp_path_factory.mktemp("site"))
    platform = make_platform(
        support_url="https://acme.example/help",
        subscribe_url="https://acme.example/subscribe",
        protections={"numbers": True},
    )
    text = "We are looking into it.\nMore within 30 minutes: https://acme.example/help"
    site.publish(SiteRenderer().render(make_document(make_full_state(text), platform)))
    return site.path / "current"


@pytest.fixture(scope="module")
def address(directory: Path) -> Iterator[str]:
    """With no Holdfast anywhere."""
    with serve_directory(directory) as url:
        yield url


@pytest.fixture
def open_site(chromium: Browser, address: str) -> Iterator[Open]:
    """Opens a page of the site; afterwards nothing may have been asked of another host, nor have gone wrong."""
    contexts: list[BrowserContext] = []
    asked: set[str] = set()
    complaints: list[str] = []

    def open_it(path: str = "index.html", *, at: datetime = WRITTEN, base: str = address, **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1100, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.clock.install(time=at)
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{base}/{path}")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert asked <= {urlsplit(address).netloc, ""}
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(open_site: Open, axe: str, scheme: str) -> None:
    for path in PAGES:
        page = open_site(path, color_scheme=scheme)
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found = [(each["id"], [node["target"] for node in each["nodes"]]) for each in result["violations"]]
        assert found == [], path
        assert len(result["passes"]) > 10


def test_everything_can_be_read_without_scripts(open_site: Open) -> None:
    page = open_site(java_script_enabled=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Partial System Outage")
    expect(page.get_by_text("Data as of 22 November 2026, 06:46 UTC")).to_be_visible()
    expect(page.get_by_text("if that is long past, publishing has stopped")).to_be_visible()
    expect(page.locator("#stale")).to_be_hidden()
    expect(page.locator("#shop .status").first).to_have_text("Partial outage")
    expect(page.locator("#shop").get_by_text("America: operational")).to_be_visible()
    expect(page.locator("#shop").get_by_role("img")).to_have_accessible_name(
        "Last 90 days: 99.906 % up; 2 days with downtime, no days degraded, 20 days not measured."
    )
    page.get_by_role("link", name="Web shop").click()
    expect(page.get_by_role("cell", name="1 h 30 min").first).to_be_visible()
    page.get_by_role("link", name="How it is now").click()
    page.get_by_role("link", name="All incidents, by month").click()
    page.get_by_role("link", name="November 2026").click()
    page.get_by_role("link", name="The shop is slow").click()
    expect(page.get_by_role("heading", name="What was said")).to_be_visible()
    expect(page.get_by_role("link", name="https://acme.example/help")).to_be_visible()


def test_a_page_that_nobody_writes_any_more_says_so(open_site: Open) -> None:
    page = open_site(at=WRITTEN + timedelta(minutes=2))
    expect(page.locator("#stale")).to_be_hidden()
    page.clock.run_for(4 * 60_000)
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("#stale")).to_contain_text("What this page says is 6 minutes old")
    late = open_site("incidents/i-2.html", at=WRITTEN + timedelta(days=3))
    expect(late.locator("#stale")).to_contain_text("72 hours old")
    over = open_site("incidents/i-1.html", at=WRITTEN + timedelta(days=3))
    expect(over.locator("#stale")).to_have_count(0)


def test_narrow_and_magnified_pages_need_no_scrolling_sideways(open_site: Open) -> None:
    for path in PAGES:
        page = open_site(path, viewport={"width": 320, "height": 600})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    zoomed = open_site(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    assert zoomed.evaluate("document.documentElement.scrollWidth") <= 640


def test_it_can_be_read_from_a_disk(open_site: Open, directory: Path) -> None:
    page = open_site("components/shop.html", base=directory.resolve().as_uri())
    assert page.evaluate("getComputedStyle(document.querySelector('.brand')).fontWeight") == "680"
    page.get_by_role("link", name="Acme Status").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Partial System Outage")


def test_the_keyboard_leads_through_it_visibly(open_site: Open) -> None:
    page = open_site()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    assert skip.evaluate("element => element.getBoundingClientRect().top") >= 0
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_dark_is_dark(open_site: Open) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        page = open_site(color_scheme=scheme)
        shades[scheme] = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert shades == {"light": "rgb(250, 249, 246)", "dark": "rgb(18, 22, 21)"}
