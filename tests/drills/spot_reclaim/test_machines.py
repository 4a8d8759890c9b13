"""Machines, their files, and whoever owns them: real processes, killed and replaced."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

import psutil
import pytest

from holdfast.adapters.endpoints.reading import read_endpoints
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.instruments import Placement
from holdfast.drills.spot_reclaim.contents import API_PATH, LARGE, hash_content, make_content, name_assets
from holdfast.drills.spot_reclaim.platform_file import write_protected, write_unprotected
from holdfast.drills.spot_reclaim.provider import Machine, Provider
from holdfast.drills.spot_reclaim.scenario import Machines, SpotReclaim
from holdfast.drills.spot_reclaim.traffic import list_assets, plan_traffic
from holdfast.drills.stage.machine import find_free_ports
from holdfast.spec import check_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCENARIO = load_scenario_of(SpotReclaim, "spot-reclaim")
FEW = Machines(stable=1, ephemeral=2, answer=0.001, listed_for=1.0)


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with Provider(FEW, tmp_path / "machines.json", find_free_ports(1)[0], Placement()) as started:
        yield started


def get(machine: Machine, path: str, method: str = "GET") -> tuple[int, bytes]:
    host, _, port = machine.endpoint.address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_machines_serve_files_and_count_what_they_are_asked(provider: Provider) -> None:
    machine = provider.alive[0]
    large = name_assets(LARGE, 1, 1_000_001)[0]
    assert get(machine, large) == (200, make_content(large))
    assert len(make_content(large)) == 1_000_001
    assert get(machine, large, "HEAD") == (200, b"")
    assert json.loads(get(machine, API_PATH)[1])["items"]
    assert get(machine, "/healthz") == (200, b"ok")
    assert get(machine, "/elsewhere")[0] == 404
    assert machine.read_served() == 4


def test_the_list_names_those_that_run(provider: Provider, tmp_path: Path) -> None:
    file, first = tmp_path / "machines.json", provider.alive[1]
    listed = read_endpoints(file.read_bytes())
    assert [each.ephemeral for each in listed] == [False, True, True]
    provider.kill(first)
    assert not psutil.pid_exists(first.process.pid)
    provider.publish()
    assert first.endpoint not in read_endpoints(file.read_bytes())
    second = provider.start(first.slot)
    provider.publish()
    assert second.endpoint in read_endpoints(file.read_bytes())
    assert second.endpoint.address != first.endpoint.address
    assert second.endpoint.ephemeral


def test_nothing_is_left_running(tmp_path: Path) -> None:
    with Provider(FEW, tmp_path / "machines.json", find_free_ports(1)[0], Placement()) as started:
        pids = [each.process.pid for each in started.alive]
    assert len(pids) == 3
    assert not any(map(psutil.pid_exists, pids))


def test_files_differ_and_their_hashes_are_theirs() -> None:
    paths = list_assets(SCENARIO)
    assert len({hash_content(path) for path in paths}) == len(paths) == SCENARIO.small.count + SCENARIO.large.count
    with pytest.raises(ValueError, match="there is no file"):
        make_content("/elsewhere/small-001-4.bin")


def test_both_platforms_are_sound(provider: Provider, tmp_path: Path) -> None:
    endpoints = [each.endpoint for each in provider.alive]
    texts = (
        write_protected(SCENARIO, [18080, 18081], tmp_path / "machines.json"),
        write_unprotected(SCENARIO, [18080, 18081], endpoints),
    )
    for text in texts:
        checked = check_text(text, "platform.yaml")
        assert checked.platform is not None, checked.diagnostics


def test_each_edge_is_asked_for_as_much() -> None:
    plans = plan_traffic(SCENARIO, [18080, 18081], 7, 10.0)
    assert {plan.seed for plan in plans} == {7, 8}
    asked = [sum(window.rps for load in plan.hosts for window in load.rates) for plan in plans]
    whole = SCENARIO.small.requests + SCENARIO.large.requests + SCENARIO.api
    assert asked == pytest.approx([whole / 2] * 2)
