"""Changes that have taken platforms down before are named, each by what proves it; those like them aren't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.recorded import PlatformUsage, RecordedRequest, Usage
from holdfast.model.units import WRITTEN
from holdfast.rollout.changes import find_changes
from holdfast.rollout.danger import Change, Danger
from holdfast.rollout.dangers import find_dangers
from holdfast.rollout.outcomes import Outcome, find_differences

if TYPE_CHECKING:
    from collections.abc import Sequence

TENANTS = ("acme", "bolt", "corn", "dune")


def make_platform() -> dict[str, Any]:
    """Four tenants with three services each."""
    return {
        "holdfast": 1,
        "name": "small",
        "clients": {"trusted_proxies": ["10.0.0.0/8"]},
        "locations": {
            "here": {
                "edges": [{"name": "edge-1", "listen": "127.0.0.1:8080"}],
                "capacity": {"in_flight": 200, "requests": "2000/s"},
            }
        },
        "tenants": {
            tenant: {
                "services": {
                    f"{tenant}-{n}": {
                        "hosts": [f"s{n}.{tenant}.example"],
                        "upstream": {"endpoints": [f"10.1.{TENANTS.index(tenant)}.{n}:80"]},
                    }
                    for n in (1, 2, 3)
                }
            }
            for tenant in TENANTS
        },
    }


def service(platform: dict[str, Any], name: str) -> dict[str, Any]:
    tenant = name.partition("-")[0]
    found: dict[str, Any] = platform["tenants"][tenant]["services"][name]
    return found


def read(platform: dict[str, Any]) -> Intent:
    return Intent(Platform.model_validate(platform, context=WRITTEN))


def find(new: dict[str, Any], old: dict[str, Any] | None = None, **known: Any) -> list[Danger]:
    before, after = read(old or make_platform()), read(new)
    return list(find_dangers(Change(before, after, find_changes(before, after), **known)))


def codes(dangers: Sequence[Danger]) -> list[str]:
    return [danger.code for danger in dangers]


def test_the_same_platform_is_no_danger() -> None:
    assert find(make_platform()) == []


def test_a_host_that_moves_to_another_tenant_is_named() -> None:
    new = make_platform()
    service(new, "bolt-1")["hosts"].append("s1.acme.example")
    service(new, "acme-1")["hosts"] = ["new.acme.example"]
    (danger,) = find(new)
    assert danger.code == "host-moves-tenant"
    assert (danger.services, danger.evidence) == (("acme-1", "bolt-1"), ("s1.acme.example",))


def test_a_host_that_moves_within_a_tenant_is_no_danger() -> None:
    new = make_platform()
    service(new, "acme-2")["hosts"].append("s1.acme.example")
    service(new, "acme-1")["hosts"] = ["new.acme.example"]
    assert find(new) == []


@pytest.mark.parametrize(("owner", "found"), [("bolt-1", ["host-across-tenants"] * 3), ("acme-1", [])])
def test_a_wildcard_over_anothers_domain_is_named(owner: str, found: list[str]) -> None:
    new = make_platform()
    service(new, owner)["hosts"].append("*.acme.example")
    assert codes(find(new)) == found


def test_many_hosts_that_are_gone_are_named() -> None:
    new = make_platform()
    del new["tenants"]["dune"]
    assert codes(find(new)) == ["hosts-gone"]
    assert "3 of 12" in find(new)[0].message


def test_a_platform_that_doubled_is_named() -> None:
    new = make_platform()
    for tenant in TENANTS:
        services = new["tenants"][tenant]["services"]
        for n in (1, 2, 3):
            services[f"{tenant}-{n}0"] = {**services[f"{tenant}-{n}"], "hosts": [f"s{n}0.{tenant}.example"]}
    assert "grown" in codes(find(new))


@pytest.mark.parametrize(
    "edit", [{"mode": "observe"}, {"defaults": {"response": "act"}}, {"defaults": {"criticality": "critical_plus"}}]
)
def test_a_word_for_everybody_is_named(edit: dict[str, Any]) -> None:
    (danger,) = find({**make_platform(), **edit})
    assert (danger.code, len(danger.services)) == ("policy-for-many", 12)


def test_proxies_that_are_no_longer_trusted_are_named() -> None:
    assert codes(find({**make_platform(), "clients": {"trusted_proxies": []}})) == ["trust-withdrawn"]
    assert find({**make_platform(), "clients": {"trusted_proxies": ["10.0.0.0/8", "192.0.2.0/24"]}}) == []


def test_an_endpoint_that_answers_for_everybody_is_named() -> None:
    new = make_platform()
    for tenant in TENANTS:
        for each in new["tenants"][tenant]["services"].values():
            each["upstream"] = {"endpoints": ["10.9.9.9:80"]}
    assert codes(find(new)) == ["endpoint-takes-over"]


def test_anothers_endpoint_and_a_dead_one_are_named() -> None:
    new = make_platform()
    service(new, "acme-1")["upstream"]["endpoints"].append("10.1.1.1:80")
    service(new, "acme-2")["upstream"]["endpoints"].append("10.1.0.9:80")
    found = find(new, dead=frozenset({"10.1.0.9:80", "10.1.0.3:80"}))
    assert codes(found) == ["endpoint-of-another", "endpoint-dead"]
    assert found[1].services == ("acme-2",)


@pytest.mark.parametrize(("rate", "found"), [("50/s", ["limit-below-usual"]), ("150/s", []), ("900/s", [])])
def test_limits_below_what_is_usual_are_named(rate: str, found: list[str]) -> None:
    new = make_platform()
    service(new, "acme-1")["limits"] = {"requests": rate}
    usage = PlatformUsage(services={"acme-1": Usage(rps=60.0, peak_rps=120.0)})
    assert codes(find(new, usage=usage)) == found


def test_limits_that_only_were_observed_are_looked_at_when_they_begin() -> None:
    old, new = make_platform(), make_platform()
    for each in (old, new):
        service(each, "acme-1")["limits"] = {"requests": "100/s"}
    service(old, "acme-1")["mode"] = "observe"
    usage = PlatformUsage(services={"acme-1": Usage(rps=60.0, peak_rps=120.0)})
    assert codes(find(new, old, usage=usage)) == ["limit-below-usual"]


def test_a_location_that_is_gone_is_named() -> None:
    new = make_platform()
    new["locations"] = {"there": new["locations"].pop("here")}
    assert "location-gone" in codes(find(new, usage=PlatformUsage(locations={"here": Usage(rps=10.0)})))


@pytest.mark.parametrize(("timeout", "found"), [("1s", ["timeout-below-usual"]), ("5s", [])])
def test_timeouts_below_what_answers_take_are_named(timeout: str, found: list[str]) -> None:
    new = make_platform()
    service(new, "acme-1")["upstream"]["timeouts"] = {"request": timeout}
    slow = RecordedRequest(method="GET", host="s1.acme.example", path="/report", latency_s=2.5)
    assert codes(find(new, requests=(slow,))) == found


def test_services_that_others_call_stay_internal() -> None:
    old, new = make_platform(), make_platform()
    service(old, "acme-1")["internal"] = True
    call = RecordedRequest(method="GET", host="s1.acme.example", path="/", caller="bolt-2", weight=7)
    (danger,) = find(new, old, requests=(call,))
    assert (danger.code, danger.evidence) == ("internal-no-more", ("bolt-2 (7)",))


def differ(old: Outcome, new: Outcome, **request: Any) -> Any:
    asked = RecordedRequest(**{"method": "GET", "host": "s1.acme.example", "path": "/a", **request})
    return tuple(find_differences([asked], [old], [new]))


SERVED = Outcome(status=200, service="acme-1", endpoints=("10.1.0.1:80",), path="/a", host="s1.acme.example")
LOST = Outcome(status=404, service="acme-1", cause="no-route")


def test_requests_that_would_be_lost_are_named_with_who_asks() -> None:
    new = make_platform()
    service(new, "acme-1")["routes"] = [{"name": "b", "match": {"path": {"prefix": "/b"}}}]
    differences = differ(SERVED, LOST, caller="bolt-1", weight=70)
    (danger,) = find(new, differences=differences)
    assert danger.code == "requests-lost"
    assert danger.services == ("acme-1", "bolt-1")
    assert danger.evidence == ("GET s1.acme.example/a: 200 → 404 (no-route)",)
    assert "70 were recorded" in danger.message


def test_what_was_refused_before_may_be_refused_otherwise() -> None:
    new = make_platform()
    service(new, "acme-1")["routes"] = [{"name": "b", "match": {"path": {"prefix": "/b"}}}]
    refused = Outcome(status=405, service="acme-1", cause="accept.methods")
    assert find(new, differences=differ(refused, LOST)) == []


def test_a_stranger_that_differs_is_named_unless_all_share_what_was_changed() -> None:
    new = make_platform()
    service(new, "bolt-1")["criticality"] = "critical"
    elsewhere = Outcome(status=200, service="acme-1", endpoints=("10.1.0.2:80",), path="/a", host="s1.acme.example")
    assert codes(find(new, differences=differ(SERVED, elsewhere))) == ["stranger-differs"]
    new["access_log"] = {"share": "5%"}
    assert find(new, differences=differ(SERVED, elsewhere)) == []


def test_pages_of_known_users_that_become_everybodys_are_named() -> None:
    new = make_platform()
    service(new, "acme-1")["criticality"] = "critical"
    private, public = (
        Outcome(status=200, service="acme-1", endpoints=("e",), answered=(("cache-control", value),))
        for value in ("no-store", "public, max-age=600")
    )
    cookie = {"headers": (("cookie", "present"),)}
    assert codes(find(new, differences=differ(private, public, **cookie))) == ["private-made-public"]
    assert find(new, differences=differ(private, public)) == []


def test_a_probe_that_fails_is_named() -> None:
    probe = RecordedRequest(method="GET", host="s1.acme.example", path="/healthz", expect=200)
    assert codes(find(make_platform(), failing_probes=((probe, 404),))) == ["probe-fails"]
