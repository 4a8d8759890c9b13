"""What is asked of a peer before and after a change, and what is known of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.drills.bad_changes.peers.lenient import read_leniently
from holdfast.drills.bad_changes.peers.placing import each_upstream
from holdfast.model.recorded import RecordedRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holdfast.drills.bad_changes.corpus import Case
    from holdfast.drills.bad_changes.editing import Files
    from holdfast.model.platform import Platform


@dataclass(frozen=True, slots=True)
class Asked:
    """A recorded request, or a service's declared probe, and the status that it is known to be answered with."""

    service: str
    request: RecordedRequest
    expect: int


def list_recorded(case: Case) -> Iterator[Asked]:
    """What was recorded, without what the case does without."""
    kept = set(case.requests)
    for raw, request in case.base.requests:
        if request in kept:
            yield Asked(raw["service"], request, raw["expect"])


def list_probes(platform: Platform, remaining: frozenset[str]) -> Iterator[Asked]:
    """The probes of services that are to remain."""
    for tenant in platform.tenants.values():
        for name, service in tenant.services.items():
            for probe in service.probes if name in remaining else ():
                host = probe.host or next(host for host in service.hosts if not host.startswith("*."))
                headers = tuple((key.lower(), value) for key, value in probe.headers.items())
                request = RecordedRequest(method=probe.method, host=host, path=probe.path, headers=headers)
                yield Asked(name, request, probe.expect)


def list_owners(files: Files) -> dict[str, frozenset[str]]:
    """The services that each endpoint belongs to."""
    owners: dict[str, set[str]] = {}
    for tenant in read_leniently(files).tenants.values():
        for name, service in tenant.services.items():
            for upstream in each_upstream(service):
                for endpoint in upstream.addresses:
                    owners.setdefault(endpoint, set()).add(name)
    return {endpoint: frozenset(names) for endpoint, names in owners.items()}
