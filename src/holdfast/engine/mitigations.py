"""What a mitigation must satisfy before it may be put in force."""

from collections.abc import Mapping

from holdfast.engine.facts import PlatformFacts
from holdfast.engine.maxima import (
    MITIGATION_S_MAX,
    MITIGATION_S_MIN,
    MITIGATIONS_MAX,
    NETWORKS_MAX,
    REASON_CHARACTERS_MAX,
)
from holdfast.model.mitigation import Block, Limit, Measure, Mitigation, MitigationId
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.units import format_duration


def check_reason(reason: str) -> Refusal | None:
    """A reason is one printable line, neither empty nor too long: people will read it in terminals and reports."""
    text = reason.strip()
    if text and len(text) <= REASON_CHARACTERS_MAX and text.isprintable():
        return None
    message = f"give a reason: one line of 1 to {REASON_CHARACTERS_MAX} printable characters"
    return Refusal(RefusalCode.REASON_MALFORMED, message)


def check_measure(measure: Measure, for_s: float, platform: PlatformFacts | None) -> Refusal | None:
    """Whether a measure can be taken on this platform for so long (seconds)."""
    if platform is None:
        return Refusal(RefusalCode.NOTHING_IN_FORCE, "no revision is in force yet, so there is nothing to protect")
    if measure.service is not None and measure.service not in platform.tenants:
        return Refusal(RefusalCode.SERVICE_UNKNOWN, f"the platform in force has no service {measure.service}")
    if not MITIGATION_S_MIN <= for_s <= MITIGATION_S_MAX:
        bounds = f"{format_duration(MITIGATION_S_MIN)} to {format_duration(MITIGATION_S_MAX)}"
        return Refusal(RefusalCode.DURATION_OUT_OF_BOUNDS, f"a mitigation lasts {bounds}")
    if isinstance(measure, Limit) and measure == Limit(service=measure.service):
        message = "say what to limit: requests, requests per client, or requests in flight"
        return Refusal(RefusalCode.MEASURE_EMPTY, message)
    return None


def check_room(mitigations: Mapping[MitigationId, Mitigation], measure: Measure) -> Refusal | None:
    """Whether one more mitigation, and its networks, may be in force."""
    if len(mitigations) >= MITIGATIONS_MAX:
        message = f"{MITIGATIONS_MAX} mitigations are in force, which is the most; end some"
        return Refusal(RefusalCode.MITIGATIONS_FULL, message)
    if not isinstance(measure, Block):
        return None
    networks = sum(len(m.measure.networks) for m in mitigations.values() if isinstance(m.measure, Block))
    if networks + len(measure.networks) > NETWORKS_MAX:
        message = f"{networks} networks are blocked, and {NETWORKS_MAX} is the most; end some blocks"
        return Refusal(RefusalCode.NETWORKS_FULL, message)
    return None
