"""Whose doing it is that a cohort fares worse: the revision's, one tenant's, everybody's, or nobody's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final

import numpy as np

from holdfast.rollout.cohort_noise import Noise
from holdfast.rollout.cohort_windows import Group, Window, Windows
from holdfast.rollout.fares import Fares, Flags, Floats
from holdfast.rollout.judging import SIGNALS, Blame, Harm, Signal
from holdfast.rollout.judging_spread import SMOOTH, Spread, compare_spread
from holdfast.rollout.judging_steps import (
    PROMPT_S,
    SETTLED_S,
    SHARES_MIN,
    WORST_FACTOR,
    Steps,
    find_steps,
    suffer_alike,
    weigh_steps,
)

SPREAD_LOG_ODDS_MIN: Final = np.array([10.0] * (SIGNALS - 1) + [15.0])
"""Against chance, for each look, window and signal: a whole rollout has some hundred of those that are independent, and
the bound is seldom reached. Missing requests must be plainer: when clients come isn't known as well.
"""
STEP_LOG_ODDS_MIN: Final = 8.8
"""A step is no matter of counting noise: the chance is that of an outage that begins just then, and is told once."""
DEVIATIONS_MIN: Final = 4.0
"""A cohort whose deviations add up to less is well, whatever the others do."""
RATIO_MIN: Final = 1.8
"""So many times as much must go wrong as with the others."""
ONE_TENANT_SHARE: Final = 0.7
OTHERS_MIN: Final = 3
OTHERS_SHARE_MIN: Final = 0.1
"""With fewer other tenants, or with fewer requests of theirs, in parts of the cohort's, what befalls all alike isn't
seen: then harm must begin with the wave.
"""
WIDELY: Final = 0.2
"""So many of a cohort's tenants must suffer where harm doesn't begin with the wave."""
FIRST_REQUESTS: Final = 30.0
"""Who has few requests doesn't show harm before so many have come."""
NOTHING: Final = 0.1
"""A step begins at a smaller part of a tenant's requests than this."""
MISSING_PART: Final = 0.2
"""So many of a cohort's tenants must miss their requests: who pauses now isn't like who pauses elsewhere."""
_LATEST: Final = (Group.LATEST,)
_TREATED: Final = (Group.EARLIER, Group.LATEST)
_STEPPING: Final = SIGNALS - 1
"""Who sends nothing for a while may do so by itself: missing requests convict only where many tenants miss them."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A cohort in one window, beside the others."""

    window: Window
    cohort: Fares
    others: Fares
    onset_s: Floats
    others_onset_s: Floats
    """Shape (tenants, SIGNALS)."""
    steps: Flags
    others_steps: Flags
    """Shape (SHARES_MIN, tenants, SIGNALS)."""
    before: Floats
    """Shape (CLASSES, SIGNALS): mean squares of deviations in as long a while before."""
    steps_per_s: Floats
    """Shape (SHARES_MIN, SIGNALS)."""
    ailing: Floats
    """Shape (tenants, SIGNALS): expected besides, of those that suffered already when the wave began."""
    member_of: Floats

    @property
    def others_there(self) -> int:
        """Tenants among the others that had requests."""
        return int(np.count_nonzero(self.others.requests))

    @property
    def compared(self) -> Fares | None:
        """The others, if there are enough."""
        enough = self.others.requests.sum() >= OTHERS_SHARE_MIN * self.cohort.requests.sum()
        return self.others if self.others_there >= OTHERS_MIN and enough else None


@dataclass(frozen=True, slots=True)
class Found:
    """A harm, the tenants that suffer most of it, worst first, and how sure it is."""

    harm: Harm
    tenants: tuple[int, ...]
    log_odds: float

    @property
    def column(self) -> int:
        """The signal's place."""
        return list(Signal).index(self.harm.signal)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All that is known.

    `ailing`, shape (tenants, SIGNALS): the share of requests that went wrong beyond the usual just before the wave.
    `member_of`, shape (tenants, CLASSES): 1 where a tenant is of a class.
    """

    windows: Windows
    noise: Noise
    ailing: Floats
    member_of: Floats


def judge_windows(scene: Scene) -> Found | None:
    """The plainest harm: the revision's before everybody's before one tenant's."""
    found = [each for case in _list_cases(scene) for each in (*_judge_spread(case), *_judge_steps(case))]
    order = (Blame.REVISION, Blame.ALL, Blame.TENANT)
    return min(found, key=lambda each: (order.index(each.harm.blamed), -each.log_odds), default=None)


