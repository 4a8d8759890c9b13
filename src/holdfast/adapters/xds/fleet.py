"""Control's side: every edge's agent, served the snapshot of its location."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from holdfast.adapters.xds.account import Account
from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.messages import Outcome
from holdfast.adapters.xds.server import AdsServer, Subscriber
from holdfast.adapters.xds.session import Session
from holdfast.model.edge import EdgeHolding, EdgeState, EdgeStatus, Nack
from holdfast.model.resource import ResourceKey, ResourceType, Snapshot, SnapshotDelta

NACKS_KEPT_MAX = 100
DIFFERING_TOLD_MAX = 20


@dataclass
class _Edge:
    location: str
    session: Session | None = None
    since: float = field(default_factory=time.time)
    nacks: dict[ResourceKey, Nack] = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    oldest: ResourceKey | None = None
    oldest_since: float = 0.0

    def look(self) -> None:
        """Note since when what has differed for longest does, at the latest."""
        oldest = self.account.oldest()
        if oldest != self.oldest:
            self.oldest, self.oldest_since = oldest, time.time()


class FleetServer:
    """Serves agents on a UNIX socket. An agent is known by its edge's name.

    It sees what its edge shares with others and what is its own; `owner_of` tells whose a resource is by its name.
    """

    def __init__(self, socket: str, owner_of: Callable[[str], str | None]) -> None:
        self._server = AdsServer(f"unix:{socket}", self._admit)
        self._owner_of = owner_of
        self._groups: dict[str, ResourceGroup] = {}
        self._edges: dict[str, _Edge] = {}
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Begin to serve; OSError if the socket can't be had."""
        await self._server.start()

    async def stop(self) -> None:
        """Stop serving; edges go on with what they have."""
        await self._server.stop()

    def expect(self, edges: Mapping[str, str]) -> None:
        """Set which edges there are, with their locations; others are turned away."""
        self._edges = {name: self._edges.get(name) or _Edge(location) for name, location in edges.items()}

    def publish(self, group: str, delta: SnapshotDelta) -> None:
        """Hand a change to every edge of a group, now or when it connects; KeyError if it has no snapshot yet."""
        self._groups[group].apply(delta)
        self._look(group)

    def replace(self, group: str, snapshot: Snapshot) -> None:
        """Set a group's whole snapshot; edges are sent only what differs from what they have."""
        if group not in self._groups:
            self._groups[group] = ResourceGroup(self._owner_of)
        self._groups[group].replace(snapshot)
        self._look(group)

    async def programmed(self, group: str, deadline_s: float) -> bool:
        """Wait until every connected edge of a group acknowledged all it was given; False at the deadline."""
        try:
            async with asyncio.timeout(deadline_s):
                while any(e.session and _pending(e.session) for e in self._edges.values() if e.location == group):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def statuses(self) -> tuple[EdgeStatus, ...]:
        """Every edge that is expected, by name."""
        return tuple(_status(name, edge, self._groups.get(edge.location)) for name, edge in sorted(self._edges.items()))

    def _look(self, group: str) -> None:
        for edge in self._edges.values():
            if edge.location == group:
                edge.look()

    def _admit(self, node: str) -> Subscriber | None:
        """An edge whose location has no snapshot yet is turned away: an empty one would take all it has from it."""
        edge = self._edges.get(node)
        group = self._groups.get(edge.location) if edge else None
        if group is None:
            return None
        owner_of, account = self._owner_of, Account()

        def visible(_type: ResourceType, name: str) -> bool:
            return owner_of(name) in {None, node}

        return Subscriber(
            group,
            visible=visible,
            account=account,
            on_connect=lambda session: self._connect(node, session, account),
            on_outcome=lambda _session, outcome: self._take_outcome(node, outcome),
            on_disconnect=lambda session: self._disconnect(node, session),
        )

    def _connect(self, node: str, session: Session, account: Account) -> None:
        edge = self._edges[node]
        edge.session, edge.since, edge.nacks, edge.account = session, time.time(), {}, account
        edge.look()
        self._changed.set()

    def _disconnect(self, node: str, session: Session) -> None:
        edge = self._edges.get(node)
        if edge and edge.session is session:
            edge.session, edge.since = None, time.time()
        self._changed.set()

    def _take_outcome(self, node: str, outcome: Outcome) -> None:
        edge = self._edges.get(node)
        if edge:
            _note(edge.nacks, node, outcome)
            edge.look()
        self._changed.set()


def _note(nacks: dict[ResourceKey, Nack], node: str, outcome: Outcome) -> None:
    keys = [ResourceKey(outcome.type, name) for name, _ in outcome.versions]
    if outcome.error is None:
        for key in keys:
            nacks.pop(key, None)
        return
    for key, message in zip(keys, _messages(outcome), strict=True):
        if len(nacks) < NACKS_KEPT_MAX:
            nacks[key] = Nack(node, outcome.type, message, (key,))


def _messages(outcome: Outcome) -> list[str]:
    error = outcome.error or ""
    try:
        refused = json.loads(error)["refused"]
    except (ValueError, KeyError, TypeError):
        return [error] * len(outcome.versions)
    return [refused.get(name, "") for name, _ in outcome.versions]


def _pending(session: Session) -> int:
    """Resources on their way; one at least, as far as is known, until the agent has said what it has."""
    return session.pending() or int(not session.has_heard_all())


def _status(name: str, edge: _Edge, group: ResourceGroup | None) -> EdgeStatus:
    return EdgeStatus(
        name=name,
        location=edge.location,
        state=EdgeState.CONNECTED if edge.session else EdgeState.DISCONNECTED,
        since=edge.since,
        pending=_pending(edge.session) if edge.session else 0,
        nacks=tuple(edge.nacks.values()),
        holding=_hold(name, edge, group) if group and edge.session and edge.session.has_heard_all() else None,
    )


def _hold(name: str, edge: _Edge, group: ResourceGroup) -> EdgeHolding:
    edge.look()
    differing, should = edge.account.differing, group.digest(name)
    return EdgeHolding(
        has=str(edge.account.has),
        should=str(should),
        count=should.count,
        differing_count=len(differing),
        differing=tuple(islice(differing, DIFFERING_TOLD_MAX)),
        types=frozenset(key.type for key in differing),
        since=edge.oldest_since if differing else None,
    )
