"""What is known and decided about failover, as people are shown it."""

from collections.abc import Mapping

from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.recover.failover.case import Case, Situation, UpstreamCase, share_of
from holdfast.recover.failover.moving import find_reason_against
from holdfast.recover.failover.poll import Poll
from holdfast.views.failover import (
    SHOWN_MAX,
    FailoverDocument,
    PollDocument,
    ServiceStanding,
    SiteStanding,
    StandbyStanding,
    UpstreamStanding,
    Whereabouts,
)


def show_standing(
    situation: Situation, waiting: Mapping[str, str], *, on: bool = True, why_off: str = ""
) -> FailoverDocument:
    """All services of a situation, those that aren't at rest first."""
    services = [_show_service(case, waiting.get(name, "")) for name, case in situation.cases.items()]
    services.sort(key=_rank)
    names = sorted(situation.sites.keys() | situation.site_findings.keys())
    return FailoverDocument(
        now=situation.now,
        on=on,
        why_off=why_off,
        services=tuple(services[:SHOWN_MAX]),
        sites=tuple(_show_site(name, situation, waiting) for name in names),
        left_out=max(0, len(services) - SHOWN_MAX),
    )


def _rank(standing: ServiceStanding) -> tuple[bool, bool, str]:
    return standing.at is Whereabouts.PRIMARY, not standing.waits_for, standing.service


def _show_service(case: Case, waits_for: str) -> ServiceStanding:
    move = max(case.moves, key=lambda m: m.started_at, default=None)
    standing = ServiceStanding(
        service=case.service,
        tenant=case.tenant,
        criticality=case.criticality,
        policy=case.failover.policy,
        fail_back=case.failover.fail_back,
        at=_find_whereabouts(move),
        finding=case.finding,
        waits_for=waits_for,
        upstreams=tuple(_show_upstream(case, upstream) for upstream in case.upstreams),
    )
    return standing if move is None else standing.model_copy(update=_show_move(case, move))


def _show_move(case: Case, move: Mitigation) -> dict[str, object]:
    measure = move.measure
    if not isinstance(measure, FailOver):
        return {}
    return {
        "to": measure.to or next((u.standbys[0].name for u in case.upstreams), None),
        "site_wide": measure.site,
        "share": measure.share,
        "read_only": case.failover.read_only if measure.read_only is None else measure.read_only,
        "since": move.started_at,
        "edges": move.edges,
        "why": move.reason,
        "by": move.author,
        "mitigation": move.id,
    }


def _find_whereabouts(move: Mitigation | None) -> Whereabouts:
    if move is None:
        return Whereabouts.PRIMARY
    if share_of(move) < 1:
        return Whereabouts.RETURNING
    return Whereabouts.STANDBY if move.edges is None else Whereabouts.SPLIT


def _show_upstream(case: Case, upstream: UpstreamCase) -> UpstreamStanding:
    return UpstreamStanding(
        name=upstream.name,
        site=upstream.site,
        checked=upstream.checked,
        seen=_show_poll(upstream.poll, case.now),
        standbys=tuple(
            StandbyStanding(
                name=standby.name,
                site=standby.site,
                seen=_show_poll(standby.poll, case.now),
                against=find_reason_against(case, standby),
            )
            for standby in upstream.standbys
        ),
    )


def _show_poll(poll: Poll, now: float) -> PollDocument:
    return PollDocument(
        failing=tuple(sorted(poll.failing)),
        well=len(poll.well),
        unknown=len(poll.unknown),
        blind=len(poll.blind),
        failing_s=None if poll.lost_since is None else now - poll.lost_since,
        why=poll.why,
    )


def _show_site(name: str, situation: Situation, waiting: Mapping[str, str]) -> SiteStanding:
    site = situation.sites.get(name)
    known = site is not None and (site.requests is not None or site.in_flight is not None)
    return SiteStanding(
        site=name,
        requests_max=site.requests if site else None,
        requests=site.burden.rps if site and known else None,
        in_flight_max=site.in_flight if site else None,
        in_flight=site.burden.in_flight if site and known else None,
        finding=situation.site_findings.get(name),
        waits_for=waiting.get(f"site {name}", ""),
    )
