"""What things are called on the pages."""

from collections.abc import Mapping
from typing import Final

from holdfast.model.finding import FindingKind
from holdfast.model.incident import Impact, Occasion
from holdfast.model.ledger import LedgerKind
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.mitigation import (
    Block,
    Deny,
    Drain,
    FailOver,
    Hold,
    Kill,
    Limit,
    Measure,
    MitigationKind,
    ReadOnly,
    Shed,
    Spool,
)
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.readiness import Readiness
from holdfast.model.recovery import Policy
from holdfast.model.restoration import Stage
from holdfast.model.units import format_rate
from holdfast.views.failover import Whereabouts
from holdfast.views.live_services import ServiceOrder, ServiceState
from holdfast.views.live_traffic import TrafficDocument
from holdfast.views.measures import describe_measure

NETWORKS_TOLD_MAX: Final = 3
FAILED_SHARE_SHOWN: Final = 0.01

STATES: Final[Mapping[ServiceState, str]] = {
    ServiceState.HARMFUL: "Harmful",
    ServiceState.UNREPORTED: "Not reported",
    ServiceState.MITIGATED: "Mitigated",
    ServiceState.UNUSUAL: "Unusual",
    ServiceState.NORMAL: "Normal",
}
ORDERS: Final[Mapping[ServiceOrder, str]] = {
    ServiceOrder.STATE: "State",
    ServiceOrder.NAME: "Service",
    ServiceOrder.OFFERED: "Offered",
    ServiceOrder.REFUSED: "Refused",
    ServiceOrder.FAILED: "Failed",
    ServiceOrder.SLOW: "Slow",
    ServiceOrder.IN_FLIGHT: "In flight",
    ServiceOrder.USED: "Limit used",
}
FINDINGS: Final[Mapping[FindingKind, str]] = {
    FindingKind.SURGE: "Surge",
    FindingKind.ERRORS: "Errors",
    FindingKind.SLOWNESS: "Slow answers",
    FindingKind.SILENCE: "Silence",
    FindingKind.SATURATION: "Saturation",
    FindingKind.HEADROOM: "Headroom",
    FindingKind.BLINDNESS: "Edge not reporting",
    FindingKind.LOSS: "Upstream lost",
}
UNITS: Final[Mapping[FindingKind, str]] = {
    FindingKind.SURGE: "per_s",
    FindingKind.SILENCE: "per_s",
    FindingKind.ERRORS: "share",
    FindingKind.SLOWNESS: "share",
    FindingKind.SATURATION: "share",
    FindingKind.HEADROOM: "share",
    FindingKind.BLINDNESS: "s",
    FindingKind.LOSS: "share",
}
"""What the numbers in the evidence are."""
READINESS: Final[Mapping[Readiness, str]] = {
    Readiness.READY: "Ready",
    Readiness.STALE: "Stale",
    Readiness.NOT_READY: "Not ready",
}
STAGES: Final[Mapping[Stage, str]] = {Stage.HELD: "Held", Stage.RAMPING: "Let in for a part"}
WHEREABOUTS: Final[Mapping[Whereabouts, str]] = {
    Whereabouts.PRIMARY: "Primary",
    Whereabouts.STANDBY: "On its standby",
    Whereabouts.RETURNING: "Coming back",
    Whereabouts.SPLIT: "Some edges on its standby",
}
POLICIES: Final[Mapping[Policy, str]] = {
    Policy.MANUAL: "When people say so",
    Policy.SUGGEST: "When people take the suggestion",
    Policy.AUTOMATIC: "By itself",
}
PHASES: Final[Mapping[str, tuple[str, str]]] = {
    "direct": ("Direct", "normal"),
    "opening": ("Opening", "unusual"),
    "spooling": ("Spooling", "mitigated"),
    "closing": ("Closing", "unusual"),
    "releasing": ("Releasing", "unusual"),
}
"""Where requests go that may be deferred, and the class of its colour."""
MESSAGES: Final[Mapping[str, str]] = {
    "waiting": "unusual",
    "delivering": "unusual",
    "dead": "harmful",
    "delivered": "normal",
    "dropped": "",
}
"""The class of the colour of a message, by its standing."""
IMPACTS: Final[Mapping[Impact, tuple[str, str]]] = {
    Impact.CRITICAL: ("Critical", "harmful"),
    Impact.MAJOR: ("Major", "harmful"),
    Impact.MINOR: ("Minor", "unusual"),
    Impact.NONE: ("No impact", ""),
}
"""How bad an incident is, and the class of its colour."""
OCCASIONS: Final[Mapping[Occasion, str]] = {
    Occasion.FINDING: "by what was found",
    Occasion.FAILOVER: "by a failover",
    Occasion.ROLLOUT: "by a rollout that went back",
    Occasion.MITIGATION: "by a mitigation that did harm",
    Occasion.DEFERRAL: "by what is kept for later",
    Occasion.COMPONENT: "by a part of Holdfast that was switched off",
    Occasion.ALERT: "by another monitoring system",
    Occasion.PERSON: "by hand",
}
"""What an incident was opened by."""
WINDOWS: Final[Mapping[MaintenancePhase, tuple[str, str]]] = {
    MaintenancePhase.SCHEDULED: ("Scheduled", "normal"),
    MaintenancePhase.IN_PROGRESS: ("In progress", "mitigated"),
    MaintenancePhase.COMPLETED: ("Completed", ""),
    MaintenancePhase.CANCELLED: ("Cancelled", ""),
}
"""How far announced work is, and the class of its colour."""
PLANS: Final[Mapping[str, str]] = {
    "sound": "The change is sound",
    "confirm": "The change must be confirmed first",
    "refused": "The change can't be made",
}
"""By the verdict of a plan."""
LEDGER_KINDS: Final[Mapping[LedgerKind, str]] = {
    LedgerKind.REVISION: "Revision",
    LedgerKind.MITIGATION: "Mitigation",
    LedgerKind.LIMITS: "Owner's limits",
    LedgerKind.COMPONENT: "Component",
    LedgerKind.FREEZE: "Freeze",
    LedgerKind.DEPLOY: "Deploy",
    LedgerKind.CERTIFICATE: "Certificate",
    LedgerKind.DRILL: "Drill",
    LedgerKind.OTHER: "Other",
}
KINDS: Final[Mapping[MitigationKind, tuple[str, str]]] = {
    MitigationKind.LIMIT: ("Limit", "hold it to less than its limits"),
    MitigationKind.DENY: ("Deny a source", "refuse requests by what they have in common"),
    MitigationKind.BLOCK: ("Block addresses", "refuse clients by address"),
    MitigationKind.READ_ONLY: ("Read-only", "refuse whatever may write"),
    MitigationKind.KILL: ("Kill", "refuse everything"),
}
"""What people may do by hand, mildest first: its name, and what it does."""
SPARED_SHARE: Final = 0.05
"""A measure that refuses less of normal traffic is said to spare it; one that refuses more takes a word to confirm."""


