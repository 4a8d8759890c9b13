"""Snapshots as people read them, and what their resources refer to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml
from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3 import extension_pb2
from envoy.config.endpoint.v3 import endpoint_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_pb2, scoped_route_pb2
from envoy.service.runtime.v3 import rtds_pb2
from envoy.type.v3 import token_bucket_pb2
from google.protobuf.json_format import MessageToJson

from holdfast.model.intent import Intent
from holdfast.model.mitigation import Mitigation
from holdfast.model.platform import Platform
from holdfast.model.resource import ResourceType
from holdfast.model.units import WRITTEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.message import Message

    from holdfast.model.resource import Resource

LOCATION = "here"
MESSAGES: dict[ResourceType, type[Message]] = {
    ResourceType.CLUSTER: cluster_pb2.Cluster,
    ResourceType.ENDPOINTS: endpoint_pb2.ClusterLoadAssignment,
    ResourceType.LISTENER: listener_pb2.Listener,
    ResourceType.ROUTES: route_pb2.RouteConfiguration,
    ResourceType.SCOPE: scoped_route_pb2.ScopedRouteConfiguration,
    ResourceType.EXTENSION: extension_pb2.TypedExtensionConfig,
    ResourceType.RUNTIME: rtds_pb2.Runtime,
    ResourceType.TOKEN_BUCKET: token_bucket_pb2.TokenBucket,
}


def read_intent(platform: str, mitigations: str = "[]") -> Intent:
    """A platform file and the measures in force, the first the oldest."""
    intent = Intent(Platform.model_validate(yaml.safe_load(platform), context=WRITTEN))
    measures = yaml.safe_load(mitigations)
    return intent.under(tuple(mitigate(n, measure) for n, measure in enumerate(measures, 1)))


def mitigate(number: int, measure: Any) -> Mitigation:
    """A measure as one of control's mitigations, on those of its `edges` that it says."""
    return Mitigation.model_validate(
        {
            "id": f"m-{number}",
            "measure": {key: value for key, value in measure.items() if key != "edges"},
            "edges": measure.get("edges"),
            "reason": "r",
            "author": "a",
            "started_at": number,
            "expires_at": number + 60,
        }
    )


def to_dict(resource: Resource) -> dict[str, Any]:
    """A resource in its JSON form."""
    message = MESSAGES[resource.key.type].FromString(resource.body)
    found: dict[str, Any] = json.loads(MessageToJson(message, preserving_proto_field_name=True))
    return found


def of_type(resources: Iterable[Resource], kind: ResourceType) -> dict[str, dict[str, Any]]:
    """The resources of a type in their JSON form, by name."""
    return {r.key.name: to_dict(r) for r in resources if r.key.type is kind}
