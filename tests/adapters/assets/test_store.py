"""The engine as a process: found or not, told what it may read, started, found again, changed, ended."""

from __future__ import annotations

import asyncio
import shutil
import stat
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from edge.running import until
from holdfast.adapters.assets.configuration import TOLD_APART, render_configuration
from holdfast.adapters.assets.engine import NoEngine, find_engine
from holdfast.adapters.assets.figures import measure_copies, read_figures
from holdfast.adapters.assets.process import adopt_store, bound_log, start_store, write_configuration
from holdfast.adapters.assets.settings import Headers, StoreSettings
from holdfast.model.asset_store import StoreFigures

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
HEADERS = Headers("x-service", "x-host", "x-path", "x-inner", "assets")


@pytest.fixture
def settings() -> Iterator[StoreSettings]:
    folder = Path(tempfile.mkdtemp(prefix="hf-"))
    yield StoreSettings(folder, HEADERS, (folder / "inner.sock",), ("blog", "shop"), 64 * MIB, 16 * MIB, 3600.0)
    if running := adopt_store(folder):
        running.stop()
    shutil.rmtree(folder)


def ask_figures(settings: StoreSettings) -> StoreFigures | None:
    try:
        return asyncio.run(read_figures(settings.folder))
    except ConnectionError:
        return None


def is_running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_without_its_packages_it_is_said_which_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(NoEngine, match="nginx and libnginx-mod-http-lua"):
        find_engine(module_folders=[str(tmp_path)])
    monkeypatch.setenv("HOLDFAST_NGINX", str(tmp_path / "nginx"))
    with pytest.raises(NoEngine, match="HOLDFAST_NGINX names no executable file"):
        find_engine()


def test_what_is_kept_is_bounded_by_equal_parts(settings: StoreSettings) -> None:
    zones = {zone.name: zone.bytes_max // MIB for zone in settings.zones()}
    assert zones == {"blog.plain": 24, "blog.queried": 8, "shop.plain": 24, "shop.queried": 8}
    assert settings.largest_bytes == 4 * MIB
    assert replace(settings, bytes_max=1024 * MIB).largest_bytes == 16 * MIB


def test_every_header_that_answers_may_vary_on_is_told_to_the_engine_twice(settings: StoreSettings) -> None:
    text = render_configuration(settings, find_engine())
    lua = Path(find_engine.__code__.co_filename).with_name("lua") / "variant.lua"
    for name in TOLD_APART:
        assert text.count(f"proxy_set_header {name} ") == 2
        assert f'"{name}"' in lua.read_text()


@pytest.mark.parametrize("character", ['"', "$", ";", "\n", "{"])
def test_a_path_that_nginx_would_misread_is_refused(settings: StoreSettings, character: str) -> None:
    with pytest.raises(ValueError, match="characters that nginx can't read"):
        render_configuration(replace(settings, edge_sockets=(Path(f"/a{character}b"),)), find_engine())


def test_a_path_that_is_too_long_for_a_socket_is_refused(settings: StoreSettings) -> None:
    with pytest.raises(ValueError, match="too long for a socket"):
        render_configuration(replace(settings, folder=Path("/" + "a" * 100)), find_engine())


def test_it_is_started_found_again_changed_and_ended(settings: StoreSettings) -> None:
    started = start_store(find_engine(), settings)
    until(lambda: ask_figures(settings) == StoreFigures(0, 0), "it answers")
    assert adopt_store(settings.folder) == started
    assert stat.S_IMODE(settings.folder.stat().st_mode) == 0o700
    assert not write_configuration(find_engine(), settings)
    assert write_configuration(find_engine(), replace(settings, services=("blog", "mail", "shop")))
    started.reload()
    until(lambda: ask_figures(settings) is not None, "it still answers")
    assert started.is_alive()
    started.stop()
    assert not started.is_alive()
    assert adopt_store(settings.folder) is None
    assert ask_figures(settings) is None


def test_it_is_said_why_it_does_not_start(settings: StoreSettings) -> None:
    broken = replace(find_engine(), binary=Path("/bin/false"))
    with pytest.raises(ValueError, match="refuses its configuration"):
        start_store(broken, settings)
    write_configuration(find_engine(), settings)
    with pytest.raises(OSError, match="nginx"):
        start_store(broken, settings)


def test_workers_that_lost_their_master_are_ended(settings: StoreSettings) -> None:
    first = start_store(find_engine(), settings)
    until(lambda: ask_figures(settings) is not None, "it answers")
    workers = psutil.Process(first.pid).children()
    psutil.Process(first.pid).kill()
    until(lambda: not first.is_alive(), "the master has ended")
    assert any(worker.is_running() for worker in workers)
    start_store(find_engine(), settings)
    until(lambda: not any(map(is_running, workers)), "they have ended")


def test_a_path_with_spaces_is_read(settings: StoreSettings) -> None:
    spaced = replace(settings, folder=settings.folder / "a b")
    started = start_store(find_engine(), spaced)
    try:
        until(lambda: ask_figures(spaced) is not None, "it answers")
    finally:
        started.stop()


def test_its_log_is_bounded(tmp_path: Path) -> None:
    bound_log(tmp_path)
    (tmp_path / "engine.log").write_bytes(b"x" * MIB)
    bound_log(tmp_path)
    assert (tmp_path / "engine.log").stat().st_size == MIB
    (tmp_path / "engine.log").write_bytes(b"x" * (MIB + 1))
    bound_log(tmp_path)
    assert (tmp_path / "engine.log").stat().st_size == 0


def test_copies_are_measured_below_any_folder(tmp_path: Path) -> None:
    assert list(measure_copies(tmp_path / "none")) == []
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "copy").write_bytes(b"12345")
    (tmp_path / "a" / "copy").write_bytes(b"1")
    assert sorted(measure_copies(tmp_path)) == [1, 5]
