"""What one platform says otherwise than another: by service, and in what all services share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from holdfast.model.intent import Intent

SHOWN_CHARS_MAX: Final = 200


class ChangeKind(StrEnum):
    """What became of a service."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Edit:
    """One place of the file, as a path of keys, and what stands there before and after; None: nothing."""

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """A service that isn't as it was: `edits` are below the service, `tenant` is whose it is now, or was at last."""

    service: str
    tenant: str
    kind: ChangeKind
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class PlatformChange:
    """All that two platforms differ in. `shared` is everything outside of services."""

    services: Mapping[str, ServiceChange]
    shared: tuple[Edit, ...]

    @property
    def mentioned(self) -> frozenset[str]:
        """The services that the change itself speaks of."""
        return frozenset(self.services)

    def __bool__(self) -> bool:
        return bool(self.services or self.shared)


def find_changes(old: Intent, new: Intent) -> PlatformChange:
    """Everything that differs; costs a comparison for each service, and more only for those that differ."""
    names = sorted(old.services.keys() | new.services.keys())
    changes = (_compare_service(name, old, new) for name in names)
    ours = {"tenants"}
    before, after = (i.platform.model_dump(mode="json", exclude=ours) for i in (old, new))
    shared = [*_compare(before, after, ""), *_compare(_strip_tenants(old), _strip_tenants(new), "tenants")]
    return PlatformChange({c.service: c for c in changes if c is not None}, tuple(shared))


def _strip_tenants(intent: Intent) -> dict[str, Any]:
    """What tenants say beside their services."""
    return {n: t.model_dump(mode="json", exclude={"services"}) for n, t in intent.platform.tenants.items()}


def _compare_service(name: str, old: Intent, new: Intent) -> ServiceChange | None:
    before, after = old.services.get(name), new.services.get(name)
    if before is None or after is None:
        owner, kind = (after, ChangeKind.ADDED) if after else (before, ChangeKind.REMOVED)
        return ServiceChange(name, owner.tenant, kind) if owner else None
    if before.tenant == after.tenant and before.service == after.service:
        return None
    edits = list(_compare(before.service.model_dump(mode="json"), after.service.model_dump(mode="json"), ""))
    if before.tenant != after.tenant:
        edits.insert(0, Edit("tenant", before.tenant, after.tenant))
    return ServiceChange(name, after.tenant, ChangeKind.CHANGED, tuple(edits))


def _compare(old: Any, new: Any, path: str) -> Iterator[Edit]:
    """The places where two trees differ, as deep as both have the same kind of thing there."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            yield from _compare(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _compare(before, after, f"{path}[{index}]")
    else:
        yield Edit(path, old, new)
