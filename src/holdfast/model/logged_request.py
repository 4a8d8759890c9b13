"""A line of an edge's access log."""

from holdfast.model.noun import Noun


class LoggedRequest(Noun):
    """One request and its answer as an edge wrote it down, without query and credentials. Times are Unix, in seconds.

    `cause` is the rule that the edge answered by, as in `x-holdfast-cause`, and `rule` the whole of it, with a
    mitigation's id; both are empty where the upstream answered. `flags` and `details` are Envoy's own words.
    """

    at: float
    edge: str
    request_id: str
    service: str = ""
    tenant: str = ""
    client: str = ""
    method: str = ""
    host: str = ""
    path: str = ""
    protocol: str = ""
    status: int = 0
    cause: str = ""
    rule: str = ""
    flags: str = ""
    details: str = ""
    duration_s: float = 0.0
    upstream_s: float | None = None
    """Until the upstream's answer began; None if it was not asked."""
    upstream: str = ""
    """The endpoint that answered."""
    attempts: int = 0
    request_bytes: int = 0
    answer_bytes: int = 0
    user_agent: str = ""
    referer: str = ""
