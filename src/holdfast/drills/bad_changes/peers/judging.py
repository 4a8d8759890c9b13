"""Whom a change broke: the same requests, answered before and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.bad_changes.peers.asking import Answer

_PRIVATE: Final = ("no-store", "private")


def tell_harm(before: Answer, after: Answer, owners: Mapping[str, frozenset[str]]) -> str | None:
    """How a request was harmed; None if it wasn't. `owners` are the services that had an endpoint before.

    Another status, another place to go, an answer by somebody else's server, an answer to another path than before, or
    something private that others may keep now. Another server of the same service is no harm.
    """
    if after.status != before.status:
        return f"{before.status} -> {after.status or 'no answer'}"
    if after.location != before.location:
        return f"to {after.location or 'nowhere'}"
    had, has = owners.get(before.endpoint, frozenset()), owners.get(after.endpoint, frozenset())
    if had and has and not had & has:
        return f"answered by {', '.join(sorted(has))}"
    if before.path and after.path and after.path != before.path:
        return f"asked for {after.path} instead of {before.path}"
    if "public" in after.cache_control and any(word in before.cache_control for word in _PRIVATE):
        return "private, but may be kept by others"
    return None
