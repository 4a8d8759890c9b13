"""What an agent does between control and its Envoy: takes from the one, serves the other, and answers truthfully.

Control hears an ACK only when Envoy gave one. What Envoy refuses is replaced here by what it last took, so
that an Envoy that restarts is served everything that is good.
"""

from collections.abc import Callable
from dataclasses import dataclass

from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.messages import Outcome, Response
from holdfast.adapters.xds.server import Subscriber
from holdfast.adapters.xds.session import SENDING_ORDER, Session
from holdfast.adapters.xds.wire import write_refused
from holdfast.model.resource import Resource, ResourceKey, ResourceType, Snapshot, SnapshotDelta

Answer = Callable[[Response, str | None], None]


@dataclass
class _Waiting:
    response: Response
    answer: Answer
    overdue: bool = False


class Relay:
    """One edge's resources, on their way through its agent.

    `on_good` is called with what Envoy has taken, to be kept for a start without control.
    """

    def __init__(self, last_good: Snapshot, on_good: Callable[[SnapshotDelta], None]) -> None:
        self._group = ResourceGroup()
        self._group.replace(last_good)
        self._good: dict[ResourceKey, Resource] = dict(last_good)
        self._on_good = on_good
        self._unheard = set() if last_good else set(SENDING_ORDER)
        self._session: Session | None = None
        self._waiting: list[_Waiting] = []
        self._refusals: dict[ResourceKey, str] = {}

    def admit(self) -> Subscriber | None:
        """How the agent's own server serves its Envoy; None while it doesn't know enough to.

        An agent that lost its memory would otherwise take from a running Envoy all that it has.
        """
        if self._unheard:
            return None
        return Subscriber(
            self._group,
            on_connect=self._connect,
            on_outcome=self._take_outcome,
            on_disconnect=self._disconnect,
        )

    def versions(self, resource_type: ResourceType) -> tuple[tuple[str, str], ...]:
        """What Envoy has taken of a type, so that control doesn't send it again.

        Not what still waits for a hung Envoy: a control that has just started would take it for taken.
        """
        return tuple((key.name, resource.version) for key, resource in self._good.items() if key.type is resource_type)

    def take(self, response: Response, answer: Answer) -> None:
        """Hand on what control sent; `answer` is called once Envoy has taken or refused all of it."""
        self._unheard.discard(response.type)
        for resource in response.resources:
            self._refusals.pop(resource.key, None)
        self._waiting.append(_Waiting(response, answer))
        removals = tuple(ResourceKey(response.type, name) for name in response.removed)
        self._group.apply(SnapshotDelta(response.resources, removals))
        self._answer_settled()

    def answer_overdue(self) -> None:
        """Answer for what Envoy hasn't asked for since this was last called: it refers to it nowhere."""
        self._answer_settled()
        for waiting in self._waiting:
            waiting.overdue = True

    def forget_waiting(self) -> None:
        """Control's stream broke: nobody waits for answers any more."""
        self._waiting.clear()

    def _connect(self, session: Session) -> None:
        self._session = session

    def _disconnect(self, session: Session) -> None:
        if self._session is session:
            self._session = None

    def _take_outcome(self, _session: Session, outcome: Outcome) -> None:
        if outcome.final and outcome.error is not None:
            for name, version in outcome.versions:
                self._fall_back(ResourceKey(outcome.type, name), version, outcome.error)
        self._answer_settled()

    def _fall_back(self, key: ResourceKey, version: str, error: str) -> None:
        self._refusals[key] = error
        refused = self._group.get(key)
        if refused is None or refused.version != version:
            return
        good = self._good.get(key)
        if good is not None and good.version != version:
            self._group.apply(SnapshotDelta((good,)))
            return
        self._group.apply(SnapshotDelta(removals=(key,)))
        if self._good.pop(key, None):
            self._on_good(SnapshotDelta(removals=(key,)))

    def _answer_settled(self) -> None:
        session = self._session
        if session is None:
            return
        for waiting in tuple(self._waiting):
            response = waiting.response
            names = [r.key.name for r in response.resources]
            if session.is_settled(response.type, names, unasked=waiting.overdue):
                self._waiting.remove(waiting)
                self._answer(waiting)

    def _answer(self, waiting: _Waiting) -> None:
        resources = waiting.response.resources
        refusals = {r.key.name: self._refusals[r.key] for r in resources if r.key in self._refusals}
        self._keep_good(waiting.response, refusals)
        waiting.answer(waiting.response, write_refused(refusals) if refusals else None)

    def _keep_good(self, response: Response, refusals: dict[str, str]) -> None:
        upserts = tuple(r for r in response.resources if r.key.name not in refusals)
        removals = tuple(ResourceKey(response.type, name) for name in response.removed)
        self._good.update((r.key, r) for r in upserts)
        for key in removals:
            self._good.pop(key, None)
        if upserts or removals:
            self._on_good(SnapshotDelta(upserts, removals))
