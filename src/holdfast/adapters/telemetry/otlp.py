"""The part of OpenTelemetry's metrics that an Envoy pushes and we read.

`xds-protos` carries an old edition of these messages under the only name they can have, without the fields that Envoy
writes. So the few that matter are declared here, by their numbers in opentelemetry/proto/metrics/v1/metrics.proto;
all others are skipped over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

_Type = descriptor_pb2.FieldDescriptorProto
_SCHEMA: Final[Mapping[str, Mapping[str, tuple[int, "_Type.Type.ValueType | str", bool]]]] = {
    "Request": {"resources": (1, "Resource", True)},
    "Resource": {"scopes": (2, "Scope", True)},
    "Scope": {"metrics": (2, "Metric", True)},
    "Metric": {
        "name": (1, _Type.TYPE_STRING, False),
        "gauge": (5, "Numbers", False),
        "sum": (7, "Numbers", False),
        "histogram": (9, "Histograms", False),
    },
    "Numbers": {"points": (1, "Number", True)},
    "Number": {
        "began_ns": (2, _Type.TYPE_FIXED64, False),
        "ended_ns": (3, _Type.TYPE_FIXED64, False),
        "value": (6, _Type.TYPE_SFIXED64, False),
    },
    "Histograms": {"points": (1, "Histogram", True)},
    "Histogram": {
        "counts": (6, _Type.TYPE_FIXED64, True),
        "bounds": (7, _Type.TYPE_DOUBLE, True),
    },
}
"""Messages with their fields: number, type (a word is another message), and whether it is repeated."""
_NS: Final = 1e9
_PERIOD_S_MAX: Final = 3600.0
"""Whatever claims to count more than this has another beginning in mind than Unix time's."""


@dataclass(frozen=True, slots=True)
class Export:
    """What an Envoy pushed: counters that rose and by how much, gauges as they are, and histograms of what is new.

    Times are Unix, in seconds; `began_at` is None where no counter rose, and in an Envoy's first export. A histogram
    has its bounds and one count more than those: the last is beyond all.
    """

    began_at: float | None
    ended_at: float
    counters: Mapping[str, int] = field(default_factory=dict)
    gauges: Mapping[str, int] = field(default_factory=dict)
    histograms: Mapping[str, tuple[tuple[float, ...], tuple[int, ...]]] = field(default_factory=dict)


def read_export(message: bytes) -> Export:
    """An export's metrics by name; ValueError if it isn't one."""
    try:
        request = _Request.FromString(message)
    except DecodeError as error:
        raise ValueError(f"not an export of metrics: {error}") from error
    counters, gauges, histograms = dict[str, int](), dict[str, int](), {}
    began_ns = ended_ns = 0
    for metric in (m for resource in request.resources for scope in resource.scopes for m in scope.metrics):
        if points := metric.sum.points:
            counters[metric.name] = points[0].value
            began_ns = points[0].began_ns
        elif points := metric.gauge.points:
            gauges[metric.name] = points[0].value
            ended_ns = points[0].ended_ns
        elif points := metric.histogram.points:
            histograms[metric.name] = (tuple(points[0].bounds), tuple(points[0].counts))
    began_at = began_ns / _NS if 0 < ended_ns - began_ns < _PERIOD_S_MAX * _NS else None
    return Export(began_at, ended_ns / _NS, counters, gauges, histograms)


def _declare_request() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="holdfast/otlp.proto", package="holdfast.otlp", syntax="proto3")
    for message, fields in _SCHEMA.items():
        declared = file.message_type.add(name=message)
        for name, (number, kind, repeated) in fields.items():
            label = _Type.LABEL_REPEATED if repeated else _Type.LABEL_OPTIONAL
            entry = declared.field.add(name=name, number=number, label=label)
            if isinstance(kind, str):
                entry.type, entry.type_name = _Type.TYPE_MESSAGE, f".{file.package}.{kind}"
            else:
                entry.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.Request"))


_Request: Final = _declare_request()
