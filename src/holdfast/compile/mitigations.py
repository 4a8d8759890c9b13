"""What is mitigated now, in resources of its own: changing it touches no route, no cluster and no bucket there.

Every edge's filters bear names of its own, since a mitigation may hold on some edges only; what they are made of is
compiled once for all edges on which the same holds. Walls are laid over clusters for the location as a whole, and
once more for an edge where more holds there.
"""

from collections.abc import Iterator

from envoy.config.core.v3 import extension_pb2
from google.protobuf.any_pb2 import Any

from holdfast.compile import names
from holdfast.compile.layers import compile_edge_layer, compile_location_layer
from holdfast.compile.message import pack, to_resource
from holdfast.compile.mitigation_limits import compile_mitigation_limits
from holdfast.compile.mitigation_rules import compile_mitigation_rules
from holdfast.compile.reading import compile_reading
from holdfast.compile.shedding import compile_shedding
from holdfast.model.intent import Intent
from holdfast.model.resource import Resource, ResourceType


def compile_mitigations(intent: Intent, location: str) -> tuple[Resource, ...]:
    """What is mitigated now, at a cost of the mitigations alone."""
    return tuple(_compile(intent, location))


def _compile(intent: Intent, location: str) -> Iterator[Resource]:
    everywhere = intent.under(tuple(m for m in intent.mitigations if m.edges is None))
    layer = compile_location_layer(everywhere, location)
    yield to_resource(ResourceType.RUNTIME, names.RUNTIME_LAYER, layer)
    yield compile_shedding(everywhere, location)
    compiled: dict[tuple[str, ...], tuple[Any, Any, Any]] = {}
    for edge in intent.platform.locations[location].edges:
        held = tuple(m for m in intent.mitigations if m.edges is None or edge.name in m.edges)
        here, ids = intent.under(held), tuple(m.id for m in held)
        if ids not in compiled:
            compiled[ids] = (
                pack(compile_mitigation_rules(here)),
                pack(compile_mitigation_limits(here, location)),
                pack(compile_reading(here)),
            )
        rules, limits, reading = compiled[ids]
        yield _filter(names.MITIGATIONS_FILTER, edge.name, rules)
        yield _filter(names.MITIGATION_LIMITS_FILTER, edge.name, limits)
        yield _filter(names.READ_ONLY_FILTER, edge.name, reading)
        own = names.own(names.RUNTIME_LAYER, edge.name)
        yield to_resource(ResourceType.RUNTIME, own, compile_edge_layer(here, location, edge.name))


def _filter(name: str, edge: str, config: Any) -> Resource:
    own = names.own(name, edge)
    return to_resource(ResourceType.EXTENSION, own, extension_pb2.TypedExtensionConfig(name=own, typed_config=config))
