"""Every service of a platform, with its path in the file."""

from collections.abc import Iterator
from typing import NamedTuple

from holdfast.model.platform import Platform, Service
from holdfast.model.upstream import Standby, Upstream
from holdfast.spec.codes import Path


class Owned(NamedTuple):
    """A service, its tenant, and where it is written."""

    path: Path
    tenant: str
    name: str
    service: Service


class Sent(NamedTuple):
    """An upstream of a service, and where it is written."""

    path: Path
    owned: Owned
    upstream: Upstream

    @property
    def name(self) -> str:
        """How people call it: by its service, and by its own name if it has one."""
        return self.owned.name if self.path[-1] == "upstream" else f"{self.path[-1]} of {self.owned.name}"


def each_upstream(platform: Platform) -> Iterator[Sent]:
    """Every upstream of every service, in the order of the file."""
    for owned in each_service(platform):
        yield Sent((*owned.path, "upstream"), owned, owned.service.upstream)
        for name, upstream in owned.service.upstreams.items():
            yield Sent((*owned.path, "upstreams", name), owned, upstream)


class Backend(NamedTuple):
    """Something of a service that has endpoints: an upstream, or one of its standbys; and where it is written."""

    path: Path
    owned: Owned
    standby: Standby

    @property
    def name(self) -> str:
        """How people call it."""
        *_, parent, own = self.path
        if parent == "standbys":
            return f"standby {own} of {self.owned.name}"
        return self.owned.name if own == "upstream" else f"{own} of {self.owned.name}"


def each_backend(platform: Platform) -> Iterator[Backend]:
    """Every upstream and standby of every service, in the order of the file."""
    for owned in each_service(platform):
        for path, standby in owned.service.each_backend():
            yield Backend((*owned.path, *path), owned, standby)


def each_service(platform: Platform) -> Iterator[Owned]:
    """The services in the order of the file."""
    for tenant_name, tenant in platform.tenants.items():
        for name, service in tenant.services.items():
            yield Owned(("tenants", tenant_name, "services", name), tenant_name, name, service)
