"""The finer points of the rules: what each must and must not complain about."""

from typing import Any

import pytest
import yaml

from holdfast.model.upstream import Retries
from holdfast.spec import Facts, add_facts, check_text, wanted_names, wanted_ports
from holdfast.spec.check import DIAGNOSTICS_MAX
from holdfast.spec.rules.upstream import multiply_load


def build(count: int = 1, **sections: Any) -> dict[str, Any]:
    """The tree of a sound platform with some services, and with some sections exchanged."""
    services = {
        f"s{index}": {"hosts": [f"s{index}.example.com"], "upstream": {"endpoints": [f"10.0.0.{index + 1}:80"]}}
        for index in range(count)
    }
    return {
        "holdfast": 1,
        "name": "demo",
        "clients": {"trusted_proxies": []},
        "locations": {"local": locate()},
        "tenants": {"acme": {"services": services}},
        **sections,
    }


def locate(
    in_flight: int = 100, requests: str = "5000/s", listens: tuple[str, ...] = ("127.0.0.1:8080",)
) -> dict[str, Any]:
    """The tree of a location."""
    edges = [{"name": f"edge-{index}", "listen": listen} for index, listen in enumerate(listens)]
    return {"edges": edges, "capacity": {"in_flight": in_flight, "requests": requests}}


def shop(**keys: Any) -> dict[str, Any]:
    """The tree of a platform whose one service has these keys besides."""
    tree = build()
    tree["tenants"]["acme"]["services"]["s0"].update(keys)
    return tree


def codes(tree: dict[str, Any]) -> list[str]:
    """The codes of everything found in a tree."""
    return [each.code for each in check_text(yaml.safe_dump(tree, sort_keys=False), "f").diagnostics]


def messages(tree: dict[str, Any]) -> str:
    """The words for everything found in a tree."""
    return "\n".join(each.message for each in check_text(yaml.safe_dump(tree, sort_keys=False), "f").diagnostics)


def test_a_wildcard_beside_a_name_below_it_is_no_mistake() -> None:
    assert codes(shop(hosts=["a.example.com", "*.example.com", "*.a.example.com", "example.com"])) == []


def test_the_same_host_in_two_tenants_names_both_places() -> None:
    tree = build()
    other = {"hosts": ["S0.Example.com"], "upstream": {"endpoints": ["10.0.9.9:80"]}}
    tree["tenants"]["globex"] = {"services": {"other": other}}
    text = yaml.safe_dump(tree, sort_keys=False)
    (found,) = check_text(text, "f").diagnostics
    first = next(index for index, line in enumerate(text.splitlines(), 1) if "s0.example.com" in line)
    assert found.code == "HF301"
    assert "tenants.acme.services.s0" in found.message
    assert f"(line {first}, " in found.message
    assert "S0.Example.com" in text.splitlines()[found.line - 1]


@pytest.mark.parametrize("domain", ["localhost", "test", "internal"])
def test_a_wildcard_over_a_private_domain_is_no_mistake(domain: str) -> None:
    assert codes(shop(hosts=[f"*.{domain}"])) == []


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("127.0.0.1:8080", "127.0.0.1:8081", []),
        ("127.0.0.1:8080", "127.0.0.2:8080", []),
        ("127.0.0.1:8080", "127.0.0.1:8080", ["HF311"]),
        ("0.0.0.0:8080", "127.0.0.1:8080", ["HF311"]),
        ("127.0.0.1:8080", "[::]:8080", ["HF311"]),
        ("[::1]:8080", "[0:0:0:0:0:0:0:1]:8080", ["HF311"]),
        ("0.0.0.0:8080", "[::1]:8080", []),
    ],
)
def test_listen_addresses_clash_where_only_one_could_be_bound(one: str, other: str, found: list[str]) -> None:
    assert codes(build(locations={"local": locate(listens=(one, other))})) == found


