"""A request's line and headers, and what is decided by them before its body is read."""

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(slots=True)
class Head:
    """A request's line and headers, as they came but for their names, which are in lower case."""

    method: str = ""
    target: str = ""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    first: dict[bytes, bytes] = field(default_factory=dict)
    """The first header of each name, once all have come."""

    def get(self, name: bytes) -> str | None:
        """The first header of a name."""
        value = self.first.get(name)
        return None if value is None else value.decode("latin-1")

    def end(self) -> None:
        """Note that all headers have come."""
        self.first = dict(reversed(self.headers))


class Admission(NamedTuple):
    """The most bytes that a request's body may have, and whose share of what may be underway it is counted to."""

    body_max: int
    payer: str
