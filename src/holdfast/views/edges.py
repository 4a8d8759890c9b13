"""Edges as documents."""

from collections.abc import Sequence
from typing import Final

from holdfast.model.edge import EdgeHolding, EdgeState, EdgeStatus
from holdfast.model.noun import Noun
from holdfast.model.resource import ResourceType

DRIFT_S: Final = 5.0
"""A change is on every edge well within this; an edge that differs for longer drifts."""


class NackDocument(Noun):
    """Envoy's refusal of resources, in its words."""

    type: ResourceType
    message: str
    resources: tuple[str, ...]


class DriftDocument(Noun):
    """An edge has acknowledged something else than it should have, since when (Unix time, in seconds).

    `resources` are some of the `count` that differ, by name.
    """

    since: float
    count: int
    resources: tuple[str, ...]


class EdgeDocument(Noun):
    """One edge. It is programmed when it has acknowledged all that it was sent. `since` is Unix time, in seconds.

    `has` and `should` are digests over all resources in their versions: what it acknowledged, and what it should have;
    None while that isn't known. `drift` is said of what differs for longer than a change takes.
    """

    name: str
    location: str
    state: EdgeState
    since: float
    programmed: bool
    pending: int
    nacks: tuple[NackDocument, ...]
    has: str | None = None
    should: str | None = None
    drift: DriftDocument | None = None


class Reach(Noun):
    """How many edges have acknowledged all that they were sent, out of how many that ever connected."""

    programmed: int
    edges: int


def show_edge(status: EdgeStatus, now: float) -> EdgeDocument:
    """An edge for people and programs to read, at a Unix time (in seconds)."""
    holding = status.holding
    nacks = (
        NackDocument(type=n.type, message=n.message, resources=tuple(k.name for k in n.resources)) for n in status.nacks
    )
    return EdgeDocument(
        name=status.name,
        location=status.location,
        state=status.state,
        since=status.since,
        programmed=status.programmed,
        pending=status.pending,
        nacks=tuple(nacks),
        has=holding.has if holding else None,
        should=holding.should if holding else None,
        drift=show_drift(holding, now),
    )


def show_drift(holding: EdgeHolding | None, now: float) -> DriftDocument | None:
    """Whether an edge drifts at a Unix time (in seconds)."""
    if holding is None or holding.since is None or now - holding.since < DRIFT_S:
        return None
    names = tuple(key.name for key in holding.differing)
    return DriftDocument(since=holding.since, count=holding.differing_count, resources=names)


def count_reach(statuses: Sequence[EdgeStatus]) -> Reach:
    """How far the latest change got."""
    return Reach(programmed=sum(status.programmed for status in statuses), edges=len(statuses))
