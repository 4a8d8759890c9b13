"""Switching components of a real control: acted upon first, recorded after, and remembered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from adapters.analysis.samples import make_sample
from fakes.control import Bench, until
from holdfast.adapters.analysis.health import Budget
from holdfast.drills.rogues.build import Rogue, write_build
from holdfast.engine.command import SwitchComponent
from holdfast.model.component import ANALYSER, BUILT_IN, Phase
from holdfast.model.event import ComponentSwitched
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime.components import Components
from holdfast.views.components import ComponentDocument

pytestmark = pytest.mark.anyio
DEADLINE_S = 90.0
QUICK = Budget(shadow_s=0.1, patience_looks=2)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def run_components(bench: Bench, folder: Path) -> AsyncIterator[Components]:
    """Components of a running control, from their start to their orderly end."""
    async with bench.run():

        async def record(command: SwitchComponent) -> Refusal | None:
            return (await bench.control.submit(command)).refusal

        components = Components(folder, record, QUICK)
        running = asyncio.create_task(components.run(bench.control.state.components.get(ANALYSER)))
        try:
            yield components
        finally:
            running.cancel()
            await asyncio.wait([running])


def show(components: Components) -> ComponentDocument:
    (component,) = components.components().components
    return component


async def reach(components: Components, phase: Phase, version: str = BUILT_IN) -> ComponentDocument:
    await until(lambda: (show(components).phase, show(components).version) == (phase, version), DEADLINE_S)
    return show(components)


def done(answer: ComponentDocument | Refusal) -> ComponentDocument:
    assert isinstance(answer, ComponentDocument), answer
    return answer


def refused(answer: ComponentDocument | Refusal) -> RefusalCode:
    assert isinstance(answer, Refusal), answer
    return answer.code


def switches(bench: Bench) -> list[ComponentSwitched]:
    return [r.event for r in bench.journal.read() if isinstance(r.event, ComponentSwitched)]


async def test_it_starts_in_shadow_once_and_counts_at_once_from_then_on(bench: Bench, tmp_path: Path) -> None:
    async with run_components(bench, tmp_path) as components:
        await reach(components, Phase.ON)
        assert switches(bench) == []
        components.offer([make_sample(weight=5.0)])
        while not (shop := await components.queries("shop")).operations:
            assert shop.answered
        assert (shop.counts, shop.requests, shop.operations[0].load_share) == (True, 5.0, 1.0)
        assert components.flagged().operations == ()
        await until((tmp_path / ANALYSER / "shelf.json").exists, DEADLINE_S)
    async with run_components(bench, tmp_path) as components:
        await until(lambda: show(components).phase not in {Phase.OFF, Phase.STARTING}, DEADLINE_S)
        assert show(components).phase is Phase.ON


async def test_off_and_on_are_recorded_and_remembered(bench: Bench, tmp_path: Path) -> None:
    async with run_components(bench, tmp_path) as components:
        on = await reach(components, Phase.ON)
        off = done(await components.switch("ann", ANALYSER, on=False, reason="too curious"))
        assert (off.phase, off.why, off.pid) == (Phase.OFF, "too curious", None)
        await until(lambda: not psutil.pid_exists(on.pid or 0), DEADLINE_S)
        assert not (await components.queries("shop")).answered
        assert refused(await components.switch("ann", ANALYSER, on=False, reason="again")) is RefusalCode.UNCHANGED
    async with run_components(bench, tmp_path) as components:
        await until(lambda: show(components).why == "too curious", DEADLINE_S)
        assert show(components).phase is Phase.OFF
        done(await components.switch("bob", ANALYSER, on=True, reason="quiet again"))
        await reach(components, Phase.ON)
    assert [(e.author, e.on, e.component_version, e.why) for e in switches(bench)] == [
        ("ann", False, BUILT_IN, "too curious"),
        ("bob", True, BUILT_IN, "quiet again"),
    ]


async def test_a_rogue_is_switched_off_said_so_and_reverted(bench: Bench, tmp_path: Path) -> None:
    build = write_build(Rogue.GARBLE, tmp_path / "build", answers_before=2)
    async with run_components(bench, tmp_path) as components:
        await reach(components, Phase.ON)
        installed = done(await components.install("root", ANALYSER, str(build), "flags large queries"))
        assert (installed.version, installed.previous, installed.phase) == ("rogue-garble", BUILT_IN, Phase.STARTING)
        off = await reach(components, Phase.OFF, "rogue-garble")
        assert "isn't an answer" in off.why
        await until(lambda: len(switches(bench)) == 2, DEADLINE_S)
        reverted = done(await components.revert("ann", ANALYSER, "it said nonsense"))
        assert (reverted.version, reverted.previous) == (BUILT_IN, None)
        await reach(components, Phase.ON)
        assert refused(await components.revert("ann", ANALYSER, "once more")) is RefusalCode.NOTHING_TO_REVERT_TO
    told = switches(bench)
    assert [(e.author, e.on, e.component_version) for e in told] == [
        ("root", True, "rogue-garble"),
        ("holdfast", False, "rogue-garble"),
        ("ann", True, BUILT_IN),
    ]
    assert f"sha256 {installed.checksum}: flags large queries" == told[0].why


async def test_revert_works_while_the_present_version_spins(bench: Bench, tmp_path: Path) -> None:
    build = write_build(Rogue.SPIN, tmp_path / "build", answers_before=0)
    async with run_components(bench, tmp_path) as components:
        await reach(components, Phase.ON)
        spinning = done(await components.install("root", ANALYSER, str(build), "new")).pid or 0
        await until(lambda: psutil.Process(spinning).cpu_times().user > 0.5, DEADLINE_S)
        done(await components.revert("ann", ANALYSER, "it spins"))
        await reach(components, Phase.ON)
        await until(lambda: not psutil.pid_exists(spinning), DEADLINE_S)


async def test_what_was_installed_runs_after_a_restart(bench: Bench, tmp_path: Path) -> None:
    build = write_build(Rogue.STOP, tmp_path / "build", answers_before=1_000_000)
    async with run_components(bench, tmp_path) as components:
        done(await components.install("root", ANALYSER, str(build), "new"))
    async with run_components(bench, tmp_path) as components:
        await reach(components, Phase.ON, "rogue-stop")
    (tmp_path / ANALYSER / "rogue-stop" / "rogue_analyser.py").write_text("changed")
    async with run_components(bench, tmp_path) as components:
        await until(lambda: "can't be run" in show(components).why, DEADLINE_S)
        assert show(components).phase is Phase.OFF
        done(await components.revert("ann", ANALYSER, "it was changed"))
        await reach(components, Phase.ON)


async def test_a_disk_that_takes_nothing_stops_no_revert(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = write_build(Rogue.SPIN, tmp_path / "build", answers_before=1)
    async with run_components(bench, tmp_path) as components:
        done(await components.install("root", ANALYSER, str(build), "new"))

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", fail)
        done(await components.revert("ann", ANALYSER, "it spins"))
        await reach(components, Phase.ON)


async def test_what_is_refused(bench: Bench, tmp_path: Path) -> None:
    async with run_components(bench, tmp_path) as components:
        await until(lambda: show(components).phase is not Phase.OFF, DEADLINE_S)
        nobody = await components.switch("ann", "detector", on=False, reason="why not")
        assert refused(nobody) is RefusalCode.COMPONENT_UNKNOWN
        assert refused(await components.revert("ann", ANALYSER, " ")) is RefusalCode.REASON_MALFORMED
        assert refused(await components.install("ann", ANALYSER, "/nowhere", "new")) is RefusalCode.BUILD_UNFIT
        assert show(components).version == BUILT_IN
    assert switches(bench) == []
