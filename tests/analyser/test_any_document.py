"""Whatever a document says, it is analysed or turned away: quickly, and without an error."""

import random

import pytest
from graphql.language import parse, print_ast
from hypothesis import given
from hypothesis import strategies as st

from analyser.documents import HOSTILE, PIECES, WELL_FORMED
from holdfast.analyser.analysis import analyse
from holdfast.analyser.limits import SIZE_MAX
from holdfast.analyser.reading import limit_cpu
from holdfast.analyser.table import Shape
from holdfast.model.query import TEXT_CHARACTERS_MAX, QueryFlag, Unreadable


def shape_of(document: str) -> Shape:
    shape = analyse(document)
    assert isinstance(shape, Shape), shape
    return shape


@pytest.fixture
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """How fast the machine is makes no difference."""
    monkeypatch.setattr("holdfast.analyser.analysis.limit_cpu", lambda: limit_cpu(60.0))


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_survived(document: str) -> None:
    known = analyse(document)
    assert known is not Unreadable.FAILED
    if isinstance(known, Shape):
        assert len(known.text) <= TEXT_CHARACTERS_MAX
        assert max(known.measures.model_dump().values()) <= SIZE_MAX


@pytest.mark.parametrize(
    ("what", "known"),
    [
        ("opening braces", Unreadable.TOO_NESTED),
        ("deep selections", Unreadable.TOO_NESTED),
        ("deep types", Unreadable.TOO_NESTED),
        ("too long", Unreadable.TOO_LONG),
        ("argument bomb", Shape),
        ("comments", Unreadable.TOO_MANY_TOKENS),
        ("a schema", Unreadable.NO_OPERATION),
        ("bytes that are no text", Unreadable.MALFORMED),
        ("huge number", Shape),
        ("escaped quotes", Unreadable.MALFORMED),
    ],
)
@pytest.mark.usefixtures("time_enough")
def test_why_a_document_is_turned_away(what: str, known: object) -> None:
    found = analyse(HOSTILE[what])
    assert found is known if isinstance(known, Unreadable) else isinstance(found, Shape)


@pytest.mark.parametrize(
    ("what", "flag"),
    [
        ("alias bomb", QueryFlag.MANY_ALIASES),
        ("directive bomb", QueryFlag.MANY_DIRECTIVES),
        ("fragment bomb", QueryFlag.COSTLY),
        ("fragment bomb", QueryFlag.WIDE),
        ("cyclic fragments", QueryFlag.CYCLIC),
        ("fragment that spreads itself", QueryFlag.CYCLIC),
    ],
)
@pytest.mark.usefixtures("time_enough")
def test_what_a_hostile_document_is_flagged_for(what: str, flag: QueryFlag) -> None:
    assert flag in shape_of(HOSTILE[what]).flags


@given(st.one_of(PIECES, st.text(max_size=200)))
def test_any_text_at_all_is_survived(document: str) -> None:
    assert analyse(document) is not Unreadable.FAILED


@given(WELL_FORMED)
def test_no_value_is_shown(document: str) -> None:
    text = shape_of(document).text
    assert "s3cret" not in text
    assert '"' not in text
    assert "ENUM" not in text


@given(WELL_FORMED)
def test_layout_makes_no_difference(document: str) -> None:
    printed = print_ast(parse(document))
    assert shape_of(printed) == shape_of(document)


@given(WELL_FORMED, st.randoms(use_true_random=False))
def test_values_and_aliases_make_no_difference(document: str, chance: random.Random) -> None:
    other = document.replace("x:", chance.choice(["longer_alias:", "z:"])).replace('"s3cret"', '"another"')
    assert shape_of(other).fingerprint == shape_of(document).fingerprint


@given(WELL_FORMED)
def test_an_operation_is_as_large_as_its_parts_at_least(document: str) -> None:
    measures = shape_of(document).measures
    assert measures.fields >= measures.depth >= 0
    assert measures.cost >= measures.fields
    assert measures.fields >= measures.aliases
