"""Who is accounted for: every service, and what services make up together, each with a row in every array."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.incidents.downtime.definition import Floats
from holdfast.model.intent import Intent


class Subject(NamedTuple):
    """Of whom something is said: `kind` is service, component, tenant, or region for all services together."""

    kind: str
    name: str = ""


SERVICE, COMPONENT, TENANT, REGION = "service", "component", "tenant", "region"
EDGE, DEAD_EDGE = "edge", "dead-edge"
"""Who isn't accounted for, but noted beside the subjects: of how many seconds an edge reported, or was dead in."""
WHOLE = Subject(REGION)
"""All services together: the region itself."""


class Layout:
    """Services by row, groups of them after that; edges by region."""

    def __init__(
        self, services: Sequence[str], groups: Mapping[Subject, Iterable[str]], edges: Mapping[str, Sequence[str]]
    ) -> None:
        self.services = tuple(services)
        self.row_of = {name: row for row, name in enumerate(self.services)}
        self.regions = tuple(edges)
        self.edges = {region: tuple(names) for region, names in edges.items()}
        self.region_of = {edge: region for region, names in edges.items() for edge in names}
        self.groups = tuple(groups)
        self.subjects = (*(Subject(SERVICE, name) for name in self.services), *self.groups)
        self.subject_row = {subject: row for row, subject in enumerate(self.subjects)}
        pairs = [
            (self.row_of[name], number)
            for number, names in enumerate(groups.values())
            for name in names
            if name in self.row_of
        ]
        self._members = np.array([row for row, _ in pairs], np.intp)
        self._member_groups = np.array([number for _, number in pairs], np.intp)

    def find_rows(self, before: "Layout") -> NDArray[np.intp]:
        """For each subject, the row it had before; -1 if it wasn't there."""
        return np.array([before.subject_row.get(subject, -1) for subject in self.subjects], np.intp)

    def gather(self, counts: Floats) -> Floats:
        """From what is counted of services, shape (services, n), to all subjects: shape (subjects, n)."""
        whole = np.zeros((len(self.subjects), counts.shape[1]), np.float32)
        whole[: len(self.services)] = counts
        groups = whole[len(self.services) :]
        busy = np.flatnonzero(counts[self._members].any(axis=1))
        np.add.at(groups, self._member_groups[busy], counts[self._members[busy]])
        return whole


def lay_out(intent: Intent) -> Layout:
    """A platform's services, components, tenants and regions."""
    platform = intent.platform
    groups: dict[Subject, Iterable[str]] = {WHOLE: intent.services}
    groups |= {Subject(TENANT, name): tenant.services for name, tenant in platform.tenants.items()}
    components = platform.status.components if platform.status else {}
    groups |= {Subject(COMPONENT, name): component.services for name, component in components.items()}
    edges = {
        name: [
            edge.name
            for location in region.locations
            if location in platform.locations
            for edge in platform.locations[location].edges
        ]
        for name, region in platform.each_region().items()
    }
    return Layout(tuple(intent.services), groups, edges)
