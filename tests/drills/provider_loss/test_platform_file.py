import pytest

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.provider_loss.places import EDGES, MAIL, PRIMARY, STANDBY
from holdfast.drills.provider_loss.platform_file import write_platform
from holdfast.drills.provider_loss.scenario import ProviderLoss
from holdfast.model.platform import Platform, Service
from holdfast.model.recovery import Policy
from holdfast.spec import check_text

SCENARIO = load_scenario_of(ProviderLoss, "provider-loss")
PORTS = {edge: 8_001 + place for place, edge in enumerate(EDGES)}


def read(*, protected: bool) -> Platform:
    checked = check_text(write_platform(SCENARIO, PORTS, 9_001, protected=protected), "")
    assert checked.diagnostics == ()
    assert checked.platform is not None
    return checked.platform


def list_services(platform: Platform) -> list[Service]:
    return [service for tenant in platform.tenants.values() for service in tenant.services.values()]


def test_services_of_the_primary_site_have_a_standby_and_move_by_themselves() -> None:
    at_home = [service for service in list_services(read(protected=True)) if service.upstream.site == PRIMARY]
    assert len(at_home) == 3
    for service in at_home:
        assert list(service.upstream.standbys) == [STANDBY]
        assert (service.failover.policy, service.failover.fail_back) == (Policy.AUTOMATIC, Policy.AUTOMATIC)


def test_mail_may_be_kept_for_later_in_the_order_of_its_key() -> None:
    mail = read(protected=True).tenants[MAIL.name].services[MAIL.name]
    assert [route.deferred.order_by for route in mail.routes if route.deferred] == [SCENARIO.mail.order_by]


def test_without_protections_there_is_one_place_for_each_service_and_nothing_is_kept() -> None:
    services = list_services(read(protected=False))
    assert not any(service.upstream.standbys for service in services)
    assert not any(route.deferred for service in services for route in service.routes)


@pytest.mark.parametrize("protected", [True, False])
def test_no_two_machines_share_an_address(protected: bool) -> None:
    upstreams = {service.upstream.site: service.upstream for service in list_services(read(protected=protected))}
    endpoints = [each for upstream in upstreams.values() for each in upstream.addresses]
    assert len(set(endpoints)) == len(endpoints) == len(upstreams) * SCENARIO.machines_each
