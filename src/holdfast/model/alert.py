"""What Prometheus' Alertmanager tells a webhook (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).

What it adds in later versions is passed over.
"""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

ALERTS_MAX: Final = 10_000
Labels = Annotated[
    dict[Annotated[str, StringConstraints(max_length=1_024)], Annotated[str, StringConstraints(max_length=65_536)]],
    Field(max_length=1_000),
]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Alert(_Told):
    """One alert of a group."""

    status: Literal["firing", "resolved"]
    labels: Labels = Field(default_factory=dict)
    annotations: Labels = Field(default_factory=dict)
    starts_at: Annotated[AwareDatetime | None, Field(alias="startsAt")] = None


class AlertGroup(_Told):
    """Alerts that Alertmanager tells of together; it is resolved when all of them are."""

    version: Literal["4"]
    group_key: Annotated[str, StringConstraints(min_length=1, max_length=65_536), Field(alias="groupKey")]
    status: Literal["firing", "resolved"]
    receiver: Annotated[str, StringConstraints(max_length=1_024)] = ""
    common_labels: Annotated[Labels, Field(alias="commonLabels")] = Field(default_factory=dict)
    group_labels: Annotated[Labels, Field(alias="groupLabels")] = Field(default_factory=dict)
    common_annotations: Annotated[Labels, Field(alias="commonAnnotations")] = Field(default_factory=dict)
    alerts: Annotated[tuple[Alert, ...], Field(max_length=ALERTS_MAX)] = ()