def _list_cases(scene: Scene) -> Iterable[Case]:
    """The last wave beside all others, then all who have the revision beside those who don't, for each window.

    Those where nothing is the matter are left out.
    """
    every = list(scene.windows)
    untreated = int(np.count_nonzero(every[0].sums[Group.REST][:, 0]))
    earlier = bool(every[0].sums[Group.EARLIER].any()) and untreated >= OTHERS_MIN
    for window in every:
        latest = _make_case(scene, window, _LATEST)
        if latest is not None:
            yield replace(latest, steps=latest.steps & _may_step(scene, every)) if latest.steps.any() else latest
        treated = _make_case(scene, window, _TREATED) if earlier else None
        if treated is not None and treated.compared is not None:
            yield replace(treated, steps=np.zeros_like(treated.steps))


def _may_step(scene: Scene, every: Sequence[Window]) -> Flags:
    """Whose excess has lasted for a moment, and of late is greater than any before; (tenants, SIGNALS)."""
    windows = scene.windows
    settled = windows.onset_s[Group.LATEST] <= windows.length_s - SETTLED_S
    lately = np.maximum.reduce([window.of(Group.LATEST).excess for window in every[1:] or every])
    may: Flags = settled & (lately >= WORST_FACTOR * scene.noise.worst)
    return may


def _make_case(scene: Scene, window: Window, cohort: Sequence[Group]) -> Case | None:
    """A cohort beside the others; None where nothing is the matter with it."""
    fares = window.of(*cohort)
    before = scene.ailing * fares.requests[:, None]
    steps = find_steps(replace(fares, expected=fares.expected + before))
    steps &= fares.expected <= NOTHING * fares.requests[:, None]
    if not steps.any() and fares.deviations.sum(0).max(initial=0.0) < DEVIATIONS_MIN:
        return None
    others = [group for group in Group if group not in cohort]
    around = window.of(*others)
    return Case(
        window=window,
        cohort=fares,
        others=around,
        onset_s=scene.windows.onset_s[list(cohort)].min(0),
        others_onset_s=scene.windows.onset_s[others].min(0),
        steps=steps,
        others_steps=find_steps(around),
        before=scene.noise.find_squares(window.length_s),
        steps_per_s=scene.noise.find_step_rates(window.length_s),
        ailing=before,
        member_of=scene.member_of,
    )


def _judge_spread(case: Case) -> Iterable[Found]:
    everybody = np.ones(len(case.onset_s), np.bool_)
    ailing = replace(case.cohort, expected=case.cohort.expected + case.ailing)
    alone = compare_spread(ailing, None, case.member_of, case.before)
    spread = alone
    if case.compared is not None:
        spread = compare_spread(case.cohort, case.compared, case.member_of, case.before)
    for number in range(SIGNALS):
        if number == SIGNALS - 1 and not _miss_many(case.cohort):
            continue
        everywhere = case.compared is not None and _suffers_widely(case, number)
        if _is_worse(spread, number) and (everywhere or _is_prompt(case, number)):
            yield _find(case, number, Blame.REVISION, spread, float(spread.log_odds[number]), everybody)
        elif _is_worse(alone, number):
            yield _find(case, number, Blame.ALL, spread, float(alone.log_odds[number]), everybody)


def _miss_many(fares: Fares) -> bool:
    members = np.count_nonzero((fares.requests > 0) | (fares.wrong[:, -1] > 0))
    return bool(np.count_nonzero(fares.wrong[:, -1] > 1) >= MISSING_PART * members)


