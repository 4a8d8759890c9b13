"""Runtime layers: all that is laid over clusters and routes live, so that changing it touches none of them."""

from collections.abc import Mapping

from envoy.service.runtime.v3 import rtds_pb2
from google.protobuf.struct_pb2 import Struct

from holdfast.compile.moves import weigh_moves, weigh_moves_here
from holdfast.compile.names import RUNTIME_LAYER, own
from holdfast.compile.walls import lower_edge_walls, lower_location_walls
from holdfast.model.intent import Intent


def compile_location_layer(intent: Intent, location: str) -> rtds_pb2.Runtime:
    """What holds on all edges of a location."""
    return _layer(RUNTIME_LAYER, lower_location_walls(intent, location) | weigh_moves(intent, location))


def compile_edge_layer(intent: Intent, location: str, edge: str) -> rtds_pb2.Runtime:
    """What is laid over that on one edge; the intent's mitigations are those that hold on this edge."""
    name = own(RUNTIME_LAYER, edge)
    return _layer(name, lower_edge_walls(intent, location) | weigh_moves_here(intent, location))


def _layer(name: str, values: Mapping[str, int]) -> rtds_pb2.Runtime:
    layer = Struct()
    layer.update(values)
    return rtds_pb2.Runtime(name=name, layer=layer)
