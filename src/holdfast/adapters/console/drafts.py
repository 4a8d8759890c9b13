"""Mitigations as people type them: read into a measure, or told what is wrong with each field."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from holdfast.adapters.console.field_reader import FieldReader, make_sentence
from holdfast.adapters.console.fields import Fields
from holdfast.model.mitigation import Measure, MitigationKind
from holdfast.model.source_rule import Dimension
from holdfast.model.units import parse_duration, parse_rate

MEASURE: Final[TypeAdapter[Measure]] = TypeAdapter(Measure)
REASON_CHARACTERS_MAX: Final = 500
DEFAULT_FOR: Final = "15m"


@dataclass(frozen=True, slots=True)
class Draft:
    """A mitigation that could be put in force."""

    measure: Measure
    for_s: float
    reason: str


def read_draft(fields: Fields) -> Draft | Mapping[str, str]:
    """The mitigation that a form describes, or what is wrong: a sentence for each field, `form` for the whole."""
    reader = FieldReader(fields)
    for_s = reader.read("for", parse_duration, required="Say for how long, such as 15m.")
    reason = reader.read("reason", _read_reason, required="Say why. Everyone will see it.")
    measure = reader.read("measure", _read_json) if "measure" in fields else _read_measure(reader)
    if reader.mistakes:
        return reader.mistakes
    return Draft(measure, for_s, reason) if measure is not None else {"form": "There is nothing to put in force."}


def _read_measure(reader: FieldReader) -> Measure | None:
    kind = reader.read("kind", MitigationKind, required="Choose what to do.")
    if kind not in _DETAILS:
        reader.mistakes["kind"] = "Choose what to do."
        return None
    service = reader.fields.get("service") or None
    if service is None and kind is not MitigationKind.BLOCK:
        reader.mistakes["service"] = "Name a service."
        return None
    details = _DETAILS[kind](reader)
    if reader.mistakes:
        return None
    try:
        return MEASURE.validate_python({"kind": kind.value, "service": service, **details})
    except ValidationError as error:
        reader.mistakes["form"] = make_sentence(error.errors()[0]["msg"])
        return None


def _read_nothing(_reader: FieldReader) -> dict[str, Any]:
    return {}


def _read_limit(reader: FieldReader) -> dict[str, Any]:
    requests = reader.read("requests", parse_rate)
    per_client = reader.read("per_client", parse_rate)
    in_flight = reader.read("in_flight", int)
    if requests is None and per_client is None and in_flight is None and not reader.mistakes:
        reader.mistakes["requests"] = "Fill in at least one of the limits."
    return {
        "requests_per_s": requests,
        "per_client": {"requests": per_client} if per_client is not None else None,
        "in_flight": in_flight,
    }


def _read_block(reader: FieldReader) -> dict[str, Any]:
    return {"networks": reader.read("networks", _read_networks, required="Name addresses or networks, one a line.")}


def _read_deny(reader: FieldReader) -> dict[str, Any]:
    dimension = reader.read("dimension", Dimension, required="Choose what to look at.")
    values = reader.read("values", _read_lines, required="Name at least one value, one a line.")
    return {"source": {"matches": [{"dimension": dimension, "values": values}]}}


_DETAILS: Final[Mapping[MitigationKind, Callable[[FieldReader], dict[str, Any]]]] = {
    MitigationKind.KILL: _read_nothing,
    MitigationKind.READ_ONLY: _read_nothing,
    MitigationKind.LIMIT: _read_limit,
    MitigationKind.BLOCK: _read_block,
    MitigationKind.DENY: _read_deny,
}


def _read_json(text: str) -> Measure:
    try:
        return MEASURE.validate_json(text)
    except ValidationError as error:
        raise ValueError("this is no measure that Holdfast knows") from error


def _read_reason(text: str) -> str:
    if len(text) > REASON_CHARACTERS_MAX:
        raise ValueError(f"write {REASON_CHARACTERS_MAX} characters at most")
    return text


def _read_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _read_networks(text: str) -> list[str]:
    return [str(ip_network(part)) for line in _read_lines(text) for part in _split(line)]


def _split(line: str) -> Iterable[str]:
    return line.replace(",", " ").split()
