"""What agents and control tell each other, as MessagePack; arrays travel as their bytes, names of services once.

Whatever is read here was checked: types, sizes, and that arrays fit each other.
"""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from holdfast.model.logged_request import LoggedRequest
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import (
    METRICS,
    UPSTREAM_METRICS,
    EdgeFigures,
    EdgeReport,
    Recollection,
    UpstreamFigures,
)

METHOD: Final = "/holdfast.Telemetry/Connect"
SERVICE: Final = "holdfast.Telemetry"
MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
"""The largest message either side takes: a report on 100,000 services that all changed."""
NAMES_MAX: Final = 200_000
"""Names of services that one stream may bring."""
SAMPLES_MAX: Final = 4_096
FOUND_MAX: Final = 256
RECALLED_MAX: Final = 4_096
"""Reports in one answer of what is remembered."""
METRICS_AT_FIRST: Final = 12
"""Of agents that don't say how many there are."""
_COUNTS: Final = np.dtype("<i8")
_INDEX: Final = np.dtype("<u4")

Name = Annotated[str, msgspec.Meta(max_length=255)]
Text = Annotated[str, msgspec.Meta(max_length=8192)]
RequestId = Annotated[str, msgspec.Meta(max_length=256)]


class Hello(msgspec.Struct, tag="hello", frozen=True):
    """The first that an agent says: whose it is, and how many seconds back it remembers what it counted."""

    edge: Name
    remembers_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class Upstreams(msgspec.Struct, frozen=True):
    """`UpstreamFigures`: clusters by their place among all names."""

    names: bytes
    counts: bytes
    endpoints: bytes


class Report(msgspec.Struct, tag="report", frozen=True):
    """An `EdgeReport`: services by their place among all names that this stream has brought, these included.

    An agent of before there were standbys says nothing of upstreams. `metrics` are the columns of `counts`: an agent
    that is older than control knows fewer, one that is newer more.
    """

    new_names: Annotated[tuple[Name, ...], msgspec.Meta(max_length=NAMES_MAX)]
    process: Name
    sequence: Annotated[int, msgspec.Meta(ge=0)]
    began_at: float
    ended_at: float
    services: bytes
    counts: bytes
    in_flight: bytes
    whole: EdgeFigures
    sampled_share: float
    degraded: Annotated[tuple[Text, ...], msgspec.Meta(max_length=16)]
    upstreams: Upstreams | None = None
    metrics: Annotated[int, msgspec.Meta(ge=1, le=255)] = METRICS_AT_FIRST


class Samples(msgspec.Struct, tag="samples", frozen=True):
    """Sampled requests."""

    requests: Annotated[tuple[SampledRequest, ...], msgspec.Meta(max_length=SAMPLES_MAX)]


class Found(msgspec.Struct, tag="found", frozen=True):
    """What the edge's access log says of a request that was asked for: JSON of each."""

    query: int
    requests: Annotated[tuple[Text, ...], msgspec.Meta(max_length=FOUND_MAX)]


class Find(msgspec.Struct, tag="find", frozen=True):
    """What control asks an agent: to look for a request in its edge's access log."""

    query: int
    request_id: RequestId


class Recall(msgspec.Struct, tag="recall", frozen=True):
    """What control asks an agent: what it remembers of a time."""

    query: int
    began_at: float
    ended_at: float


class Recalled(msgspec.Struct, tag="recalled", frozen=True):
    """The answer to that: a `Recollection`."""

    query: int
    until: float
    reports: Annotated[tuple[Report, ...], msgspec.Meta(max_length=RECALLED_MAX)]


FromAgent = Hello | Report | Samples | Found | Recalled
FromControl = Find | Recall
_from_agent: Final = msgspec.msgpack.Decoder(FromAgent)
_from_control: Final = msgspec.msgpack.Decoder(FromControl)
_encoder: Final = msgspec.msgpack.Encoder()


def write(message: FromAgent | FromControl) -> bytes:
    """A message's bytes."""
    return _encoder.encode(message)


def read_from_agent(data: bytes) -> FromAgent:
    """A message of an agent; ValueError if it is none."""
    message: FromAgent = _from_agent.decode(data)
    return message


def read_from_control(data: bytes) -> FromControl:
    """A message of control; ValueError if it is none."""
    message: FromControl = _from_control.decode(data)
    return message


