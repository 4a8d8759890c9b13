"""Plays attacks: in every other one the first channel of whoever is on call is dead, and nobody answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.first_words.platform_file import COLLEAGUE, FIRST
from holdfast.drills.first_words.stand import wait_for
from holdfast.drills.first_words.traffic import plan_attack
from holdfast.drills.instruments import start_load

if TYPE_CHECKING:
    from holdfast.drills.first_words.cast import Attack
    from holdfast.drills.first_words.stand import Seen, Stand
    from holdfast.drills.instruments import LoadResult

OPENED_S_MAX: Final = 60.0
PAGED_S_MAX: Final = 90.0
POSTED_S_MAX: Final = 60.0


@dataclass(frozen=True, slots=True)
class AttackRun:
    """One attack as it was. Times are Unix times, in seconds.

    `incident` is what was opened for it. If its `first` pager was dead, nobody acknowledged it until the colleague was
    paged; otherwise whoever was paged did at `acknowledged_at`. So many others were open `beside` it, of before.
    """

    attack: Attack
    onset_at: float
    over_at: float
    dead: bool
    incident: Seen | None
    acknowledged_at: float | None
    resolved_at: float | None
    beside: int = 0


def play_attack(stand: Stand, attack: Attack, *, dead: bool) -> AttackRun:
    """Quiet, then the attack, then what people do about its incident. Raises InstrumentError, ControlUnreachable."""
    time.sleep(attack.quiet_s)
    beside = _resolve_others(stand)
    stand.upstream.set_capacity_host(attack.tenant.host)
    stand.pagers.dead = {FIRST} if dead else set()
    stand.tell(f"attack on {attack.tenant.name} ({attack.sources:,} addresses){', the pager is dead' if dead else ''}")
    plan = plan_attack(stand.scenario, attack, stand.port)
    with start_load(plan, stand.cores.flood) as extra:
        began_at = time.time()
        incident = _await_incident(stand, began_at)
        acknowledged_at = None if incident is None else _answer_page(stand, incident, dead=dead)
        result = extra.wait()
    onset_at = time.time() - (time.monotonic_ns() - result.summary.started_ns) / 1e9 + _find_first_s(result)
    over_at = onset_at + plan.duration_s
    resolved_at = None if incident is None else _resolve(stand, incident)
    stand.pagers.dead = set()
    return AttackRun(attack, onset_at, over_at, dead, incident, acknowledged_at, resolved_at, beside)


def _resolve_others(stand: Stand) -> int:
    """End what else is open, or the attack would belong to it; how many there were. Forecasts are apart."""
    others = [each for each in stand.operator.list_incidents() if each.is_open and not each.is_forecast]
    for each in others:
        stand.run("incident", "resolve", each.id, "--reason", "all is well", "--say", "All is well again.")
    if others:
        stand.tell(f"{', '.join(each.id for each in others)} opened beside attacks")
    return len(others)


def _find_first_s(result: LoadResult) -> float:
    """When the first request was really sent, in seconds since the generator's start."""
    sent = result.records[result.records["source"] >= 0]
    first = sent["intended_s"] + sent["lateness_ms"] / 1e3
    return float(first.min()) if len(first) else 0.0


def _await_incident(stand: Stand, began_at: float) -> Seen | None:
    """The incident that is opened meanwhile, be it about the service or its location; None if none is in time."""
    found: list[Seen] = []

    def is_open() -> bool:
        now_open = (each for each in stand.operator.list_incidents() if each.is_open and not each.is_forecast)
        found[:] = [each for each in now_open if each.opened_at >= began_at]
        return bool(found)

    if wait_for(OPENED_S_MAX, is_open) is None:
        stand.tell("no incident was opened for it")
        return None
    stand.tell(f"{found[0].id} is open")
    return found[0]


def _answer_page(stand: Stand, incident: Seen, *, dead: bool) -> float | None:
    """Acknowledge once somebody has a page: the colleague, if the pager is dead."""

    def is_paged() -> bool:
        return any(
            each.taken and (not dead or each.pager == COLLEAGUE)
            for each in stand.pagers.list_arrivals()
            if each.key.startswith(f"page/{incident.id}/")
        )

    if wait_for(PAGED_S_MAX, is_paged) is None:
        stand.tell("nobody was paged")
        return None
    stand.run("incident", "ack", incident.id)
    stand.tell(f"{incident.id} is acknowledged")
    return time.time()


def _resolve(stand: Stand, incident: Seen) -> float | None:
    """Have it over once the public has read of it, as people do who see that all is well again."""
    wait_for(POSTED_S_MAX, lambda: any(word.incident == incident.id for word in stand.reader.list_words()))
    stand.run("incident", "resolve", incident.id, "--reason", "the attack is over", "--say", "All is well again.")
    return time.time()
