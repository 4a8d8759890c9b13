"""Many rollouts: how often a harmless one is rolled back, and how soon a bad one is."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from holdfast.drills.simulation.rollouts_events import Badness
from holdfast.drills.simulation.rollouts_run import Draw, Verdict, draw_rollout, run_rollout
from holdfast.drills.simulation.rollouts_shapes import Shapes, make_up_shapes, read_shapes
from holdfast.model.telemetry import Metric

GOAL_S: Final = 5.0
PLATFORM: Final = 1_500
"""Services of the platforms that bad revisions are rolled out over."""
SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """Rollouts of one kind of bad revision, whose first wave has so many services. `goal_s` holds for the 95th
    percentile of the time from the beginning of harm to the verdict.
    """

    badness: Badness
    services: int
    goal_s: float | None = None


TRIALS: Final = (
    Trial(Badness("2 % fail", {Metric.FAILED: 0.02}), 50, GOAL_S),
    Trial(Badness("2 % fail", {Metric.FAILED: 0.02}), 250, GOAL_S),
    Trial(Badness("5 % fail", {Metric.FAILED: 0.05}), 50, GOAL_S),
    Trial(Badness("30 % fail", {Metric.FAILED: 0.3}), 50, GOAL_S),
    Trial(Badness("5 % fail by want of a route", {Metric.REJECTED: 0.05}), 50, GOAL_S),
    Trial(Badness("10 % of half the services' requests have no route", {Metric.REJECTED: 0.1}, part=0.5), 50),
    Trial(Badness("20 % of every fifth service's requests have no route", {Metric.REJECTED: 0.2}, part=0.2), 50),
    Trial(Badness("300 ms more", {Metric.SLOW: 0.95}), 50),
    Trial(Badness("a limit that refuses half", {Metric.LIMITED: 0.5}), 50),
    Trial(Badness("nobody arrives", {}, factor=0.0), 50),
    Trial(Badness("one tenant broken wholly", {Metric.REJECTED: 1.0}, of_tenants=1), 50),
    Trial(Badness("two tenants broken wholly", {Metric.REJECTED: 1.0}, of_tenants=2), 50),
    Trial(Badness("2 % fail", {Metric.FAILED: 0.02}), 5),
    Trial(Badness("20 % have no route", {Metric.REJECTED: 0.2}), 5),
    Trial(Badness("20 % have no route", {Metric.REJECTED: 0.2}), 1),
    Trial(Badness("all fail", {Metric.FAILED: 1.0}), 1),
    Trial(Badness("300 ms more", {Metric.SLOW: 0.95}), 1),
)
_shapes: Shapes | None = None
"""Of this process; each reads them once."""


def run_rollouts(
    harmless: int,
    bad: int,
    seed: int,
    often: float,
    jobs: int,
    traces: Path | None,
    show: Callable[[str], None],
) -> dict[str, Any]:
    """So many harmless rollouts, and so many of each kind of bad one, as JSON. `often` multiplies the noise."""
    began = time.monotonic()
    with ProcessPoolExecutor(jobs, initializer=_prepare, initargs=(traces, seed)) as pool:
        alike = [pool.submit(_run_harmless, seed * 10_000 + n, often) for n in range(harmless)]
        verdicts = _collect(alike, "harmless", show)
        trials = [
            (trial, [pool.submit(_run_bad, trial, seed * 10_000 + 5_000 + n, often) for n in range(bad)])
            for trial in TRIALS
        ]
        told = [_tell_trial(trial, _collect(futures, trial.badness.name, show)) for trial, futures in trials if futures]
    _prepare(traces, seed)
    return {
        "seed": seed,
        "noise": often,
        "shapes": _shapes.source if _shapes else "",
        "harmless": tell_harmless(verdicts),
        "bad": told,
        "took_s": round(time.monotonic() - began, 1),
    }


def tell_harmless(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """How often harmless rollouts were rolled back, and what proves it is seldom."""
    back = [verdict for verdict in verdicts if verdict.harm is not None]
    waves = [size for verdict in verdicts for size in verdict.draw.waves]
    return {
        "rollouts": len(verdicts),
        "waves": len(waves),
        "services_in_a_wave": [min(waves), int(np.median(waves)), max(waves)] if waves else [],
        "befell": dict(Counter(verdict.draw.befalls for verdict in verdicts)),
        "rolled_back": len(back),
        "goal": 0,
        "rate_at_most": round((3 if not back else len(back) + 2 * len(back) ** 0.5 + 2) / max(len(verdicts), 1), 4),
        "waves_where_a_tenant_was_blamed": sum(verdict.tenants_blamed for verdict in verdicts),
        "waves_where_all_were_blamed": sum(verdict.all_blamed for verdict in verdicts),
        "why": [_explain(verdict) for verdict in back[:SHOWN_MAX]],
    }


def _tell_trial(trial: Trial, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    times_s = sorted(verdict.after_s for verdict in verdicts if verdict.harm is not None)
    missed = [verdict for verdict in verdicts if verdict.harm is None]
    all_s = times_s + [float("inf")] * len(missed)
    p95_s = all_s[int(len(all_s) * 0.95)] if all_s else float("inf")
    return {
        "revision": trial.badness.name,
        "services": trial.services,
        "rollouts": len(verdicts),
        "found": len(times_s),
        "found_s_p50": _finite(all_s[len(all_s) // 2]),
        "found_s_p95": _finite(p95_s),
        "goal_s": trial.goal_s,
        "ok": None if trial.goal_s is None else p95_s <= trial.goal_s,
        "harmed_rps": _spread([verdict.hit_rps for verdict in verdicts]),
        "harmed_rps_where_missed": _spread([verdict.hit_rps for verdict in missed]),
        "a_tenant_was_blamed": sum(bool(verdict.tenants_blamed) for verdict in missed),
        "all_were_blamed": sum(bool(verdict.all_blamed) for verdict in missed),
    }


def _spread(values: Iterable[float]) -> list[float]:
    ordered = sorted(values)
    return [round(ordered[place], 1) for place in (0, len(ordered) // 2, -1)] if ordered else []


def _finite(seconds: float) -> float | None:
    return round(seconds, 2) if np.isfinite(seconds) else None


def _explain(verdict: Verdict) -> str:
    draw, harm = verdict.draw, verdict.harm
    return (
        f"seed {verdict.seed}, {draw.services} services, waves {draw.waves}, {draw.befalls}, "
        f"wave {verdict.wave + 1} after {verdict.after_s:.1f} s: {harm.describe() if harm else ''}"
    )


def _prepare(traces: Path | None, seed: int) -> None:
    global _shapes  # noqa: PLW0603
    _shapes = read_shapes(traces) if traces is not None else make_up_shapes(np.random.default_rng(seed))


def _get_shapes() -> Shapes:
    if _shapes is None:
        raise RuntimeError("the process isn't prepared")
    return _shapes


def _run_harmless(seed: int, often: float) -> Verdict:
    return run_rollout(draw_rollout(seed, often), seed, _get_shapes())


def _run_bad(trial: Trial, seed: int, often: float) -> Verdict:
    draw = Draw(services=PLATFORM, edges=2, waves=(trial.services,), often=often, step_s=0.25)
    return run_rollout(draw, seed, _get_shapes(), trial.badness)


def _collect(futures: Sequence["Future[Verdict]"], name: str, show: Callable[[str], None]) -> list[Verdict]:
    """The verdicts, in the order of their seeds."""
    for count, future in enumerate(as_completed(futures), start=1):
        verdict = future.result()
        if name == "harmless" and verdict.harm is not None:
            show(_explain(verdict))
        if count % 20 == 0 or count == len(futures):
            show(f"{name}: {count} of {len(futures)}")
    return [future.result() for future in futures]
