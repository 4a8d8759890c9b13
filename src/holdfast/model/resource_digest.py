"""What a set of resources in their versions comes to, whatever their order: one number, cheap to keep up to date."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from holdfast.model.resource import ResourceKey

_BYTES: Final = 16
_MODULUS: Final = 1 << (8 * _BYTES)


@dataclass(slots=True)
class ResourceDigest:
    """The sum, modulo 2^128, of a hash of each resource's type, name and version; and how many they are.

    Two sets with one digest are the same set, as far as hashes tell: nobody who could choose versions gains by a
    collision.
    """

    total: int = 0
    count: int = 0

    def add(self, key: ResourceKey, version: str) -> None:
        """Take in a resource that isn't in the set."""
        self.total = (self.total + _weigh(key, version)) % _MODULUS
        self.count += 1

    def remove(self, key: ResourceKey, version: str) -> None:
        """Leave out a resource that is in the set, in this version."""
        self.total = (self.total - _weigh(key, version)) % _MODULUS
        self.count -= 1

    def __add__(self, other: "ResourceDigest") -> "ResourceDigest":
        """That of both sets together, which have nothing in common."""
        return ResourceDigest((self.total + other.total) % _MODULUS, self.count + other.count)

    def __str__(self) -> str:
        return f"{self.total:032x}"


def _weigh(key: ResourceKey, version: str) -> int:
    return int.from_bytes(blake2b(f"{key.type.value}\0{key.name}\0{version}".encode(), digest_size=_BYTES).digest())
