from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.alerts import EARLIER_S, AlertReading, read_alerts
from holdfast.model.alert import AlertGroup
from holdfast.model.incident import TITLE_CHARACTERS_MAX, Impact
from holdfast.model.paging import AlertLabels

NOW = 1_795_000_000.0
"""2026-11-18 11:06:40 UTC."""


def read(*alerts: dict[str, Any], labels: AlertLabels | None = None, **more: Any) -> AlertReading:
    group = AlertGroup.model_validate(
        {"version": "4", "groupKey": "key", "status": "firing", "alerts": [{"status": "firing", **a} for a in alerts]}
        | more
    )
    return read_alerts(group, labels or AlertLabels(), {"shop", "mail"}, {"store"}, NOW)


def test_the_highest_severity_of_those_that_fire_counts() -> None:
    warning, critical = {"labels": {"severity": "warning"}}, {"labels": {"severity": "Critical"}}
    assert read(warning).impact is Impact.MINOR
    assert read(warning, critical).impact is Impact.CRITICAL
    assert read(warning, critical | {"status": "resolved"}).impact is Impact.MINOR
    assert read({"labels": {"severity": "dire"}}).impact is Impact.MAJOR
    assert read().impact is Impact.MAJOR


def test_labels_mean_what_the_paging_file_says() -> None:
    labels = AlertLabels(severity="priority", impacts={"p1": Impact.MINOR}, team="squad", service="app")
    reading = read({"labels": {"priority": "p1", "squad": "core", "app": "mail"}}, labels=labels)
    assert (reading.impact, reading.team, reading.services) == (Impact.MINOR, "core", ("mail",))


def test_only_what_there_is_is_taken_for_a_service_or_component() -> None:
    reading = read({"labels": {"service": "shop"}}, {"labels": {"service": "elsewhere", "component": "store"}})
    assert (reading.services, reading.components) == (("shop",), ("store",))


def test_the_title_says_what_is_common() -> None:
    alert = {"labels": {"alertname": "Slow"}, "annotations": {"summary": "it is\nslow\x1b[0m"}}
    assert read(alert).title == "Slow: it is slow [0m"
    assert read(alert, alert).title == "Slow: it is slow [0m (2 alerts)"
    assert read().title == "alert"


def test_it_began_when_the_first_alert_did_unless_that_is_unbelievable() -> None:
    assert read({"startsAt": "2026-11-18T11:00:00Z"}, {"startsAt": "2026-11-18T11:05:00Z"}).began_at == NOW - 400
    assert read({"startsAt": "0001-01-01T00:00:00Z"}).began_at == NOW
    assert read({"startsAt": "2126-11-18T11:00:00Z"}).began_at == NOW


texts = st.text(max_size=300)
labelled = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(st.sampled_from(["alertname", "severity", "service", "team"]), texts, max_size=4),
        "annotations": st.fixed_dictionaries({"summary": texts}),
    },
)


@given(st.lists(labelled, max_size=5))
def test_whatever_an_alert_says_becomes_one_bounded_printable_title(alerts: list[dict[str, Any]]) -> None:
    reading = read(*alerts)
    assert 0 < len(reading.title) <= TITLE_CHARACTERS_MAX
    assert reading.title.isprintable()
    assert reading.title.strip() == reading.title
    assert NOW - EARLIER_S <= reading.began_at <= NOW
