"""From what was measured to measures against goals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills.score import compute_discarded_share, compute_success, find_percentile, is_harmful
from holdfast.drills.stage.core_meter import STRANGERS_MAX
from holdfast.drills.surge_attack.scenario import AttackKind
from holdfast.drills.surge_attack.scored import TAIL_S, ScoredMode, score_attack
from holdfast.drills.surge_attack.scoring import find_rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from holdfast.drills.scenario import CapMode
    from holdfast.drills.sheet import Sheet
    from holdfast.drills.stage.history import PastMitigation
    from holdfast.drills.surge_attack.episodes import EpisodeRun, ModeRun
    from holdfast.drills.surge_attack.scenario import SurgeAttack
    from holdfast.drills.surge_attack.scored import ScoredAttack

DISCARDED_MAX: Final = 0.3
ATTACKS_MIN: Final = 30
ACHIEVED_MIN: Final = 0.95
FROM_NOTHING_S_MAX: Final = 0.5
"""Were nothing an attack, its containment would take so long at most, or times tell nothing."""
REFUSALS: Final = (403, 429, 503)


def measure_run(sheet: Sheet[SurgeAttack], modes: Mapping[CapMode, ModeRun]) -> dict[CapMode, list[ScoredAttack]]:
    """Enter every measure; returns the attacks that count, as they were scored."""
    scored = {name: ScoredMode(run, gated=not sheet.short) for name, run in modes.items()}
    attacks: dict[CapMode, list[ScoredAttack]] = {}
    for name, mode in scored.items():
        attacks[name] = [score_attack(sheet.scenario, mode, run) for run in mode.attacks] if len(mode.solo_ms) else []
        _require_fair_play(sheet, name, mode)
        _measure_bystanders(sheet, name, mode, attacks[name])
    every = [attack for each in attacks.values() for attack in each]
    if every:
        _measure_naming(sheet, every)
        _measure_good_clients(sheet, every)
    _measure_crowds(sheet, list(scored.values()))
    _require_sample(sheet, every)
    return attacks


def _require_fair_play(sheet: Sheet[SurgeAttack], name: str, mode: ScoredMode) -> None:
    """Generators in time, and attacks as large as planned."""
    tried, kept = len(mode.run.episodes), len(mode.punctual)
    share = compute_discarded_share(kept, tried - kept)
    sheet.add(f"{name}_episodes_discarded", 100 * share, "%", tried)
    reason = f"{tried - kept} of {tried} episodes thrown away, since the generator was late"
    sheet.require(name, reason, ok=share <= DISCARDED_MAX)
    sent = sum(int(np.count_nonzero(run.extra["source"] >= 0)) for run in mode.punctual)
    planned = sum(run.planned for run in mode.punctual)
    sheet.require(name, f"only {sent} of {planned:.0f} requests could be sent", ok=sent >= ACHIEVED_MIN * planned)
    use = mode.run.core_use
    sheet.add(f"{name}_edge_core", 100 * use.edges, "%", tried)
    sheet.add(f"{name}_edge_core_strangers", 100 * use.strangers, "%", tried)
    reason = f"other programs took {use.strangers:.0%} of the edges' core; what was measured may be their doing"
    sheet.require(name, reason, ok=sheet.short or not sheet.protected or use.strangers <= STRANGERS_MAX)
    sheet.add(f"{name}_control_and_agents_core", 100 * mode.run.watch_core_share, "%", tried)


def _measure_bystanders(sheet: Sheet[SurgeAttack], name: str, mode: ScoredMode, attacks: list[ScoredAttack]) -> None:
    if not attacks:
        sheet.require(name, "no attack was left to be scored", ok=False)
        return
    goals = sheet.scenario.goals
    under_attack = np.concatenate([each.bystanders_ms for each in attacks])
    success, goal = compute_success(under_attack), goals.bystander_success
    sheet.demand(
        f"{name}_bystander_success",
        100 * success,
        "%",
        f"at least {100 * goal:g}%",
        len(under_attack),
        ok=success >= goal,
    )
    solo_p99 = find_percentile(mode.solo_ms, 99)
    sheet.add(f"{name}_bystander_success_solo", 100 * compute_success(mode.solo_ms), "%", len(mode.solo_ms))
    sheet.add(f"{name}_bystander_p99_solo", solo_p99, "ms", len(mode.solo_ms))
    sheet.add(f"{name}_bystander_p99_attack", find_percentile(under_attack, 99), "ms", len(under_attack))
    _measure_containment(sheet, name, attacks)
    if not sheet.protected:
        large = np.concatenate([np.empty(0), *(a.bystanders_ms for a in attacks if not a.attack.tenant.small)])
        ratio = find_percentile(large, 99) / solo_p99 if len(large) else 0.0
        harm = len(large) > 0 and is_harmful(compute_success(large), ratio, goals.harm_success, goals.harm_p99_ratio)
        sheet.require(name, "without protections there is no harm, so the drill shows nothing", ok=harm)


def _measure_containment(sheet: Sheet[SurgeAttack], name: str, attacks: list[ScoredAttack]) -> None:
    """How soon bystanders had their p99 back; and how often they hadn't lost it in the first place."""
    goal_s = sheet.scenario.goals.contained_p95_max
    times_s = [each.contained_s for each in attacks]
    p95, nothing = find_rank(times_s, 95), find_rank([each.contained_from_nothing_s for each in attacks], 95)
    hurt = sum(1 for each in times_s if each > 0)
    sheet.add(f"{name}_attacks_felt", hurt, "attacks", len(attacks))
    sheet.add(f"{name}_contained_p50", find_rank(times_s, 50), "s", len(attacks))
    sheet.add(f"{name}_contained_from_nothing_p95", nothing, "s", len(attacks))
    if sheet.short:
        sheet.add(f"{name}_contained_p95", p95, "s", len(attacks))
        return
    steady = nothing <= FROM_NOTHING_S_MAX
    ok = p95 <= goal_s if steady else None
    sheet.demand(f"{name}_contained_p95", p95, "s", f"at most {goal_s:g}", len(attacks), ok=ok)
    reason = f"quiet itself takes {nothing:g} s to be contained; is the machine busy?"
    sheet.require(name, reason, ok=steady or not sheet.protected)


