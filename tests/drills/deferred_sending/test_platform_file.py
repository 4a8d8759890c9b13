import pytest

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.deferred_sending.platform_file import NOT_FOUND, Edition, PlatformFile
from holdfast.drills.deferred_sending.scenario import DeferredSending
from holdfast.model.diagnostic import Severity
from holdfast.model.platform import Service
from holdfast.model.route import Route
from holdfast.spec import check_text

SCENARIO = load_scenario_of(DeferredSending, "deferred-sending")
EDGES, UPSTREAM, STRANGER = [8_001, 8_002], 9_001, 9_002


def list_services(edition: Edition, *, protected: bool = True) -> list[Service]:
    file = PlatformFile(SCENARIO, SCENARIO.short, EDGES, UPSTREAM, STRANGER, protected=protected)
    checked = check_text(file.write(edition), "")
    assert {each.severity for each in checked.diagnostics} <= {Severity.WARNING}
    assert checked.platform is not None
    return [service for tenant in checked.platform.tenants.values() for service in tenant.services.values()]


def find_sending(service: Service) -> Route:
    return next(route for route in service.routes if route.name == "send")


@pytest.mark.parametrize(("edition", "port"), [(Edition.WORKING, UPSTREAM), (Edition.BROKEN, STRANGER)])
def test_messages_of_every_service_lead_to_the_upstream_or_to_the_stranger(edition: Edition, port: int) -> None:
    services = list_services(edition)
    assert len(services) == SCENARIO.short.services
    for service in services:
        named = find_sending(service).upstream
        upstream = service.upstreams[named] if named else service.upstream
        assert upstream.addresses == (f"127.0.0.1:{port}",)


def test_messages_may_be_kept_also_where_the_upstream_knows_nothing_of_them() -> None:
    for service in list_services(Edition.BROKEN):
        deferred = find_sending(service).deferred
        assert deferred is not None
        assert (deferred.order_by, deferred.also_on) == (SCENARIO.order_by, (NOT_FOUND,))


def test_without_protections_nothing_is_kept() -> None:
    assert all(find_sending(each).deferred is None for each in list_services(Edition.BROKEN, protected=False))
