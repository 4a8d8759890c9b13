"""JSON in Statuspage's shape: the same keys, the same words, and ids that stay."""

import json
from typing import Any

import pytest

from fakes.status_site import (
    HOSTILE,
    NOW,
    make_document,
    make_full_state,
    make_measured,
    make_platform,
    make_record,
    make_state,
)
from holdfast.adapters.status_site import SiteRenderer
from holdfast.model.downtime import Standing
from holdfast.model.incident import Impact, Phase
from holdfast.model.status_document import StatusDocument

COMPONENT = {
    "id", "name", "status", "created_at", "updated_at", "position", "description", "showcase", "start_date", "group_id",
    "page_id", "group", "only_show_if_degraded",
}  # fmt: skip
INCIDENT = {
    "id", "name", "status", "created_at", "updated_at", "monitoring_at", "resolved_at", "impact", "shortlink",
    "started_at", "page_id", "incident_updates", "components",
}  # fmt: skip
UPDATE = {
    "id", "status", "body", "incident_id", "created_at", "updated_at", "display_at", "affected_components",
    "deliver_notifications", "custom_tweet", "tweet_id",
}  # fmt: skip
ANSWERS = {
    "summary": {"page", "components", "incidents", "scheduled_maintenances", "status"},
    "status": {"page", "status"},
    "components": {"page", "components"},
    "incidents": {"page", "incidents"},
    "incidents/unresolved": {"page", "incidents"},
    "scheduled-maintenances": {"page", "scheduled_maintenances"},
    "scheduled-maintenances/upcoming": {"page", "scheduled_maintenances"},
    "scheduled-maintenances/active": {"page", "scheduled_maintenances"},
}


def read(document: StatusDocument, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(SiteRenderer().render(document)[f"api/v2/{name}.json"])
    return answer


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_has_its_keys(name: str) -> None:
    answer = read(make_document(make_full_state(HOSTILE)), name)
    assert set(answer) == ANSWERS[name]
    assert set(answer["page"]) == {"id", "name", "url", "time_zone", "updated_at"}
    for component in answer.get("components", ()):
        assert set(component) == COMPONENT | ({"components"} if component["group"] else set())
    for incident in answer.get("incidents", ()):
        assert set(incident) == INCIDENT
        assert all(set(update) == UPDATE for update in incident["incident_updates"])
    for window in answer.get("scheduled_maintenances", ()):
        assert set(window) == INCIDENT | {"scheduled_for", "scheduled_until"}
        assert window["impact"] == "maintenance"


def test_each_list_has_what_belongs_into_it() -> None:
    document = make_document(make_full_state())
    ids = {}
    for name, keys in ANSWERS.items():
        for kind in keys & {"incidents", "scheduled_maintenances"} if name != "summary" else ():
            ids[name] = [each["id"] for each in read(document, name)[kind]]
    assert ids == {
        "incidents": ["i-2", "i-1"],
        "incidents/unresolved": ["i-2"],
        "scheduled-maintenances": ["w-1", "w-2", "w-3"],
        "scheduled-maintenances/upcoming": ["w-1"],
        "scheduled-maintenances/active": ["w-2"],
    }


def test_a_group_is_a_component_that_has_others_and_is_as_its_worst() -> None:
    document = make_document(make_state([make_record(impact=Impact.MAJOR)]))
    shop, api, group = read(document, "components")["components"]
    assert (group["group"], group["components"], group["name"]) == (True, ["shop"], "Shops")
    assert (group["status"], shop["status"], api["status"]) == ("partial_outage", "partial_outage", "operational")
    assert (shop["group_id"], api["group_id"]) == (group["id"], None)


def test_posts_are_updates_the_newest_first() -> None:
    record = make_record("i-1", "first", "second", phase=Phase.MONITORING)
    (incident,) = read(make_document(make_state([record])), "incidents")["incidents"]
    assert [update["body"] for update in incident["incident_updates"]] == ["second", "first"]
    assert [update["id"] for update in incident["incident_updates"]] == ["i-1-2", "i-1-1"]
    assert (incident["status"], incident["resolved_at"]) == ("monitoring", None)


def test_where_the_site_is_read_is_in_every_link() -> None:
    document = make_document(make_full_state(), make_platform(url="https://status.acme.example/"))
    (incident,) = read(document, "incidents/unresolved")["incidents"]
    assert incident["shortlink"] == "https://status.acme.example/incidents/i-2.html"


@pytest.mark.parametrize("standing", Standing)
def test_the_indicator_is_one_of_statuspages(standing: Standing) -> None:
    document = make_document(measured=make_measured(make_platform(), standing))
    assert read(document, "status")["status"]["indicator"] in {"none", "minor", "major", "critical"}


def test_ids_stay_whatever_else_happens() -> None:
    early = read(make_document(make_full_state()), "summary")
    late = read(make_document(make_full_state("other words"), now=NOW + 999), "summary")
    for kind in ("components", "incidents", "scheduled_maintenances"):
        assert [each["id"] for each in early[kind]] == [each["id"] for each in late[kind]]
