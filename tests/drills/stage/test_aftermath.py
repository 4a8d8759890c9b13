"""What is made of the incidents that a drill leaves."""

from typing import Any

from fakes.postmortems import make_sight
from holdfast.drills.catalogue import load_scenario
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.aftermath import COMPONENTS_MAX, Aftermath, add_status_site, measure_aftermath, names_any
from holdfast.incidents.postmortem.making import make_postmortem
from holdfast.spec import STARTER, check_text, dump_platform


def measure(*aftermaths: Aftermath, short: bool = False) -> Sheet[Any]:
    sheet: Sheet[Any] = Sheet(load_scenario("surge-attack"), 1, protected=True, short=short)
    measure_aftermath(sheet, aftermaths)
    return sheet


def list_failing(sheet: Sheet[Any]) -> set[str]:
    return {name for name, measured in sheet.measures.items() if measured.ok is False}


def test_every_holdfast_leaves_one_and_all_are_told_and_whole() -> None:
    assert list_failing(measure(Aftermath(2, 1, 1, 2), Aftermath(1, 0, 0, 1))) == set()
    assert list_failing(measure(Aftermath(1, 1, 1, 1), Aftermath(0, 0, 0, 0))) == {"incidents_opened"}
    assert list_failing(measure(Aftermath(2, 2, 1, 2))) == {"incidents_told"}
    assert list_failing(measure(Aftermath(2, 1, 1, 1, ("traffic",)))) == {"incidents_publishable"}


def test_a_short_form_only_tells_and_nothing_is_scored_where_nobody_looked() -> None:
    assert list_failing(measure(Aftermath(0, 0, 0, 0), short=True)) == set()
    assert measure().measures == {}


def test_every_service_has_a_component_that_doesnt_name_it() -> None:
    platform = check_text(STARTER, "platform.yaml").platform
    assert platform is not None
    changed = check_text(dump_platform(add_status_site(platform)), "platform.yaml").platform
    assert changed is not None
    assert changed.status is not None
    told = {each.title: each.services for each in changed.status.components.values()}
    assert told == {"Service 1": ("acme-shop",), "Service 2": ("acme-graph",)}


def test_components_stay_few_and_have_all_services() -> None:
    platform = check_text(STARTER, "platform.yaml").platform
    assert platform is not None
    (service, *_), (tenant, *_) = ([*each] for each in (platform.tenants["acme"].services.values(), platform.tenants))
    names = [f"s-{number}" for number in range(2 * COMPONENTS_MAX + 1)]
    many = platform.tenants[tenant].model_copy(update={"services": dict.fromkeys(names, service)})
    site = add_status_site(platform.model_copy(update={"tenants": {tenant: many}})).status
    assert site is not None
    assert len(site.components) <= COMPONENTS_MAX
    assert [name for each in site.components.values() for name in each.services] == names
    assert site.components["part-1"].title == "Services 1 to 3"


def test_a_name_is_a_word_of_what_is_told() -> None:
    told = make_postmortem(make_sight(), public=False)
    assert names_any(told, ["acme-shop"])
    assert not names_any(told, ["acme-sho", "shop", "title"])
    assert not names_any(make_postmortem(make_sight(), public=True), ["acme-shop", "globex-api"])
