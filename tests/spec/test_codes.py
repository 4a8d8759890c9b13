"""Every code's example makes the mistake and its repair doesn't, and the reference page says so."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.model.diagnostic import Severity
from holdfast.spec import check_text
from holdfast.spec.catalogue import CODES, render_catalogue
from holdfast.spec.codes import Code

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "diagnostics.md"
SOUND = """
holdfast: 1
name: demo
clients: {trusted_proxies: []}
locations:
  local:
    edges: [{name: edge-1, listen: "127.0.0.1:8080"}]
    capacity: {in_flight: 100, requests: 5000/s}
tenants:
  acme:
    services:
      shop:
        hosts: [shop.example.com]
        upstream: {endpoints: ["127.0.0.1:9101"]}
"""
WITH_EXAMPLE = [code for code in CODES if code.wrong]


def lay_over(base: Any, over: Any) -> Any:
    """`base` with what `over` says; None takes a key away."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    merged = {**base, **{key: lay_over(base.get(key), value) for key, value in over.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def write_example(code: Code, example: str) -> str:
    """The whole file that an example of a code stands for."""
    if code.whole:
        return example
    return yaml.safe_dump(lay_over(yaml.safe_load(SOUND), yaml.safe_load(example)), sort_keys=False)


def test_the_platform_under_the_examples_is_sound() -> None:
    assert check_text(SOUND, "sound.yaml").diagnostics == ()


@pytest.mark.parametrize("code", WITH_EXAMPLE, ids=lambda code: code.name)
def test_the_wrong_example_makes_this_mistake_and_no_other(code: Code) -> None:
    checked = check_text(write_example(code, code.wrong), "wrong.yaml")
    found = [each for each in checked.diagnostics if each.code == code.name]
    assert found, checked.diagnostics
    assert {each.severity for each in found} == {code.severity}
    assert (checked.platform is None) == (code.severity is Severity.ERROR)
    if not code.whole:
        assert found == list(checked.diagnostics)


@pytest.mark.parametrize("code", WITH_EXAMPLE, ids=lambda code: code.name)
def test_the_right_example_is_free_of_it(code: Code) -> None:
    diagnostics = check_text(write_example(code, code.right), "right.yaml").diagnostics
    assert code.name not in {each.code for each in diagnostics}
    if not code.whole:
        assert diagnostics == ()


def test_codes_are_unique() -> None:
    names = [code.name for code in CODES]
    assert len(set(names)) == len(names)


def test_the_reference_page_is_current() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == render_catalogue(), "run docs/reference/write_diagnostics.py"


def test_the_reference_page_has_every_code() -> None:
    text = render_catalogue()
    assert all(f"### {code.name}: " in text for code in CODES)
