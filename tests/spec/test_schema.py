"""The JSON Schema takes what the checker takes, and shows what people write."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from holdfast.spec import STARTER, render_schema

EXAMPLE = Path(__file__).parents[2] / "examples" / "platform.yaml"
SCHEMA: dict[str, Any] = json.loads(render_schema())


def accepts(tree: object, schema: dict[str, Any] = SCHEMA) -> bool:
    """Whether a tree is valid by the schema."""
    return jsonschema_rs.validator_for(schema).is_valid(tree)


@pytest.mark.parametrize("text", [STARTER, EXAMPLE.read_text(encoding="utf-8")], ids=["starter", "example"])
def test_good_files_are_valid(text: str) -> None:
    assert accepts(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mode", "enforced"),
        ("mod", "observe"),
        ("name", "My Name"),
        ("tenants", {"My Name": {"services": {}}}),
        ("holdfast", 2),
    ],
)
def test_bad_values_are_not(key: str, value: object) -> None:
    assert not accepts({**yaml.safe_load(STARTER), key: value})


def test_numbers_without_units_are_not() -> None:
    tree = yaml.safe_load(STARTER)
    tree["locations"]["local"]["capacity"]["requests"] = 5000
    assert not accepts(tree)


def test_every_default_is_itself_valid_and_has_its_unit() -> None:
    assert SCHEMA["$defs"]["Timeouts"]["properties"]["connect"]["default"] == "1s"
    assert SCHEMA["$defs"]["Retries"]["properties"]["budget"]["default"] == "20%"
    assert SCHEMA["properties"]["defaults"]["default"]["limits"] == {
        "requests": "500/s",
        "per_client": {"requests": "50/s"},
    }
    assert accepts(
        {**yaml.safe_load(STARTER), **{k: v["default"] for k, v in SCHEMA["properties"].items() if "default" in v}}
    )


def test_it_names_itself_and_every_noun_says_what_it_is() -> None:
    assert SCHEMA["$id"] == "urn:holdfast:platform:1"
    assert all(each.get("description") for each in SCHEMA["$defs"].values())


def test_a_tenants_file_has_a_schema_of_its_own() -> None:
    schema = json.loads(render_schema(of_tenant=True))
    (tenant,) = yaml.safe_load(STARTER)["tenants"].values()
    assert accepts(tenant, schema)
    assert not accepts({**tenant, "owner": "ann"}, schema)
    assert not accepts(yaml.safe_load(STARTER), schema)
    assert schema["$id"] != SCHEMA["$id"]
