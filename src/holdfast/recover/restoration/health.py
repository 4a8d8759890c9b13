"""How a service takes what it is sent, from its answers to probes and from what edges count of it."""

from typing import Final

from holdfast.model.restoration import Health, Sight

FAILING_MAX: Final = 0.05
"""The share of what is admitted that may fail."""
SLOW_MAX: Final = 0.3
"""The share of what is admitted that may take longer than the service usually takes."""
TOLD_RPS_MIN: Final = 0.5
"""With less than this admitted, counts tell nothing."""


def assess(sight: Sight | None) -> tuple[Health, str]:
    """How a service is, and what says so. What its requests say counts more than what its probes do."""
    if sight is None:
        return Health.UNKNOWN, "nothing is seen of it"
    if sight.admitted_rps >= TOLD_RPS_MIN:
        if sight.failing > FAILING_MAX:
            return Health.BAD, f"{sight.failing:.0%} of its requests fail"
        if sight.slow > SLOW_MAX:
            return Health.BAD, f"{sight.slow:.0%} of its requests take longer than usual"
    if sight.answers is False:
        return Health.BAD, sight.why or "its probes aren't answered as they should be"
    if sight.answers or sight.admitted_rps >= TOLD_RPS_MIN:
        return Health.GOOD, ""
    return Health.UNKNOWN, "nobody asks it for anything, and it has no probes"
