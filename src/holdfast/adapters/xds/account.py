"""What one peer acknowledged, beside what it should have: kept at the cost of what changes."""

from holdfast.model.resource import ResourceKey, ResourceType
from holdfast.model.resource_digest import ResourceDigest


class Account:
    """A session keeps it. What is to be sent once more counts as not acknowledged until it is.

    `differing` are the resources that the peer has not, has in another version, or has and shouldn't, in the order in
    which that began.
    """

    def __init__(self) -> None:
        self.has = ResourceDigest()
        self.differing: dict[ResourceKey, None] = {}

    def note(self, key: ResourceKey, before: str | None, after: str | None) -> None:
        """The peer had a resource in one version (None: not at all), and has it in another."""
        if before is not None:
            self.has.remove(key, before)
        if after is not None:
            self.has.add(key, after)

    def compare(self, resource_type: ResourceType, name: str, has: str | None, should: str | None) -> None:
        """Which version of a resource the peer has now, and which it should have."""
        if has != should:
            self.differing.setdefault(ResourceKey(resource_type, name))
        elif self.differing:
            self.differing.pop(ResourceKey(resource_type, name), None)

    def oldest(self) -> ResourceKey | None:
        """What has differed for longest."""
        return next(iter(self.differing), None)
