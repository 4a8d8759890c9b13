"""A real Envoy's access log: nothing is lost while it is rotated, everything is found, the disk stays free."""

import asyncio
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.access_log.logging_envoy import COMBINED_FORMAT, JSON_FORMAT, LoggingEnvoy
from edge.running import until
from fakes.running import short_directory
from holdfast.adapters.access_log import AccessLog, LogMaxima
from holdfast.adapters.access_log.lines import BLOCK_BYTES

pytestmark = pytest.mark.anyio
SMALL = LogMaxima(file_bytes=2_000, free_bytes_min=0)
NOTHING_FREE = LogMaxima(free_bytes_min=2**60)


@pytest.fixture(scope="module")
def json_envoy() -> Iterator[LoggingEnvoy]:
    yield from _start(json_format=JSON_FORMAT)


@pytest.fixture(scope="module")
def combined_envoy() -> Iterator[LoggingEnvoy]:
    yield from _start(text_format_source={"inline_string": COMBINED_FORMAT})


def _start(**log_format: object) -> Iterator[LoggingEnvoy]:
    with short_directory() as folder:
        envoy = LoggingEnvoy(folder, log_format)
        try:
            yield envoy
        finally:
            envoy.stop()


@pytest.fixture
def envoy(json_envoy: LoggingEnvoy) -> LoggingEnvoy:
    """One that writes to an empty log, and nowhere else."""
    asyncio.run(_start_over(json_envoy))
    return json_envoy


async def _start_over(envoy: LoggingEnvoy) -> None:
    for path in envoy.log.parent.glob("access*"):
        path.unlink()
    await _reopen(envoy)


async def _reopen(envoy: LoggingEnvoy) -> None:
    """Have everything written down, and wait for it: Envoy's logs are written by a thread of their own."""
    await envoy.reopen()
    await asyncio.to_thread(until, envoy.log.exists, "the log is there")


async def _written(envoy: LoggingEnvoy, *ids: str) -> None:
    await envoy.reopen()
    await asyncio.to_thread(until, lambda: set(ids) <= set(_read_ids(envoy.log.parent)), "all is written")


def _read_ids(folder: Path) -> list[str]:
    """Every id that is in any file."""
    texts = [
        gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes()
        for p in folder.glob("access*")
        if not p.is_symlink()
    ]
    return [line.split('"request_id":"')[1].split('"')[0] for text in texts for line in text.decode().splitlines()]


async def test_nothing_is_lost_and_nothing_doubled_while_the_log_is_rotated(envoy: LoggingEnvoy) -> None:
    log = AccessLog(envoy.log, "edge-1", envoy.reopen, SMALL)
    ids = [f"request-{n:05d}" for n in range(1_000)]
    asking = asyncio.create_task(asyncio.to_thread(envoy.ask, *ids))
    while not asking.done():
        await log.tend()
    await asking
    await _written(envoy, *ids)
    assert log.trouble == ""
    assert sorted(i for i in _read_ids(envoy.log.parent) if i.startswith("request-")) == ids
    await log.tend()
    await asyncio.to_thread(until, envoy.log.exists, "the log is there")
    await log.tend()
    assert list(envoy.log.parent.glob("access-*.log.gz"))
    assert not list(envoy.log.parent.glob("access-*.log"))
    for wanted in (ids[0], ids[500], ids[-1]):
        (found,) = await log.find(wanted)
        assert (found.request_id, found.edge, found.status, found.method) == (wanted, "edge-1", 200, "GET")
        assert found.user_agent == "test/1"
        assert 0 <= found.duration_s < 10


async def test_a_log_that_was_renamed_before_its_keeper_died_is_taken_up(envoy: LoggingEnvoy) -> None:
    envoy.ask("before")
    await _written(envoy, "before")
    envoy.log.rename(envoy.log.with_name("access-000000000000001.log"))
    log = AccessLog(envoy.log, "edge-1", envoy.reopen, SMALL)
    await log.tend()
    await asyncio.to_thread(until, envoy.log.exists, "Envoy has opened its log anew")
    await log.tend()
    assert [found.request_id for found in await log.find("before")] == ["before"]
    assert list(envoy.log.parent.glob("access-*.log.gz"))


