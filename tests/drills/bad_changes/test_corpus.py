"""The corpus is whole: every base is sound, every edit can be made, and there are as many cases as it says."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from holdfast.drills.bad_changes.corpus import STAGES, Case, read_corpus
from holdfast.drills.bad_changes.editing import MAIN, BadEdit, apply_edits
from holdfast.spec import check_bytes

CORPUS = Path(str(files("holdfast.drills").joinpath("scenarios", "bad-changes")))
CASES = list(read_corpus(CORPUS))


def test_there_are_as_many_as_there_must_be() -> None:
    bad = [case for case in CASES if case.caught_by is not None]
    assert len(bad) >= 40
    assert len(CASES) - len(bad) >= 40
    assert sum(case.source["kind"] == "public report" for case in bad) * 2 >= len(bad)
    assert {case.caught_by for case in bad} == set(STAGES)


BASES = {case.base.name: case.base for case in CASES}


@pytest.mark.parametrize("base", sorted(BASES))
def test_every_base_is_sound(base: str) -> None:
    checked = check_bytes(BASES[base].text, MAIN)
    assert [each.message for each in checked.diagnostics if each.severity == "error"] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_change_can_be_made(case: Case) -> None:
    steps = list(case.each_step())
    assert steps
    assert all(before != after for before, after in steps) or case.caught_by is None


@pytest.mark.parametrize(
    ("edit", "after"),
    [
        ({"set": "a.b[1].c", "to": 7}, {"a": {"b": [0, {"c": 7}]}}),
        ({"remove": "a.b[0]"}, {"a": {"b": [{"c": 1}]}}),
        ({"append": "a.b", "value": 2}, {"a": {"b": [0, {"c": 1}, 2]}}),
        ({"insert": "a.b[1]", "value": 5}, {"a": {"b": [0, 5, {"c": 1}]}}),
        ({"replace_text": "c: 1", "with": "c: 2"}, {"a": {"b": [0, {"c": 2}]}}),
    ],
)
def test_edits(edit: dict[str, object], after: dict[str, object]) -> None:
    changed = apply_edits({MAIN: b"a:\n  b:\n  - 0\n  - c: 1\n"}, [edit])
    assert yaml.safe_load(changed[MAIN]) == after


@pytest.mark.parametrize("edit", [{"set": "x.y", "to": 1}, {"remove": "a.b[9]"}, {"replace_text": "zzz", "with": ""}])
def test_an_edit_that_cannot_be_made_is_said_so(edit: dict[str, object]) -> None:
    with pytest.raises(BadEdit):
        apply_edits({MAIN: b"a:\n  b:\n  - 0\n"}, [edit])
