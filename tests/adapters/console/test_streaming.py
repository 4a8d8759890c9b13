"""Streams over real sockets: compressed, ended with their viewers, and refused when there are too many."""

import json
import time
import zlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from adapters.console.desk import OWN
from fakes.console import ServedConsole, serve_console
from fakes.live import FakeLive
from holdfast.adapters.console import feed as feeds

STREAM = {"accept": "text/event-stream", **OWN}


@pytest.fixture
def console() -> Iterator[ServedConsole]:
    with serve_console(FakeLive(), tick_s=0.05) as served:
        yield served


@pytest.fixture
def browser(console: ServedConsole) -> Iterator[httpx.Client]:
    with httpx.Client(headers=OWN, timeout=20) as client:
        assert client.post(f"{console.url}/login", data={"token": "ann"}).status_code == 303
        yield client


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"


def test_a_page_is_followed_by_its_changes(console: ServedConsole, browser: httpx.Client) -> None:
    console.live.flooded = False
    with browser.stream("GET", f"{console.url}/", headers={**STREAM, "accept-encoding": "gzip"}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["content-encoding"] == "gzip"
        assert stream.headers["cache-control"] == "no-store"
        expand, text = zlib.decompressobj(31), ""
        for part in stream.iter_raw():
            text += expand.decompress(part).decode()
            console.live.flooded = True
            if "finding-f-3" in text:
                break
    assert console.app.state.inner.state.console.feed.viewers <= 1
    wait_for(lambda: console.app.state.inner.state.console.feed.viewers == 0)


def test_a_browser_that_cannot_gzip_is_sent_plain_events(console: ServedConsole, browser: httpx.Client) -> None:
    with browser.stream("GET", f"{console.url}/findings", headers={**STREAM, "accept-encoding": "identity"}) as stream:
        assert "content-encoding" not in stream.headers
        lines = stream.iter_lines()
        assert next(lines) == "event: regions"
        assert json.loads(next(lines).removeprefix("data: ")).keys() == {"findings", "pulse"}


def test_a_stream_ends_when_its_session_does(console: ServedConsole, browser: httpx.Client) -> None:
    with browser.stream("GET", f"{console.url}/", headers=STREAM) as stream:
        lines = stream.iter_lines()
        next(lines)
        del console.tokens.known["ann"]
        assert "event: over" in list(lines)


def test_too_many_viewers_are_told_to_come_back(
    console: ServedConsole, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "VIEWERS_MAX", 0)
    answer = browser.get(f"{console.url}/", headers=STREAM)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert browser.get(f"{console.url}/").status_code == 200
