"""What tenants, services, hosts and edges are called in every drill."""

from __future__ import annotations


def name_tenant(number: int) -> str:
    """A tenant's name, which is also that of its first service."""
    return f"tenant-{number:02}"


def name_host(service: str) -> str:
    """The host of a service."""
    return f"{service}.example"


def name_edge(number: int) -> str:
    """An edge's name."""
    return f"edge-{number}"


def name_contact(service: str) -> str:
    """Where a tenant is told of what is done; nobody listens there, and Holdfast must bear that."""
    return f"http://127.0.0.1:9/{service}"


def service_names(count: int) -> list[str]:
    """The services of a platform of `count`, each of a tenant of its own; the first are those with traffic."""
    return [name_tenant(number) for number in range(1, count + 1)]
