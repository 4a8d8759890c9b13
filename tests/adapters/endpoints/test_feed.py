"""Feeds are read from files and over HTTP; whatever is wrong with one is told, and nothing of it is believed."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fakes.listening import listen
from holdfast.adapters.endpoints import FeedReader, FeedUnreadable, keep_endpoints, load_endpoints
from holdfast.adapters.endpoints.feed import SIZE_MAX
from holdfast.adapters.endpoints.reading import ENDPOINTS_MAX, read_endpoints
from holdfast.model.recovery import Endpoint, EndpointFeed

A = Endpoint(address="192.0.2.1:80")
B = Endpoint(address="[2001:db8::1]:80", zone="east", ephemeral=True)


@pytest.mark.parametrize(
    "text",
    [
        '["192.0.2.1:80", {"address": "[2001:db8::1]:80", "zone": "east", "ephemeral": true}]',
        "- 192.0.2.1:80\n- {address: '[2001:db8::1]:80', zone: east, ephemeral: true}\n",
        "endpoints: ['192.0.2.1:80', {address: '[2001:db8::1]:80', zone: east, ephemeral: true}]",
        "\ufeff- 192.0.2.1:80\n- {address: '[2001:db8::1]:80', zone: east, ephemeral: true}\n",
    ],
)
def test_a_list_has_several_forms(text: str) -> None:
    assert read_endpoints(text.encode()) == (A, B)


def test_an_empty_list_is_a_list() -> None:
    assert read_endpoints(b"[]") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "isn't a list"),
        (b"hello", "isn't a list"),
        (b'{"endpoints": [], "more": 1}', "isn't a list"),
        (b"[", "neither JSON nor YAML"),
        (b"\xff", "neither JSON nor YAML"),
        (b"[2024-99-99]", "neither JSON nor YAML"),
        (b"&a [192.0.2.1:80, *a]", "aliases"),
        (b"[shop.internal:80]", "shop.internal:80: it is a name"),
        (b'["0.0.0.0:80"]', "nothing can be sent there"),
        (b'["224.0.0.1:80"]', "nothing can be sent there"),
        (b'["192.0.2.1:80", "192.0.2.1:80"]', "named twice"),
        (b'["192.0.2.1:99999"]', "0.address"),
        (b"[7]", "0.address"),
        (b'[{"address": "192.0.2.1:80", "weight": 3}]', "0.weight"),
        (b'[{"address": "192.0.2.1:80", "ephemeral": "yes"}]', "0.ephemeral"),
        (json.dumps([f"10.{n >> 8}.{n & 255}.1:80" for n in range(ENDPOINTS_MAX + 1)]).encode(), "at most"),
        (b"[" * 20_000, "neither JSON nor YAML"),
    ],
)
def test_what_is_no_list_of_endpoints_is_told(text: bytes, told: str) -> None:
    with pytest.raises(FeedUnreadable, match=told):
        read_endpoints(text)


def test_all_mistakes_are_told_up_to_a_number() -> None:
    with pytest.raises(FeedUnreadable, match="and 10 more") as told:
        read_endpoints(json.dumps([f"m{n}.internal:80" for n in range(30)]).encode())
    assert "m0.internal" in str(told.value)
    assert "m19.internal" in str(told.value)


def read(feed: EndpointFeed) -> tuple[Endpoint, ...]:
    async def scenario() -> tuple[Endpoint, ...]:
        async with FeedReader() as reader:
            return await reader.read(feed)

    return asyncio.run(scenario())


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, readings = tmp_path / "feed.json", list[bytes]()

    def note(data: bytes) -> tuple[Endpoint, ...]:
        readings.append(data)
        return read_endpoints(data)

    monkeypatch.setattr("holdfast.adapters.endpoints.feed.read_endpoints", note)
    path.write_text('["192.0.2.1:80"]')

    async def scenario() -> None:
        async with FeedReader() as reader:
            feed = EndpointFeed(file=str(path))
            assert [await reader.read(feed) for _ in range(3)] == [(A,)] * 3
            other = tmp_path / "other"
            other.write_text("[]")
            other.replace(path)
            assert await reader.read(feed) == ()

    asyncio.run(scenario())
    assert len(readings) == 2


def test_what_is_no_good_file_is_told(tmp_path: Path) -> None:
    fifo, large = tmp_path / "fifo", tmp_path / "large"
    os.mkfifo(fifo)
    large.write_bytes(b" " * (SIZE_MAX + 1))
    wrong = {tmp_path / "none": "No such file", fifo: "no file", large: "more than", tmp_path: "directory"}
    for path, told in wrong.items():
        with pytest.raises(FeedUnreadable, match=told):
            read(EndpointFeed(file=str(path)))


Answer = Callable[[dict[str, str]], bytes]


@asynccontextmanager
async def serve(answer: Answer) -> AsyncIterator[EndpointFeed]:
    """A server that gives every request the bytes that a function of its headers returns."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        pairs = (line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        writer.write(answer({name.lower(): value for name, value in pairs}))
        writer.close()
        await writer.wait_closed()

    async with listen(handle) as port:
        yield EndpointFeed(url=f"http://127.0.0.1:{port}/machines?key=1")


def respond(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", "")
    return "\r\n".join(lines).encode() + body


def test_a_tag_saves_reading_the_same_again() -> None:
    tags = list[str | None]()

    def answer(headers: dict[str, str]) -> bytes:
        tags.append(headers.get("if-none-match"))
        if tags[-1] == '"1"':
            return respond("304 Not Modified")
        return respond("200 OK", b'["192.0.2.1:80"]', 'ETag: "1"')

    async def scenario() -> None:
        async with serve(answer) as feed, FeedReader() as reader:
            assert [await reader.read(feed) for _ in range(3)] == [(A,)] * 3
            reader.forget_others(frozenset())
            assert await reader.read(feed) == (A,)

    asyncio.run(scenario())
    assert tags == [None, '"1"', '"1"', None]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (respond("500 Oops"), "it answers 500"),
        (respond("302 Found", b"", "Location: http://127.0.0.1:1/"), "it answers 302"),
        (respond("304 Not Modified"), "it answers 304"),
        (respond("200 OK", b" " * (SIZE_MAX + 1)), "more than"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]", "can't be reached"),
        (b"nonsense", "can't be reached"),
    ],
)
def test_a_server_that_does_otherwise_is_told(given: bytes, told: str) -> None:
    async def scenario() -> None:
        async with serve(lambda _: given) as feed, FeedReader() as reader:
            with pytest.raises(FeedUnreadable, match=told):
                await reader.read(feed)

    asyncio.run(scenario())


def test_what_was_learnt_is_kept_privately_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    assert load_endpoints(path) == {}
    keep_endpoints(path, {"shop": (A, B), "shop~files": (A,)})
    keep_endpoints(path, {"shop": (A, B)})
    assert load_endpoints(path) == {"shop": (A, B)}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "[]", '{"shop": ["nowhere"]}', "\x00"])
def test_what_was_kept_and_can_no_longer_be_read_is_left(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "endpoints.json"
    path.write_text(text)
    assert load_endpoints(path) == {}
    assert "can't be read" in caplog.text
