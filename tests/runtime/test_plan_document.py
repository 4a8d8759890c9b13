"""Plans as documents: bounded, the worst first, quantities as people write them."""

from typing import Any

import pytest

from holdfast.model.danger import Danger
from holdfast.model.recorded import RecordedRequest
from holdfast.rollout.changes import ChangeKind, Edit, PlatformChange, ServiceChange
from holdfast.rollout.outcomes import Difference, Outcome
from holdfast.rollout.plan import Plan
from holdfast.runtime.plan_document import show_plan
from holdfast.views.plan import DIFFERENCES_MAX, PlanDocument

SERVED = Outcome(200, "shop", endpoints=("192.0.2.1:80",))
LOST = Outcome(404, "shop", cause="no-route")


def differ(path: str, weight: float, new: Outcome = SERVED) -> Difference:
    return Difference(RecordedRequest(method="GET", host="a", path=path, weight=weight), SERVED, new, ("path",))


@pytest.mark.parametrize(
    ("path", "old", "shown"),
    [
        ("limits.requests", 200.0, "200/s"),
        ("limits", {"requests": 0.5, "burst": None, "per_client": None}, {"requests": "30/min"}),
        ("accept.body_max", 65_536, "64KiB"),
        ("upstream.timeouts.request", 0.25, "250ms"),
        ("routes", [{"name": "a", "timeout": 5.0, "upstream": None}], [{"name": "a", "timeout": "5s"}]),
        ("routes", [{"name": "a", "request_headers": {"set": {}, "remove": []}}], [{"name": "a"}]),
        ("routes[0].timeout", 5.0, "5s"),
        ("hosts[0]", "a.example", "a.example"),
        ("upstreams.files.endpoints", ["192.0.2.1:80"], ["192.0.2.1:80"]),
        ("tenant", "acme", "acme"),
        ("internal", True, True),
        ("limits.requests", None, None),
    ],
)
def test_what_stands_in_the_file_is_shown_as_it_is_written(path: str, old: Any, shown: Any) -> None:
    change = ServiceChange("shop", "acme", ChangeKind.CHANGED, (Edit(path, old, None),))
    document = show_plan(Plan(changes=PlatformChange({"shop": change}, ())))
    assert document.changes.services[0].edits[0].old == shown


def test_what_all_share_is_shown_so_too() -> None:
    edits = (Edit("bounds.requests_max", 10_000.0, 50.0), Edit("locations.here.capacity.requests", 1_000.0, 10.0))
    document = show_plan(Plan(changes=PlatformChange({}, edits)))
    assert [(each.old, each.new) for each in document.changes.shared] == [("10000/s", "50/s"), ("1000/s", "10/s")]


def test_the_worst_differences_come_first_and_they_are_bounded() -> None:
    many = [differ(f"/{n}", n + 1) for n in range(DIFFERENCES_MAX + 10)]
    document = show_plan(Plan(differences=(*many, differ("/lost", 1, LOST)), asked=5_000))
    assert (document.different, document.asked, len(document.differences)) == (1_011, 5_000, DIFFERENCES_MAX)
    assert [each.request.path for each in document.differences[:2]] == ["/lost", f"/{DIFFERENCES_MAX + 9}"]
    assert document.differences[0].loses


def test_codes_that_are_not_confirmed_are_told_once() -> None:
    dangers = (Danger("a", "x"), Danger("b", "y"), Danger("a", "z"))
    assert show_plan(Plan(dangers=dangers)).unconfirmed == ("a", "b")
    half = show_plan(Plan(dangers=dangers), ("a",), 7)
    assert (half.verdict, half.unconfirmed, half.against) == ("confirm", ("b",), 7)
    assert show_plan(Plan(dangers=dangers), ("a", "b")).verdict == "sound"
    assert PlanDocument.model_validate_json(half.model_dump_json()) == half
