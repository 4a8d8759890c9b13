"""Recorded requests over a restart of control."""

import asyncio
import gzip
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fakes.control import until
from holdfast.model.recorded import RecordedRequest
from holdfast.runtime import recorded
from holdfast.runtime.recorded import RequestRecorder, load_kinds
from rollout.test_recording import make_intent, sample


@asynccontextmanager
async def record_in(path: Path) -> AsyncIterator[RequestRecorder]:
    intent = make_intent("shop")
    recorder = RequestRecorder(path, lambda: intent, lambda: 1_000.0)
    running = asyncio.create_task(recorder.run())
    try:
        await until(lambda: recorder._intent is intent)
        yield recorder
    finally:
        running.cancel()
        await asyncio.wait([running])
        recorder.close()


async def record_once(path: Path, *targets: str) -> tuple[RecordedRequest, ...]:
    async with record_in(path) as recorder:
        recorder.take_samples([sample(target) for target in targets])
        return tuple(await recorder.recall_requests())


def test_requests_outlive_a_restart_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "recorded"
    asyncio.run(record_once(path, "/a", "/a"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = asyncio.run(record_once(path, "/b"))
    assert sorted((request.path, request.weight) for request in found) == [("/a", 2.0), ("/b", 1.0)]


def test_they_are_kept_while_control_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "LOOK_S", 0.01)
    monkeypatch.setattr(recorded, "SAVE_S", 0.02)
    path = tmp_path / "recorded"

    async def run() -> None:
        async with record_in(path) as recorder:
            recorder.take_samples([sample("/a")])
            await until(lambda: path.exists() and len(load_kinds(path)) == 1)

    asyncio.run(run())


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", gzip.compress(b'[{"service": 1}]', mtime=0), gzip.compress(b"[", mtime=0)]
)
def test_what_cannot_be_read_is_recorded_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "recorded"
    path.write_bytes(content)
    assert [request.path for request in asyncio.run(record_once(path, "/a"))] == ["/a"]


def test_a_flood_of_samples_costs_no_more_than_so_many(tmp_path: Path) -> None:
    async def run() -> None:
        async with record_in(tmp_path / "recorded") as recorder:
            for _ in range(10):
                recorder.take_samples([sample("/a")] * recorded.SAMPLES_PER_LOOK_MAX)
            (request,) = await recorder.recall_requests()
            assert request.weight <= 2 * recorded.SAMPLES_PER_LOOK_MAX

    asyncio.run(run())


def test_a_disk_that_cannot_take_them_stops_nothing(tmp_path: Path) -> None:
    assert len(asyncio.run(record_once(tmp_path / "missing" / "recorded", "/a"))) == 1
