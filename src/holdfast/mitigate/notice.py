"""What tenants are told of what was done to their services, in plain words."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from holdfast.mitigate.case import is_automatic
from holdfast.mitigate.pace import Timers
from holdfast.mitigate.policy import read_policy
from holdfast.mitigate.situation import Situation
from holdfast.mitigate.steps import Notice, Occasion, TellTenant
from holdfast.model.finding import Finding, FindingId
from holdfast.model.mitigation import (
    Block,
    Deny,
    Drain,
    FailOver,
    Hold,
    Kill,
    Limit,
    Measure,
    Mitigation,
    ReadOnly,
    Shed,
    Spool,
)
from holdfast.model.state import EndedMitigation

TOLD_WITHIN_S: Final = 3_600.0
"""What ended longer ago than this isn't written about any more."""


def tell_tenants(situation: Situation, timers: Timers) -> tuple[TellTenant, ...]:
    """A letter when Holdfast first does something about a finding, and one when nothing of it is left.

    What was written is known from the journal, and for as long as control runs from `timers` too.
    """
    letters: list[TellTenant] = []
    for finding, (active, over) in sorted(_group(situation).items()):
        ids = {m.id for m in active} | {e.mitigation.id for e in over}
        told = sum(id_ in ids for id_ in situation.told)
        if active and not told and _letter(Occasion.BEGAN, finding) not in timers:
            letters.extend(_tell(situation, min(active, key=_number), Occasion.BEGAN, finding, over))
        elif not active and told == 1 and _letter(Occasion.ENDED, finding) not in timers:
            letters.extend(_tell(situation, over[-1].mitigation, Occasion.ENDED, finding, over))
    return tuple(letters)


def find_letters(situation: Situation, timers: Timers, letters: Sequence[TellTenant]) -> dict[tuple[str, str], bool]:
    """The letters that were written, now or before, about findings that there is still something to be told of."""
    written = {(letter.occasion, letter.mitigation) for letter in letters}
    return {
        key: True
        for finding, (active, over) in _group(situation).items()
        for occasion in Occasion
        if (key := _letter(occasion, finding)) in timers
        or any((occasion, m.id) in written for m in (*active, *(e.mitigation for e in over)))
    }


def _letter(occasion: Occasion, finding: FindingId) -> tuple[str, str]:
    return f"letter: {occasion}", finding


def write_notice(
    occasion: Occasion,
    mitigation: Mitigation,
    finding: Finding | None,
    over: Sequence[EndedMitigation] = (),
) -> Notice:
    """The letter about a mitigation, or about the end of all that was done for a finding."""
    service = mitigation.measure.service or "your services"
    if occasion is Occasion.BEGAN:
        since = format_time(mitigation.started_at)
        return Notice(f"{service}: protected since {since}", _write_beginning(mitigation, finding))
    return Notice(f"{service}: the protection has ended", _write_end(service, over))


def describe_measure(measure: Measure) -> str:  # noqa: C901, PLR0911 - one for each kind
    """A measure in plain words, as the second half of a sentence that begins with "Holdfast"."""
    match measure:
        case Kill():
            return "refuses all requests"
        case ReadOnly():
            return "refuses all requests that may write"
        case Limit():
            return f"lets through at most {_describe_limit(measure)}; the rest is refused"
        case Block():
            return f"refuses clients from {len(measure.networks)} networks"
        case Deny():
            return f"refuses requests with {measure.source}"
        case Shed():
            return f"sheds the least critical requests at {measure.location}"
        case FailOver():
            return "sends requests to a standby in place of the primary"
        case Drain():
            return f"sends nothing new to {len(measure.endpoints)} endpoints"
        case Hold():
            return "refuses all requests until it is this service's turn to come back"
        case Spool():
            return "keeps deferrable requests, to deliver them later"


def _write_beginning(mitigation: Mitigation, finding: Finding | None) -> str:
    measure = mitigation.measure
    seen = "" if finding is None else f"What was seen: {_describe_finding(finding)}.\n\n"
    harms = () if finding is None else finding.evidence.harms
    others = f"At stake: {'; '.join(harms)}.\n" if harms else ""
    return (
        f"Holdfast protects your service {measure.service} and its neighbours, for now.\n\n"
        f"{seen}{others}"
        f"What is done: Holdfast {describe_measure(measure)}.\n"
        f"Why: {mitigation.reason}.\n"
        f"Until: {format_time(mitigation.expires_at)} at first; it is prolonged while this goes on, changed to a "
        "narrower rule if one is found, and ended step by step when it is over.\n\n"
        f"If this is wrong, answer your platform's operators and name {mitigation.id}. They end it at once with\n\n"
        f"    holdfast end {mitigation.id}\n\n"
        "or with its button in the console.\n"
    )


def _write_end(service: str, over: Sequence[EndedMitigation]) -> str:
    lines = "".join(
        f"- {e.mitigation.id}: {format_time(e.mitigation.started_at)} to {format_time(e.ended_at)}, Holdfast "
        f"{describe_measure(e.mitigation.measure)}; {e.why}\n"
        for e in over
    )
    return f"Nothing is held back from your service {service} any more. What was done:\n\n{lines}"


def _describe_finding(finding: Finding) -> str:
    evidence = finding.evidence
    since = f"since {format_time(finding.began_at)}"
    what = f" ({finding.traffic_class})" if finding.traffic_class else ""
    return f"{finding.kind} {since}: {evidence.now:.3g} a second{what}, usually {evidence.usual:.3g}"


def _describe_limit(limit: Limit) -> str:
    parts = []
    if limit.requests_per_s is not None:
        parts.append(f"{limit.requests_per_s:g} requests a second")
    if limit.per_client is not None:
        parts.append(f"{limit.per_client.requests:.3g} a second from each client")
    if limit.in_flight is not None:
        parts.append(f"{limit.in_flight} at a time")
    return ", ".join(parts)


def format_time(at: float) -> str:
    """A Unix time as people read it, in UTC."""
    return f"{np.datetime64(int(at), 's')} UTC".replace("T", " ", 1)


_Deeds = tuple[list[Mitigation], list[EndedMitigation]]


def _group(situation: Situation) -> dict[FindingId, _Deeds]:
    """What Holdfast did by itself for each finding: what is in force, and what is over."""
    deeds: dict[FindingId, _Deeds] = {}
    for mitigation in situation.mitigations.values():
        if is_automatic(mitigation) and mitigation.finding:
            deeds.setdefault(mitigation.finding, ([], []))[0].append(mitigation)
    for ended in situation.ended:
        is_recent = ended.ended_at >= situation.now - TOLD_WITHIN_S
        if is_recent and is_automatic(ended.mitigation) and ended.mitigation.finding:
            deeds.setdefault(ended.mitigation.finding, ([], []))[1].append(ended)
    return deeds


def _tell(
    situation: Situation, mitigation: Mitigation, occasion: Occasion, finding: FindingId, over: list[EndedMitigation]
) -> tuple[TellTenant, ...]:
    service = mitigation.measure.service
    if service is None or service not in situation.intent.services:
        return ()
    policy = read_policy(situation.intent, service)
    if policy.contact is None:
        return ()
    notice = write_notice(occasion, mitigation, situation.findings.get(finding), over)
    return (TellTenant(policy.tenant, policy.contact, mitigation.id, occasion, notice),)


def _number(mitigation: Mitigation) -> int:
    return int(mitigation.id.removeprefix("m-"))
