"""A real browser: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from browser.visit import Visit
from fakes.console import ServedConsole, serve_console
from fakes.live import FakeLive
from fakes.npm import install

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)
"""In ms: beside other tests a page takes its time, and what never comes is told all the same."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for each module: as long as Playwright is there, nothing else in the process can run an event loop."""
    found = shutil.which("chromium")
    assert found, "these tests take Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core, which finds what keeps people from reading a page or using it."""
    modules = install(Path(__file__).parents[1] / "status_clients")
    return (modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def console() -> Iterator[ServedConsole]:
    with serve_console(FakeLive()) as served:
        yield served


@pytest.fixture
def open_page(chromium: Browser, console: ServedConsole) -> Iterator[Callable[..., Visit]]:
    """Opens a page of the console; afterwards nothing may have gone to another host, nor wrong."""
    visits: list[Visit] = []

    def open_it(**options: Any) -> Visit:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        page: Page = context.new_page()
        visits.append(Visit(page, console))
        return visits[-1]

    yield open_it
    for visit in visits:
        visit.page.context.close()
        visit.check_quiet()
