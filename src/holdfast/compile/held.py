"""Which mitigations hold for whom: the latest of a kind for a service, but all its blocks and denials.

Limits are told apart by what they limit: one of requests in flight doesn't end one of each client.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.model.intent import Intent
from holdfast.model.mitigation import Limit, Mitigation


@dataclass(frozen=True, slots=True)
class Held:
    """The mitigations of one service. `limit` is what all its limits come to, `limited_by` the latest of them."""

    kill: Mitigation | None = None
    read_only: Mitigation | None = None
    limited_by: Mitigation | None = None
    limit: Limit | None = None
    blocks: tuple[Mitigation, ...] = ()
    denials: tuple[Mitigation, ...] = ()


def find_held(intent: Intent) -> Mapping[str, Held]:
    """What holds for every service that anything holds for."""
    found: dict[str, dict[str, list[Mitigation]]] = {}
    for mitigation in intent.mitigations:
        service = mitigation.measure.service
        if service is not None and service in intent.services:
            found.setdefault(service, {}).setdefault(mitigation.measure.kind, []).append(mitigation)
    return {
        service: Held(
            kill=_latest(kinds.get("kill")),
            read_only=_latest(kinds.get("read-only")),
            limited_by=_latest(kinds.get("limit")),
            limit=_merge_limits(service, kinds.get("limit", ())),
            blocks=tuple(kinds.get("block", ())),
            denials=tuple(kinds.get("deny", ())),
        )
        for service, kinds in found.items()
    }


def _merge_limits(service: str, mitigations: Sequence[Mitigation]) -> Limit | None:
    """The latest limit of each thing; of requests in flight the lowest counts, see `compile.walls`."""
    merged = Limit(service=service)
    for mitigation in sorted(mitigations, key=lambda m: m.started_at):
        limit = mitigation.measure
        if isinstance(limit, Limit) and limit.requests_per_s is not None:
            merged = merged.model_copy(update={"requests_per_s": limit.requests_per_s})
        if isinstance(limit, Limit) and limit.per_client is not None:
            changes = {"per_client": limit.per_client, "client_prefix": limit.client_prefix}
            merged = merged.model_copy(update=changes)
    return merged if mitigations else None


def _latest(mitigations: list[Mitigation] | None) -> Mitigation | None:
    return max(mitigations, key=lambda m: m.started_at) if mitigations else None
