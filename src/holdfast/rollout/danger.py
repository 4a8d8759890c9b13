"""What must be confirmed about a change, and what it is told from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.danger import Danger
from holdfast.model.intent import Intent
from holdfast.model.recorded import PlatformUsage, RecordedRequest
from holdfast.rollout.changes import PlatformChange
from holdfast.rollout.outcomes import Difference, Outcome

__all__ = ["MANY_MIN", "SHOWN_MAX", "Change", "Danger", "group_by_service", "show_paths", "show_requests"]
SHOWN_MAX: Final = 5
ALIKE_MAX: Final = 20
"""A change of everything may be dangerous to each service alike: nobody reads that a thousand times."""
MANY_MIN: Final = 3
"""So many services, tenants at once are many."""


@dataclass(frozen=True)
class Change:
    """What is known of a change: both sides, what differs, and what became of recorded requests."""

    old: Intent
    new: Intent
    changes: PlatformChange
    differences: Sequence[Difference] = ()
    failing_probes: Sequence[tuple[RecordedRequest, int]] = ()
    """Probes that the new configuration answers otherwise than expected, each with the status it gives."""
    requests: Sequence[RecordedRequest] = ()
    usage: PlatformUsage = field(default_factory=PlatformUsage)
    dead: frozenset[str] = frozenset()
    """New endpoints that took no connection."""
    tried: Sequence[tuple[RecordedRequest, Outcome, Outcome]] = ()
    """Recorded requests that were put through both configurations: what becomes of each now, and what would."""
    connections: Mapping[str, float] = field(default_factory=dict)
    """How many connections clients usually have open, by location."""
    operations: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Recorded GraphQL operations by service and kind: `query`, `mutation`, `batch`, `introspection`."""
    unfit: Mapping[str, str] = field(default_factory=dict)
    """Endpoints that were asked for their health as edges would, and what they did instead of being well."""

    @property
    def location(self) -> str | None:
        """A location that both sides have, to compare services at; None if there is none."""
        return next((name for name in self.new.platform.locations if name in self.old.platform.locations), None)

    @property
    def lasting(self) -> tuple[str, ...]:
        """The services that both sides have, by name."""
        return tuple(sorted(self.new.services.keys() & self.old.services.keys()))

    @property
    def touched(self) -> tuple[str, ...]:
        """Those of the lasting services that may be treated otherwise: all, if something that they share is changed."""
        everybody = bool(self.changes.shared)
        return tuple(name for name in self.lasting if everybody or name in self.changes.mentioned)


def gather_dangers(dangers: Iterable[Danger]) -> tuple[Danger, ...]:
    """The same in fewer words: of each code the first few, and one for all the others of it together."""
    of_code: dict[str, list[Danger]] = {}
    for danger in dangers:
        of_code.setdefault(danger.code, []).append(danger)
    return tuple(each for alike in of_code.values() for each in _gather(alike))


def _gather(alike: Sequence[Danger]) -> tuple[Danger, ...]:
    if len(alike) <= ALIKE_MAX:
        return tuple(alike)
    rest = alike[ALIKE_MAX - 1 :]
    services = tuple(dict.fromkeys(name for danger in rest for name in danger.services))
    shown = f": {', '.join(services[:SHOWN_MAX])}, …" if services else ""
    message = f"the same of {len(rest)} more{shown}"
    return (*alike[: ALIKE_MAX - 1], Danger(alike[0].code, message, services))


def group_by_service(differences: Iterable[Difference]) -> dict[str | None, list[Difference]]:
    """Differences by the service that they are about, the weightiest first."""
    found: dict[str | None, list[Difference]] = {}
    for difference in sorted(differences, key=lambda d: -d.request.weight):
        found.setdefault(difference.service, []).append(difference)
    return found


def show_requests(differences: Sequence[Difference]) -> tuple[str, ...]:
    """The first of these, each with what it gets now and what it would get."""
    return tuple(
        f"{d.request.method} {d.request.host}{d.request.path}: {_say(d.old.status, d.old.cause)} → "
        f"{_say(d.new.status, d.new.cause)}"
        for d in differences[:SHOWN_MAX]
    )


def show_paths(differences: Sequence[Difference]) -> tuple[str, ...]:
    """The first of these, each with what an upstream is asked for now and what it would be."""
    return tuple(
        f"{d.request.method} {d.request.host}{d.request.path}: upstreams get {d.new.path} instead of {d.old.path}"
        for d in differences[:SHOWN_MAX]
    )


def _say(status: int, cause: str) -> str:
    return f"{status} ({cause})" if cause else str(status)