def tell_verdict(prediction: Prediction) -> str:
    """What is foretold, in a few words."""
    match prediction.verdict:
        case Verdict.HARMFUL:
            return "Would hurt normal traffic"
        case Verdict.UNKNOWN:
            return "Can't be told: too little traffic was seen"
        case Verdict.HARMLESS:
            spares = prediction.normal_refused_share < SPARED_SHARE
            return "Spares normal traffic" if spares else "Refuses normal traffic, as it is meant to"


def takes_word(prediction: Prediction) -> bool:
    """Whether a click isn't enough to confirm: it would do harm, or refuse normal traffic on purpose."""
    return prediction.verdict is Verdict.HARMFUL or prediction.normal_refused_share >= SPARED_SHARE


def fails_much(traffic: TrafficDocument | None) -> bool:
    """Whether so much of what is admitted fails that it is to catch the eye: 1 % or more."""
    return traffic is not None and traffic.failed > 0 and traffic.failed >= traffic.admitted * FAILED_SHARE_SHOWN


def tell_measure(measure: Measure) -> str:  # noqa: PLR0911 - one for each kind
    """A measure as one would say it, without the service."""
    match measure:
        case Kill():
            return "refuse everything"
        case ReadOnly():
            return "refuse writes"
        case Limit():
            return "limit " + _tell_limit(measure)
        case Block():
            return "block " + _tell_networks(measure.networks)
        case Deny():
            return f"deny {measure.source}"
        case Shed():
            return f"shed at {measure.location} down to {format_rate(measure.budget_per_s)}"
        case FailOver() | Drain() | Hold() | Spool():
            return describe_measure(measure)


def _tell_limit(limit: Limit) -> str:
    parts = []
    if limit.requests_per_s is not None:
        parts.append(f"to {format_rate(limit.requests_per_s)}")
    if limit.per_client is not None:
        whose = "client" if limit.client_prefix == 32 else f"/{limit.client_prefix} network"
        parts.append(f"each {whose} to {format_rate(limit.per_client.requests)}")
    if limit.in_flight is not None:
        parts.append(f"to {limit.in_flight} in flight")
    return ", ".join(parts)


def _tell_networks(networks: tuple[object, ...]) -> str:
    told = ", ".join(str(network) for network in networks[:NETWORKS_TOLD_MAX])
    more = len(networks) - NETWORKS_TOLD_MAX
    return f"{told} and {more} more" if more > 0 else told
