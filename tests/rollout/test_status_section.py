"""The status site's section: the platform's to say, and no service's concern."""

from typing import Any

from fakes.status_site import make_platform
from holdfast.compile import compile_snapshot, find_service_of
from holdfast.model.intent import Intent
from holdfast.rollout.changes import find_changes
from holdfast.rollout.ownership import find_trespasses
from holdfast.rollout.passages import find_passages


def make_intent(**site: Any) -> Intent:
    return Intent(make_platform(**site))


def test_an_owner_may_not_change_it() -> None:
    old, new = make_intent(), make_intent(names=True)
    (trespass,) = find_trespasses(old, new, frozenset({"hidden-tenant"}))
    assert trespass.path == ("status", "names")
    assert "the same for all tenants" in trespass.message


def test_a_change_of_it_reaches_no_service() -> None:
    old, new = make_intent(), make_intent(title="Another name", publish="auto")
    change = find_changes(old, new)
    assert {edit.path for edit in change.shared} == {"status.title", "status.publish"}
    assert not change.services
    for location in old.platform.locations:
        before, after = (compile_snapshot(intent, location) for intent in (old, new))
        assert not find_passages(before, after, find_service_of)
