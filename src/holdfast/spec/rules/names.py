"""Names that commands use must mean one thing over the whole platform."""

from collections.abc import Iterator

from holdfast.model.platform import Platform
from holdfast.spec.codes import Finding, Path, error
from holdfast.spec.rules.walk import each_service

SERVICE_TWICE = error(
    "HF303",
    "one service name, two tenants",
    "Services are named alone in commands (`holdfast kill shop`), so that a name must be unique over all tenants.",
    wrong="""
tenants:
  globex:
    services:
      shop: {hosts: [shop.globex.example], upstream: {endpoints: ["127.0.0.1:9102"]}}
""",
    right="""
tenants:
  globex:
    services:
      globex-shop: {hosts: [shop.globex.example], upstream: {endpoints: ["127.0.0.1:9102"]}}
""",
)
EDGE_TWICE = error(
    "HF304",
    "one edge name, two edges",
    "Edges are told apart by their names, over all locations.",
    wrong="""
locations:
  local:
    edges:
      - {name: edge-1, listen: "127.0.0.1:8080"}
      - {name: edge-1, listen: "127.0.0.1:8081"}
""",
    right="""
locations:
  local:
    edges:
      - {name: edge-1, listen: "127.0.0.1:8080"}
      - {name: edge-2, listen: "127.0.0.1:8081"}
""",
)


def check_service_names(platform: Platform) -> Iterator[Finding]:
    """No service name in two tenants."""
    seen: dict[str, Path] = {}
    for owned in each_service(platform):
        first = seen.setdefault(owned.name, owned.path)
        if first is not owned.path:
            message = f"service {owned.name} of tenant {owned.tenant} is also a service of tenant {first[1]}"
            fix = f"give one of them another name, such as {owned.tenant}-{owned.name}"
            yield SERVICE_TWICE.at(owned.path, message, fix, on_key=True, first=first)


def check_edge_names(platform: Platform) -> Iterator[Finding]:
    """No edge name twice."""
    seen: dict[str, Path] = {}
    for name, location in platform.locations.items():
        for index, edge in enumerate(location.edges):
            path: Path = ("locations", name, "edges", index, "name")
            first = seen.setdefault(edge.name, path)
            if first is not path:
                message = f"edge {edge.name} is also an edge of location {first[1]}"
                yield EDGE_TWICE.at(path, message, f"give it another name, such as {name}-{edge.name}", first=first)
