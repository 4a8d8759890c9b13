"""Between xDS messages and the session's plain values."""

import json
from collections.abc import Mapping

from envoy.service.discovery.v3 import discovery_pb2
from google.rpc import status_pb2

from holdfast.adapters.xds.messages import Request, Response
from holdfast.model.resource import Resource, ResourceType

ADS_METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
MESSAGE_BYTES_MAX = 256 * 1024 * 1024
"""The largest message that either side takes: about half a million services in one response."""

GRPC_OPTIONS = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
)


def read_request(message: discovery_pb2.DeltaDiscoveryRequest) -> Request | None:
    """The request in a message; None for a type that isn't served."""
    try:
        resource_type = ResourceType(message.type_url)
    except ValueError:
        return None
    error = message.error_detail.message if message.HasField("error_detail") else None
    return Request(
        type=resource_type,
        subscribe=tuple(message.resource_names_subscribe),
        unsubscribe=tuple(message.resource_names_unsubscribe),
        initial_versions=tuple(message.initial_resource_versions.items()),
        nonce=message.response_nonce,
        error=error,
        refused=_read_refused(error),
    )


def write_response(response: Response) -> discovery_pb2.DeltaDiscoveryResponse:
    """The message for a response; the bodies' bytes are passed on as they are."""
    message = discovery_pb2.DeltaDiscoveryResponse(
        type_url=response.type.value, nonce=response.nonce, removed_resources=response.removed
    )
    for resource in response.resources:
        entry = message.resources.add(name=resource.key.name, version=resource.version)
        entry.resource.type_url = response.type.value
        entry.resource.value = resource.body
    return message


def write_request(node_id: str, request: Request) -> discovery_pb2.DeltaDiscoveryRequest:
    """The message for a request."""
    message = discovery_pb2.DeltaDiscoveryRequest(
        type_url=request.type.value,
        resource_names_subscribe=request.subscribe,
        resource_names_unsubscribe=request.unsubscribe,
        initial_resource_versions=dict(request.initial_versions),
        response_nonce=request.nonce,
    )
    message.node.id = node_id
    if request.error is not None:
        message.error_detail.CopyFrom(status_pb2.Status(code=3, message=request.error))
    return message


def read_response(message: discovery_pb2.DeltaDiscoveryResponse) -> Response:
    """The response in a message; ValueError for a type that isn't known."""
    resource_type = ResourceType(message.type_url)
    return Response(
        type=resource_type,
        nonce=message.nonce,
        resources=tuple(Resource.of(resource_type, entry.name, entry.resource.value) for entry in message.resources),
        removed=tuple(message.removed_resources),
    )


def write_refused(refusals: Mapping[str, str]) -> str:
    """An error that names the refused resources, each with the edge's words."""
    return json.dumps({_REFUSED: dict(refusals)})


def _read_refused(error: str | None) -> tuple[str, ...] | None:
    if not error or not error.startswith(f'{{"{_REFUSED}"'):
        return None
    return tuple(json.loads(error)[_REFUSED])


_REFUSED = "refused"
