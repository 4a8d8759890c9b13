"""The corpus of changes, read from its files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from holdfast.drills.bad_changes.editing import MAIN, Files, apply_edits
from holdfast.model.recorded import PlatformUsage, RecordedRequest, Usage
from holdfast.model.units import parse_duration

STAGES: Final = ("check", "plan", "cold_start", "first_wave")
_FOLDERS: Final = ("bad", "harmless")


@dataclass(frozen=True)
class Base:
    """A sound platform, how its endpoints behave, and what is known of its traffic."""

    name: str
    text: bytes
    world: Mapping[str, Any]
    requests: tuple[tuple[Mapping[str, Any], RecordedRequest], ...]
    usage: PlatformUsage


@dataclass(frozen=True)
class Case:
    """One change. `caught_by` is the latest stage that must catch it; None for a harmless one."""

    id: str
    title: str
    base: Base
    caught_by: str | None
    source: Mapping[str, Any]
    differs: frozenset[str]
    raw: Mapping[str, Any]

    @property
    def before(self) -> Files:
        """The platform in force."""
        return apply_edits({MAIN: self.base.text}, self.raw.get("before", ()))

    def each_step(self) -> Iterator[tuple[Files, Files]]:
        """The platform before and after each change of the case: its own, and those that come meanwhile."""
        before = self.before
        changes = [self.raw["change"], *(m["change"] for m in self.raw.get("meanwhile", ()) if "change" in m)]
        for edits in changes:
            after = apply_edits(before, edits)
            yield before, after
            before = after

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """What was recorded, without what the case does without."""
        removed = self.raw.get("requests", {}).get("remove", ())
        return tuple(r for raw, r in self.base.requests if not any(_fits(raw, each) for each in removed))


def read_corpus(folder: Path) -> Iterator[Case]:
    """Every case, bad ones first, in the order of their numbers."""
    for kind in _FOLDERS:
        for file in sorted((folder / kind).glob("*.yaml")):
            raw = yaml.safe_load(file.read_text(encoding="utf-8"))
            name = file.stem if kind == "bad" else f"H{file.stem}"
            yield Case(
                name,
                raw["title"],
                _read_base(folder / "bases" / raw["base"]),
                raw.get("caught_by"),
                raw["source"],
                frozenset(raw.get("differs", ())),
                raw,
            )


@cache
def _read_base(folder: Path) -> Base:
    recorded = yaml.safe_load((folder / "requests.yaml").read_text(encoding="utf-8"))
    usual = recorded["usual"]
    return Base(
        folder.name,
        (folder / "platform.yaml").read_bytes(),
        yaml.safe_load((folder / "world.yaml").read_text(encoding="utf-8")),
        tuple((raw, _read_request(raw)) for raw in recorded["requests"]),
        PlatformUsage(
            services={name: _read_usage(raw) for name, raw in usual["services"].items()},
            locations={name: _read_usage(raw) for name, raw in usual["location"].items()},
            connections={name: raw["connections"] for name, raw in usual["location"].items() if "connections" in raw},
            operations=_count_operations(recorded["requests"]),
        ),
    )


def _count_operations(requests: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    counts: dict[str, dict[str, float]] = {}
    for raw in requests:
        if "graphql" in raw:
            kinds = counts.setdefault(raw["service"], {})
            kinds[raw["graphql"]] = kinds.get(raw["graphql"], 0) + raw.get("weight", 1)
    return counts


def _read_request(raw: Mapping[str, Any]) -> RecordedRequest:
    headers = {name.lower(): str(value) for name, value in raw.get("headers", {}).items()}
    caller = raw.get("from", "public")
    return RecordedRequest(
        method=raw.get("method", "GET"),
        host=raw["host"],
        path=raw["path"],
        body_bytes=int(headers.pop("content-length", 0)),
        headers=tuple(headers.items()),
        head_bytes=raw.get("header_bytes", 500),
        weight=raw.get("weight", 1),
        caller="" if caller == "public" else caller,
        latency_s=parse_duration(raw["latency"]) if "latency" in raw else None,
    )


def _read_usage(raw: Mapping[str, Any]) -> Usage:
    return Usage(
        rps=raw.get("rate", 0),
        peak_rps=raw.get("peak", 0),
        in_flight=raw.get("in_flight", 0),
        peak_in_flight=raw.get("peak_in_flight", 0),
        busiest_client_rps=raw.get("busiest_client", 0),
    )


def _fits(raw: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a recorded request has all these keys; paths are compared without their query."""
    plain = {**raw, "path": re.sub(r"\?.*", "", raw["path"])}
    return all(plain.get(key) == value for key, value in wanted.items())
