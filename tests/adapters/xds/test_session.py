"""One delta xDS stream, against a peer that behaves as Envoy does: asks, takes, refuses, answers late, comes back."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.messages import Outcome, Request, Response
from holdfast.adapters.xds.session import BATCH_MAX, SENDING_ORDER, Session
from holdfast.model.resource import Resource, ResourceKey, ResourceType, SnapshotDelta

CLUSTER, ENDPOINTS = ResourceType.CLUSTER, ResourceType.ENDPOINTS
ROUTES, SCOPE, EXTENSION = ResourceType.ROUTES, ResourceType.SCOPE, ResourceType.EXTENSION
RUNTIME = ResourceType.RUNTIME
ALWAYS_ASKED = (EXTENSION, CLUSTER, SCOPE)
ASKED_BY = {CLUSTER: ENDPOINTS, SCOPE: ROUTES}
"""Whoever takes one of the left asks for one of the right by the same name."""
REFERRERS = {CLUSTER: (SCOPE, ROUTES), ENDPOINTS: (CLUSTER,), ROUTES: (SCOPE,)}
NAMES = ("a", "b", "c", "d", "e")
BAD = b"bad"


def resource(kind: ResourceType, name: str, body: bytes) -> Resource:
    return Resource.of(kind, name, body)


@dataclass
class Peer:
    """What Envoy does with what it is sent."""

    has: dict[ResourceKey, Resource] = field(default_factory=dict)
    unanswered: dict[ResourceType, Response] = field(default_factory=dict)
    renewed: set[str] = field(default_factory=set)
    asked: set[ResourceKey] = field(default_factory=set)

    def connect(self, session: Session) -> None:
        """Ask for everything, saying what is there already."""
        self.unanswered.clear()
        for kind in ALWAYS_ASKED:
            session.on_request(Request(kind, subscribe=("*",), initial_versions=self.versions(kind)))
        for kind in ASKED_BY.values():
            names = tuple(key.name for key in self.asked if key.type is kind)
            if names:
                versions = tuple(v for v in self.versions(kind) if v[0] in names)
                session.on_request(Request(kind, subscribe=names, initial_versions=versions))

    def versions(self, kind: ResourceType) -> tuple[tuple[str, str], ...]:
        return tuple((key.name, r.version) for key, r in self.has.items() if key.type is kind)

    def receive(self, response: Response) -> None:
        assert response.type not in self.unanswered, "two responses of a type are unanswered"
        for r in response.resources:
            had = self.has.get(r.key)
            again = had is not None and had.version == r.version
            assert not again or (r.key.type is ENDPOINTS and r.key.name in self.renewed), "sent what is there already"
            if r.key.type is CLUSTER:
                self.renewed.add(r.key.name)
        self.unanswered[response.type] = response

    def answer(self, session: Session, kind: ResourceType) -> Outcome | None:
        """Take a response, or refuse the whole of it."""
        response = self.unanswered.pop(kind)
        if any(r.body == BAD for r in response.resources):
            return session.on_request(Request(kind, nonce=response.nonce, error="bad"))
        for r in response.resources:
            self._take(session, r)
        for name in response.removed:
            self.has.pop(ResourceKey(kind, name), None)
            self._forget(session, kind, name)
        return session.on_request(Request(kind, nonce=response.nonce))

    def _take(self, session: Session, r: Resource) -> None:
        if r.key.type in ASKED_BY.values() and r.key not in self.asked:
            return
        self.has[r.key] = r
        if r.key.type is ENDPOINTS:
            self.renewed.discard(r.key.name)
        wanted = ASKED_BY.get(r.key.type)
        if wanted and ResourceKey(wanted, r.key.name) not in self.asked:
            self.asked.add(ResourceKey(wanted, r.key.name))
            session.on_request(Request(wanted, subscribe=(r.key.name,)))

    def _forget(self, session: Session, kind: ResourceType, name: str) -> None:
        wanted = ASKED_BY.get(kind)
        if wanted and ResourceKey(wanted, name) in self.asked:
            self.asked.discard(ResourceKey(wanted, name))
            self.has.pop(ResourceKey(wanted, name), None)
            session.on_request(Request(wanted, unsubscribe=(name,)))


class SessionMachine(RuleBasedStateMachine):
    """Changes, answers and reconnects in any order; when all has settled, the peer has all that it can take."""

    def __init__(self) -> None:
        super().__init__()
        self.group = ResourceGroup()
        self.peer = Peer()
        self.refused: dict[ResourceKey, str] = {}
        self.session = Session(self.group)
        self._unfollow = self.group.follow(self.session.on_change)
        self.peer.connect(self.session)

    @rule(
        kind=st.sampled_from([EXTENSION, CLUSTER, ENDPOINTS, ROUTES, SCOPE]),
        bodies=st.dictionaries(st.sampled_from(NAMES), st.sampled_from([b"1", b"2", b"3", BAD]), min_size=1),
    )
    def change(self, kind: ResourceType, bodies: dict[str, bytes]) -> None:
        self.group.apply(SnapshotDelta(tuple(resource(kind, name, body) for name, body in bodies.items())))

    @rule(kind=st.sampled_from([EXTENSION, CLUSTER, ENDPOINTS, ROUTES, SCOPE]), names=st.sets(st.sampled_from(NAMES)))
    def remove(self, kind: ResourceType, names: set[str]) -> None:
        self.group.apply(SnapshotDelta(removals=tuple(ResourceKey(kind, name) for name in names)))

    @rule()
    def send(self) -> None:
        for response in self.session.responses():
            self.peer.receive(response)
            if response.removed:
                self.check_nothing_refers_to_what_goes(response)

    @precondition(lambda self: self.peer.unanswered)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(sorted(self.peer.unanswered)))
        self.note(self.peer.answer(self.session, kind))

    @rule()
    def reconnect(self) -> None:
        self._unfollow()
        self.session = Session(self.group)
        self._unfollow = self.group.follow(self.session.on_change)
        self.refused.clear()
        self.peer.connect(self.session)

    @rule()
    def settle(self) -> None:
        for _ in range(200):
            self.send()
            if not self.peer.unanswered:
                break
            for kind in tuple(self.peer.unanswered):
                self.note(self.peer.answer(self.session, kind))
        assert self.session.pending() == 0
        self.check_the_peer_has_all_that_it_can_take()

    @invariant()
    def pending_counts_what_is_unanswered(self) -> None:
        unanswered = sum(len(r.resources) for r in self.peer.unanswered.values())
        assert self.session.pending() >= unanswered

    def note(self, outcome: Outcome | None) -> None:
        assert outcome is not None
        if outcome.error is not None and outcome.final:
            ((name, version),) = outcome.versions
            assert version == resource(outcome.type, name, BAD).version, "somebody innocent is blamed"
            self.refused[ResourceKey(outcome.type, name)] = version

    def check_nothing_refers_to_what_goes(self, response: Response) -> None:
        for kind in REFERRERS.get(response.type, ()):
            assert kind not in self.peer.unanswered, "what may refer to it is unanswered"
            assert self.lacking(kind) == [], "what may refer to it is still to be sent"

    def lacking(self, kind: ResourceType) -> list[ResourceKey]:
        """What the peer has in another version than it should, or shouldn't have at all; what it refused aside."""
        found = self.group.resources(kind)
        late = [
            r.key
            for r in found.values()
            if (kind in ALWAYS_ASKED or r.key in self.peer.asked)
            and self.refused.get(r.key) != r.version
            and ((had := self.peer.has.get(r.key)) is None or had.version != r.version)
        ]
        return late + [key for key in self.peer.has if key.type is kind and key.name not in found]

    def check_the_peer_has_all_that_it_can_take(self) -> None:
        for kind in (EXTENSION, CLUSTER, SCOPE, ENDPOINTS, ROUTES):
            assert self.lacking(kind) == []
            assert self.session.is_settled(kind, self.group.resources(kind), unasked=True)


