"""What is mitigated now, in resources of its own: changing it touches no route, no cluster and no bucket there.

Every edge's filters bear names of its own, since a mitigation may hold on some edges only; what they are made of is
compiled once for all edges on which the same holds. Walls are laid over clusters for the location as a whole, and
once more for an edge where more holds there.
"""

from collections.abc import Iterator

from envoy.config.core.v3 import extension_pb2
from google.protobuf.any_pb2 import Any

from holdfast.compile import names
from holdfast.compile.message import pack, to_resource
from holdfast.compile.mitigation_limits import compile_mitigation_limits
from holdfast.compile.mitigation_rules import compile_mitigation_rules
from holdfast.compile.shedding import compile_shedding
from holdfast.compile.walls import compile_edge_walls, compile_location_walls
from holdfast.model.intent import Intent
from holdfast.model.resource import Resource, ResourceType


def compile_mitigations(intent: Intent, location: str) -> tuple[Resource, ...]:
    """What is mitigated now, at a cost of the mitigations alone."""
    return tuple(_compile(intent, location))


def _compile(intent: Intent, location: str) -> Iterator[Resource]:
    everywhere = intent.under(tuple(m for m in intent.mitigations if m.edges is None))
    walls = compile_location_walls(everywhere, location)
    yield to_resource(ResourceType.RUNTIME, names.RUNTIME_LAYER, walls)
    yield compile_shedding(everywhere, location)
    compiled: dict[tuple[str, ...], tuple[Any, Any]] = {}
    for edge in intent.platform.locations[location].edges:
        held = tuple(m for m in intent.mitigations if m.edges is None or edge.name in m.edges)
        here, ids = intent.under(held), tuple(m.id for m in held)
        if ids not in compiled:
            compiled[ids] = pack(compile_mitigation_rules(here)), pack(compile_mitigation_limits(here, location))
        rules, limits = compiled[ids]
        yield _filter(names.MITIGATIONS_FILTER, edge.name, rules)
        yield _filter(names.MITIGATION_LIMITS_FILTER, edge.name, limits)
        own = names.own(names.RUNTIME_LAYER, edge.name)
        yield to_resource(ResourceType.RUNTIME, own, compile_edge_walls(here, location, edge.name))


def _filter(name: str, edge: str, config: Any) -> Resource:
    own = names.own(name, edge)
    return to_resource(ResourceType.EXTENSION, own, extension_pb2.TypedExtensionConfig(name=own, typed_config=config))
