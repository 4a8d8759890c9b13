"""What one edge sees of one upstream: whether it does well, since when, and how that is known.

Actively, where endpoints are checked: an upstream without a healthy endpoint fails. Passively, by what becomes of
requests: a few that fail in a row, a large part of many, or silence after requests were sent. An upstream that isn't
checked and that nobody asks anything of is unknown, and never called failing.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

RUN_MIN: Final = 3
"""So many tries in a row that fail, without one that is answered, are a failure."""
SHARE_MIN: Final = 0.5
TRIES_MIN: Final = 10
"""So large a share of so many tries within `WINDOW_S`, likewise."""
WELL_SHARE_MAX: Final = 0.1
"""What fails may be so much of a window in which an upstream is called well; in between nothing changes."""
WINDOW_S: Final = 1.0
RECENT_MAX: Final = 4
"""Reports in such a window."""
SILENT_S: Final = 2.5
SILENT_TRIES_MIN: Final = 5
"""Where nothing is checked: so many tries without a byte in return, for so long, are a failure too."""
KEPT_S: Final = 10.0
"""What requests told is known for so long after the last of them."""


class Verdict(StrEnum):
    """How an upstream does."""

    WELL = "well"
    FAILING = "failing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sample:
    """What one report says of an upstream, between two moments (Unix time, in seconds).

    Of its `tries`, `failed` did; `received` says whether anything came back at all. `endpoints` are healthy ones, and
    all; `checked` whether they are asked how they do.
    """

    began_at: float
    ended_at: float
    tries: int = 0
    failed: int = 0
    received: bool = False
    endpoints: tuple[int, int] = (1, 1)
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """What one edge has seen of one upstream lately. `since` is how long the verdict has stood without a break."""

    verdict: Verdict = Verdict.UNKNOWN
    since: float = 0.0
    why: str = "nothing was asked of it yet"
    checked: bool = False
    endpoints: tuple[int, int] = (0, 0)
    heard_at: float = 0.0
    """When requests last told anything."""
    run: int = 0
    """Tries that failed since one was answered."""
    run_began: float = 0.0
    unanswered: int = 0
    """Tries since anything came back, and when the first of them was."""
    unanswered_since: float = 0.0
    tried_at: float = 0.0
    """When anything was last tried."""
    recent: tuple[Sample, ...] = ()
    """Those of the last `WINDOW_S` in which anything was tried."""


def add_sample(sight: Sight, sample: Sample) -> Sight:
    """What is seen after another report."""
    if _goes_on_well(sight, sample):
        recent = (*sight.recent[1 - RECENT_MAX :], sample)
        return replace(sight, heard_at=sample.ended_at, tried_at=sample.ended_at, run_began=0.0, recent=recent)
    answered = _count_answered(sample)
    run, run_began = _follow_run(sight, sample, answered)
    unanswered, unanswered_since = _follow_silence(sight, sample)
    recent = (*sight.recent, sample) if sample.tries else sight.recent
    now = replace(
        sight,
        checked=sample.checked,
        endpoints=sample.endpoints,
        heard_at=sample.ended_at if sample.failed or answered else sight.heard_at,
        run=run,
        run_began=run_began,
        unanswered=unanswered,
        unanswered_since=unanswered_since,
        tried_at=sample.ended_at if sample.tries else sight.tried_at,
        recent=tuple(each for each in recent if each.ended_at > sample.ended_at - WINDOW_S),
    )
    return judge(now, sample.ended_at)


def judge(sight: Sight, now: float) -> Sight:
    """The verdict as it stands now: what was heard long ago is no longer known."""
    verdict, why, began_at = _find_failing(sight, now) or _find_well(sight, now)
    if verdict is sight.verdict:
        return sight if why == sight.why else replace(sight, why=why)
    return replace(sight, verdict=verdict, why=why, since=min(began_at, now))


def _goes_on_well(sight: Sight, sample: Sample) -> bool:
    """Nearly all samples are such: nothing is judged anew."""
    if sample.failed or not sample.received or not sample.tries or sight.verdict is not Verdict.WELL or sight.why:
        return False
    is_clean = not sight.run and not sight.unanswered and all(not each.failed for each in sight.recent)
    return is_clean and sample.endpoints == sight.endpoints and sample.checked is sight.checked


def _count_answered(sample: Sample) -> int:
    """What comes back without anything that failed may answer what was tried in the interval before."""
    if not sample.received:
        return 0
    return max(sample.tries - sample.failed, 0 if sample.failed else 1)


def _follow_run(sight: Sight, sample: Sample, answered: int) -> tuple[int, float]:
    """Failures within an interval that had answers too may all have come at its end: a run may have begun then."""
    if answered:
        return 0, sample.began_at if sample.failed else 0.0
    if not sample.failed:
        return sight.run, sight.run_began
    gap_s = sample.began_at - sight.heard_at
    if not sight.run_began or gap_s > (KEPT_S if sight.run else WINDOW_S):
        return sample.failed, sample.began_at
    return sight.run + sample.failed, sight.run_began


def _follow_silence(sight: Sight, sample: Sample) -> tuple[int, float]:
    """Tries that were begun and not answered yet; what failed was no silence."""
    begun = sample.tries - sample.failed
    if sample.received:
        return 0, 0.0
    if begun <= 0:
        return sight.unanswered, sight.unanswered_since
    if not sight.unanswered or sample.began_at - sight.tried_at > KEPT_S:
        return begun, sample.began_at
    return sight.unanswered + begun, sight.unanswered_since


def _find_failing(sight: Sight, now: float) -> tuple[Verdict, str, float] | None:
    """Silence alone isn't held against an upstream whose checks are answered; it dates what they find."""
    healthy, every = sight.endpoints
    tries, silence = _find_failing_tries(sight, now), _find_silence(sight, now)
    if every and not healthy:
        which = "its endpoint isn't" if every == 1 else f"none of its {every} endpoints is"
        began = [found[2] for found in (tries, silence) if found]
        began += [sight.run_began] if sight.run_began and now - sight.heard_at <= WINDOW_S else []
        return Verdict.FAILING, f"{which} healthy", min(began, default=now)
    return tries or (None if sight.checked else silence)


