"""A version of Holdfast that compiles otherwise does not reach everybody at once: it goes out in waves."""

import json
from pathlib import Path

import pytest

from fakes.compiler import ReadableCompiler
from fakes.control import Bench, put_in_force, until
from fakes.loop import in_loop
from holdfast.engine.command import AdvanceRollout, RollBackRollout
from holdfast.model.intent import Intent
from holdfast.model.platform import Limits
from holdfast.model.resource import Resource, ResourceKey, ResourceType
from holdfast.runtime.kept import KeptSnapshots
from holdfast.views.services import ServiceDocument

TEXT = " ".join(f"s{number:02}" for number in range(60))


class NewerCompiler(ReadableCompiler):
    """Makes something else of every service."""

    def _compile_service(self, intent: Intent, location: str, name: str) -> Resource:
        old = super()._compile_service(intent, location, name)
        body = {**json.loads(old.body), "by": "a newer version"}
        return Resource.of(old.key.type, name, json.dumps(body).encode())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(kept=KeptSnapshots(tmp_path / "kept"))


def count_newer(bench: Bench) -> list[int]:
    return [sum(b"newer" in each.body for each in edge.has.values()) for edge in bench.fleet.edges]


async def see_rollout(bench: Bench) -> None:
    await until(lambda: bench.control.state.rollout is not None)


@in_loop
async def test_edges_keep_what_the_older_version_made_until_the_newer_has_proved_itself_on_a_few(bench: Bench) -> None:
    async with bench.run() as operations:
        await put_in_force(operations, TEXT)
    had = [dict(edge.has) for edge in bench.fleet.edges]
    bench.fleet.forget()
    bench.compiler = NewerCompiler()
    async with bench.run():
        assert [edge.has for edge in bench.fleet.edges] == had
        await see_rollout(bench)
        assert sorted(count_newer(bench)) in ([0, 0, 2], [0, 2, 2])
        while (rollout := bench.control.state.rollout) is not None:
            await bench.control.submit(AdvanceRollout(rollout.number, rollout.wave))
        assert count_newer(bench) == [60, 60, 60]
        recompiled = bench.control.state.revisions[2].revision
        assert recompiled.recompiles == 1
        assert bench.control.state.before is None
    bench.fleet.forget()
    async with bench.run():
        await put_in_force_is_not_needed(bench)


async def put_in_force_is_not_needed(bench: Bench) -> None:
    """The same version again: nothing is to be done."""
    assert bench.control.state.in_force == 2
    assert bench.control.state.proving is None
    assert bench.control.state.rollout is None
    assert count_newer(bench) == [60, 60, 60]


@in_loop
async def test_what_a_newer_version_makes_of_it_can_be_taken_back(bench: Bench) -> None:
    async with bench.run() as operations:
        await put_in_force(operations, TEXT)
    had = [dict(edge.has) for edge in bench.fleet.edges]
    bench.fleet.forget()
    bench.compiler = NewerCompiler()
    async with bench.run():
        await see_rollout(bench)
        await bench.control.submit(RollBackRollout("ann", "it harms"))
        assert [edge.has for edge in bench.fleet.edges] == had


@in_loop
async def test_what_owners_chose_meanwhile_is_not_undone(bench: Bench) -> None:
    async with bench.run() as operations:
        await put_in_force(operations, TEXT)
        answer = await operations.set_owner_limits("ann", "s07", Limits(requests=7.0))
        assert isinstance(answer, ServiceDocument)
    bench.fleet.forget()
    bench.compiler = NewerCompiler()
    async with bench.run():
        key = ResourceKey(ResourceType.CLUSTER, "s07")
        assert {json.loads(edge.has[key].body)["total"] for edge in bench.fleet.edges} == {7.0}


@in_loop
async def test_without_what_was_kept_a_restart_is_as_it_ever_was(bench: Bench) -> None:
    async with bench.run() as operations:
        await put_in_force(operations, TEXT)
    bench.fleet.forget()
    bench.kept = None
    bench.compiler = NewerCompiler()
    async with bench.run():
        assert count_newer(bench) == [60, 60, 60]
        assert bench.control.state.in_force == 1
