"""Real peers are given changes of the corpus: what they refuse, and whom they break."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from holdfast.drills.bad_changes.corpus import read_corpus
from holdfast.drills.bad_changes.peers.contenders import Contender, list_installed, push_all, read_peer_version
from holdfast.drills.bad_changes.peers.telling import tell_line, tell_peer

if TYPE_CHECKING:
    from holdfast.drills.bad_changes.peers.trying import Pushed

CORPUS = Path(str(files("holdfast.drills").joinpath("scenarios", "bad-changes")))
CASES = {case.id.partition("-")[0]: case for case in read_corpus(CORPUS)}
PEERS = list_installed()


def push(peer: Contender, *numbers: str) -> list[Pushed]:
    lines: list[str] = []
    pushed = asyncio.run(push_all(peer, [CASES[each] for each in numbers], lambda each: lines.append(tell_line(each))))
    assert len(lines) == len(numbers)
    return pushed


def test_envoy_is_always_there() -> None:
    assert Contender.ENVOY in PEERS


@pytest.mark.parametrize("peer", PEERS)
def test_a_pattern_that_matches_everything_breaks_its_service_everywhere(peer: Contender) -> None:
    [pushed] = push(peer, "005")
    assert (pushed.outcome, pushed.failed) == ("broke", None)
    assert {(service, harm) for service, _, harm in pushed.harmed} >= {("northgate-docs", "200 -> 403")}
    assert {service for service, _, _ in pushed.harmed} == {"northgate-docs"}
    assert pushed.asked > 10 * pushed.left_out


REFUSES_NO_ENDPOINTS = {Contender.NGINX}
REFUSES_LOOKAHEADS = {Contender.ENVOY}


@pytest.mark.parametrize("peer", PEERS)
def test_peers_refuse_what_they_know_to_be_wrong(peer: Contender) -> None:
    no_endpoints, lookahead = push(peer, "049", "060")
    assert (no_endpoints.outcome == "refused") == (peer in REFUSES_NO_ENDPOINTS)
    assert (lookahead.outcome == "refused") == (peer in REFUSES_LOOKAHEADS)
    assert [bool(each.said) for each in (no_endpoints, lookahead)] == [
        each.outcome == "refused" for each in (no_endpoints, lookahead)
    ]
    assert no_endpoints.outcome == "refused" or [service for service, _, _ in no_endpoints.harmed] == ["jasper-status"]


def test_an_envoy_that_refused_leaves_a_service_out_once_it_restarts() -> None:
    [pushed] = push(Contender.ENVOY, "060")
    assert (pushed.outcome, bool(pushed.fell)) == ("refused", True)
    assert "tracking" in {service for service, _, _ in pushed.harmed}


@pytest.mark.parametrize("peer", PEERS)
def test_what_a_peer_has_no_words_for_is_told_apart(peer: Contender) -> None:
    [pushed] = push(peer, "033")
    assert (pushed.outcome, pushed.harmed) == ("not expressible", ())
    told = tell_peer(peer, read_peer_version(peer), [pushed])
    assert {name: count for name, count in told["bad"].items() if count} == {"cases": 1, "not_expressible": 1}
    assert set(told["harmless"].values()) == {0}


@pytest.mark.parametrize("peer", PEERS)
def test_a_harmless_change_breaks_nobody(peer: Contender) -> None:
    [pushed] = push(peer, "H002")
    assert pushed.outcome == "passed"
