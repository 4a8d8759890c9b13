"""From what was seen to measures against goals."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.first_words.follower import count_beats, find_told_at
from holdfast.drills.first_words.platform_file import COLLEAGUE, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from holdfast.drills.first_words.afterwards import Crawl, Postmortem
    from holdfast.drills.first_words.announced import Announced
    from holdfast.drills.first_words.attacks import AttackRun
    from holdfast.drills.first_words.growth import Grown
    from holdfast.drills.first_words.scenario import FirstWords
    from holdfast.drills.sheet import Sheet
    from holdfast.drills.stage.pagers import Arrival
    from holdfast.drills.stage.site_reader import Word

MEASURED: Final = ("detect", "contain", "tell", "page")
"""Moments without which a postmortem can't be published."""
SLACK_S: Final = 2.0
"""Clocks of the reader and of whoever looks for a page on its way when it is acknowledged."""
_LIMIT_WORDS: Final = re.compile(r"\b(?:rate|limit)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All that happened with protections. `warned_at` is when somebody was paged for growth."""

    attacks: tuple[AttackRun, ...]
    arrivals: tuple[Arrival, ...]
    words: tuple[Word, ...]
    announced: Announced
    postmortems: tuple[Postmortem, ...]
    promised_s: float | None
    protections: str
    crawl: Crawl
    names: frozenset[str]
    """Of services and tenants: what the public must not read."""
    public: str
    """All that the status site and its follower's letters say."""
    grown: Grown | None = None
    warned_at: float | None = None


@dataclass(frozen=True, slots=True)
class ToldAttack:
    """How soon after an attack's first request somebody was paged, and the public told, in seconds; infinite: never."""

    run: AttackRun
    page_s: float
    post_s: float
    colleague_s: float


def measure_run(sheet: Sheet[FirstWords], run: Run) -> list[ToldAttack]:
    """Enter every measure; returns the attacks as they were scored."""
    told = [_score(attack, run) for attack in run.attacks]
    _measure_words(sheet, told)
    _measure_pages(sheet, run, told)
    _measure_follower(sheet, run)
    _measure_announced(sheet, run.announced)
    _measure_postmortems(sheet, run)
    _measure_site(sheet, run)
    if run.grown is not None:
        _measure_growth(sheet, run.grown, run.warned_at)
    return told


def find_paged_at(arrivals: Sequence[Arrival], incidents: Iterable[str]) -> float | None:
    """When the first page for one of some incidents was taken (Unix time, in seconds); None if none was."""
    keys = tuple(f"page/{each}/" for each in incidents)
    return next((each.at for each in arrivals if each.taken and each.key.startswith(keys)), None)


def measure_silence(sheet: Sheet[FirstWords], arrivals: int, words: int, attacks: int, success: float) -> None:
    """What people hear where nothing watches: nothing, while there is harm."""
    sheet.demand("attacks_paged", arrivals, "attacks", f"{attacks} of {attacks}", attacks, ok=arrivals >= attacks)
    sheet.demand("attacks_told", words, "attacks", f"{attacks} of {attacks}", attacks, ok=words >= attacks)
    sheet.add("answered_during_attacks", 100 * success, "%")
    reason = f"{success:.1%} of all requests were answered during attacks, so the drill shows nothing"
    sheet.require("harm", reason, ok=success < sheet.scenario.goals.harm_success)


def _score(attack: AttackRun, run: Run) -> ToldAttack:
    if attack.incident is None:
        return ToldAttack(attack, math.inf, math.inf, math.inf)
    pages = [each for each in run.arrivals if each.taken and each.key.startswith(f"page/{attack.incident.id}/")]
    words = [each.at for each in run.words if each.incident == attack.incident.id]
    colleague = [each.at for each in pages if each.pager == COLLEAGUE]
    return ToldAttack(
        attack,
        page_s=min((each.at for each in pages), default=math.inf) - attack.onset_at,
        post_s=min(words, default=math.inf) - attack.onset_at,
        colleague_s=min(colleague, default=math.inf) - attack.onset_at,
    )


def _measure_words(sheet: Sheet[FirstWords], told: Sequence[ToldAttack]) -> None:
    goals, count = sheet.scenario.goals, len(told)
    opened = sum(each.run.incident is not None for each in told)
    sheet.demand("incidents_opened", opened, "attacks", f"{count} of {count}", count, ok=opened == count)
    sheet.add("incidents_beside_attacks", sum(each.run.beside for each in told), "incidents", count)
    _demand_max(sheet, "first_post_max", [each.post_s for each in told], goals.first_post_max)
    alive = [each.page_s for each in told if not each.run.dead]
    _demand_max(sheet, "first_page_max", alive, goals.first_page_max)
    dead = [each.page_s for each in told if each.run.dead]
    _demand_max(sheet, "next_channel_max", dead, goals.next_channel_max)
    sheet.add("next_person_max", max((each.colleague_s for each in told if each.run.dead), default=math.inf), "s")


def _measure_pages(sheet: Sheet[FirstWords], run: Run, told: Sequence[ToldAttack]) -> None:
    taken = [each.key for each in run.arrivals if each.taken and each.key.startswith("page/")]
    twice = len(taken) - len(set(taken))
    sheet.demand("pages_doubled", twice, "pages", "none", len(taken), ok=twice == 0)
    after = sum(_count_after(each.run, run.arrivals) for each in told)
    sheet.demand("pages_after_acknowledgement", after, "pages", "none", len(taken), ok=after == 0)
    wrong = sum(each.pager == SECOND for each in run.arrivals if not _was_dead(each, told))
    sheet.demand("second_channel_without_need", wrong, "pages", "none", len(taken), ok=wrong == 0)


def _count_after(attack: AttackRun, arrivals: Sequence[Arrival]) -> int:
    if attack.incident is None or attack.acknowledged_at is None:
        return 0
    prefix, over_at = f"page/{attack.incident.id}/", attack.acknowledged_at + SLACK_S
    return sum(each.taken and each.key.startswith(prefix) and each.at > over_at for each in arrivals)


def _was_dead(arrival: Arrival, told: Sequence[ToldAttack]) -> bool:
    return any(
        each.run.dead and each.run.incident is not None and arrival.key.startswith(f"page/{each.run.incident.id}/")
        for each in told
    )


def _measure_follower(sheet: Sheet[FirstWords], run: Run) -> None:
    """Mailings are a minute apart: a short form is over before the one after that about the work announced."""
    opened = [each for each in run.attacks if each.incident is not None]
    told_at = [find_told_at(run.arrivals, each.incident.id if each.incident else "") for each in opened]
    told = [at - each.onset_at for each, at in zip(opened, told_at, strict=True) if at is not None]
    if sheet.short:
        sheet.add("follower_told", len(told), "attacks", len(opened))
    else:
        goal = f"{len(run.attacks)} of {len(run.attacks)}"
        sheet.demand("follower_told", len(told), "attacks", goal, len(opened), ok=len(told) == len(run.attacks))
        _demand_max(sheet, "follower_told_max", told, sheet.scenario.goals.follower_told_max)
    beats = count_beats(run.arrivals)
    sheet.demand("heartbeats_came_through", beats, "heartbeats", "at least 1", 1, ok=beats > 0)


def _measure_announced(sheet: Sheet[FirstWords], announced: Announced) -> None:
    shown = announced.shown_at is not None and announced.gone_at is not None
    sheet.demand("maintenance_shown_and_over", int(shown), "times", "1 of 1", 1, ok=shown)
    if announced.shown_at is not None and announced.gone_at is not None:
        sheet.add("maintenance_shown_late", announced.shown_at - announced.begins_at, "s", 1)
        sheet.add("maintenance_over_late", announced.gone_at - announced.ends_at, "s", 1)


def _measure_postmortems(sheet: Sheet[FirstWords], run: Run) -> None:
    count = len(run.attacks)
    whole = sum(
        each.has_usual_mean
        and each.is_drawn
        and each.mitigations > 0
        and all(each.moments_s.get(name) is not None for name in MEASURED)
        for each in run.postmortems
    )
    sheet.demand("postmortems_publishable", whole, "incidents", f"{count} of {count}", count, ok=whole == count)
    named = sum(each.moments_s.get("name") is not None for each in run.postmortems)
    sheet.add("causes_named", named, "incidents", count)
    leaks = sum(name in each.public for each in run.postmortems for name in run.names)
    sheet.demand("names_in_public_postmortems", leaks, "names", "none", len(run.postmortems), ok=leaks == 0)
    kept = run.promised_s is not None
    sheet.demand("promise_on_the_site", int(kept), "times", "1 of 1", 1, ok=kept)


def _measure_site(sheet: Sheet[FirstWords], run: Run) -> None:
    crawl = run.crawl
    served = not crawl.failed and crawl.read > 0 and crawl.processes_left == 0
    sheet.demand("site_served_alone", int(served), "times", "1 of 1", crawl.read, ok=served)
    sheet.add("site_pages_read", crawl.read, "pages", crawl.read)
    leaks = sum(name in run.public for name in run.names)
    sheet.demand("names_on_the_site", leaks, "names", "none", crawl.read, ok=leaks == 0)
    says = bool(_LIMIT_WORDS.search(run.protections))
    limits = {f"{sheet.scenario.usual.limit:g}", f"{sheet.scenario.location.in_flight}"}
    tells = sum(re.search(rf"\b{limit}\b", run.protections) is not None for limit in limits)
    sheet.demand("protections_page", int(says), "times", "1 of 1", 1, ok=says)
    sheet.demand("thresholds_on_protections_page", tells, "numbers", "none", len(limits), ok=tells == 0)


def _measure_growth(sheet: Sheet[FirstWords], grown: Grown, warned_at: float | None) -> None:
    ahead_s = -math.inf if warned_at is None else grown.full_at - warned_at
    least_s = sheet.scenario.goals.warned_ahead_min
    sheet.demand("warned_of_growth_ahead", ahead_s, "s", f"at least {least_s:g}", 1, ok=ahead_s >= least_s)


def _demand_max(sheet: Sheet[FirstWords], name: str, values: Sequence[float], goal_s: float) -> None:
    worst_s = max(values, default=math.inf)
    sheet.demand(name, worst_s, "s", f"at most {goal_s:g}", len(values), ok=worst_s <= goal_s)
