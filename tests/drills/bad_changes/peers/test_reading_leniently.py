"""A platform file as nobody checks it: sound files read as ever, mistakes kept."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from holdfast.drills.bad_changes.corpus import Case, read_corpus
from holdfast.drills.bad_changes.editing import MAIN, apply_edits
from holdfast.drills.bad_changes.peers.lenient import Unreadable, read_leniently
from holdfast.drills.bad_changes.peers.placing import Places, place_platform
from holdfast.spec import check_bytes

if TYPE_CHECKING:
    from holdfast.model.platform import Platform, Service

CASES = list(read_corpus(Path(str(files("holdfast.drills").joinpath("scenarios", "bad-changes")))))
SOUND = [
    case for case in CASES if case.caught_by is None and all(set(after) == {MAIN} for _, after in case.each_step())
]
BASE = next(case.base for case in CASES if case.base.name == "small-saas")


def edit(*edits: dict[str, Any]) -> Platform:
    return read_leniently(apply_edits({MAIN: BASE.text}, edits))


def find(platform: Platform, name: str) -> Service:
    return next(t.services[name] for t in platform.tenants.values() if name in t.services)


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.id)
def test_a_sound_file_says_the_same_as_if_it_were_checked(case: Case) -> None:
    for _, after in case.each_step():
        assert read_leniently(after) == check_bytes(after[MAIN], MAIN).platform


def test_what_is_not_known_is_passed_over() -> None:
    service = "tenants.jasper.services.jasper-status"
    assert edit({"set": f"{service}.colour", "to": "blue"}) == edit()


def test_what_is_blank_is_as_if_it_were_not_written() -> None:
    at = "tenants.bolt.services.bolt-tickets.upstream.timeouts"
    assert edit({"set": at, "to": None}) == edit()
    assert (
        find(
            edit({"set": "tenants.bolt.services.bolt-tickets.upstream", "to": None}), "bolt-tickets"
        ).upstream.addresses
        == ()
    )


def test_what_is_out_of_bounds_stays() -> None:
    retries = {"set": "tenants.bolt.services.bolt-tickets.upstream.retries", "to": {"budget": "150%"}}
    assert find(edit(retries), "bolt-tickets").upstream.retries.budget == 1.5
    status = {"set": "tenants.northgate.services.northgate-docs.routes[0].answer.status", "to": 41}
    answer = find(edit(status), "northgate-docs").routes[0].answer
    assert answer is not None
    assert answer.status == 41


def test_what_no_one_could_read_is_not_read() -> None:
    with pytest.raises(Unreadable):
        read_leniently({MAIN: b"tenants: [\n<<<<<<< HEAD\n"})


def test_a_directory_is_one_platform() -> None:
    assert edit({"split": "tenants"}) == edit()
    whole = yaml.safe_load(BASE.text)
    assert set(edit({"split": "tenants"}).tenants) == set(whole["tenants"])


def test_an_address_is_always_at_the_same_place_and_an_edge_at_its_own() -> None:
    places = Places()
    try:
        first, again = (place_platform(edit(), places) for _ in range(2))
        endpoint = {"set": "tenants.jasper.services.jasper-status.upstream.endpoints", "to": ["10.10.0.1:8080"]}
        calls_itself = place_platform(edit(endpoint), places)
        edge = first.locations["fra"].edges[0].listen
    finally:
        places.close()
    assert first == again
    assert find(calls_itself, "jasper-status").upstream.addresses == (edge,)
    assert len({e for t in first.tenants.values() for s in t.services.values() for e in s.upstream.addresses}) > 20
