"""Cases of failover, as tests say them."""

from __future__ import annotations

from typing import Any

from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.model.platform import Criticality
from holdfast.model.recovery import Failover, Policy
from holdfast.recover.failover.case import Burden, Case, Mark, Situation, StandbyCase, UpstreamCase
from holdfast.recover.failover.poll import Poll

NOW = 10_000.0
LONG_AGO = NOW - 1_000.0
AUTOMATIC = Failover(policy=Policy.AUTOMATIC, fail_back=Policy.AUTOMATIC, after=1.0, stay=60.0, ramp=20.0)


def seen(*failing: str, well: str = "", since: float = LONG_AGO, blind: str = "", quorum: int | None = None) -> Poll:
    """A poll: those that see it fail, and letters for those that see it well, or aren't heard."""
    known = len(failing) + len(well)
    return Poll(
        dict.fromkeys(failing, since),
        dict.fromkeys(well, since),
        (),
        tuple(blind),
        known // 2 + 1 if quorum is None else quorum,
        "the last 9 tries failed",
    )


WELL = seen(well="abc")
DEAD = seen("a", "b", "c")
UNKNOWN = Poll(unknown=("a", "b", "c"))


def case(
    primary: Poll = DEAD,
    standby: Poll = WELL,
    *,
    service: str = "shop",
    site: str = "us",
    policy: Failover = AUTOMATIC,
    criticality: Criticality = Criticality.CRITICAL,
    rps: float = 0.0,
    checked: bool = True,
    unready: str = "",
    **more: Any,
) -> Case:
    """A service with one standby, `b`, at the site eu."""
    standbys = (StandbyCase("b", standby, "eu", unready),)
    return Case(
        now=NOW,
        service=service,
        tenant="acme",
        failover=policy,
        criticality=criticality,
        upstreams=(UpstreamCase(None, primary, standbys, site, checked),),
        **{"burdens": {"a": Burden(rps)}, **more},
    )


def move(
    share: float = 1.0,
    *,
    service: str | None = "shop",
    site: str | None = None,
    author: str = "holdfast",
    edges: tuple[str, ...] | None = None,
    started_at: float = LONG_AGO,
    expires_at: float = NOW + 80_000,
) -> Mitigation:
    """A move in force."""
    return Mitigation(
        id="m-1",
        measure=FailOver(service=service, site=site, share=share),
        reason="lost",
        author=author,
        started_at=started_at,
        expires_at=expires_at,
        edges=edges,
    )


def situation(*cases: Case, **more: Any) -> Situation:
    """All there is to decide about."""
    return Situation(NOW, {each.service: each for each in cases}, **more)


def met(**more: Any) -> Mark:
    """A mark of what has been known for long."""
    return Mark(met_at=LONG_AGO, **more)
