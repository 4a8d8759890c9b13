"""Why control won't do what was asked: a value with a stable code, never an exception."""

from dataclasses import dataclass
from enum import StrEnum

from holdfast.model.prediction import Prediction


class RefusalCode(StrEnum):
    """Stable names for programs to go by; the message beside it is for people."""

    ALREADY_PROVING = "already_proving"
    BUILD_UNFIT = "build_unfit"
    BUSY = "busy"
    STATUS_COMPONENT_UNKNOWN = "status_component_unknown"
    COMPONENT_UNKNOWN = "component_unknown"
    COMPONENTS_FULL = "components_full"
    CHANGES_FROZEN = "changes_frozen"
    CONFIRMATION_FOREIGN = "confirmation_foreign"
    DURATION_OUT_OF_BOUNDS = "duration_out_of_bounds"
    DRILL_UNKNOWN = "drill_unknown"
    EDGE_UNKNOWN = "edge_unknown"
    ENDPOINT_UNKNOWN = "endpoint_unknown"
    ENDPOINTS_NEEDED = "endpoints_needed"
    FAILED = "failed"
    FINDING_ALREADY_OPEN = "finding_already_open"
    FINDING_CLOSED = "finding_closed"
    FINDING_OF_ANOTHER_KIND = "finding_of_another_kind"
    FINDING_UNKNOWN = "finding_unknown"
    FINDINGS_FULL = "findings_full"
    FOLLOW_UP_MALFORMED = "follow_up_malformed"
    FOLLOW_UP_UNKNOWN = "follow_up_unknown"
    FOLLOW_UPS_FULL = "follow_ups_full"
    INCIDENT_ACKNOWLEDGED = "incident_acknowledged"
    INCIDENT_RESOLVED = "incident_resolved"
    INCIDENT_UNKNOWN = "incident_unknown"
    INCIDENTS_FULL = "incidents_full"
    JOURNAL_UNAVAILABLE = "journal_unavailable"
    LIMITS_OUT_OF_BOUNDS = "limits_out_of_bounds"
    MAINTENANCE_MALFORMED = "maintenance_malformed"
    MAINTENANCE_OVER = "maintenance_over"
    MAINTENANCE_UNKNOWN = "maintenance_unknown"
    MAINTENANCES_FULL = "maintenances_full"
    MEASURE_EMPTY = "measure_empty"
    MEASURE_OF_ANOTHER_KIND = "measure_of_another_kind"
    MESSAGE_UNKNOWN = "message_unknown"
    MITIGATION_ENDED = "mitigation_ended"
    MITIGATION_UNKNOWN = "mitigation_unknown"
    MITIGATIONS_FULL = "mitigations_full"
    NETWORKS_FULL = "networks_full"
    NOT_DEFERRED = "not_deferred"
    NOT_PROVING = "not_proving"
    NOTE_TOO_WIDE = "note_too_wide"
    NOTHING_IN_FORCE = "nothing_in_force"
    NOTHING_TO_REVERT_TO = "nothing_to_revert_to"
    NOTHING_TO_ROLL_BACK_TO = "nothing_to_roll_back_to"
    OVERTAKEN = "overtaken"
    PLAN_UNAVAILABLE = "plan_unavailable"
    PERSON_UNKNOWN = "person_unknown"
    POST_MALFORMED = "post_malformed"
    POST_UNKNOWN = "post_unknown"
    POSTS_FULL = "posts_full"
    PREDICTION_HARMFUL = "prediction_harmful"
    REASON_MALFORMED = "reason_malformed"
    NOT_FROZEN = "not_frozen"
    REGION_UNKNOWN = "region_unknown"
    REVISION_UNKNOWN = "revision_unknown"
    ROLLOUT_ELSEWHERE = "rollout_elsewhere"
    ROLLOUT_NONE = "rollout_none"
    ROLLOUT_UNDER_WAY = "rollout_under_way"
    SERVICE_UNKNOWN = "service_unknown"
    SITE_UNKNOWN = "site_unknown"
    SPOOL_NEEDED = "spool_needed"
    STANDBY_UNKNOWN = "standby_unknown"
    SPOOLER_UNAVAILABLE = "spooler_unavailable"
    SUGGESTION_UNKNOWN = "suggestion_unknown"
    TENANT_UNKNOWN = "tenant_unknown"
    TEXT_MALFORMED = "text_malformed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was changed, and why not. `prediction` is what was foretold, where it is refused for that."""

    code: RefusalCode
    message: str
    prediction: Prediction | None = None
