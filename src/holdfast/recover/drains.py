"""How many of a service's machines may be left out at once, and which."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import floor
from typing import Final

from holdfast.model.mitigation import Drain
from holdfast.model.recovery import Endpoint
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.upstream import Standby

_SHOWN_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Upstreams:
    """The endpoints of one cluster, and what is stated of it. Edges that look names up themselves can't be told."""

    stated: Standby
    endpoints: tuple[Endpoint, ...]
    can_be_told: bool = True


@dataclass(frozen=True, slots=True)
class Draining:
    """What to drain, and what has to go on serving for as long as it lives, because the others couldn't."""

    drained: tuple[str, ...]
    kept: tuple[str, ...]


def plan_drain(leaving: Collection[str], drained: Collection[str], upstreams: Sequence[Upstreams]) -> Draining:
    """Which of the machines that leave a service to drain, beside those that are drained already.

    What leaves a cluster may be as much of it as `ephemeral_max` says, which is what its others are able to take over
    at once; never all of it. In the order of their addresses, so that the same is decided again.
    """
    chosen, kept = list[str](), list[str]()
    for upstream in upstreams:
        here = sorted({each.address for each in upstream.endpoints})
        going = [address for address in here if address in leaving and address not in drained]
        out = sum(address in drained for address in here)
        spared = count_spared(len(here), upstream.stated.ephemeral_max) if upstream.can_be_told else 0
        room = max(0, spared - out)
        chosen += going[:room]
        kept += going[room:]
    return Draining(tuple(dict.fromkeys(chosen)), tuple(dict.fromkeys(each for each in kept if each not in chosen)))


def count_spared(endpoints: int, share_max: float) -> int:
    """How many of so many endpoints may be left out at once; at least one always stays, and one of two may go."""
    return min(endpoints - 1, max(1, floor(endpoints * share_max))) if endpoints else 0


def check_drain(drain: Drain, drained: Collection[str], upstreams: Sequence[Upstreams]) -> Refusal | None:
    """Whether a drain names endpoints of its service, and leaves every upstream some that aren't drained."""
    known = {each.address for upstream in upstreams for each in upstream.endpoints}
    if unknown := sorted(set(drain.endpoints) - known):
        message = f"{drain.service} has no endpoint {', '.join(unknown[:_SHOWN_MAX])}"
        return Refusal(RefusalCode.ENDPOINT_UNKNOWN, message)
    out = {*drained, *drain.endpoints}
    for upstream in upstreams:
        here = {each.address for each in upstream.endpoints}
        if here & set(drain.endpoints) and not upstream.can_be_told:
            message = f"edges look the names of {drain.service}'s endpoints up themselves, so none can be drained"
            return Refusal(RefusalCode.ENDPOINTS_NEEDED, message)
        if here & set(drain.endpoints) and here <= out:
            message = f"that would leave {drain.service} without an endpoint; to refuse everything, kill it"
            return Refusal(RefusalCode.ENDPOINTS_NEEDED, message)
    return None
