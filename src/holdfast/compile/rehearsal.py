"""A snapshot as a canary may boot it: whole, but listening where no client is."""

from envoy.config.core.v3 import address_pb2
from envoy.config.listener.v3 import listener_pb2

from holdfast.compile.message import to_resource
from holdfast.compile.names import is_outer_listener, owner_of
from holdfast.model.resource import Resource, ResourceType, Snapshot


def find_rehearsed_edge(snapshot: Snapshot) -> str:
    """The edge whose part of a snapshot is rehearsed: the first; ValueError if there is none."""
    for key in snapshot:
        if key.type is ResourceType.LISTENER and is_outer_listener(key.name) and (edge := owner_of(key.name)):
            return edge
    raise ValueError("a snapshot without any edge can't be rehearsed")


def rehearse_snapshot(snapshot: Snapshot, socket: str) -> Snapshot:
    """The same resources, but for the listeners: only the first, on a UNIX socket."""
    listeners = [r for k, r in snapshot.items() if k.type is ResourceType.LISTENER and is_outer_listener(k.name)]
    others = {k: r for k, r in snapshot.items() if k.type is not ResourceType.LISTENER}
    moved = [_move(listener, socket) for listener in listeners[:1]]
    return others | {r.key: r for r in moved}


def _move(resource: Resource, socket: str) -> Resource:
    listener = listener_pb2.Listener.FromString(resource.body)
    listener.address.CopyFrom(address_pb2.Address(pipe=address_pb2.Pipe(path=socket, mode=0o600)))
    return to_resource(ResourceType.LISTENER, resource.key.name, listener)
