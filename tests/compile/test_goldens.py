"""Platform files and what edges are given for them, word for word; and a real Envoy that takes all of it.

With HOLDFAST_REGENERATE_GOLDENS set, what is compiled now is written down as what should be.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from compile.snapshots import LOCATION, of_type, read_intent
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.compile import compile_snapshot, names
from holdfast.model.resource import ResourceType
from holdfast.runtime.canary import EnvoyCanary

if TYPE_CHECKING:
    from holdfast.model.intent import Intent

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.name for path in GOLDEN.iterdir())

EDGES = ("edge-1", "edge-2", "edge-3")
LISTENERS_IN = ("least", "proxies")
"""Listeners are long, and follow from the platform's clients alone; Holdfast's own parts are the same for all."""


def read_case(name: str) -> Intent:
    folder = GOLDEN / name
    mitigations = folder / "mitigations.yaml"
    return read_intent(
        (folder / "platform.yaml").read_text(), mitigations.read_text() if mitigations.exists() else "[]"
    )


@pytest.mark.parametrize("name", CASES)
def test_what_is_compiled(name: str) -> None:
    snapshot = compile_snapshot(read_case(name), LOCATION)
    for kind in ResourceType:
        if kind is ResourceType.LISTENER and name not in LISTENERS_IN:
            continue
        expected = GOLDEN / name / f"{kind.name.lower()}.yaml"
        own = () if name == LISTENERS_IN[0] else (*names.OWN_PARTS, *map(names.inner_listener_name, EDGES))
        text = yaml.safe_dump(of_type((r for k, r in snapshot.items() if k.name not in own), kind), width=120)
        if "HOLDFAST_REGENERATE_GOLDENS" in os.environ:
            expected.write_text(text)
        assert text == expected.read_text(), f"{expected.name} of {name}"


@pytest.mark.parametrize("name", CASES)
def test_envoy_takes_it(name: str) -> None:
    snapshot = compile_snapshot(read_case(name), LOCATION)
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        proof = asyncio.run(EnvoyCanary(Path(folder) / "canary", find_envoy).prove(snapshot))
    assert proof.nacks == ()
