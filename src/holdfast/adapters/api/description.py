"""The API's OpenAPI description."""

from typing import Any, Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from holdfast.model.problem import ProblemDocument

_REF: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": _REF.format(model=ProblemDocument.__name__)}}}
ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"content": _PROBLEM} for status in (400, 401, 403, 404, 409, 413, 422, 503)
}
"""What any operation may answer instead of what was asked for."""


def describe(app: FastAPI) -> dict[str, Any]:
    """The description, with the schema of problems, which FastAPI has no place for."""
    document = app.openapi()
    _, problems = models_json_schema([(ProblemDocument, "serialization")], ref_template=_REF)
    schemas = {**document["components"]["schemas"], **problems["$defs"]}
    return {**document, "components": {**document["components"], "schemas": schemas}}
