"""Requests that edges let us see: a sample of the access log."""

from dataclasses import dataclass
from typing import Final

PATH_CHARACTERS_MAX: Final = 256
"""What is kept of a path; a longer one is known by its beginning only."""


@dataclass(frozen=True, slots=True)
class SampledRequest:
    """One request and its answer, without query string, body or credentials. Times are Unix, in seconds.

    `weight` is how many requests it stands for: one over the share that was drawn from. `cause` is empty where the
    upstream answered, else the rule that an edge answered by (`limit.service`, `kill.m-3`, …).
    """

    at: float
    edge: str
    service: str
    request_id: str
    client: str
    """The client's address, as limits and blocks see it."""
    method: str
    path: str
    """As it was sent on, without query, at most `PATH_CHARACTERS_MAX` characters."""
    user_agent: str
    referer: str
    """Scheme, host and path, without query; empty if there was none."""
    status: int
    cause: str
    duration_s: float
    weight: float = 1.0
    host: str = ""
    """As it was sent on: a route may have made another of it."""
    target: str = ""
    """Path and query as they were sent on, with placeholders for secrets, and of the query only the keys.

    Empty in the larger samples of services that are looked into: what is unusual isn't recorded.
    """
    route: str = ""
    """The name of the route that it took, if the service has such."""
    content_type: str = ""
    """Without its parameters."""
    accept: str = ""
    head_bytes: int = 0
    body_bytes: int = 0
    document: str | None = None
    """A GraphQL document, for services that accept only such."""
