"""Which of all requests that edges let us see are kept, to ask what a change would do to them.

Of each service so many kinds are kept: those that were asked for most, as the space-saving sketch finds them (Metwally,
Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005). A kind that comes new
takes the place of the least one, so that what is rare is tried too while there is room.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from holdfast.model.intent import Intent
from holdfast.model.noun import Noun
from holdfast.model.placeholders import disguise_ids
from holdfast.model.platform import Service
from holdfast.model.recorded import RecordedRequest
from holdfast.model.route import PathMatch, Route
from holdfast.model.sample import SampledRequest

KINDS_MAX: Final = 50
"""Kinds of requests of one service."""
KINDS_MIN: Final = 4
TOTAL_MAX: Final = 50_000
"""Of all services, unless that left one of them fewer than `KINDS_MIN`."""
AGE_S_MAX: Final = 14 * 86_400.0
"""What nobody has asked for in so long is forgotten."""
_UNTELLING: Final = frozenset({0, 400, 404})
"""Statuses of requests that nobody means: malformed ones, and those of scanners."""
_METHOD: Final = re.compile(r"[A-Za-z-]{1,32}")
_PRINTABLE: Final = re.compile(r"[!-~]+")
_VALUE: Final = re.compile(r"[ -~]*")


class Kind(NamedTuple):
    """What one request has in common with another of its kind."""

    method: str
    host: str
    target: str
    content_type: str


class KeptKind(Noun):
    """A kind of requests of a service, as it is kept over a restart. `seen_at` is Unix time, in seconds.

    `count` is how many there were at most, `doubt` how many of these may have been of other kinds.
    """

    service: str
    method: str
    host: str
    target: str
    content_type: str
    accept: str
    count: float
    doubt: float
    seen_at: float
    body_bytes: int
    head_bytes: int
    latency_s: float


@dataclass(slots=True)
class _Tally:
    count: float
    doubt: float
    seen_at: float
    accept: str = ""
    body_bytes: int = 0
    head_bytes: int = 0
    latency_s: float = 0.0

    def add(self, sample: SampledRequest) -> None:
        self.count += sample.weight
        self.seen_at = max(self.seen_at, sample.at)
        self.accept = sample.accept.strip() if _VALUE.fullmatch(sample.accept) else ""
        self.body_bytes = max(self.body_bytes, sample.body_bytes)
        self.head_bytes = max(self.head_bytes, sample.head_bytes)
        if sample.status < 500:
            self.latency_s = max(self.latency_s, sample.duration_s)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded up to a moment; counts may be those of a little later."""

    _kinds: tuple[tuple[str, tuple[tuple[Kind, _Tally], ...]], ...]

    def list_requests(self) -> tuple[RecordedRequest, ...]:
        """One request of each kind, standing for as many as there certainly were."""
        return tuple(_show(kind, tally) for _, kinds in self._kinds for kind, tally in kinds)

    def list_kinds(self) -> tuple[KeptKind, ...]:
        """All of it, to be kept over a restart."""
        return tuple(_keep(service, kind, tally) for service, kinds in self._kinds for kind, tally in kinds)


