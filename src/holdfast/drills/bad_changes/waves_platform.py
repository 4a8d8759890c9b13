"""A case's platform as a text for a control on this machine: at loopback ports, and with waves that bake so long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from holdfast.drills.bad_changes.editing import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holdfast.drills.bad_changes.editing import Files
    from holdfast.drills.bad_changes.peers.placing import Places

_HERE: Final = "127.0.0.0/8"


class NotPlaceable(ValueError):
    """The platform isn't one text, so that it can't be moved to this machine."""


def write_placed(files: Files, places: Places, bake_s: float) -> str:
    """The platform's text with the first edge of each location, all of it at places on this machine.

    Address pools are left out, since what they hold is elsewhere. Raises NotPlaceable.
    """
    if len(files) > 1:
        raise NotPlaceable("the platform is a directory")
    tree = yaml.safe_load(files[MAIN])
    tree.pop("pools", None)
    tree["waves"] = {**tree.get("waves", {}), "bake": f"{bake_s:g}s"}
    clients = tree.setdefault("clients", {})
    clients["trusted_proxies"] = [*clients.get("trusted_proxies", ()), _HERE]
    for location in tree["locations"].values():
        first = location["edges"][0]
        location["edges"] = [{**first, "listen": places.place_listener(str(first["listen"]))}]
    for upstream in _each_upstream(tree):
        upstream["endpoints"] = [places.place(str(each)) for each in upstream["endpoints"]]
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def list_edge_ports(text: str) -> list[int]:
    """Where the edges of a placed platform listen."""
    locations = yaml.safe_load(text)["locations"].values()
    return [int(edge["listen"].rpartition(":")[2]) for location in locations for edge in location["edges"]]


def _each_upstream(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for tenant in tree["tenants"].values():
        for service in tenant["services"].values():
            yield service["upstream"]
            yield from service.get("upstreams", {}).values()
