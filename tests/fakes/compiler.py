"""A compiler whose resources can be read back: one for each service, one for all mitigations of a location."""

import json
from collections.abc import Iterable, Mapping

from holdfast.model.intent import Intent, Walls
from holdfast.model.resource import Resource, ResourceKey, ResourceType, Snapshot, index_resources

MITIGATIONS = ResourceKey(ResourceType.EXTENSION, "mitigations")


class ReadableCompiler:
    def __init__(self) -> None:
        self.compiled: list[str] = []
        """The names of services compiled, in order."""
        self.broken = False

    def compile_snapshot(self, intent: Intent, location: str) -> Snapshot:
        services = self.compile_services(intent, location, intent.services)
        return index_resources((*services, *self.compile_mitigations(intent, location)))

    def compile_services(self, intent: Intent, location: str, names: Iterable[str]) -> tuple[Resource, ...]:
        return tuple(self._compile_service(intent, location, name) for name in names)

    def compile_mitigations(self, intent: Intent, location: str) -> tuple[Resource, ...]:  # noqa: ARG002
        if self.broken:
            raise RuntimeError("the compiler is broken")
        body = json.dumps(sorted(mitigation.id for mitigation in intent.mitigations))
        return (Resource.of(MITIGATIONS.type, MITIGATIONS.name, body.encode()),)

    def find_service_of(self, resource: Resource) -> str | None:
        return resource.key.name

    def settle_walls(self, old: Intent | None, new: Intent) -> Mapping[str, Walls]:
        kept = set(old.services) & set(new.services) if old else set()
        return {name: Walls(1, 2, 3) for name in sorted(kept)}

    def _compile_service(self, intent: Intent, location: str, name: str) -> Resource:
        self.compiled.append(name)
        service = intent.effective(name, location)
        settled = name in intent.settled
        body = json.dumps({"total": service.total.per_s, "settled": settled})
        return Resource.of(ResourceType.CLUSTER, name, body.encode())


def read_mitigations(snapshot: Snapshot) -> list[str]:
    """The ids of the mitigations that a snapshot enforces."""
    ids: list[str] = json.loads(snapshot[MITIGATIONS].body)
    return ids


def read_services(snapshot: Snapshot) -> dict[str, float]:
    """The services in a snapshot, with the requests per second that each is held to."""
    return {
        key.name: json.loads(resource.body)["total"]
        for key, resource in snapshot.items()
        if key.type is ResourceType.CLUSTER
    }
