"""Which service answers for a host, and where its upstreams are."""

from collections.abc import Iterator, Mapping

from holdfast.model.intent import Intent
from holdfast.model.platform import Platform


def index_hosts(intent: Intent) -> dict[str, str]:
    """Every host and wildcard, in lower case, with its service."""
    return {host.lower(): name for name, owned in intent.services.items() for host in owned.service.hosts}


def find_service(hosts: Mapping[str, str], host: str) -> str | None:
    """The service that answers for a request's host: its own, or the longest wildcard's; None if none does."""
    name = host.lower().partition(":")[0].removesuffix(".")
    if name in hosts:
        return hosts[name]
    parts = name.split(".")
    wildcards = ("*." + ".".join(parts[n:]) for n in range(1, len(parts)))
    return next((hosts[each] for each in wildcards if each in hosts), None)


def list_endpoints(platform: Platform) -> Iterator[str]:
    """Every endpoint of every upstream and standby, as they are written; one that several have comes several times."""
    for tenant in platform.tenants.values():
        for service in tenant.services.values():
            for _, backend in service.each_backend():
                yield from backend.addresses
