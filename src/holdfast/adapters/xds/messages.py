"""What is said on a delta xDS stream."""

from dataclasses import dataclass

from holdfast.model.resource import Resource, ResourceType


@dataclass(frozen=True, slots=True)
class Request:
    """What a peer said: a subscription, an ACK (a nonce and no error) or a NACK (a nonce and an error)."""

    type: ResourceType
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    initial_versions: tuple[tuple[str, str], ...] = ()
    nonce: str = ""
    error: str | None = None
    refused: tuple[str, ...] | None = None
    """With an error: which resources it is about, where the peer knows; the others were taken."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the peer is to be sent."""

    type: ResourceType
    nonce: str
    resources: tuple[Resource, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a peer answered one response. `error` is its refusal, in its words."""

    type: ResourceType
    versions: tuple[tuple[str, str], ...]
    removed: tuple[str, ...]
    error: str | None
    final: bool
    """False for a refused batch that is going to be halved and sent again."""
