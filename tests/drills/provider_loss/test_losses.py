"""The primary site lost in every way that needs no edge, on real processes: what a client of its machines meets."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from holdfast.drills.broken import DrillBroken
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.instruments import Placement
from holdfast.drills.provider_loss.cast import Trouble
from holdfast.drills.provider_loss.losses import Losses
from holdfast.drills.provider_loss.machines import Sites
from holdfast.drills.provider_loss.places import ELSEWHERE, PRIMARY, STANDBY, find_address
from holdfast.drills.provider_loss.scenario import Loss, ProviderLoss
from holdfast.drills.stage.machine import find_free_ports

SCENARIO = load_scenario_of(ProviderLoss, "provider-loss")
PATIENCE_S = 0.3
WELL, REFUSED, UNREACHABLE, SILENT = "well", "refused", "unreachable", "silent"


@pytest.fixture
def port() -> int:
    return find_free_ports(1)[0]


@pytest.fixture
def sites(tmp_path: Path, port: int) -> Iterator[Sites]:
    with Sites(SCENARIO, port, tmp_path / "ledgers", Placement()) as sites:
        yield sites


def meet(site: str, number: int, port: int, patience_s: float = PATIENCE_S) -> str:
    try:
        caller = socket.create_connection((find_address(site, number), port), timeout=patience_s)
    except ConnectionRefusedError:
        return REFUSED
    except TimeoutError:
        return UNREACHABLE
    with caller, suppress(TimeoutError):
        caller.sendall(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
        return WELL if caller.recv(100) else SILENT
    return SILENT


def meet_all(port: int) -> list[list[str]]:
    return [[meet(site, number, port) for number in range(2)] for site in (PRIMARY, STANDBY, ELSEWHERE)]


def trouble(loss: Loss, flaps_s: tuple[float, ...] = ()) -> Trouble:
    return Trouble(loss, 0, 1, "us-1", flaps_s)


@pytest.mark.parametrize(
    ("loss", "met"),
    [
        (Loss.KILLED, [REFUSED, REFUSED]),
        (Loss.BLACKHOLED, [UNREACHABLE, UNREACHABLE]),
        (Loss.HUNG, [SILENT, SILENT]),
        (Loss.SLOW, [SILENT, SILENT]),
        (Loss.HALF_GONE, [WELL, REFUSED]),
        (Loss.CROWDED, [REFUSED, REFUSED]),
    ],
)
def test_the_primary_site_alone_is_lost_and_comes_back(sites: Sites, port: int, loss: Loss, met: list[str]) -> None:
    with Losses(sites, None, SCENARIO.slow_answer).lose(trouble(loss)):
        assert meet_all(port) == [met, [WELL, WELL], [WELL, WELL]]
    patience_s = 10.0
    assert [meet(PRIMARY, number, port, patience_s) for number in range(2)] == [WELL, WELL]


def test_a_flapping_site_is_down_and_up_in_turn(sites: Sites, port: int) -> None:
    seen = []
    flapping = trouble(Loss.FLAPPING, (1.0, 2.0, 3.0))
    Losses(sites, None, SCENARIO.slow_answer).flap(
        flapping, lambda seconds: seen.append((seconds, meet(PRIMARY, 0, port)))
    )
    assert seen == [(1.0, REFUSED), (2.0, WELL), (3.0, REFUSED)]
    assert meet(PRIMARY, 0, port) == WELL


def test_edges_can_not_be_cut_off_without_ways(sites: Sites) -> None:
    with pytest.raises(DrillBroken), Losses(sites, None, SCENARIO.slow_answer).lose(trouble(Loss.CUT_OFF)):
        pass
