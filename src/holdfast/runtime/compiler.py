"""What the runtime needs of the compiler, so that tests may bring a smaller one."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from holdfast.model.intent import Intent, Walls
from holdfast.model.resource import Resource, Snapshot


class Compiler(Protocol):
    """Intent into what edges are given; pure, and the same bytes for the same intent."""

    def compile_snapshot(self, intent: Intent, location: str) -> Snapshot:
        """Everything for one location, mitigations included."""

    def compile_services(self, intent: Intent, location: str, names: Iterable[str]) -> tuple[Resource, ...]:
        """All that depends on these services; costs nothing for others."""

    def compile_mitigations(self, intent: Intent, location: str) -> tuple[Resource, ...]:
        """All that depends on what is mitigated now, and no key of anything else; costs nothing per service."""

    def find_service_of(self, resource: Resource) -> str | None:
        """The service that a resource belongs to; None for what services share."""

    def settle_walls(self, old: Intent | None, new: Intent) -> Mapping[str, Walls]:
        """`Intent.settled` for a new platform that takes over from an old one."""
