"""What an edge does with a request, and where two configurations do differently."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.model.recorded import RecordedRequest

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request at a scratch edge, whose upstreams are all a stub.

    `status` is the edge's own answer, or the stub's. `service` answers for the request, None if none does.
    `endpoints` are where it would have been sent, as what (`method`, `path`, `host`, `sent`), and empty if the edge
    answered by itself: with `answered` headers, and with a body of which `body` is a digest. Headers are sorted.
    """

    status: int
    service: str | None
    route: str = ""
    cause: str = ""
    endpoints: tuple[str, ...] = ()
    protocol: str = ""
    path: str = ""
    host: str = ""
    sent: Headers = ()
    answered: Headers = ()
    body: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether the edge turns the request away, of itself or by a route that says so."""
        return not self.endpoints and self.status >= 400


@dataclass(frozen=True, slots=True)
class Difference:
    """A request that two configurations treat differently, and in what (`aspects`)."""

    request: RecordedRequest
    old: Outcome
    new: Outcome
    aspects: tuple[str, ...]

    @property
    def service(self) -> str | None:
        """The service that answers for it now, or else the one that would."""
        return self.old.service or self.new.service

    @property
    def loses(self) -> bool:
        """Whether what is served now would be turned away."""
        return self.new.is_refused and not self.old.is_refused


ASPECTS: Final = {
    "service": "service",
    "status": "answer",
    "endpoints": "upstream",
    "protocol": "protocol",
    "path": "path",
    "host": "host",
    "sent": "headers to the upstream",
    "answered": "headers to the client",
    "body": "answer's body",
}
"""What outcomes are compared by, and how that is called. Names of routes and upstreams are no difference."""


def find_differences(
    requests: Sequence[RecordedRequest], old: Sequence[Outcome], new: Sequence[Outcome]
) -> Iterator[Difference]:
    """The requests that are treated differently, in order; outcomes are in the order of the requests."""
    for request, before, after in zip(requests, old, new, strict=True):
        aspects = tuple(word for name, word in ASPECTS.items() if getattr(before, name) != getattr(after, name))
        if aspects:
            yield Difference(request, before, after, aspects)
