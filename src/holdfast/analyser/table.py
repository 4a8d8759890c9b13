"""What was seen of each service's operations, in bounded space.

Operations are kept by Space-Saving (Metwally, Agrawal, El Abbadi, "Efficient Computation of Frequent and Top-k
Elements in Data Streams", 2005), weighted by load: requests times cost. A new operation takes the place of the one
with the least load and starts with that load, as `overcount`; so whatever has more than a share of 1/OPERATIONS_MAX of
a service's load is never lost.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from holdfast.analyser.limits import OPERATIONS_MAX, SERVICES_MAX
from holdfast.model.query import Operation, QueryFlag, QueryMeasures, ServiceQueries, Unreadable


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is kept of a document."""

    fingerprint: str
    text: str
    measures: QueryMeasures
    flags: tuple[QueryFlag, ...]

    @property
    def cost(self) -> int:
        """What a request of it is reckoned to cost; never nothing."""
        return max(1, self.measures.cost)


@dataclass(slots=True)
class _Row:
    shape: Shape
    requests: float
    overcount: float

    @property
    def load(self) -> float:
        return (self.requests + self.overcount) * self.shape.cost


@dataclass(slots=True)
class _ServiceRows:
    requests: float = 0.0
    unreadable: dict[Unreadable, float] = field(default_factory=dict)
    rows: dict[str, _Row] = field(default_factory=dict)


class OperationTable:
    """Operations by service. Of services, those unseen for longest give way."""

    def __init__(self, services_max: int = SERVICES_MAX, operations_max: int = OPERATIONS_MAX) -> None:
        self._services: OrderedDict[str, _ServiceRows] = OrderedDict()
        self._services_max = services_max
        self._operations_max = operations_max

    def count(self, service: str, shape: Shape, weight: float) -> bool:
        """Count `weight` requests of a shape; whether it wasn't in the table."""
        of = self._find(service)
        of.requests += weight
        if row := of.rows.get(shape.fingerprint):
            row.requests += weight
            return False
        overcount = 0.0
        if len(of.rows) >= self._operations_max:
            least = min(of.rows.values(), key=lambda row: row.load)
            del of.rows[least.shape.fingerprint]
            overcount = least.load / shape.cost
        of.rows[shape.fingerprint] = _Row(shape, weight, overcount)
        return True

    def count_unreadable(self, service: str, why: Unreadable, weight: float) -> None:
        """Count `weight` requests whose document isn't known any better."""
        of = self._find(service)
        of.requests += weight
        of.unreadable[why] = of.unreadable.get(why, 0.0) + weight

    def halve(self) -> None:
        """Half of everything seen so far is forgotten."""
        for of in self._services.values():
            of.requests /= 2
            for why in of.unreadable:
                of.unreadable[why] /= 2
            for row in of.rows.values():
                row.requests /= 2
                row.overcount /= 2

    def show(self, service: str, count_max: int = OPERATIONS_MAX) -> ServiceQueries:
        """A service's operations, those of the largest load first."""
        of = self._services.get(service, _ServiceRows())
        rows = sorted(of.rows.values(), key=lambda row: (-row.load, row.shape.fingerprint))[:count_max]
        return ServiceQueries(
            service=service,
            requests=of.requests,
            unreadable=dict(of.unreadable),
            operations=tuple(show_operation(row.shape, row.requests, row.overcount) for row in rows),
        )

    def _find(self, service: str) -> _ServiceRows:
        of = self._services.get(service)
        if of is None:
            if len(self._services) >= self._services_max:
                self._services.popitem(last=False)
            of = self._services[service] = _ServiceRows()
        self._services.move_to_end(service)
        return of


def show_operation(shape: Shape, requests: float, overcount: float = 0.0) -> Operation:
    """A shape and its requests, as they are told."""
    return Operation(
        fingerprint=shape.fingerprint,
        text=shape.text,
        requests=requests,
        overcount=overcount,
        measures=shape.measures,
        flags=shape.flags,
    )
