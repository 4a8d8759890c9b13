"""Small spellings for protobuf that the compiler repeats everywhere."""

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from holdfast.model.resource import Resource, ResourceType

_TYPE_PREFIX = "type.googleapis.com/"


def pack(message: Message) -> Any:
    """`message` as an Any; maps in a fixed order, so that equal messages are equal bytes."""
    return Any(
        type_url=_TYPE_PREFIX + message.DESCRIPTOR.full_name, value=message.SerializeToString(deterministic=True)
    )


def seconds(value: float) -> Duration:
    """A duration, exact to the microsecond."""
    whole, micros = divmod(round(value * 1_000_000), 1_000_000)
    return Duration(seconds=whole, nanos=micros * 1000)


def uint32(value: int) -> UInt32Value:
    """A wrapped number."""
    return UInt32Value(value=value)


def boolean(value: bool) -> BoolValue:
    """A wrapped truth value."""
    return BoolValue(value=value)


def to_resource(resource_type: ResourceType, name: str, message: Message) -> Resource:
    """`message` as edges are given it."""
    return Resource.of(resource_type, name, message.SerializeToString(deterministic=True))