def _is_worse(spread: Spread, number: int) -> bool:
    worse = spread.ratio[number] >= RATIO_MIN * max(float(spread.others_ratio[number]), 1.0)
    return bool(worse and spread.log_odds[number] >= SPREAD_LOG_ODDS_MIN[number])


def _suffers_widely(case: Case, number: int) -> bool:
    """Whether so many tenants suffer that an upstream which some of them share, and which fails later, isn't it."""
    members = np.count_nonzero(case.cohort.requests)
    return bool(np.count_nonzero(case.cohort.deviations[:, number] >= 1.0) >= WIDELY * members)


def _is_prompt(case: Case, number: int) -> bool:
    """Whether most of the excess is of tenants that suffered from the first."""
    excess = np.maximum(case.cohort.excess[:, number], 0)
    return bool(excess[_shows_at_once(case, number)].sum() >= excess.sum() / 2)


def _judge_steps(case: Case) -> Iterable[Found]:
    members = int(np.count_nonzero(case.cohort.requests))
    for number in np.flatnonzero(case.steps[0, :, :_STEPPING].any(axis=0)).tolist():
        odds, made = max(
            (_weigh(case, height, number, members) for height in range(len(SHARES_MIN))), key=itemgetter(0)
        )
        others = Steps(case.others_steps[0, :, number], case.others_onset_s[:, number], case.others_there)
        alike = suffer_alike(case.cohort, case.others, number, others)
        spread = compare_spread(case.cohort, case.compared, case.member_of, case.before)
        if odds >= STEP_LOG_ODDS_MIN and not alike:
            yield _find(case, number, Blame.REVISION, spread, odds, made)
        elif alike or _holds_most(case.cohort, number):
            yield _find(case, number, Blame.ALL if alike else Blame.TENANT, spread, odds, made)


def _weigh(case: Case, height: int, number: int, members: int) -> tuple[float, Flags]:
    """How surprising steps of a height are, and whose they are."""
    made = case.steps[height, :, number]
    steps = Steps(made & _shows_at_once(case, number), case.onset_s[:, number], members)
    others = Steps(case.others_steps[height, :, number], case.others_onset_s[:, number], case.others_there)
    return weigh_steps(steps, others, float(case.steps_per_s[height, number])), made


def _shows_at_once(case: Case, number: int) -> Flags:
    """Whose harm began with the wave, or with the first requests after it: a revision waits for nothing else."""
    before = case.onset_s[:, number] * case.cohort.requests / max(case.window.length_s, SETTLED_S)
    at_once: Flags = (case.onset_s[:, number] <= PROMPT_S) | (before <= FIRST_REQUESTS)
    return at_once


def _holds_most(fares: Fares, number: int) -> bool:
    excess = np.maximum(fares.excess[:, number], 0)
    return bool(excess.max() >= ONE_TENANT_SHARE * excess.sum())


def _find(case: Case, number: int, blamed: Blame, spread: Spread, log_odds: float, among: Flags) -> Found:
    """A harm of those tenants, with its numbers."""
    fares, signal = case.cohort, tuple(Signal)[number]
    wrong, expected = float(fares.wrong[among, number].sum()), float(fares.expected[among, number].sum())
    excess = np.where(among, fares.excess[:, number], 0)
    worst = np.argsort(-excess, kind="stable")[:5]
    harm = Harm(
        signal=signal,
        blamed=blamed,
        wrong=wrong,
        requests=float(fares.requests[among].sum()),
        expected=expected,
        ratio=(wrong + SMOOTH) / (expected + SMOOTH),
        others_ratio=float(spread.others_ratio[number]),
        after_s=0.0,
    )
    return Found(harm, tuple(worst[excess[worst] > 0].tolist()), log_odds)


def sign(found: Found, tenants: Sequence[str], services: tuple[str, ...], after_s: float) -> Harm:
    """The harm with its names."""
    tenant = tenants[found.tenants[0]] if found.harm.blamed is Blame.TENANT and found.tenants else None
    return replace(found.harm, services=services, tenant=tenant, after_s=after_s)