@pytest.mark.parametrize("endpoint", ["127.0.0.1:8080", "localhost:8080"])
def test_an_edge_as_its_own_upstream_is_a_loop(endpoint: str) -> None:
    assert codes(shop(upstream={"endpoints": [endpoint]})) == ["HF313"]
    everywhere = {**shop(upstream={"endpoints": [endpoint]}), "locations": {"local": locate(listens=("0.0.0.0:8080",))}}
    assert codes(everywhere) == ["HF313"]


def test_guarantees_above_capacity_come_with_the_numbers_and_the_biggest() -> None:
    tree = build(5)
    for index, service in enumerate(tree["tenants"]["acme"]["services"].values()):
        service["bulkhead"] = {"in_flight": {"guaranteed": 10 * (index + 1), "maximum": 60}}
    said = messages(tree)
    assert "add up to 150" in said
    assert "local carries 100" in said
    assert "s4 50, s3 40, s2 30, and 2 more" in said


def test_guarantees_by_default_count_for_every_service_that_states_none() -> None:
    defaults = {"bulkhead": {"in_flight": {"guaranteed": 30, "maximum": 40}}}
    assert codes(build(3, defaults=defaults)) == []
    assert "4 services by default 120" in messages(build(4, defaults=defaults))


def test_guarantees_must_fit_every_location() -> None:
    locations = {"big": locate(1000), "small": locate(20, listens=("127.0.0.1:8081",))}
    locations["small"]["edges"][0]["name"] = "other"
    tree = {**shop(bulkhead={"in_flight": {"guaranteed": 25, "maximum": 30}}), "locations": locations}
    said = messages(tree)
    assert "small carries 20" in said
    assert "big carries" not in said


def test_a_limit_by_default_is_held_to_capacity_too() -> None:
    assert codes(build(locations={"local": locate(requests="400/s")})) == ["HF412"]


def test_a_client_is_held_to_the_default_where_its_service_states_no_rate() -> None:
    assert codes(shop(limits={"per_client": {"requests": "500/s"}})) == []
    assert codes(shop(limits={"per_client": {"requests": "501/s"}})) == ["HF413"]


@pytest.mark.parametrize("burst", [{"burst": 20_001}, {"per_client": {"requests": "1/s", "burst": 20_001}}])
def test_bursts_are_held_to_the_bounds(burst: dict[str, Any]) -> None:
    assert codes(shop(limits=burst)) == ["HF411"]


@pytest.mark.parametrize(
    ("attempts", "budget", "load"),
    [(2, 0.2, 1.25), (2, 0.5, 2.0), (1, 1.0, 2.0), (5, 1.0, 6.0), (5, 0.75, 4.0), (0, 1.0, 1.0)],
)
def test_retries_multiply_load_by_attempts_or_by_budget_whichever_is_less(
    attempts: int, budget: float, load: float
) -> None:
    assert multiply_load(Retries(attempts_max=attempts, budget=budget)) == pytest.approx(load)


def test_retries_that_are_off_are_not_judged() -> None:
    retries = {"attempts_max": 0, "methods": ["POST"], "budget": "100%"}
    assert codes(shop(upstream={"endpoints": ["10.0.0.1:80"], "retries": retries})) == []


@pytest.mark.parametrize(("method", "found"), [("PUT", []), ("DELETE", []), ("POST", ["HF501"]), ("PATCH", ["HF501"])])
def test_only_methods_that_may_act_twice_need_a_key(method: str, found: list[str]) -> None:
    upstream: dict[str, Any] = {"endpoints": ["10.0.0.1:80"], "retries": {"methods": [method]}}
    assert codes(shop(upstream=upstream)) == found
    upstream["retries"]["idempotency_key"] = "Idempotency-Key"
    assert codes(shop(upstream=upstream)) == []


