"""What an edge has is known by its digest, and what differs, whatever happens on its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from adapters.xds.test_session import NAMES, Peer, SessionMachine, resource
from holdfast.adapters.xds.account import Account
from holdfast.adapters.xds.fleet import FleetServer
from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.messages import Request
from holdfast.adapters.xds.session import Session
from holdfast.compile import names, owner_of
from holdfast.model.resource import ResourceKey, ResourceType, SnapshotDelta, index_resources
from holdfast.model.resource_digest import ResourceDigest

if TYPE_CHECKING:
    from holdfast.model.edge import EdgeHolding

CLUSTER, EXTENSION = ResourceType.CLUSTER, ResourceType.EXTENSION
KEYS = st.builds(ResourceKey, st.sampled_from([CLUSTER, EXTENSION]), st.sampled_from(NAMES))
SETS = st.dictionaries(KEYS, st.sampled_from(["v1", "v2", "v3"]))


class AccountMachine(SessionMachine):
    """The session's own invariants, and those of its account after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.begin()

    @rule()
    def reconnect(self) -> None:
        super().reconnect()
        self.begin()

    def begin(self) -> None:
        """Once more, with an account."""
        self._unfollow()
        self.account = Account()
        self.session = Session(self.group, account=self.account)
        self._unfollow = self.group.follow(self.session.on_change)
        self.peer.connect(self.session)

    @invariant()
    def the_account_is_what_counting_would_find(self) -> None:
        streams = self.session._streams
        held = {ResourceKey(kind, name): v for kind, s in streams.items() for name, v in s.peer.items()}
        assert self.account.has == digest(held)
        should = {
            key: r.version
            for key, r in self.group.snapshot().items()
            if streams[key.type].asked and streams[key.type].wants(key.name)
        }
        assert set(self.account.differing) == {k for k in held | should if held.get(k) != should.get(k)}
        assert (self.account.has == digest(should)) is (not self.account.differing)


TestAccount = AccountMachine.TestCase
TestAccount.settings = settings(max_examples=60, stateful_step_count=30, deadline=None, derandomize=True)


def digest(versions: dict[ResourceKey, str]) -> ResourceDigest:
    found = ResourceDigest()
    for key, version in versions.items():
        found.add(key, version)
    return found


@given(SETS, SETS)
def test_two_digests_are_equal_as_their_sets_are(one: dict[ResourceKey, str], other: dict[ResourceKey, str]) -> None:
    assert digest(dict(reversed(one.items()))) == digest(one)
    assert (digest(one) == digest(other)) is (one == other)
    gone = digest(one)
    for key, version in one.items():
        gone.remove(key, version)
    assert gone == ResourceDigest()


def test_what_differs_first_is_first() -> None:
    account = Account()
    for name in "ab":
        account.compare(CLUSTER, name, "1", "2")
    account.compare(CLUSTER, "a", "1", "3")
    assert account.oldest() == ResourceKey(CLUSTER, "a")
    account.compare(CLUSTER, "a", "3", "3")
    assert account.oldest() == ResourceKey(CLUSTER, "b")


def connect(fleet: FleetServer, edge: str) -> Session:
    """An agent's stream, as the server has it, that has asked for everything and says it has nothing."""
    subscriber = fleet._admit(edge)
    assert subscriber is not None
    session = Session(subscriber.group, visible=subscriber.visible, account=subscriber.account)
    subscriber.group.follow(session.on_change)
    subscriber.on_connect(session)
    for kind in ResourceType:
        session.on_request(Request(kind, subscribe=("*",)))
    return session


def take_all(session: Session) -> None:
    while responses := list(session.responses()):
        for response in responses:
            session.on_request(Request(response.type, nonce=response.nonce))


def holding(fleet: FleetServer, edge: str = "e1") -> EdgeHolding | None:
    return next(status.holding for status in fleet.statuses() if status.name == edge)


def test_a_fleet_tells_which_edge_has_what_it_should() -> None:
    own = [(EXTENSION, names.own(names.MITIGATIONS_FILTER, edge)) for edge in ("e1", "e2")]
    snapshot = index_resources(resource(kind, name, b"1") for kind, name in (*own, (CLUSTER, "shop")))
    fleet = FleetServer("unused", owner_of)
    fleet.expect({"e1": "east", "e2": "east"})
    fleet.replace("east", snapshot)
    assert holding(fleet) is None
    sessions = {edge: connect(fleet, edge) for edge in ("e1", "e2")}
    lacking = holding(fleet)
    assert lacking is not None
    assert (lacking.is_whole, lacking.differing_count, lacking.count) == (False, 2, 2)
    assert lacking.since is not None
    for session in sessions.values():
        take_all(session)
    whole = [holding(fleet, edge) for edge in sessions]
    assert all(each is not None and each.is_whole and each.since is None for each in whole)
    assert whole[0] != whole[1], "each has something of its own"


def test_what_an_edge_refuses_is_drift_and_passes_when_it_is_taken_back() -> None:
    fleet = FleetServer("unused", owner_of)
    fleet.expect({"e1": "east"})
    fleet.replace("east", index_resources([resource(CLUSTER, "shop", b"1"), resource(CLUSTER, "mail", b"1")]))
    session = connect(fleet, "e1")
    take_all(session)
    before = holding(fleet)
    fleet.publish("east", SnapshotDelta((resource(CLUSTER, "shop", b"2"),)))
    (response,) = session.responses()
    session.on_request(Request(CLUSTER, nonce=response.nonce, error="no", refused=("shop",)))
    assert session.pending() == 0
    found = holding(fleet)
    assert found is not None
    assert (found.differing, found.types) == ((ResourceKey(CLUSTER, "shop"),), frozenset({CLUSTER}))
    assert found.has == (before.has if before else "")
    assert not found.is_whole
    since = found.since
    fleet.publish("east", SnapshotDelta((resource(CLUSTER, "mail", b"2"),)))
    take_all(session)
    later = holding(fleet)
    assert later is not None
    assert later.since == since, "what goes well beside it doesn't make it younger"
    fleet.replace("east", index_resources([resource(CLUSTER, "shop", b"1"), resource(CLUSTER, "mail", b"2")]))
    take_all(session)
    last = holding(fleet)
    assert last is not None
    assert (last.is_whole, last.differing_count, last.since) == (True, 0, None)


def test_a_peer_that_has_what_it_should_not_is_seen() -> None:
    account, group = Account(), ResourceGroup()
    session = Session(group, account=account)
    group.follow(session.on_change)
    session.on_request(Request(CLUSTER, subscribe=("*",), initial_versions=(("old", "v1"),)))
    assert list(account.differing) == [ResourceKey(CLUSTER, "old")]
    peer = Peer()
    for response in session.responses():
        peer.receive(response)
        peer.answer(session, CLUSTER)
    assert not account.differing
    assert account.has == ResourceDigest()
