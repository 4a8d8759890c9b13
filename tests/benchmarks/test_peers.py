import re
from typing import get_args

import pytest
import yaml
from bench.bystanders import DRILL, describe_tenants
from bench.proxies import ProxyName, render_config
from bench.rejected import list_kinds, list_peer_kinds

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour

SCENARIO = load_scenario_of(NoisyNeighbour, DRILL)


def render_tenants(name: ProxyName) -> str:
    values = describe_tenants(SCENARIO)
    return render_config("tenants", name, port=18_080, folder="/run/bench", upstream_port=18_081, **values)


@pytest.mark.parametrize("name", get_args(ProxyName))
def test_every_tenant_is_served_with_the_limits_of_the_drill(name: ProxyName) -> None:
    text = render_tenants(name)
    hosts = {f"{tenant}.example" for tenant in ("tenant-01", f"tenant-{SCENARIO.tenants:02}")}
    assert all(host in text for host in hosts)
    assert re.search(rf"\b{SCENARIO.protections.maximum}\b", text)


def test_by_hand_every_tenant_has_a_bucket_and_walls_of_its_own() -> None:
    resources = yaml.safe_load(render_tenants("envoy"))["static_resources"]
    chains = resources["listeners"][0]["filter_chains"]
    hosts = chains[0]["filters"][0]["typed_config"]["route_config"]["virtual_hosts"]
    buckets = [next(iter(host["typed_per_filter_config"].values()))["token_bucket"] for host in hosts]
    rates = {each["tokens_per_fill"] / float(each["fill_interval"].rstrip("s")) for each in buckets}
    walls = {cluster["circuit_breakers"]["thresholds"][0]["max_requests"] for cluster in resources["clusters"]}
    assert (len(hosts), len(resources["clusters"])) == (SCENARIO.tenants, SCENARIO.tenants)
    assert (rates, walls) == ({SCENARIO.protections.limit}, {SCENARIO.protections.maximum})


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_peers_refuse_in_every_way_that_is_compared(name: ProxyName) -> None:
    text = render_config("rejections", name, port=18_080, folder="/run/bench", slow_port=18_081)
    for key, kind in list_peer_kinds(seconds=1).items():
        assert key == "unknown" or kind.requests.host in text
        assert str(kind.requests.status) in text or key == "block"


def test_what_is_nearest_is_measured() -> None:
    nearest = {kind.nearest for kind in list_kinds(seconds=1).values() if kind.nearest}
    assert nearest == set(list_peer_kinds(seconds=1))


def test_requests_of_a_kind_are_told_apart_by_host() -> None:
    for kinds in (list_kinds(seconds=1), list_peer_kinds(seconds=1)):
        hosts = [kind.requests.host for kind in kinds.values()]
        assert len(set(hosts)) == len(hosts)
