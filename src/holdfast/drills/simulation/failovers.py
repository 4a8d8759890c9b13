"""Many losses of a primary: whether anything flaps, how soon it is decided, and whom a loss that few see moves."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

import numpy as np

from holdfast.drills.simulation.failovers_run import WARM_S, Draw, Verdict, run_failover
from holdfast.drills.simulation.failovers_world import Fate
from holdfast.model.recovery import Failover, Policy

FLAPPING: Final = (Fate.DEAD, Fate.HUNG, Fate.BLACKHOLED, Fate.SLOW, Fate.HALF)
PERIODS_S: Final = (0.5, 60.0)
GOALS_S: Final = {Fate.DEAD: 1.0, Fate.HUNG: 5.0, Fate.BLACKHOLED: 5.0}
"""Within so long a primary that is lost for good must have been left."""


def run_failovers(runs: int, seed: int, jobs: int, show: Callable[[str], None]) -> dict[str, Any]:
    """So many flapping primaries, and a fifth as many of each kind of loss for good, as JSON."""
    began = time.monotonic()
    losses = max(1, runs // 5)
    with ProcessPoolExecutor(jobs) as pool:
        flapping = _play(pool, [draw_flapping(seed * 10_000 + n) for n in range(runs)], seed, show, "flapping")
        lost = {
            fate: _play(pool, [draw_loss(seed * 10_000 + n, fate) for n in range(losses)], seed, show, fate)
            for fate in GOALS_S
        }
        few = [draw_few(seed * 10_000 + n) for n in range(losses)]
        partial = _play(pool, few, seed, show, "few edges")
    return {
        "seed": seed,
        "flapping": tell_flapping(flapping),
        "lost": [tell_loss(fate, verdicts) for fate, verdicts in lost.items()],
        "seen_by_few": tell_few(partial),
        "took_s": round(time.monotonic() - began, 1),
    }


def draw_flapping(seed: int) -> Draw:
    """A primary that comes and goes: for all edges, for some, or for one."""
    random = np.random.default_rng(seed)
    edges = int(random.integers(1, 6))
    stay_s = float(random.uniform(10.0, 60.0))
    period_s = float(np.exp(random.uniform(*np.log(PERIODS_S))))
    length_s = WARM_S + 6 * stay_s + 60.0
    return Draw(
        fate=FLAPPING[int(random.integers(len(FLAPPING)))],
        edges=edges,
        fails_for=edges if random.random() < 0.6 else int(random.integers(1, edges + 1)),
        rps=float(np.exp(random.uniform(np.log(2.0), np.log(60.0)))),
        checked=bool(random.random() < 0.6),
        failover=_automatic(after=float(random.uniform(0.5, 2.0)), stay=stay_s, ramp=float(random.uniform(2.0, 30.0))),
        length_s=length_s,
        period_s=period_s,
        duty=float(random.uniform(0.1, 0.9)),
        restart_s=float(random.uniform(WARM_S, length_s)) if random.random() < 0.2 else None,
    )


def draw_loss(seed: int, fate: Fate) -> Draw:
    """A primary that is lost for good, for all edges, with enough traffic to see it at once; the policy's defaults."""
    random = np.random.default_rng(seed)
    edges = int(random.integers(1, 6))
    return Draw(
        fate=fate,
        edges=edges,
        fails_for=edges,
        rps=float(np.exp(random.uniform(np.log(20.0), np.log(200.0)))),
        checked=bool(random.random() < 0.6),
        failover=_automatic(),
        length_s=WARM_S + 10.0,
        began_s=WARM_S + float(random.uniform(0, 1.0)),
        tick_s=0.01,
    )


def draw_few(seed: int) -> Draw:
    """A primary that a minority of the edges can't reach for a while, and then can again."""
    random = np.random.default_rng(seed)
    edges = int(random.integers(3, 8))
    return Draw(
        fate=Fate.DEAD,
        edges=edges,
        fails_for=int(random.integers(1, (edges - 1) // 2 + 1)),
        rps=30.0,
        checked=bool(random.random() < 0.6),
        failover=_automatic(stay=10.0, ramp=4.0),
        length_s=60.0,
        period_s=1_000.0,
        duty=0.02,
    )


def tell_flapping(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Whether any edge was sent away, or began its way back, twice within the policy's `stay`."""
    flapped = [verdict for verdict in verdicts if verdict.flaps]
    kinds = Counter(f"{v.draw.fate} for {'all' if v.draw.fails_for == v.draw.edges else 'some'}" for v in verdicts)
    return {
        "runs": len(verdicts),
        "kinds": dict(sorted(kinds.items())),
        "simulated_s": round(sum(verdict.draw.length_s for verdict in verdicts)),
        "control_restarted_in": sum(verdict.draw.restart_s is not None for verdict in verdicts),
        "moved_in": sum(verdict.moved > 0 for verdict in verdicts),
        "moves_there_of_an_edge_max": max((len(edge) for v in verdicts for edge in v.there), default=0),
        "flapped": len(flapped),
        "goal": 0,
        "why": [f"seed {verdict.seed}: {verdict.flaps[0]} ({verdict.draw})" for verdict in flapped[:20]],
    }


def tell_loss(fate: Fate, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """How long it took from the first request that failed until it was decided, to within a step of the simulation."""
    times_s = sorted(v.decided_s if v.decided_s is not None else float("inf") for v in verdicts)
    lost_s = sorted(v.lost_for_s if v.lost_for_s is not None else float("inf") for v in verdicts)
    goal_s, step_s = GOALS_S[fate], max(verdict.draw.tick_s for verdict in verdicts)
    return {
        "loss": fate,
        "runs": len(verdicts),
        "moved_all": sum(verdict.moved == verdict.draw.edges for verdict in verdicts),
        "decided_s_p50": round(times_s[len(times_s) // 2], 2),
        "decided_s_max": round(times_s[-1], 2) if np.isfinite(times_s[-1]) else None,
        "after_the_loss_s_max": round(lost_s[-1], 2) if np.isfinite(lost_s[-1]) else None,
        "goal_s": goal_s,
        "step_s": step_s,
        "ok": times_s[-1] <= goal_s + step_s,
    }


def tell_few(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Whether edges that reach the primary were moved with those that don't, and whether those came back."""
    others = sum(v.moved > v.draw.fails_for for v in verdicts)
    came_back = sum(all(len(edge) == len(v.there[n]) for n, edge in enumerate(v.back)) for v in verdicts)
    return {
        "runs": len(verdicts),
        "moved_those_that_fail": sum(v.moved == v.draw.fails_for for v in verdicts),
        "moved_others_too": others,
        "came_back": came_back,
        "goal": {"moved_others_too": 0, "came_back": len(verdicts)},
        "ok": not others and came_back == len(verdicts),
    }


def _automatic(**more: float) -> Failover:
    return Failover(policy=Policy.AUTOMATIC, fail_back=Policy.AUTOMATIC, **more)


def _play(
    pool: ProcessPoolExecutor, draws: Sequence[Draw], seed: int, show: Callable[[str], None], name: str
) -> list[Verdict]:
    verdicts = []
    for verdict in pool.map(run_failover, draws, range(seed * 10_000, seed * 10_000 + len(draws))):
        verdicts.append(verdict)
        if len(verdicts) % 20 == 0 or len(verdicts) == len(draws):
            show(f"{name}: {len(verdicts)} of {len(draws)}")
    return verdicts
