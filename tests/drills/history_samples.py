"""Made-up histories of what Holdfast found and did."""

import math
from typing import TYPE_CHECKING, cast

from holdfast.drills.stage.history import History, PastMitigation, Sighting
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.mitigation import Measure

if TYPE_CHECKING:
    from holdfast.drills.stage.control_api import ControlApi


def make_history(*sightings: Sighting, mitigations: tuple[PastMitigation, ...] = ()) -> History:
    """A history that needs no control."""
    history = History(cast("ControlApi", None), 0)
    history.sightings = {f"f-{number}": each for number, each in enumerate(sightings, start=1)}
    history.mitigations = {f"m-{number}": each for number, each in enumerate(mitigations, start=1)}
    return history


def see(service: str, at_s: float, kind: FindingKind = FindingKind.SURGE) -> Sighting:
    """Something harmful about a service, first to be had then."""
    evidence = Evidence(now=9, usual=1)
    return Sighting(
        Finding(kind=kind, tier=Tier.HARMFUL, service=service, began_at=0, seen_at=0, evidence=evidence), at_s
    )


def act(measure: Measure, at_s: float, ended_s: float = math.inf) -> PastMitigation:
    """Something that was put in force then."""
    return PastMitigation(measure, "holdfast", "", at_s, ended_s)
