"""The starter file and the example are sound, and the starter explains every key."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from holdfast.model.platform import ServiceDefaults
from holdfast.spec import STARTER, check_text
from holdfast.spec.shape import EACH, every_key

EXAMPLE = Path(__file__).parents[2] / "examples" / "platform.yaml"


def has(tree: Any, path: tuple[str | int, ...]) -> bool:
    """Whether a path is written in a tree; `*` is any key or item."""
    if not path:
        return True
    if path[0] == EACH:
        inner = tree.values() if isinstance(tree, dict) else tree
        return any(has(each, path[1:]) for each in inner)
    return isinstance(tree, dict) and path[0] in tree and has(tree[path[0]], path[1:])


@pytest.mark.parametrize("text", [STARTER, EXAMPLE.read_text(encoding="utf-8")], ids=["starter", "example"])
def test_it_checks_clean(text: str) -> None:
    checked = check_text(text, "platform.yaml")
    assert checked.diagnostics == ()
    assert checked.platform is not None


def test_every_key_is_in_the_starter() -> None:
    tree = yaml.safe_load(STARTER)
    missing = [path for path in every_key() if not has(tree, path)]
    assert [path for path in missing if not any(has(tree, same) for same in _same_places(path))] == []


def _same_places(path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """In `upstream`, in `upstreams.NAME` and in a standby of either the keys are the same, and shown once."""
    keys = path[6:] if path[4:5] == ("upstreams",) else path[5:]
    if keys[:1] == ("standbys",) and len(keys) > 2:
        keys = keys[2:]
    yield (*path[:4], "upstream", *keys)
    yield (*path[:4], "upstreams", EACH, *keys)


def test_every_key_in_the_starter_has_a_comment_somewhere() -> None:
    lines = STARTER.splitlines()
    commented = {
        match[1]
        for index, line in enumerate(lines)
        if (match := re.match(r"\s*(?:- )?([a-z0-9_]+):", line))
        and (" # " in line or lines[index - 1].lstrip().startswith("#"))
    }
    assert {str(path[-1]) for path in every_key() if path[-1] != EACH} - commented == set()


def test_the_defaults_that_the_starter_names_are_the_models() -> None:
    platform = check_text(STARTER, "platform.yaml").platform
    assert platform is not None
    named, built_in = platform.defaults, ServiceDefaults()
    assert platform.mode == type(platform).model_fields["mode"].default
    assert named.criticality == built_in.criticality
    assert named.limits.requests == built_in.limits.requests
    assert named.limits.per_client
    assert built_in.limits.per_client
    assert named.limits.per_client.requests == built_in.limits.per_client.requests
    assert (named.bulkhead.pending, named.bulkhead.connections) == (
        built_in.bulkhead.pending,
        built_in.bulkhead.connections,
    )
