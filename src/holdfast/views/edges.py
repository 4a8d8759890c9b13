"""Edges as documents."""

from collections.abc import Sequence

from holdfast.model.edge import EdgeState, EdgeStatus
from holdfast.model.noun import Noun
from holdfast.model.resource import ResourceType


class NackDocument(Noun):
    """Envoy's refusal of resources, in its words."""

    type: ResourceType
    message: str
    resources: tuple[str, ...]


class EdgeDocument(Noun):
    """One edge. It is programmed when it has acknowledged all that it was sent. `since` is Unix time, in seconds."""

    name: str
    location: str
    state: EdgeState
    since: float
    programmed: bool
    pending: int
    nacks: tuple[NackDocument, ...]


class Reach(Noun):
    """How many edges have acknowledged all that they were sent, out of how many that ever connected."""

    programmed: int
    edges: int


def show_edge(status: EdgeStatus) -> EdgeDocument:
    """An edge for people and programs to read."""
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
    )


def count_reach(statuses: Sequence[EdgeStatus]) -> Reach:
    """How far the latest change got."""
    return Reach(programmed=sum(status.programmed for status in statuses), edges=len(statuses))
