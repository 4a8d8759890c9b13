"""An event in words."""

from dataclasses import dataclass

from holdfast.views.live_history import EntryKind


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words; `subject` is the id or number of what it is about, the last two say whom it concerns."""

    kind: EntryKind
    subject: str
    title: str
    detail: str = ""
    service: str | None = None
    tenant: str | None = None