@pytest.mark.parametrize(
    ("accept", "found"),
    [
        ({"methods": ["POST"]}, []),
        ({"methods": ["GET"]}, ["HF511"]),
        ({"methods": ["GET"], "graphql": {"get_queries": True, "mutations": False}}, []),
        ({"methods": ["POST"], "graphql": {"get_queries": True}}, ["HF511"]),
        ({"content_types": ["application/json"]}, []),
        ({"content_types": ["application/*"]}, []),
        ({"content_types": ["text/plain"]}, ["HF511"]),
    ],
)
def test_graphql_must_be_able_to_get_in(accept: dict[str, Any], found: list[str]) -> None:
    assert codes(shop(accept={"graphql": {}, **accept})) == found


@pytest.mark.parametrize(
    ("network", "found"),
    [
        ("10.0.0.0/8", []),
        ("fc00::/7", []),
        ("192.0.2.1", []),
        ("0.0.0.0/1", ["HF601"]),
        ("::/0", ["HF601"]),
        ("2000::/3", ["HF601"]),
    ],
)
def test_only_ranges_that_hold_clients_are_too_wide_to_trust(network: str, found: list[str]) -> None:
    assert codes(build(clients={"trusted_proxies": [network]})) == found


@pytest.mark.parametrize(
    ("listen", "found"),
    [
        ("127.0.0.1:80", ["HF602"]),
        ("10.1.1.1:80", ["HF602"]),
        ("0.0.0.0:80", ["HF602"]),
        ("[::1]:80", ["HF602"]),
        ("8.8.8.8:80", []),
    ],
)
def test_trust_must_be_stated_where_a_proxy_may_stand_before_the_edges(listen: str, found: list[str]) -> None:
    assert codes(build(clients={}, locations={"local": locate(listens=(listen,))})) == found
    assert codes(build(clients={"trusted_proxies": []}, locations={"local": locate(listens=(listen,))})) == []


def test_trust_need_not_be_stated_where_no_client_has_a_limit() -> None:
    assert codes(build(clients={"ipv6_prefix": 128}, defaults={"limits": {"requests": "100/s"}})) == []


def test_facts_are_told_where_they_matter() -> None:
    tree = shop(upstream={"endpoints": ["gone.example.com:80", "10.0.0.1:80"], "health_check": {"path": "/"}})
    text = yaml.safe_dump(tree, sort_keys=False)
    checked = check_text(text, "f")
    assert checked.platform is not None
    assert wanted_names(checked.platform) == {"gone.example.com"}
    assert wanted_ports(checked.platform) == {"127.0.0.1:8080"}
    facts = Facts(unresolved=frozenset({"gone.example.com"}), ports_in_use=frozenset({"127.0.0.1:8080"}))
    found = add_facts(checked, facts)
    assert found.platform is None
    assert [each.code for each in found.diagnostics] == ["HF702", "HF701"]
    assert found.diagnostics == check_text(text, "f", facts).diagnostics


def test_a_service_that_cannot_be_read_does_not_hide_what_is_wrong_elsewhere() -> None:
    tree = build(3)
    services = tree["tenants"]["acme"]["services"]
    services["s0"]["hostz"] = 1
    services["s2"]["hosts"] = ["s1.example.com"]
    assert codes(tree) == ["HF201", "HF301"]


def test_a_section_that_cannot_be_read_is_not_blamed_for_more() -> None:
    tree = build(
        3, clients={"trusted_proxy": []}, defaults={"limits": 5}, bounds={"requests_max": "1/s", "burst_max": 0}
    )
    assert codes(tree) == ["HF201", "HF203", "HF206"]


def test_more_diagnostics_than_the_most_are_counted() -> None:
    tree = build(0)
    service = {"hosts": ["same.example.com"], "upstream": {"endpoints": ["10.0.0.1:80"]}}
    tree["tenants"]["acme"]["services"] = {f"s{index}": service for index in range(DIAGNOSTICS_MAX + 11)}
    checked = check_text(yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False), "f")
    assert checked.platform is None
    assert len(checked.diagnostics) == DIAGNOSTICS_MAX + 1
    assert checked.diagnostics[-1].code == "HF901"
    assert checked.diagnostics[-1].message.startswith("10 more")
