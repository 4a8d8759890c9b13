"""What must be confirmed about a change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Danger:
    """Something about a change that must be confirmed: `code` names its kind, `services` whom it is about.

    `evidence` are the requests, hosts, addresses or numbers that prove it, the most telling first.
    """

    code: str
    message: str
    services: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