async def test_an_envoy_that_is_away_is_asked_again(envoy: LoggingEnvoy) -> None:
    envoy.ask(*(f"id-{n:05d}" for n in range(50)))
    await _written(envoy, "id-00049")
    away = True

    async def reopen() -> None:
        if away:
            raise ConnectionError("away")
        await envoy.reopen()

    log = AccessLog(envoy.log, "edge-1", reopen, SMALL)
    await log.tend()
    assert "away" in log.trouble
    assert list(envoy.log.parent.glob("access-*.log"))
    away = False
    await log.tend()
    assert log.trouble == ""
    await asyncio.to_thread(until, envoy.log.exists, "Envoy has opened its log anew")
    assert len(await log.find("id-00007")) == 1


async def test_a_disk_without_room_is_left_alone_until_there_is_room(envoy: LoggingEnvoy) -> None:
    envoy.ask("earlier")
    await _written(envoy, "earlier")
    envoy.log.with_name("access-000000000000001.log.gz").write_bytes(gzip.compress(b"{}\n"))
    log = AccessLog(envoy.log, "edge-1", envoy.reopen, NOTHING_FREE)
    await log.tend()
    assert "less than" in log.trouble
    envoy.ask("unseen")
    await envoy.reopen()
    assert [p.name for p in envoy.log.parent.glob("access*")] == ["access.log"]
    assert envoy.log.is_symlink()
    assert await log.find("unseen-id") == ()
    again = AccessLog(envoy.log, "edge-1", envoy.reopen, SMALL)
    await again.tend()
    assert again.trouble == ""
    await asyncio.to_thread(until, envoy.log.exists, "Envoy writes again")
    envoy.ask("seen-again")
    await _written(envoy, "seen-again")
    assert len(await again.find("seen-again")) == 1


async def test_what_envoy_still_keeps_to_itself_is_found(envoy: LoggingEnvoy) -> None:
    envoy.ask("just-now")
    log = AccessLog(envoy.log, "edge-1", envoy.reopen)
    assert [found.request_id for found in await log.find("just-now")] == ["just-now"]


async def _nobody() -> None:
    raise ConnectionError


async def test_the_combined_format_is_searched_too(combined_envoy: LoggingEnvoy) -> None:
    combined_envoy.ask("combined-1", "combined-2", path="/reset/abc12345?token=1")
    await combined_envoy.reopen()
    log = AccessLog(combined_envoy.log, "edge-1", combined_envoy.reopen)
    await asyncio.to_thread(until, lambda: b"combined-2" in combined_envoy.log.read_bytes(), "it is written")
    (found,) = await log.find("combined-1")
    assert (found.method, found.path, found.status, found.protocol) == ("GET", "/reset/***", 200, "HTTP/1.1")
    assert (found.client, found.user_agent, found.referer) == ("127.0.0.1", "test/1", "")


@pytest.mark.parametrize("wanted", ["", "no such id", "x" * 129, "\n", "é", "absent-id"])
async def test_what_is_not_there_is_not_found(envoy: LoggingEnvoy, wanted: str) -> None:
    assert await AccessLog(envoy.log, "edge-1", envoy.reopen).find(wanted) == ()


async def test_a_request_far_from_the_end_is_found_before_the_deadline_and_not_after(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    wanted = '{"at": 1, "edge": "e", "request_id": "far-away"}\n'
    path.write_text(wanted + ('{"filler": "' + "x" * 1_000 + '"}\n') * (8 * BLOCK_BYTES // 1_000))
    log = AccessLog(path, "e", _nobody)
    assert [found.request_id for found in await log.find("far-away")] == ["far-away"]
    assert not await log.find("far-away", deadline_s=0)
