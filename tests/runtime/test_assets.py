"""The store of last good copies is there when a service needs it, and Holdfast goes on without."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from holdfast.adapters.assets.process import adopt_store
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.runtime.recovery.assets import AssetKeeper, list_static, stop_store

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Control:
    """What is in force."""

    intent: Intent | None = None


def intend(*static: str, bytes_max: int = 2**30) -> Intent:
    services = {
        name: {
            "hosts": [f"{name}.example"],
            "upstream": {"endpoints": ["127.0.0.1:9"]},
            "routes": [{"name": "files", "static": name in static}],
        }
        for name in ("blog", "shop")
    }
    platform: dict[str, Any] = {
        "holdfast": 1,
        "name": "test",
        "assets": {"bytes_max": bytes_max},
        "locations": {
            "here": {
                "edges": [{"name": "edge-1", "listen": "127.0.0.1:8080"}],
                "capacity": {"in_flight": 10, "requests": 10.0},
            }
        },
        "tenants": {"acme": {"services": services}},
    }
    return Intent(Platform.model_validate(platform))


@pytest.fixture
def state() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hf-"))
    yield folder
    stop_store(folder / "assets")
    shutil.rmtree(folder)


def keep(control: Control, state: Path) -> AssetKeeper:
    return AssetKeeper(control, state / "assets", state / "edges")


def configuration(state: Path) -> str:
    return (state / "assets" / "nginx.conf").read_text()


def test_static_routes_say_for_whom_copies_are_kept() -> None:
    assert list_static(intend()) == ()
    assert list_static(intend("shop", "blog")) == ("blog", "shop")


def test_an_engine_runs_while_anything_is_static(state: Path) -> None:
    control = Control()
    keeper = keep(control, state)
    asyncio.run(keeper.look())
    assert not (state / "assets").exists()
    control.intent = intend()
    asyncio.run(keeper.look())
    assert adopt_store(state / "assets") is None
    control.intent = intend("shop")
    asyncio.run(keeper.look())
    started = adopt_store(state / "assets")
    assert started is not None
    assert keeper.standing.services == ("shop",)
    assert keeper.standing.problem == ""
    assert "shop.plain" in configuration(state)
    assert str(state / "edges" / "edge-1" / "inner.sock") in configuration(state)
    control.intent = intend("shop", "blog", bytes_max=2**20)
    asyncio.run(keeper.look())
    assert adopt_store(state / "assets") == started
    assert "blog.plain" in configuration(state)
    control.intent = intend()
    asyncio.run(keeper.look())
    assert not started.is_alive()


def test_it_outlives_control_and_is_started_again_when_it_ends(state: Path) -> None:
    control = Control(intend("shop"))
    asyncio.run(keep(control, state).look())
    first = adopt_store(state / "assets")
    assert first is not None
    keeper = keep(control, state)
    asyncio.run(keeper.look())
    assert adopt_store(state / "assets") == first
    first.stop()
    asyncio.run(keeper.look())
    second = adopt_store(state / "assets")
    assert second is not None
    assert second != first


def test_without_an_engine_it_is_said_and_nothing_fails(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_NGINX", "/nowhere/nginx")
    keeper = keep(Control(intend("shop")), state)
    asyncio.run(keeper.look())
    asyncio.run(keeper.read_figures())
    assert "libnginx-mod-http-lua" in keeper.standing.problem
    assert keeper.standing.figures is None
    monkeypatch.delenv("HOLDFAST_NGINX")
    asyncio.run(keeper.look())
    assert keeper.standing.problem == ""


def test_what_was_closed_starts_nothing(state: Path) -> None:
    keeper = keep(Control(intend("shop")), state)
    keeper.close()
    asyncio.run(keeper.look())
    assert adopt_store(state / "assets") is None
