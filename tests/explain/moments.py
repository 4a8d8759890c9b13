"""A platform file, what was decided about it, and the moments in between."""

from typing import Any

from holdfast.explain import History, Moment
from holdfast.model.event import (
    Event,
    FindingClosed,
    FindingOpened,
    MitigationAdjusted,
    MitigationEnded,
    MitigationStarted,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    TenantTold,
)
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.mitigation import Block, Deny, Kill, Limit, Mitigation, Shed
from holdfast.model.platform import ClientLimits, Criticality, Limits
from holdfast.model.revision import Revision
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from holdfast.spec import check_text

TEXT = """\
holdfast: 1
name: demo
clients: {trusted_proxies: []}
locations:
  east:
    edges:
      - {name: e1, listen: "127.0.0.1:18080"}
      - {name: e2, listen: "127.0.0.1:18081"}
    capacity: {in_flight: 100, requests: 1000/s}
defaults:
  limits: {requests: 60/s}
tenants:
  acme:
    services:
      shop:
        hosts: [shop.example]
        limits:
          requests: 50/s
          per_client: {requests: 5/s, burst: 20}
        accept:
          methods: [GET, POST]
          body_max: 64KiB
          graphql: {}
        upstream:
          endpoints: ["127.0.0.1:9000"]
          timeouts: {request: 3s}
          health_check: {path: /up}
      api:
        hosts: [api.example]
        criticality: sheddable
        upstream: {endpoints: ["127.0.0.1:9001"]}
"""
OTHER_TEXT = TEXT.replace("50/s", "40/s")
LINES = TEXT.splitlines()

SURGE = Finding(
    kind=FindingKind.SURGE,
    tier=Tier.HARMFUL,
    service="shop",
    began_at=2_000.0,
    seen_at=2_001.0,
    evidence=Evidence(now=500, usual=50, capacity=80, harms=("shop's answers are slow",)),
)


def _begin(number: int, measure: Any, at: float, **more: Any) -> MitigationStarted:
    mitigation = Mitigation(
        id=f"m-{number}",
        measure=measure,
        reason="ticket 4711",
        author="ann",
        started_at=at,
        expires_at=at + 600,
        **more,
    )
    return MitigationStarted(at=at, author="ann", mitigation=mitigation)


def _propose(number: int, content: str, at: float) -> tuple[Event, Event]:
    revision = Revision(
        number=number, content=content * 64, author="ann", reason="", proposed_at=at, file=f"p{number}.yaml"
    )
    return (
        RevisionProposed(at=at, author="ann", revision=revision),
        RevisionInForce(at=at + 1, author="ann", number=number),
    )


CURL = SourceRule(matches=(SourceMatch(dimension=Dimension.USER_AGENT_FAMILY, values=("curl",)),))
EVENTS: tuple[Event, ...] = (
    *_propose(1, "a", 1_000.0),
    FindingOpened(at=2_001.0, author="holdfast", id="f-1", finding=SURGE),
    _begin(1, Limit(service="shop", requests_per_s=20.0), 2_002.0, finding="f-1"),
    TenantTold(at=2_003.0, author="holdfast", tenant="acme", mitigation="m-1", contact="ops@acme.example"),
    MitigationAdjusted(
        at=2_010.0,
        author="holdfast",
        id="m-1",
        measure=Limit(service="shop", requests_per_s=30.0, per_client=ClientLimits(requests=1.0), in_flight=9),
        edges=("e1",),
        expires_at=2_700.0,
        why="released in part",
    ),
    MitigationEnded(at=2_100.0, author="bob", id="m-1", why="ended"),
    FindingClosed(at=2_101.0, author="holdfast", id="f-1", why="over"),
    *_propose(2, "b", 3_000.0),
    OwnerLimitsSet(at=4_000.0, author="owner-1", service="shop", limits=Limits(requests=10.0)),
    _begin(2, Block.model_validate({"service": "shop", "networks": ["192.0.2.0/24", "198.51.100.0/24"]}), 5_000.0),
    _begin(3, Deny(service="shop", source=CURL), 5_000.0),
    _begin(4, Kill(service="api"), 5_000.0),
    _begin(5, Shed(location="east", budget_per_s=500.0, requests_per_s={Criticality.SHEDDABLE: 120.0}), 5_000.0),
    _begin(
        6,
        Limit(service="shop", requests_per_s=40.0, per_client=ClientLimits(requests=2.0), client_prefix=24),
        5_500.0,
    ),
    _begin(7, Limit(service="shop", requests_per_s=20.0), 5_510.0),
)


def make_history(*more: Event) -> History:
    history = History()
    history.take((*EVENTS, *more))
    return history


def find_moment(at: float) -> Moment:
    """What held at a time, of the platform above."""
    history = make_history()
    entry = history.revision_at(at)
    if entry is None:
        return Moment(at, history)
    checked = check_text(TEXT if entry[0].number == 1 else OTHER_TEXT, entry[0].file)
    assert checked.platform is not None
    return Moment(at, history, checked.platform, checked.source_map)


def refused(cause: str, at: float = 1_500.0, **more: Any) -> LoggedRequest:
    """A request to shop that an edge refused."""
    given = {"edge": "e1", "service": "shop", "tenant": "acme", "status": 429, "method": "GET", **more}
    return LoggedRequest(at=at, request_id="r-1", cause=cause, **given)