@dataclass
class Recording:
    """The kinds of requests of every service of a platform. Bounded, and older than `AGE_S_MAX` nothing."""

    _kinds: dict[str, dict[Kind, _Tally]] = field(default_factory=dict)
    _services: Mapping[str, "_Service"] = field(default_factory=dict)

    def set_platform(self, intent: Intent) -> None:
        """Record the services of an intent from now on, and forget all others."""
        self._services = {name: _Service.of(owned.service) for name, owned in intent.services.items()}
        self._kinds = {name: kinds for name, kinds in self._kinds.items() if name in self._services}

    def add(self, samples: Iterable[SampledRequest]) -> None:
        """Take in requests; those that a service answered, and that weren't asked in vain."""
        for sample in samples:
            service = self._services.get(sample.service)
            if service is not None and _is_telling(sample):
                self._add(service, sample)

    def forget(self, now: float) -> None:
        """Drop what is too old."""
        for service, kinds in list(self._kinds.items()):
            fresh = {kind: tally for kind, tally in kinds.items() if now - tally.seen_at <= AGE_S_MAX}
            if fresh:
                self._kinds[service] = fresh
            else:
                del self._kinds[service]

    def freeze(self) -> "Recorded":
        """All that is recorded now, for any thread to read."""
        return Recorded(tuple((service, tuple(kinds.items())) for service, kinds in self._kinds.items()))

    def recall(self, kept: Iterable[KeptKind]) -> None:
        """Know this beside what is known; a kind that is known already stays as it is."""
        for each in kept:
            kinds = self._kinds.setdefault(each.service, {})
            kind = Kind(each.method, each.host, each.target, each.content_type)
            if kind not in kinds and len(kinds) < KINDS_MAX:
                kinds[kind] = _Tally(
                    each.count,
                    each.doubt,
                    each.seen_at,
                    each.accept,
                    each.body_bytes,
                    each.head_bytes,
                    each.latency_s,
                )

    def _add(self, service: "_Service", sample: SampledRequest) -> None:
        asked = service.find_asked(sample)
        if asked is None:
            return
        host, target = asked
        kind = Kind(sample.method, host.lower(), disguise_ids(target, service.is_stated), sample.content_type.strip())
        kinds = self._kinds.setdefault(sample.service, {})
        tally = kinds.get(kind)
        if tally is None:
            tally = kinds[kind] = _Tally(0.0, 0.0, sample.at)
            tally.count = tally.doubt = self._make_room(kinds, kind)
        tally.add(sample)

    def _make_room(self, kinds: dict[Kind, _Tally], new: Kind) -> float:
        """What the least kind that goes for a new one had been asked for; 0 if there is room."""
        room = min(KINDS_MAX, max(KINDS_MIN, TOTAL_MAX // max(1, len(self._services))))
        least = 0.0
        while len(kinds) > room:
            gone = min((kind for kind in kinds if kind != new), key=lambda kind: kinds[kind].count)
            least = kinds.pop(gone).count
        return least


def _is_telling(sample: SampledRequest) -> bool:
    """Whether it was answered by a service, and can be asked again."""
    return (
        not sample.cause
        and sample.status not in _UNTELLING
        and sample.target.startswith("/")
        and _METHOD.fullmatch(sample.method) is not None
        and _PRINTABLE.fullmatch(sample.host) is not None
        and _PRINTABLE.fullmatch(sample.target) is not None
        and _VALUE.fullmatch(sample.content_type) is not None
    )


@dataclass(frozen=True, slots=True)
class _Service:
    """What has to be known of a service to record what it is asked: what its routes make of requests."""

    host: str
    stated: tuple[str, ...]
    rewriting: Mapping[str, Route]

    @classmethod
    def of(cls, service: Service) -> "_Service":
        rewriting = {route.name: route for route in service.routes if route.rewrite is not None}
        host = next((host for host in service.hosts if not host.startswith("*")), service.hosts[0].replace("*", "any"))
        return cls(host, tuple(_list_stated(service.routes)), rewriting)

    def is_stated(self, segment: str) -> bool:
        """Whether a segment of a path stands in a route."""
        return any(segment in text for text in self.stated)

    def find_asked(self, sample: SampledRequest) -> tuple[str, str] | None:
        """Host and target as the client sent them; None if its route isn't what it was.

        Where a route makes another of the host, it is the service's first.
        """
        route = self.rewriting.get(sample.route)
        if route is None or route.rewrite is None:
            return sample.host, sample.target
        host = sample.host if route.rewrite.host is None else self.host
        target = _undo_rewrite(route.match.path, route.rewrite.prefix, sample.target)
        return None if target is None else (host, target)


def _undo_rewrite(path: PathMatch, instead: str | None, target: str) -> str | None:
    """A target as it was before `instead` took the place of a prefix; None if it can't have."""
    if instead is None:
        return target
    if path.exact is not None:
        return path.exact + target[len(instead) :] if target.startswith(instead) else None
    prefix, rest = (path.prefix or "/").rstrip("/"), target.removeprefix(instead.rstrip("/"))
    if not target.startswith(instead.rstrip("/")) or rest[:1] not in {"", "/", "?"}:
        return None
    return f"{prefix}{rest}" if prefix or rest.startswith("/") else f"/{rest}"


def _list_stated(routes: Iterable[Route]) -> Iterable[str]:
    """The paths that routes speak of."""
    for route in routes:
        path = route.match.path
        yield from (text for text in (path.exact, path.prefix, path.regex) if text is not None)


def _keep(service: str, kind: Kind, tally: _Tally) -> KeptKind:
    return KeptKind(
        service=service,
        method=kind.method,
        host=kind.host,
        target=kind.target,
        content_type=kind.content_type,
        accept=tally.accept,
        count=tally.count,
        doubt=tally.doubt,
        seen_at=tally.seen_at,
        body_bytes=tally.body_bytes,
        head_bytes=tally.head_bytes,
        latency_s=tally.latency_s,
    )


def _show(kind: Kind, tally: _Tally) -> RecordedRequest:
    headers = (("content-type", kind.content_type), ("accept", tally.accept))
    return RecordedRequest(
        method=kind.method,
        host=kind.host,
        path=kind.target,
        headers=tuple((name, value) for name, value in headers if value),
        weight=max(1.0, round(tally.count - tally.doubt, 1)),
        body_bytes=tally.body_bytes,
        head_bytes=tally.head_bytes,
        latency_s=tally.latency_s,
    )
