"""What is foretold of a measure: it holds back what would harm good clients, and never a kill."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import ParamSpec

import pytest

from fakes.control import Bench, count_nothing, put_in_force, until
from fakes.engine import make_finding
from holdfast.engine.command import OpenFinding, SuggestMitigation
from holdfast.model.mitigation import Block, Kill, Limit, Measure
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime import operations as operations_module
from holdfast.runtime.operations import Operations
from holdfast.views.mitigations import MitigationDocument

P = ParamSpec("P")
LIMIT = Limit(service="a", requests_per_s=5.0)


def in_loop(scenario: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """A test that is a coroutine, in a loop of its own."""

    @wraps(scenario)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(scenario(*args, **kwargs))

    return run


def foretell(verdict: Verdict) -> Prediction:
    return Prediction(
        verdict=verdict,
        why="it would refuse 60% of normal traffic",
        samples=400,
        refused_share=0.5,
        normal_refused_share=0.6,
        clients_refused=30,
        clients=40,
        refused_per_s=12.0,
    )


class Foretelling:
    """Foretells the same of everything, and notes what it was asked."""

    def __init__(self, verdict: Verdict | None) -> None:
        self.verdict = verdict
        self.asked: list[Measure] = []
        self.is_broken = self.is_stuck = False

    async def __call__(self, measure: Measure) -> Prediction | None:
        self.asked.append(measure)
        if self.is_broken:
            raise RuntimeError("the watch is broken")
        if self.is_stuck:
            await asyncio.Event().wait()
        return foretell(self.verdict) if self.verdict else None


async def begin(bench: Bench, plain: Operations, verdict: Verdict | None) -> tuple[Operations, Foretelling]:
    """The same control with something that foretells, and a platform in force."""
    await put_in_force(plain, "a b")
    told = Foretelling(verdict)
    return Operations(bench.control, count_nothing, told), told


@in_loop
async def test_what_is_foretold_to_harm_is_held_back_unless_it_is_forced() -> None:
    bench = Bench()
    async with bench.run() as plain:
        operations, _ = await begin(bench, plain, Verdict.HARMFUL)
        refused = await operations.mitigate("ann", LIMIT, 60, "flood")
        assert isinstance(refused, Refusal)
        assert (refused.code, refused.prediction) == (RefusalCode.PREDICTION_HARMFUL, foretell(Verdict.HARMFUL))
        assert not bench.control.state.mitigations
        forced = await operations.mitigate("ann", LIMIT, 60, "flood", force=True)
        assert isinstance(forced, MitigationDocument)
        assert (forced.forced, forced.prediction) == (True, foretell(Verdict.HARMFUL))
        assert bench.control.state.mitigations["m-1"].forced


@pytest.mark.parametrize("verdict", [Verdict.HARMLESS, Verdict.UNKNOWN, None])
@in_loop
async def test_all_else_is_done_and_says_what_was_foretold(verdict: Verdict | None) -> None:
    bench = Bench()
    async with bench.run() as plain:
        operations, _ = await begin(bench, plain, verdict)
        done = await operations.mitigate("ann", LIMIT, 60, "flood")
        assert isinstance(done, MitigationDocument)
        assert done.prediction == (foretell(verdict) if verdict else None)
        assert not done.forced


@in_loop
async def test_a_kill_is_in_force_before_anything_is_foretold_of_it() -> None:
    bench = Bench()
    async with bench.run() as plain:
        operations, told = await begin(bench, plain, Verdict.HARMFUL)
        done = await operations.mitigate("ann", Kill(service="a"), 60, "flood")
        assert isinstance(done, MitigationDocument)
        assert done.prediction == foretell(Verdict.HARMFUL)
        assert told.asked == [Kill(service="a")]
        assert bench.control.state.mitigations["m-1"].prediction is None


@in_loop
async def test_what_fails_to_foretell_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    async with bench.run() as plain:
        operations, told = await begin(bench, plain, Verdict.HARMFUL)
        told.is_broken = True
        done = await operations.mitigate("ann", LIMIT, 60, "flood")
        assert isinstance(done, MitigationDocument)
        assert done.prediction is None
        assert "can't be predicted" in caplog.text
        assert (await operations.preview(LIMIT)).verdict is Verdict.UNKNOWN


@in_loop
async def test_what_takes_too_long_to_foretell_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations_module, "FORETELL_S", 0.01)
    bench = Bench()
    async with bench.run() as plain:
        operations, told = await begin(bench, plain, Verdict.HARMFUL)
        told.is_stuck = True
        assert isinstance(await operations.mitigate("ann", LIMIT, 60, "flood"), MitigationDocument)


@in_loop
async def test_a_preview_changes_nothing() -> None:
    bench = Bench()
    async with bench.run() as plain:
        operations, _ = await begin(bench, plain, Verdict.HARMFUL)
        assert await operations.preview(LIMIT) == foretell(Verdict.HARMFUL)
        unknown = await operations.preview(Kill(service="nobody"))
        assert (unknown.verdict, unknown.samples) == (Verdict.UNKNOWN, 0)
        assert "no service nobody" in unknown.why
        assert not bench.control.state.mitigations
        assert (await plain.preview(LIMIT)).verdict is Verdict.UNKNOWN


@in_loop
async def test_a_suggestion_is_taken_up() -> None:
    bench = Bench()
    async with bench.run() as plain:
        operations, _ = await begin(bench, plain, Verdict.HARMLESS)
        none = await operations.accept_suggestion("ann", "f-1", None, None)
        assert isinstance(none, Refusal)
        assert none.code is RefusalCode.SUGGESTION_UNKNOWN
        await bench.control.submit(OpenFinding(make_finding("a")))
        await bench.control.submit(SuggestMitigation("f-1", LIMIT, 90.0, "it would help", edges=("e1",)))
        await until(lambda: bench.control.state.suggestions)
        (found,) = operations.findings().open
        assert found.suggestion is not None
        assert found.suggestion.measure == LIMIT
        done = await operations.accept_suggestion("ann", "f-1", None, None)
        assert isinstance(done, MitigationDocument)
        assert (done.author, done.reason, done.finding, done.edges) == ("ann", "it would help", "f-1", ("e1",))
        assert done.remaining_s == 90.0
        answered = operations.finding("f-1")
        assert answered is not None
        assert (answered.mitigations, answered.suggestion) == (("m-1",), None)
        assert operations.finding("f-2") is None


@in_loop
async def test_what_is_suggested_is_foretold_anew() -> None:
    bench = Bench()
    async with bench.run() as plain:
        operations, _ = await begin(bench, plain, Verdict.HARMFUL)
        await bench.control.submit(OpenFinding(make_finding("a")))
        everybody = Block.model_validate({"service": "a", "networks": ["0.0.0.0/0"]})
        await bench.control.submit(SuggestMitigation("f-1", everybody, 90.0, "it would help"))
        refused = await operations.accept_suggestion("ann", "f-1", 30.0, "as told")
        assert isinstance(refused, Refusal)
        assert refused.code is RefusalCode.PREDICTION_HARMFUL
        done = await operations.accept_suggestion("ann", "f-1", 30.0, "as told", force=True)
        assert isinstance(done, MitigationDocument)
        assert (done.reason, done.remaining_s) == ("as told", 30.0)
