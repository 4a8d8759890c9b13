"""Why control won't do what was asked: a value with a stable code, never an exception."""

from dataclasses import dataclass
from enum import StrEnum


class RefusalCode(StrEnum):
    """Stable names for programs to go by; the message beside it is for people."""

    ALREADY_PROVING = "already_proving"
    BUSY = "busy"
    DURATION_OUT_OF_BOUNDS = "duration_out_of_bounds"
    FAILED = "failed"
    JOURNAL_UNAVAILABLE = "journal_unavailable"
    LIMITS_OUT_OF_BOUNDS = "limits_out_of_bounds"
    MEASURE_EMPTY = "measure_empty"
    MITIGATION_ENDED = "mitigation_ended"
    MITIGATION_UNKNOWN = "mitigation_unknown"
    MITIGATIONS_FULL = "mitigations_full"
    NETWORKS_FULL = "networks_full"
    NOT_PROVING = "not_proving"
    NOTHING_IN_FORCE = "nothing_in_force"
    NOTHING_TO_ROLL_BACK_TO = "nothing_to_roll_back_to"
    REASON_MALFORMED = "reason_malformed"
    REVISION_UNKNOWN = "revision_unknown"
    SERVICE_UNKNOWN = "service_unknown"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was changed, and why not."""

    code: RefusalCode
    message: str
