"""Plain data -> a platform, or everything that is wrong with its keys and values."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from holdfast.model.platform import Platform
from holdfast.model.units import WRITTEN
from holdfast.spec.codes import Finding, Path
from holdfast.spec.translate import translate

Tree = dict[str, Any]

_AMPLE: Final = {"in_flight": 1_000_000_000, "requests": "10000000/s"}
_STAND_IN: Final[Tree] = {
    "holdfast": 1,
    "name": "platform",
    "locations": {"location": {"edges": [{"name": "edge", "listen": "127.0.0.1:1"}], "capacity": _AMPLE}},
    "tenants": {},
}


class Reading(NamedTuple):
    """What could be read. `broken` names the sections of `platform` that are stand-ins for unreadable ones.

    Services that can't be read are left out of `platform`, and capacities that can't be read are ample there, so
    that the rest is checked in the same run.
    """

    platform: Platform
    broken: frozenset[str]
    findings: tuple[Finding, ...]


def read_platform(tree: Tree) -> Reading:
    """The platform that plain data describes, with a finding for everything that it isn't."""
    try:
        return Reading(_validate(tree), frozenset(), ())
    except ValidationError as failure:
        complaints = failure.errors(include_url=False)
    told = (_shorten(translate(complaint), tree) for complaint in complaints if not _is_echo(complaint))
    findings = tuple(dict.fromkeys(told))
    rest, broken = _leave_out(tree, [complaint["loc"] for complaint in complaints])
    try:
        return Reading(_validate(rest), broken, findings)
    except ValidationError:
        return Reading(_validate(_STAND_IN), frozenset(Platform.model_fields), findings)


def _validate(tree: Tree) -> Platform:
    return Platform.model_validate(tree, context=WRITTEN)


def _is_echo(complaint: Mapping[str, Any]) -> bool:
    """Whether a list is only called empty because every item of it has been complained about."""
    return complaint["type"] == "too_short" and bool(complaint["input"])


def _shorten(finding: Finding, tree: Tree) -> Finding:
    """A finding at what is written: where a scalar stands for a mapping, at the scalar and not inside of it."""
    here: Any = tree
    for depth, part in enumerate(finding.path):
        if not isinstance(here, dict | list):
            return finding._replace(path=finding.path[:depth])
        try:
            here = here[part]  # type: ignore[index] # a path that isn't written ends here
        except (KeyError, IndexError, TypeError):
            return finding
    return finding


def _leave_out(tree: Tree, paths: Sequence[Path]) -> tuple[Tree, frozenset[str]]:
    """The tree without the services, tenants and sections that paths are in, and the names of those sections."""
    sections = {str(path[0]) for path in paths if not _inside_tenant(path) and not _inside_capacity(path)}
    rest = {**_STAND_IN, **{key: value for key, value in tree.items() if key not in sections}}
    if "tenants" not in sections:
        rest["tenants"] = _leave_out_tenants(rest["tenants"], paths)
    if "locations" not in sections:
        bad = {path[1] for path in paths if _inside_capacity(path)}
        rest["locations"] = {
            name: {**location, "capacity": _AMPLE} if name in bad else location
            for name, location in rest["locations"].items()
        }
    return rest, frozenset(sections)


def _inside_tenant(path: Path) -> bool:
    return len(path) > 1 and path[0] == "tenants"


def _inside_service(path: Path) -> bool:
    return _inside_tenant(path) and len(path) > 3 and path[2] == "services"


def _inside_capacity(path: Path) -> bool:
    return path[0] == "locations" and path[2:3] == ("capacity",)


def _leave_out_tenants(tenants: Tree, paths: Sequence[Path]) -> Tree:
    bad_services = {(path[1], path[3]) for path in paths if _inside_service(path)}
    bad_tenants = {path[1] for path in paths if _inside_tenant(path) and not _inside_service(path)}
    return {
        name: {
            **tenant,
            "services": {key: value for key, value in tenant["services"].items() if (name, key) not in bad_services},
        }
        for name, tenant in tenants.items()
        if name not in bad_tenants
    }
