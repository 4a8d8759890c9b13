"""Whose messages are delivered next, where not everybody's can be at once: tenants in turn, and their services."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Turns:
    """A round of tenants, and for each a round of its services.

    A tenant with many services, or many messages, has no more turns than one with few.
    """

    _tenants: list[str] = field(default_factory=list)
    _services: dict[str, list[str]] = field(default_factory=dict)

    def know(self, tenants: Mapping[str, str]) -> None:
        """Set which services there are, each with its tenant. Those that are known keep their place in the round."""
        for tenant in set(self._services) | set(tenants.values()):
            current = {service for service, owner in tenants.items() if owner == tenant}
            kept = [service for service in self._services.get(tenant, []) if service in current]
            self._services[tenant] = kept + sorted(current - set(kept))
        self._services = {tenant: services for tenant, services in self._services.items() if services}
        kept_tenants = [tenant for tenant in self._tenants if tenant in self._services]
        self._tenants = kept_tenants + sorted(set(self._services) - set(kept_tenants))

    def pick(self, ready: Collection[str]) -> str | None:
        """The next of the services that are ready; None if none is. Whoever is picked goes to the end of its rounds."""
        for tenant in self._tenants:
            services = self._services[tenant]
            service = next((each for each in services if each in ready), None)
            if service is not None:
                _send_to_end(services, service)
                _send_to_end(self._tenants, tenant)
                return service
        return None


def _send_to_end(round_of: list[str], one: str) -> None:
    round_of.remove(one)
    round_of.append(one)
