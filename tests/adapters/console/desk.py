"""The console in this process, asked as a browser would."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from fakes.console import mount_fake
from fakes.live import FakeLive
from fakes.live_commands import FakeOperations, FakeTokens

OWN = {"sec-fetch-site": "same-origin"}


@dataclass
class Desk:
    """A console and the browsers at it. `now` is in the test's hands."""

    now: float = 1_790_000_000.0
    live: FakeLive = field(init=False)
    operations: FakeOperations = field(init=False)
    tokens: FakeTokens = field(default_factory=FakeTokens)

    def __post_init__(self) -> None:
        self.live = FakeLive(clock=lambda: self.now)
        self.operations = FakeOperations(self.live)
        self.app = mount_fake(self.live, self.operations, self.tokens)

    def browse(self, test: Callable[[httpx.AsyncClient], Awaitable[Any]], base: str = "http://holdfast.test") -> Any:
        """Run a coroutine with a browser that isn't signed in."""

        async def run() -> Any:
            transport = httpx.ASGITransport(self.app, client=("192.0.2.7", 40_000))
            async with httpx.AsyncClient(transport=transport, base_url=base) as browser:
                return await test(browser)

        return asyncio.run(run())


async def sign_in(browser: httpx.AsyncClient, name: str) -> None:
    answer = await browser.post("/console/login", data={"token": name}, headers=OWN)
    assert answer.status_code == 303, answer.text


async def read_csrf(browser: httpx.AsyncClient) -> str:
    page = await browser.get("/console/services")
    return page.text.partition('name="csrf" value="')[2].partition('"')[0]


async def post(browser: httpx.AsyncClient, path: str, fields: dict[str, str]) -> httpx.Response:
    """Send a form as a page of ours would."""
    sent = {"csrf": await read_csrf(browser), **fields}
    return await browser.post(f"/console{path}", data=sent, headers=OWN)
