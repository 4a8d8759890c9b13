import pytest
import yaml

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.noisy_neighbour.cast import draw_cast
from holdfast.drills.noisy_neighbour.platform_file import write_platform
from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour
from holdfast.drills.stage.names import service_names
from holdfast.model.platform import Mode
from holdfast.spec import check_text

SCENARIO = load_scenario_of(NoisyNeighbour, "noisy-neighbour")


def write(services: int = 20, edges: int = 1, mode: Mode = Mode.ENFORCE) -> str:
    ports = range(8_001, 8_001 + edges)
    return write_platform(SCENARIO, services=services, edge_ports=ports, upstream_port=9_001, mode=mode)


@pytest.mark.parametrize(("services", "edges"), [(20, 1), (100, 2), (1_000, 2)])
@pytest.mark.parametrize("mode", list(Mode))
def test_the_platform_file_checks_clean(services: int, edges: int, mode: Mode) -> None:
    checked = check_text(write(services, edges, mode), "platform.yaml")
    assert checked.diagnostics == ()
    assert checked.platform is not None
    assert len(checked.platform.tenants) == services


def test_all_tenants_with_traffic_are_alike_in_the_platform_file() -> None:
    tenants = yaml.safe_load(write())["tenants"]
    services = [tenant["services"][name] for name, tenant in tenants.items()]
    for service in services:
        del service["hosts"]
    assert all(service == services[0] for service in services)


def test_the_same_seed_draws_the_same_and_another_one_differs() -> None:
    casts = [draw_cast(SCENARIO, seed) for seed in (7, 7, 8)]
    drawn = [(c.victim, c.usual_rps, c.flood_sources, c.draw_seed(), c.draw_kills(5, 100)) for c in casts]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_seeds_draw_every_tenant_as_the_victim() -> None:
    assert {draw_cast(SCENARIO, seed).victim for seed in range(300)} == set(service_names(SCENARIO.tenants))


@pytest.mark.parametrize("seed", range(20))
def test_usual_load_adds_up_and_stays_far_below_the_limit(seed: int) -> None:
    cast = draw_cast(SCENARIO, seed)
    assert sum(cast.usual_rps.values()) == pytest.approx(SCENARIO.tenants * SCENARIO.requests)
    assert cast.usual_rps[cast.victim_host] == SCENARIO.requests
    assert max(cast.usual_rps.values()) < SCENARIO.protections.limit / 2
    assert len(cast.bystander_hosts) == SCENARIO.tenants - 1


def test_no_service_with_traffic_is_killed_and_none_twice_while_there_are_others() -> None:
    killed = draw_cast(SCENARIO, 1).draw_kills(80, 100)
    assert len(set(killed)) == 80
    assert not set(killed) & set(service_names(SCENARIO.tenants))
    assert len(draw_cast(SCENARIO, 1).draw_kills(120, 100)) == 120


def test_the_full_form_can_be_scored() -> None:
    full = SCENARIO.full
    bystanders = SCENARIO.requests * (SCENARIO.tenants - 1)
    for pairs in (full.pairs.queue, full.pairs.reject):
        assert pairs >= 6
        assert pairs * full.block * bystanders >= 10_000
    assert full.kills.count >= 50
    assert full.kills.services == 1_000
