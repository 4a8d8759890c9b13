"""What a service's owner may choose, and when a choice stops holding."""

from collections.abc import Iterator, Mapping

from holdfast.engine.command import SetOwnerLimits
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts, PlatformFacts
from holdfast.model.event import OwnerLimitsSet
from holdfast.model.platform import Bounds, Limits
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State
from holdfast.model.units import format_rate


def set_owner_limits(state: State, command: SetOwnerLimits, facts: Facts) -> Decision:
    """Set what an owner chose, if it is within the platform's bounds and anything new."""
    if refusal := check_owner_limits(command.service, command.limits, facts.platform):
        return refusal
    if state.owner_limits.get(command.service) == command.limits:
        return Refusal(RefusalCode.UNCHANGED, f"the limits of {command.service} are these already")
    return (OwnerLimitsSet(at=facts.now, author=command.author, service=command.service, limits=command.limits),)


def check_owner_limits(service: str, limits: Limits | None, platform: PlatformFacts | None) -> Refusal | None:
    """Whether an owner may choose these limits for a service of the platform in force."""
    if platform is None:
        return Refusal(RefusalCode.NOTHING_IN_FORCE, "no revision is in force yet")
    if service not in platform.tenants:
        return Refusal(RefusalCode.SERVICE_UNKNOWN, f"the platform in force has no service {service}")
    if limits is None:
        return None
    mistakes = "; ".join(_exceed(limits, platform.bounds))
    return Refusal(RefusalCode.LIMITS_OUT_OF_BOUNDS, mistakes) if mistakes else None


def reset_owner_limits(
    chosen: Mapping[str, Limits], old: PlatformFacts | None, new: PlatformFacts
) -> Iterator[tuple[str, str]]:
    """Services whose owners' choices can't hold on the new platform, each with why."""
    for service, limits in chosen.items():
        if service not in new.tenants:
            yield service, "the service is gone"
        elif old is not None and old.tenants.get(service, new.tenants[service]) != new.tenants[service]:
            yield service, "the service belongs to another tenant now"
        elif mistakes := "; ".join(_exceed(limits, new.bounds)):
            yield service, mistakes


def _exceed(limits: Limits, bounds: Bounds) -> Iterator[str]:
    client = limits.per_client
    for words, rate, rate_max in (
        ("requests", limits.requests, bounds.requests_max),
        ("requests per client", client.requests if client else None, bounds.per_client_max),
    ):
        if rate is not None and rate > rate_max:
            yield f"{words}: {format_rate(rate)} is more than the platform's {format_rate(rate_max)}"
    for words, burst in (("burst", limits.burst), ("burst per client", client.burst if client else None)):
        if burst is not None and burst > bounds.burst_max:
            yield f"{words}: {burst} is more than the platform's {bounds.burst_max}"
