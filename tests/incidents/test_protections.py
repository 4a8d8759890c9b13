"""The protections page: what is in force, for how many, and no number or name unless that is allowed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.status_site import make_platform
from holdfast.incidents.protections import list_protections, tell_reach
from holdfast.model.platform import Mode, Platform

PLAIN: dict[str, Any] = {}
CHOOSY = {"accept": {"methods": ["GET"]}}


def find_reaches(platform: Platform) -> dict[str, str]:
    return {each.title: each.reach for each in list_protections(platform)}


def test_what_is_there_for_everybody_is_said_of_every_service() -> None:
    reaches = find_reaches(make_platform())
    assert reaches["Limits on requests"] == "For every service"
    assert reaches["Changes in small steps"] == "At every location"


def test_what_is_not_in_force_is_not_said() -> None:
    reaches = find_reaches(make_platform())
    missing = {"Accepted now, delivered later", "Last good copies", "A second place", "Only what is expected"}
    assert not missing & set(reaches)
    observing = find_reaches(make_platform().model_copy(update={"mode": Mode.OBSERVE}))
    assert not {"Limits on requests", "Walls between customers", "A switch for every service"} & set(observing)


@pytest.mark.parametrize(
    ("choosy", "total", "reach"),
    [
        (3, 3, "For every service"),
        (2, 3, "For most services"),
        (1, 3, "For many services"),
        (1, 9, "For some services"),
    ],
)
def test_how_many_services_have_something_is_said_in_words(choosy: int, total: int, reach: str) -> None:
    services = {f"s{n}": CHOOSY if n < choosy else PLAIN for n in range(total)}
    components = {"all": {"title": "All", "services": list(services)}}
    assert find_reaches(make_platform(components, services=services))["Only what is expected"] == reach


def test_numbers_are_said_only_where_that_is_allowed() -> None:
    shy, open_ = make_platform(), make_platform(protections={"numbers": True})
    told = " ".join(f"{each.title} {each.text} {each.reach}" for each in list_protections(shy))
    assert not any(character.isdigit() for character in told)
    assert not any(each.numbers for each in list_protections(shy))
    assert any("500 requests a second" in line for each in list_protections(open_) for line in each.numbers)


def test_neither_services_nor_tenants_are_named() -> None:
    for platform in (make_platform(), make_platform(protections={"numbers": True})):
        told = repr(list_protections(platform))
        assert "secret" not in told
        assert "hidden" not in told


@given(st.integers(1, 1_000), st.data())
def test_more_services_are_never_said_with_a_smaller_word(total: int, data: st.DataObject) -> None:
    few = data.draw(st.integers(1, total))
    order = ["For some services", "For many services", "For most services", "For every service"]
    assert order.index(tell_reach(few, total)) <= order.index(tell_reach(total, total)) == 3