TestSession = SessionMachine.TestCase
TestSession.settings = settings(max_examples=100, stateful_step_count=30, deadline=None, derandomize=True)


def connected(group: ResourceGroup, *, versions: tuple[tuple[str, str], ...] = ()) -> Session:
    session = Session(group)
    group.follow(session.on_change)
    session.on_request(Request(CLUSTER, subscribe=("*",), initial_versions=versions))
    return session


def filled(count: int) -> ResourceGroup:
    group = ResourceGroup()
    group.apply(SnapshotDelta(tuple(resource(CLUSTER, str(n), b"1") for n in range(count))))
    return group


def test_a_reconnect_is_sent_nothing_that_it_has() -> None:
    group = filled(1000)
    versions = tuple((name, r.version) for name, r in group.resources(CLUSTER).items())
    (response,) = connected(group, versions=versions).responses()
    assert (response.resources, response.removed) == ((), ())


def test_a_reconnect_is_told_what_is_gone() -> None:
    group = filled(2)
    (response,) = connected(group, versions=(("0", group.resources(CLUSTER)["0"].version), ("9", "x"))).responses()
    assert [r.key.name for r in response.resources] == ["1"]
    assert response.removed == ("9",)


def test_changes_meanwhile_are_one_response() -> None:
    group = filled(1)
    session = connected(group)
    (first,) = session.responses()
    for body in (b"2", b"3", b"4"):
        group.apply(SnapshotDelta((resource(CLUSTER, "0", body),)))
    assert list(session.responses()) == []
    session.on_request(Request(CLUSTER, nonce=first.nonce))
    (second,) = session.responses()
    assert [r.body for r in second.resources] == [b"4"]