class ReportWriter:
    """Writes reports for one stream, naming each service once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def write(self, report: EdgeReport) -> bytes:
        """A report's bytes."""
        return write(self._spell(report))

    def write_recalled(self, query: int, recollection: Recollection) -> bytes:
        """An answer to `Recall`."""
        reports = tuple(self._spell(report) for report in recollection.reports[:RECALLED_MAX])
        return write(Recalled(query, recollection.until, reports))

    def _spell(self, report: EdgeReport) -> Report:
        places, figures = self._places, report.upstreams
        new = tuple(name for name in dict.fromkeys((*report.services, *figures.names)) if name not in places)
        places.update((name, n) for n, name in enumerate(new, len(places)))
        services = np.fromiter((places[name] for name in report.services), _INDEX, len(report.services))
        clusters = np.fromiter((places[name] for name in figures.names), _INDEX, len(figures.names))
        return Report(
            new_names=new,
            process=report.process,
            sequence=report.sequence,
            began_at=report.began_at,
            ended_at=report.ended_at,
            services=services.tobytes(),
            counts=np.ascontiguousarray(report.counts, _COUNTS).tobytes(),
            in_flight=np.ascontiguousarray(report.in_flight, _COUNTS).tobytes(),
            whole=report.whole,
            sampled_share=report.sampled_share,
            degraded=report.degraded,
            upstreams=Upstreams(
                clusters.tobytes(),
                np.ascontiguousarray(figures.counts, _COUNTS).tobytes(),
                np.ascontiguousarray(figures.endpoints, _COUNTS).tobytes(),
            )
            if figures.names
            else None,
            metrics=METRICS,
        )


class ReportReader:
    """Reads the reports of one edge's stream."""

    def __init__(self, edge: str) -> None:
        self._edge = edge
        self._names: list[str] = []

    def read(self, message: Report) -> EdgeReport:
        """A report; ValueError if its parts don't fit together."""
        if len(self._names) + len(message.new_names) > NAMES_MAX:
            raise ValueError(f"more than {NAMES_MAX} names of services on one stream")
        self._names.extend(message.new_names)
        services = self._read_names(message.services)
        counts = _read_metrics(message.counts, len(services), message.metrics)
        in_flight = _read_counts(message.in_flight, len(services), 1)
        return EdgeReport(
            edge=self._edge,
            process=message.process,
            sequence=message.sequence,
            began_at=message.began_at,
            ended_at=message.ended_at,
            services=services,
            counts=counts,
            in_flight=in_flight.reshape(len(services)),
            whole=message.whole,
            sampled_share=message.sampled_share,
            degraded=message.degraded,
            upstreams=self._read_upstreams(message.upstreams),
        )

    def read_recalled(self, message: Recalled) -> Recollection:
        """What is remembered; ValueError as for reports."""
        return Recollection(tuple(self.read(report) for report in message.reports), message.until)

    def _read_upstreams(self, message: Upstreams | None) -> UpstreamFigures:
        if message is None:
            return UpstreamFigures()
        names = self._read_names(message.names)
        counts = _read_counts(message.counts, len(names), UPSTREAM_METRICS)
        return UpstreamFigures(names, counts, _read_counts(message.endpoints, len(names), 2))

    def _read_names(self, places: bytes) -> tuple[str, ...]:
        found, names = np.frombuffer(places, _INDEX), self._names
        if len(found) and int(found.max()) >= len(names):
            raise ValueError("a service that was never named")
        return tuple([names[place] for place in found.tolist()])


def _read_metrics(data: bytes, rows: int, columns: int) -> NDArray[np.int64]:
    """Counts in this version's metrics: what the agent doesn't know is zero, what is unknown here is left out."""
    counts = _read_counts(data, rows, columns)[:, :METRICS]
    return np.pad(counts, ((0, 0), (0, METRICS - counts.shape[1])))


def _read_counts(data: bytes, rows: int, columns: int) -> NDArray[np.int64]:
    counts = np.frombuffer(data, _COUNTS).reshape(rows, columns)
    if counts.size and counts.min() < 0:
        raise ValueError("a count below zero")
    return counts


def write_found(query: int, requests: Sequence[LoggedRequest]) -> bytes:
    """An answer to `Find`."""
    return write(Found(query, tuple(request.model_dump_json()[:8192] for request in requests[:FOUND_MAX])))


def read_found(message: Found) -> tuple[LoggedRequest, ...]:
    """The requests in an answer; ValueError if one of them is none."""
    return tuple(LoggedRequest.model_validate_json(text) for text in message.requests)
