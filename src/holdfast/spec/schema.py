"""The JSON Schema of platform files, by which editors complete and check them."""

import json
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from holdfast.model.noun import Noun
from holdfast.model.platform import Platform, Tenant
from holdfast.spec.quantities import BY_PATTERN
from holdfast.spec.write import write_noun

SCHEMA_ID: Final = "urn:holdfast:{}:1"


class _WrittenSchema(GenerateJsonSchema):
    """Describes what people write, where pydantic would describe what is held."""

    def generate(self, schema: core_schema.CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        return {"$schema": self.schema_dialect, "$id": SCHEMA_ID, **super().generate(schema, mode)}

    def encode_default(self, dft: Any) -> Any:
        return write_noun(dft) if isinstance(dft, Noun) else super().encode_default(dft)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        quantity = BY_PATTERN.get(described.get("pattern", ""))
        if quantity and described.get("default") is not None:
            described["default"] = quantity.format(described["default"])
        if described.get("default", ...) is None:
            del described["default"]
        return described

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        return {**super().dict_schema(schema), "additionalProperties": False}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def get_title_from_name(self, name: str) -> str:
        return name

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the port's signature
        return False


def build_schema(noun: type[BaseModel] = Platform) -> dict[str, Any]:
    """The JSON Schema of a noun as people write it, defaults with their units."""
    kind = noun.__name__.lower()
    described = noun.model_json_schema(schema_generator=_WrittenSchema)
    return {**described, "$id": SCHEMA_ID.format(kind), "title": f"Holdfast {kind}"}


def render_schema(*, of_tenant: bool = False) -> str:
    """The JSON Schema of platform files, or of a tenant's file in a directory, as text."""
    return json.dumps(build_schema(Tenant if of_tenant else Platform), indent=2, ensure_ascii=False) + "\n"
