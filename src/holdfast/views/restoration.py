"""A restoration as people are shown it: who comes back when, and what they wait for."""

from collections.abc import Mapping, Sequence

from holdfast.model.intent import Intent
from holdfast.model.mitigation import MitigationId
from holdfast.model.noun import Noun
from holdfast.model.platform import Criticality
from holdfast.model.restoration import Health, Place, Returning, Sight, Stage, Standing


class ReturningDocument(Noun):
    """One service on its way back. Rates are per second; times are Unix, in seconds.

    `waits_for` says what keeps it held. `stuck`: that won't come by itself, and nobody less critical waits for it.
    """

    service: str
    tenant: str
    criticality: Criticality | None
    stage: Stage
    health: Health
    waits_for: str
    stuck: bool
    pinned: bool
    depends_on: tuple[str, ...]
    let_in_per_s: float | None
    usual_per_s: float
    offered_per_s: float
    admitted_per_s: float
    failing: float
    hold: MitigationId
    since: float
    changed_at: float
    author: str
    reason: str


class RestorationDocument(Noun):
    """All that come back, in the order of their turns."""

    now: float
    services: tuple[ReturningDocument, ...]
    held: int = 0
    ramping: int = 0


def show_restoration(
    intent: Intent | None,
    returning: Mapping[str, Returning],
    standings: Sequence[Standing],
    places: Mapping[str, Place],
    sights: Mapping[str, Sight],
    now: float,
) -> RestorationDocument:
    """A restoration at a moment (Unix time, in seconds). Those that weren't looked at yet come last."""
    known = [standing for standing in standings if standing.service in returning]
    new = returning.keys() - {standing.service for standing in known}
    known += [Standing(name, "the next look", Health.UNKNOWN, stuck=False) for name in sorted(new)]
    shown = tuple(
        _show(intent, returning[s.service], s, places.get(s.service, Place(0)), sights.get(s.service, Sight()))
        for s in known
    )
    held = sum(each.stage is Stage.HELD for each in shown)
    return RestorationDocument(now=now, services=shown, held=held, ramping=len(shown) - held)


def _show(
    intent: Intent | None, returning: Returning, standing: Standing, place: Place, sight: Sight
) -> ReturningDocument:
    owned = intent.services.get(returning.service) if intent else None
    return ReturningDocument(
        service=returning.service,
        tenant=owned.tenant if owned else "",
        criticality=owned.criticality if owned else None,
        stage=returning.stage,
        health=standing.health,
        waits_for=standing.waits_for if returning.stage is Stage.HELD else "",
        stuck=standing.stuck,
        pinned=returning.pinned,
        depends_on=place.depends_on,
        let_in_per_s=returning.let_in_rps,
        usual_per_s=place.usual_rps,
        offered_per_s=sight.offered_rps,
        admitted_per_s=sight.admitted_rps,
        failing=sight.failing,
        hold=returning.hold,
        since=returning.began_at,
        changed_at=returning.changed_at,
        author=returning.author,
        reason=returning.reason,
    )
