"""What is found to be lost, and found again: findings that open and close."""

from dataclasses import replace
from typing import Final

from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.mitigation import FailOver
from holdfast.recover.failover.case import Case, Mark, Situation
from holdfast.recover.failover.moving import describe_loss, find_partly_lost
from holdfast.recover.failover.poll import Poll
from holdfast.recover.failover.sites import LostSite
from holdfast.recover.failover.steps import Note, Over, Step

CALM_S: Final = 10.0
"""What was lost and isn't any more, and nothing is moved for, is over after so long."""


def note_losses(situation: Situation, lost_sites: tuple[LostSite, ...]) -> tuple[list[Step], dict[str, Mark]]:
    """Findings that open and close. What is lost with its site is part of that."""
    steps, marks = list[Step](), dict[str, Mark]()
    known_sites = {site.site for site in lost_sites} | situation.site_findings.keys()
    for site in lost_sites:
        ripe = any(case.lost_for_s >= case.failover.after for case in site.lost)
        if ripe and site.site not in situation.site_findings:
            steps.append(Note(_find_site(site, situation.now)))
    for name, case in situation.cases.items():
        finding, marks[name] = _note_loss(case, known_sites)
        steps += [finding] if finding else []
    return steps, marks


def close_sites(situation: Situation, lost_sites: tuple[LostSite, ...]) -> tuple[list[Step], dict[str, Mark]]:
    """A site's finding is over when it has been well for a while, and nothing is moved for it."""
    steps, marks = list[Step](), dict(situation.site_marks)
    stays = {site.site for site in lost_sites}
    stays |= {m.measure.site for m in situation.site_moves if isinstance(m.measure, FailOver) and m.measure.site}
    for site, finding in situation.site_findings.items():
        mark = marks.get(site, Mark())
        well_at = 0.0 if site in stays else mark.well_at or situation.now
        if well_at and situation.now - well_at >= CALM_S:
            steps.append(Over(finding, "most of it is well again"))
            well_at = 0.0
        marks[site] = replace(mark, well_at=well_at)
    return steps, marks


def _note_loss(case: Case, known_sites: set[str]) -> tuple[Step | None, Mark]:
    partly = find_partly_lost(case)
    ripe = case.lost_for_s >= case.failover.after
    if case.finding is None:
        lost = case.lost or (partly[0] if partly else None)
        is_new = lost is not None and (ripe or partly is not None) and not case.is_away
        if lost is None or not is_new or lost.site in known_sites:
            return None, case.mark
        return Note(_find_service(case, lost.poll, case.now)), case.mark
    if case.lost or partly or case.moves:
        return None, replace(case.mark, well_at=0.0)
    well_at = case.mark.well_at or case.now
    if case.now - well_at < CALM_S:
        return None, replace(case.mark, well_at=well_at)
    return Over(case.finding, "edges don't see it fail any more"), replace(case.mark, well_at=0.0)


def _find_service(case: Case, poll: Poll, now: float) -> Finding:
    known = max(1, len(poll.failing) + len(poll.well))
    evidence = Evidence(now=len(poll.failing) / known, usual=0.0, harms=(describe_loss(poll),))
    began_at = min(poll.failing.values(), default=now)
    return Finding(
        kind=FindingKind.LOSS,
        tier=Tier.HARMFUL,
        service=case.service,
        tenant=case.tenant,
        began_at=began_at,
        seen_at=now,
        evidence=evidence,
    )


def _find_site(site: LostSite, now: float) -> Finding:
    known = sum(case.is_known for case in site.cases)
    began_at = min((now - case.lost_for_s for case in site.lost), default=now)
    evidence = Evidence(now=len(site.lost) / max(1, known), usual=0.0, harms=(site.why,))
    return Finding(
        kind=FindingKind.LOSS, tier=Tier.HARMFUL, site=site.site, began_at=began_at, seen_at=now, evidence=evidence
    )
