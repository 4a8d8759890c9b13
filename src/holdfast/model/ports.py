"""What the runtime needs of the outside world. Adapters implement these; nothing here does anything."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from holdfast.model.edge import EdgeStatus, Proof
from holdfast.model.event import Event
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.resource import Snapshot, SnapshotDelta
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import EdgeReport, Memory, Recollection


class JournalUnavailable(Exception):
    """The journal can't be written now (a full disk, a lost database): try again later."""


class JournalCorrupt(Exception):
    """The journal isn't what was written to it; the message says where it breaks and how to salvage it."""


class JournalFromNewerVersion(Exception):
    """The journal was written by a newer Holdfast than this one, which would misread it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the journal (counted from 1, without gaps)."""

    sequence: int
    event: Event


class Journal(Protocol):
    """The one ordered, durable record of what was decided, and the platform texts that it speaks of."""

    def read(self, after: int = 0) -> Sequence[Recorded]:
        """Every event after a sequence number, oldest first."""

    def append(self, events: Sequence[Event]) -> None:
        """Make events durable, in order, all or none. JournalUnavailable if that can't be done now."""

    def keep_text(self, text: str) -> str:
        """Keep a text durably; its SHA-256 in hexadecimal."""

    def load_text(self, content: str) -> str:
        """A kept text; KeyError if it isn't known."""


class Fleet(Protocol):
    """Every edge, reached through its agent. A group of edges shares one snapshot; groups are named by location."""

    def publish(self, group: str, delta: SnapshotDelta) -> None:
        """Hand a change to every edge of a group, now or when it connects. Returns at once."""

    def replace(self, group: str, snapshot: Snapshot) -> None:
        """Set a group's whole snapshot; edges are sent only what differs from what they have."""

    async def programmed(self, group: str, deadline_s: float) -> bool:
        """Wait until every connected edge of a group acknowledged all it was given; False at the deadline."""

    def statuses(self) -> tuple[EdgeStatus, ...]:
        """Every edge that ever connected, by name."""


class Canary(Protocol):
    """A scratch Envoy that refuses what the edges would refuse, before they see it."""

    async def prove(self, snapshot: Snapshot) -> Proof:
        """Whether Envoy acknowledges this snapshot; its refusals if not, named as narrowly as can be."""


class Telemetry(Protocol):
    """What every edge counts and samples, as its agent reports it."""

    def follow(
        self, on_report: Callable[[EdgeReport], None], on_samples: Callable[[Sequence[SampledRequest]], None]
    ) -> None:
        """Have reports and samples handed over as they come, in the event loop, from now on."""

    @property
    def remembering(self) -> Mapping[str, Memory]:
        """The edges whose agents remember what they counted and can be asked now."""

    async def recall(self, edge: str, began_at: float, ended_at: float, deadline_s: float) -> Recollection | None:
        """What an edge's agent remembers of a time (Unix, in seconds); None if it doesn't answer in time."""

    async def find_requests(self, request_id: str, deadline_s: float) -> Sequence[LoggedRequest]:
        """What the edges' access logs say of a request; nothing if it isn't (or no longer) in any of them."""


Clock = Callable[[], float]
"""Unix time, in seconds."""
