"""No input makes the checker raise: it is only ever diagnosed, in words that people understand."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from holdfast.model.diagnostic import Severity
from holdfast.spec import STARTER, Checked, check_bytes, check_text
from holdfast.spec.shape import every_key

JARGON = re.compile(
    r"pydantic|Input should|value_error|https?://errors|Traceback|NoneType|<class|valid (?:list|dict|tuple)"
)
KEYS = sorted({str(part) for path in every_key() for part in path if part != "*"})
WORDS = st.one_of(
    st.sampled_from(
        ["15s", "1MiB", "100/s", "20%", "a.example", "*.com", "127.0.0.1:80", "10.0.0.0/8", "no", "GET", "*"]
    ),
    st.text(max_size=12),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*KEYS, "acme"]) | WORDS, inner, max_size=6)
    ),
    max_leaves=30,
)
LINES = STARTER.splitlines()


def assert_diagnosed(checked: Checked, text: str) -> None:
    """A platform, or at least one error; and every diagnostic has a place and says what to do."""
    errors = [each for each in checked.diagnostics if each.severity is Severity.ERROR]
    assert (checked.platform is None) == bool(errors)
    for each in checked.diagnostics:
        assert each.line >= 1
        assert each.column >= 1
        assert each.message
        assert each.fix
        jargon = JARGON.findall(f"{each.message} {each.fix}")
        assert not [word for word in jargon if word not in text], each
    assert list(checked.diagnostics) == sorted(checked.diagnostics, key=lambda each: (each.line, each.column))


@given(st.text())
@example("[" * 100_000)
@example("{a: " * 100_000)
@example("&a [*a]")
@example("? [1]\n: 2")
@example("*a : 1")
@example("\ud800")
@example("\ufeffholdfast: 1")
@example("a: \u2028b: 1")
@example("<<: 1")
@example("<<: [{a: 1}, 2]")
@example("%YAML 9.9\n---\na: 1")
@example("holdfast: " + "9" * 5_000)
@example("holdfast: 1\nbounds: {requests_max: " + "9" * 290 + "/s}")
@example("holdfast: 1\ndefaults: {limits: {}}\ntenants: {a: {services: {b: {accept: {body_max: " + "9" * 290 + "B}}}}}")
def test_any_text_is_diagnosed(text: str) -> None:
    assert_diagnosed(check_text(text, "any.yaml"), text)


@given(st.binary())
@example(b"\xff\xfeh\x00o\x00")
@example(b"\xef\xbb\xbfholdfast: 1")
def test_any_bytes_are_diagnosed(data: bytes) -> None:
    assert_diagnosed(check_bytes(data, "any.yaml"), data.decode("utf-8", "replace"))


@given(st.dictionaries(st.sampled_from(KEYS) | WORDS, TREES, max_size=8))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_tree_is_diagnosed(tree: dict[str, Any]) -> None:
    text = yaml.dump(tree, Dumper=yaml.CSafeDumper)
    assert_diagnosed(check_text(text, "any.yaml"), text)


@given(st.data())
def test_a_good_file_with_any_value_exchanged_is_diagnosed(data: st.DataObject) -> None:
    tree = yaml.safe_load(STARTER)
    inner = tree
    while isinstance(inner, dict) and inner and data.draw(st.booleans() if inner is not tree else st.just(True)):
        parent, key = inner, data.draw(st.sampled_from(sorted(inner)))
        inner = parent[key]
    parent[key] = data.draw(TREES)
    text = yaml.dump(tree, Dumper=yaml.CSafeDumper)
    assert_diagnosed(check_text(text, "any.yaml"), text)


@given(st.lists(st.integers(0, len(LINES) - 1), max_size=6), st.integers(-4, 4), st.text(max_size=3))
def test_a_good_file_with_lines_spoilt_is_diagnosed(spoilt: list[int], shift: int, dirt: str) -> None:
    lines = list(LINES)
    for index in spoilt:
        lines[index] = " " * max(0, shift) + lines[index][max(0, -shift) :] + dirt
    text = "\n".join(lines)
    assert_diagnosed(check_text(text, "any.yaml"), text)


@given(st.permutations(["tenants", "locations", "clients", "bounds", "defaults", "mode"]))
@settings(max_examples=20)
def test_diagnostics_do_not_depend_on_earlier_checks(order: list[str]) -> None:
    many = (Path(__file__).parent / "bad" / "many.yaml").read_text(encoding="utf-8")
    before = check_text(many, "many.yaml").diagnostics
    check_text("\n".join(f"{section}: 1" for section in order), "other.yaml")
    assert check_text(many, "many.yaml").diagnostics == before


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r"])
def test_places_are_right_whatever_ends_lines(separator: str) -> None:
    diagnostics = check_text(separator.join(["holdfast: 1", "name: demo", "mod: observe"]), "f").diagnostics
    unknown = next(each for each in diagnostics if each.code == "HF201")
    assert (unknown.line, unknown.column, unknown.text) == (3, 1, "mod")
