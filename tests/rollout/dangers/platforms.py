"""A small platform to change, and what is found in a change of it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.recorded import RecordedRequest
from holdfast.model.units import WRITTEN
from holdfast.rollout.changes import find_changes
from holdfast.rollout.danger import Change, Danger
from holdfast.rollout.dangers import find_dangers
from holdfast.rollout.outcomes import Difference, Outcome, find_differences

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SERVICES = ("shop", "stock", "price", "mail")
Tree = dict[str, Any]


def make_tree() -> Tree:
    """One tenant with four services, at one location with two edges."""
    edges = [{"name": f"edge-{n}", "listen": f"127.0.0.{n}:8080"} for n in (1, 2)]
    services = {
        name: {"hosts": [f"{name}.example"], "upstream": {"endpoints": [f"10.0.0.{n}:80"]}}
        for n, name in enumerate(SERVICES, 1)
    }
    capacity = {"in_flight": 400, "requests": "2000/s", "connections": 9000}
    return {
        "holdfast": 1,
        "name": "small",
        "locations": {"here": {"edges": edges, "capacity": capacity}},
        "tenants": {"acme": {"services": services}},
    }


def of(tree: Tree, service: str) -> Tree:
    """A service of a tree."""
    found: Tree = tree["tenants"]["acme"]["services"][service]
    return found


def find(change: Callable[[Tree], object], old: Tree | None = None, **known: Any) -> list[Danger]:
    """What is dangerous about a change of a tree, given what is known."""
    tree = old or make_tree()
    before = _read(tree)
    edited = deepcopy(tree)
    change(edited)
    after = _read(edited)
    return list(find_dangers(Change(before, after, find_changes(before, after), **known)))


def _read(tree: Tree) -> Intent:
    return Intent(Platform.model_validate(tree, context=WRITTEN))


def codes(dangers: Sequence[Danger]) -> list[str]:
    """What kinds of danger these are."""
    return [danger.code for danger in dangers]


def ask(service: str = "shop", path: str = "/", **more: Any) -> RecordedRequest:
    """A recorded request."""
    return RecordedRequest(**{"method": "GET", "host": f"{service}.example", "path": path, **more})


def sent(
    service: str = "shop", route: str = "", path: str = "/", endpoints: Sequence[str] = ("10.0.0.1:80",)
) -> Outcome:
    """What becomes of a request that is sent upstream."""
    return Outcome(200, service, route, endpoints=tuple(endpoints), path=path, host=f"{service}.example")


def differ(request: RecordedRequest, old: Outcome, new: Outcome) -> tuple[Difference, ...]:
    """The difference between two outcomes of a request, if there is one."""
    return tuple(find_differences([request], [old], [new]))