def _find_failing_tries(sight: Sight, now: float) -> tuple[Verdict, str, float] | None:
    if now - sight.heard_at > KEPT_S:
        return None
    if sight.run >= RUN_MIN:
        return Verdict.FAILING, f"the last {sight.run} tries failed", sight.run_began
    tries, failed = _count(sight)
    if tries >= TRIES_MIN and failed >= SHARE_MIN * tries:
        return Verdict.FAILING, f"{failed / tries:.0%} of its tries fail", sight.recent[0].began_at
    return None


def _find_silence(sight: Sight, now: float) -> tuple[Verdict, str, float] | None:
    is_long = now - sight.unanswered_since >= SILENT_S and now - sight.tried_at <= KEPT_S
    if sight.unanswered >= SILENT_TRIES_MIN and is_long:
        return Verdict.FAILING, "nothing comes back", sight.unanswered_since
    return None


def _find_well(sight: Sight, now: float) -> tuple[Verdict, str, float]:
    tries, failed = _count(sight)
    heard = now - sight.heard_at <= KEPT_S
    if tries and heard and failed > WELL_SHARE_MAX * tries:
        return sight.verdict, sight.why, now
    if sight.run and heard and sight.verdict is Verdict.FAILING:
        return sight.verdict, sight.why, now
    if sight.checked and sight.endpoints[0]:
        healthy, every = sight.endpoints
        return Verdict.WELL, "" if healthy == every else f"{healthy} of its {every} endpoints are healthy", now
    if not heard:
        return Verdict.UNKNOWN, "nothing was asked of it lately", now
    if sight.run or sight.unanswered >= SILENT_TRIES_MIN:
        return sight.verdict, sight.why, now
    return Verdict.WELL, "", now


def _count(sight: Sight) -> tuple[int, int]:
    """Tries of the last while that were settled, and those of them that failed."""
    return sum(each.tries for each in sight.recent), sum(each.failed for each in sight.recent)
