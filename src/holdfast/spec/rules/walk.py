"""Every service of a platform, with its path in the file."""

from collections.abc import Iterator
from typing import NamedTuple

from holdfast.model.platform import Platform, Service
from holdfast.spec.codes import Path


class Owned(NamedTuple):
    """A service, its tenant, and where it is written."""

    path: Path
    tenant: str
    name: str
    service: Service


def each_service(platform: Platform) -> Iterator[Owned]:
    """The services in the order of the file."""
    for tenant_name, tenant in platform.tenants.items():
        for name, service in tenant.services.items():
            yield Owned(("tenants", tenant_name, "services", name), tenant_name, name, service)