def _measure_naming(sheet: Sheet[SurgeAttack], attacks: Sequence[ScoredAttack]) -> None:
    goals, count = sheet.scenario.goals, len(attacks)
    for percent in (50, 95):
        sheet.add(f"detected_p{percent}", find_rank([each.detected_s for each in attacks], percent), "s", count)
    for percent, goal_s in ((50, goals.named_p50_max), (95, goals.named_p95_max)):
        value = find_rank([each.named_s for each in attacks], percent)
        if sheet.short:
            sheet.add(f"named_p{percent}", value, "s", count)
        else:
            sheet.demand(f"named_p{percent}", value, "s", f"at most {goal_s:g}", count, ok=value <= goal_s)
    for kind in AttackKind:
        if times_s := [each.named_s for each in attacks if each.attack.kind is kind]:
            sheet.add(f"named_p95_{kind.replace('-', '_')}", find_rank(times_s, 95), "s", len(times_s))
    first = sum(1 for each in attacks if each.named_first) / count
    sheet.demand("named_first", 100 * first, "%", "at least 99%", count, ok=first >= 0.99)
    _demand_none(sheet, "wrong_names", sum(each.wrong_names for each in attacks), "names", count)
    _demand_none(sheet, "wrong_actions", sum(each.wrong_actions for each in attacks), "mitigations", count)


def _measure_good_clients(sheet: Sheet[SurgeAttack], attacks: Sequence[ScoredAttack]) -> None:
    """The attacked tenants' own customers, where a rule can tell them from the attack and where none can."""
    goal = sheet.scenario.goals.good_clients_served
    for name, told_apart in (("good_clients_served", True), ("good_clients_served_look_alike", False)):
        chosen = [each for each in attacks if each.attack.has_rule == told_apart]
        if not chosen:
            continue
        contained = [0.0 if math.isnan(each.served) else each.served for each in chosen]
        value, from_onset = float(np.mean(contained)), float(np.mean([each.served_from_onset for each in chosen]))
        if told_apart and not sheet.short:
            text = f"at least {100 * goal:g}%"
            sheet.demand(name, 100 * value, "%", text, len(chosen), ok=value >= goal)
        else:
            sheet.add(name, 100 * value, "%", len(chosen))
        sheet.add(f"{name}_from_onset", 100 * from_onset, "%", len(chosen))


def _measure_crowds(sheet: Sheet[SurgeAttack], modes: list[ScoredMode]) -> None:
    crowds = [(mode, run) for mode in modes for run in mode.crowds]
    if not crowds:
        return
    refused = sum(_count_refused(mode, run) for mode, run in crowds)
    actions = sum(len(_list_actions(mode, run)) for mode, run in crowds)
    found = sum(len(mode.run.history.list_sightings(run.onset_s, run.over_s + TAIL_S)) for mode, run in crowds)
    _demand_none(sheet, "crowd_requests_refused", refused, "requests", len(crowds))
    _demand_none(sheet, "crowd_actions", actions, "mitigations", len(crowds))
    _demand_none(sheet, "crowd_findings_to_act_upon", found, "findings", len(crowds))


def _count_refused(mode: ScoredMode, run: EpisodeRun) -> int:
    """Of the crowd's requests and of those that its tenant's customers send as ever."""
    everybody = np.concatenate([run.extra, mode.select(run.onset_s, run.over_s, of=run.episode.tenant.name)])
    return int(np.count_nonzero(np.isin(everybody["status"], REFUSALS)))


def _list_actions(mode: ScoredMode, run: EpisodeRun) -> list[PastMitigation]:
    """What was put in force against the crowd, or against everybody; whom shedding refuses is counted by requests."""
    started = mode.run.history.list_started(run.onset_s, run.over_s + TAIL_S)
    about = (None, run.episode.tenant.name)
    return [each for each in started if each.service in about and each.measure.kind != "shed"]


def _require_sample(sheet: Sheet[SurgeAttack], attacks: Sequence[ScoredAttack]) -> None:
    enough = sheet.short or not sheet.protected or sheet.peer is not None or len(attacks) >= ATTACKS_MIN
    sheet.require("attacks", f"{len(attacks)} can be scored, where {ATTACKS_MIN} are needed", ok=enough)


def _demand_none(sheet: Sheet[SurgeAttack], name: str, count: int, unit: str, samples: int) -> None:
    sheet.demand(name, count, unit, "none", samples, ok=count == 0)