def test_the_first_response_is_whole_and_later_ones_are_bounded() -> None:
    group = filled(BATCH_MAX * 3)
    session = connected(group)
    (first,) = session.responses()
    assert len(first.resources) == BATCH_MAX * 3
    session.on_request(Request(CLUSTER, nonce=first.nonce))
    group.apply(SnapshotDelta(tuple(resource(CLUSTER, str(n), b"2") for n in range(BATCH_MAX * 3))))
    (second,) = session.responses()
    assert len(second.resources) == BATCH_MAX


def test_a_culprit_among_thousands_is_found_by_halving() -> None:
    group = filled(4096)
    group.apply(SnapshotDelta((resource(CLUSTER, "1234", BAD),)))
    session, peer = connected(group), Peer()
    finals, answers = [], 0
    while responses := list(session.responses()):
        for response in responses:
            peer.receive(response)
            outcome = peer.answer(session, CLUSTER)
            answers += 1
            if outcome and outcome.error and outcome.final:
                finals.append(outcome.versions[0][0])
    assert finals == ["1234"]
    assert len(peer.has) == 4095
    assert answers <= 2 * 12 + 1


def test_an_answer_to_something_else_changes_nothing() -> None:
    session = connected(filled(1))
    assert list(session.responses())
    assert session.on_request(Request(CLUSTER, nonce="no such nonce")) is None
    assert session.pending() == 1
    assert list(session.responses()) == []


def test_endpoints_are_renewed_after_their_cluster_has_changed() -> None:
    group = filled(1)
    group.apply(SnapshotDelta((resource(ENDPOINTS, "0", b"e"),)))
    session = connected(group)
    session.on_request(Request(ENDPOINTS, subscribe=("0",)))
    for response in list(session.responses()):
        session.on_request(Request(response.type, nonce=response.nonce))
    group.apply(SnapshotDelta((resource(CLUSTER, "0", b"2"),)))
    assert [(r.type, r.resources[0].body) for r in session.responses()] == [(CLUSTER, b"2"), (ENDPOINTS, b"e")]


def test_what_is_unseen_is_neither_sent_nor_removed() -> None:
    group = filled(3)
    session = Session(group, visible=lambda _type, name: name != "1")
    group.follow(session.on_change)
    session.on_request(Request(CLUSTER, subscribe=("*",)))
    (response,) = session.responses()
    assert {r.key.name for r in response.resources} == {"0", "2"}
    session.on_request(Request(CLUSTER, nonce=response.nonce))
    group.apply(SnapshotDelta((resource(CLUSTER, "1", b"2"),)))
    group.apply(SnapshotDelta(removals=(ResourceKey(CLUSTER, "1"),)))
    assert list(session.responses()) == []


def test_types_are_sent_in_order() -> None:
    group = ResourceGroup()
    group.apply(SnapshotDelta(tuple(resource(kind, "x", b"1") for kind in reversed(SENDING_ORDER))))
    session = Session(group)
    for kind in reversed(SENDING_ORDER):
        session.on_request(Request(kind, subscribe=("*",)))
    assert [r.type for r in session.responses()] == list(SENDING_ORDER)


def test_a_part_of_a_response_may_be_refused() -> None:
    group = filled(3)
    session = connected(group)
    (response,) = session.responses()
    outcome = session.on_request(Request(CLUSTER, nonce=response.nonce, error="bad", refused=("1",)))
    assert outcome is not None
    assert [name for name, _ in outcome.versions] == ["1"]
    assert outcome.final
    assert list(session.responses()) == []
    assert session.refused() == ((CLUSTER, "1"),)
    group.apply(SnapshotDelta((resource(CLUSTER, "1", b"2"),)))
    assert [r.resources[0].body for r in session.responses()] == [b"2"]


def test_a_layer_that_an_older_bootstrap_does_not_name_is_not_waited_for() -> None:
    group = ResourceGroup()
    group.apply(SnapshotDelta((resource(RUNTIME, "holdfast", b"1"), resource(RUNTIME, "holdfast/e1", b"1"))))
    session = Session(group)
    assert not session.is_settled(RUNTIME, ["holdfast/e1"], unasked=True)
    session.on_request(Request(RUNTIME, subscribe=("holdfast",)))
    (response,) = session.responses()
    assert not session.is_settled(RUNTIME, ["holdfast", "holdfast/e1"], unasked=True)
    session.on_request(Request(RUNTIME, nonce=response.nonce))
    assert session.is_settled(RUNTIME, ["holdfast", "holdfast/e1"], unasked=True)
    assert not session.is_settled(RUNTIME, ["holdfast/e1"])
