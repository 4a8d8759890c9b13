"""One delta xDS stream as a pure state machine: requests and changes in, responses out.

Invariants:
- at most one response of a type is unanswered, and changes meanwhile are coalesced behind it;
- what the peer has is never sent again, a reconnect included;
- a refused response of many resources is halved until the culprit is alone, and everybody else is served;
- nothing is removed while something that may refer to it is still to be sent or unanswered.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice

from holdfast.adapters.xds.account import Account
from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.messages import Outcome, Request, Response
from holdfast.model.resource import ResourceKey, ResourceType, SnapshotDelta

BATCH_MAX = 200
"""Resources in one response after the first, so that an urgent one never waits behind thousands."""

SENDING_ORDER = (
    ResourceType.EXTENSION,
    ResourceType.RUNTIME,
    ResourceType.CLUSTER,
    ResourceType.ENDPOINTS,
    ResourceType.TOKEN_BUCKET,
    ResourceType.LISTENER,
    ResourceType.ROUTES,
    ResourceType.SCOPE,
)
"""Mitigations first, since they are urgent and small; then make before break (xDS protocol, "Eventual consistency")."""

_REFERRERS = {
    ResourceType.CLUSTER: (ResourceType.SCOPE, ResourceType.ROUTES),
    ResourceType.ENDPOINTS: (ResourceType.CLUSTER,),
    ResourceType.ROUTES: (ResourceType.SCOPE,),
}


@dataclass
class _TypeStream:
    subscribed: set[str] = field(default_factory=set)
    wildcard: bool = False
    asked: bool = False
    peer: dict[str, str] = field(default_factory=dict)
    queue: dict[str, None] = field(default_factory=dict)
    suspects: deque[tuple[str, ...]] = field(default_factory=deque)
    unanswered: Response | None = None
    refused: dict[str, str] = field(default_factory=dict)
    answered_once: bool = False

    def wants(self, name: str) -> bool:
        return self.wildcard or name in self.subscribed


Filter = Callable[[ResourceType, str], bool]


class Session:
    """A peer's stream over one group of resources.

    `visible` says which resources this peer may see at all. `account` is kept, if there is one.
    """

    def __init__(self, group: ResourceGroup, *, visible: Filter | None = None, account: Account | None = None) -> None:
        self._group = group
        self._account = account
        self._visible = visible or (lambda _type, _name: True)
        self._streams: dict[ResourceType, _TypeStream] = {t: _TypeStream() for t in ResourceType}
        self._nonces = count(1)

    def on_request(self, request: Request) -> Outcome | None:
        """Take what the peer said; the outcome of an earlier response, if this answers one."""
        stream = self._streams[request.type]
        outcome = self._settle(stream, request) if request.nonce else None
        if not stream.asked:
            stream.asked = True
            stream.wildcard = not request.subscribe
            self._enter(request.type, stream, request.initial_versions)
            self._subscribe(request, stream, had=dict(request.initial_versions))
        else:
            self._subscribe(request, stream, had={})
        return outcome

    def on_change(self, delta: SnapshotDelta) -> None:
        """Take a change of the group."""
        for key in (*(r.key for r in delta.upserts), *delta.removals):
            stream = self._streams[key.type]
            if stream.asked and stream.wants(key.name) and self._visible(key.type, key.name):
                stream.queue[key.name] = None
            self._compare(key.type, stream, (key.name,))
        for resource in delta.upserts:
            if resource.key.type is ResourceType.CLUSTER:
                self._renew_endpoints(resource.key.name)

    def responses(self) -> Iterable[Response]:
        """Everything that may be sent now, in order."""
        for resource_type in SENDING_ORDER:
            stream = self._streams[resource_type]
            if stream.asked and stream.unanswered is None and (response := self._next(resource_type, stream)):
                stream.unanswered = response
                stream.answered_once = True
                yield response

    def pending(self) -> int:
        """Resources still to be sent or answered."""
        return sum(
            len(s.queue) + sum(map(len, s.suspects)) + (len(s.unanswered.resources) if s.unanswered else 0)
            for s in self._streams.values()
        )

    def has_heard_all(self) -> bool:
        """Whether the peer has spoken of every type: before, what it lacks isn't known."""
        return all(stream.asked for stream in self._streams.values())

    def is_settled(self, resource_type: ResourceType, names: Iterable[str], *, unasked: bool = False) -> bool:
        """Whether the peer has answered for all of these.

        What it asks for by name may be left out, if `unasked`, once it has taken all that may refer to it.
        """
        stream = self._streams[resource_type]
        unanswered = {r.key.name for r in stream.unanswered.resources} if stream.unanswered else set()
        unanswered.update(*stream.suspects)
        spared = unasked and self._is_referred_to_by_nothing_new(resource_type)
        return not any(
            name in unanswered
            or (name in stream.queue and self._is_due(resource_type, stream, name))
            or not (spared or stream.wants(name))
            for name in names
        )

    def refused(self) -> tuple[tuple[ResourceType, str], ...]:
        """Resources that the peer refused as they are now."""
        return tuple((t, name) for t, s in self._streams.items() for name in s.refused)

    def _renew_endpoints(self, cluster: str) -> None:
        """A changed cluster warms until its endpoints come once more, the same ones included, and doesn't ask."""
        endpoints = self._streams[ResourceType.ENDPOINTS]
        if endpoints.asked and endpoints.wants(cluster):
            self._forget(ResourceType.ENDPOINTS, endpoints, cluster)
            endpoints.queue[cluster] = None

    def _settle(self, stream: _TypeStream, request: Request) -> Outcome | None:
        sent = stream.unanswered
        if sent is None or sent.nonce != request.nonce:
            return None
        stream.unanswered = None
        stream.answered_once = True
        versions = tuple((r.key.name, r.version) for r in sent.resources)
        if request.error is None:
            self._hold(sent.type, stream, versions)
            self._forget_all(sent.type, stream, sent.removed)
            for name, _ in versions:
                stream.refused.pop(name, None)
            return Outcome(sent.type, versions, sent.removed, None, final=True)
        if request.refused is not None:
            self._forget_all(sent.type, stream, sent.removed)
            self._hold(sent.type, stream, tuple((n, v) for n, v in versions if n not in request.refused))
            versions = tuple((n, v) for n, v in versions if n in request.refused)
        elif versions:
            stream.queue.update(dict.fromkeys(sent.removed))
        if request.refused is None and len(versions) > 1:
            self._halve(stream, [name for name, _ in versions])
            return Outcome(sent.type, versions, sent.removed, request.error, final=False)
        stream.refused.update(versions)
        return Outcome(sent.type, versions, sent.removed, request.error, final=True)

    def _halve(self, stream: _TypeStream, names: list[str]) -> None:
        middle = len(names) // 2
        stream.suspects.extendleft((tuple(names[middle:]), tuple(names[:middle])))

    def _subscribe(self, request: Request, stream: _TypeStream, had: Mapping[str, str]) -> None:
        """Subscribing again asks for the resource again, unless the peer said which version it has."""
        named = [name for name in request.subscribe if name != "*"]
        all_now = "*" in request.subscribe or (stream.wildcard and not stream.answered_once)
        stream.wildcard = stream.wildcard or "*" in request.subscribe
        stream.subscribed.update(named)
        for name in request.unsubscribe:
            stream.subscribed.discard(name)
            self._forget(request.type, stream, name)
            stream.queue.pop(name, None)
        for name in named:
            if name not in had:
                self._forget(request.type, stream, name)
        self._enqueue(request.type, stream, (*had, *named))
        if all_now:
            self._enqueue(request.type, stream, self._group.resources(request.type))

    def _hold(self, resource_type: ResourceType, stream: _TypeStream, versions: Iterable[tuple[str, str]]) -> None:
        """The peer has these now."""
        versions = tuple(versions)
        self._enter(resource_type, stream, versions)
        self._compare(resource_type, stream, (name for name, _ in versions))

    def _enter(self, resource_type: ResourceType, stream: _TypeStream, versions: Sequence[tuple[str, str]]) -> None:
        if self._account is not None:
            for name, version in versions:
                self._account.note(ResourceKey(resource_type, name), stream.peer.get(name), version)
        stream.peer.update(versions)

    def _forget(self, resource_type: ResourceType, stream: _TypeStream, name: str) -> None:
        """The peer doesn't have this any more, or what it has of it is no longer known or no longer matters."""
        before = stream.peer.pop(name, None)
        if self._account is not None:
            self._account.note(ResourceKey(resource_type, name), before, None)
        self._compare(resource_type, stream, (name,))

    def _forget_all(self, resource_type: ResourceType, stream: _TypeStream, names: Iterable[str]) -> None:
        for name in names:
            self._forget(resource_type, stream, name)

    def _compare(self, resource_type: ResourceType, stream: _TypeStream, names: Iterable[str]) -> None:
        """Enter into the account whether the peer has what it should. Before it has asked, that isn't known."""
        if self._account is None or not stream.asked:
            return
        resources = self._group.resources(resource_type)
        for name in names:
            resource = resources.get(name)
            is_due = resource is not None and stream.wants(name) and self._visible(resource_type, name)
            should = resource.version if resource is not None and is_due else None
            self._account.compare(resource_type, name, stream.peer.get(name), should)

    def _enqueue(self, resource_type: ResourceType, stream: _TypeStream, names: Iterable[str]) -> None:
        names = tuple(names)
        self._compare(resource_type, stream, names)
        for name in names:
            if stream.wants(name) and self._visible(resource_type, name):
                stream.queue[name] = None

    def _next(self, resource_type: ResourceType, stream: _TypeStream) -> Response | None:
        held = self._may_be_referred_to(resource_type)
        kept: list[str] = []
        response = None
        while response is None and (names := self._take(stream)):
            gone = self._gone(resource_type, stream, names)
            kept += gone if held else ()
            response = self._respond(resource_type, stream, names, () if held else gone)
        stream.queue.update(dict.fromkeys(kept))
        if response is None and stream.wildcard and not stream.answered_once and not kept:
            return Response(resource_type, str(next(self._nonces)), (), ())
        return response

    def _is_due(self, resource_type: ResourceType, stream: _TypeStream, name: str) -> bool:
        """Whether the peer still lacks a resource as it is now, its absence included."""
        resource = self._group.resources(resource_type).get(name)
        if resource is None or not self._visible(resource_type, name):
            return name in stream.peer
        return resource.version not in (stream.peer.get(name), stream.refused.get(name))

    def _gone(self, resource_type: ResourceType, stream: _TypeStream, names: tuple[str, ...]) -> tuple[str, ...]:
        found = self._group.resources(resource_type)
        return tuple(n for n in names if n in stream.peer and (n not in found or not self._visible(resource_type, n)))

    def _respond(
        self, resource_type: ResourceType, stream: _TypeStream, names: tuple[str, ...], gone: tuple[str, ...]
    ) -> Response | None:
        found = self._group.resources(resource_type)
        resources = tuple(
            r for n in names if (r := found.get(n)) and r.version not in (stream.peer.get(n), stream.refused.get(n))
        )
        if not resources and not gone:
            return None
        return Response(resource_type, str(next(self._nonces)), resources, gone)

    def _take(self, stream: _TypeStream) -> tuple[str, ...]:
        if stream.suspects:
            return stream.suspects.popleft()
        most = BATCH_MAX if stream.answered_once else len(stream.queue)
        names = tuple(islice(stream.queue, most))
        for name in names:
            del stream.queue[name]
        return names

    def _is_referred_to_by_nothing_new(self, resource_type: ResourceType) -> bool:
        if resource_type is ResourceType.RUNTIME:
            return self._streams[resource_type].asked  # a bootstrap names its layers, and an older one not all of them
        referrers = [self._streams[t] for t in _REFERRERS.get(resource_type, ())]
        return any(s.asked for s in referrers) and not self._may_be_referred_to(resource_type)

    def _may_be_referred_to(self, resource_type: ResourceType) -> bool:
        referrers = ((t, self._streams[t]) for t in _REFERRERS.get(resource_type, ()))
        return any(s.suspects or s.unanswered or any(self._is_due(t, s, n) for n in s.queue) for t, s in referrers)
