"""Which hosts and endpoints a tenant's owner may write into its services."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from holdfast.model.intent import Intent
from holdfast.model.platform import Platform


@dataclass(frozen=True)
class Reach:
    """What an owner's tenants have already, and what is others'. Hosts are in lower case.

    `others_below` has, for every wildcard that would take a host of others, such a host.
    """

    own_hosts: frozenset[str]
    others_hosts: frozenset[str]
    others_below: Mapping[str, str]
    own_endpoints: frozenset[str]
    others_endpoints: frozenset[str]
    networks: tuple[IPv4Network | IPv6Network, ...]

    def find_host_taken(self, host: str) -> str | None:
        """A host or wildcard of others that a host lies across; None if it takes nothing from anybody, or is own."""
        name = host.lower()
        if name in self.own_hosts:
            return None
        if name in self.others_hosts:
            return name
        wildcard = next((each for each in _list_wildcards(name) if each in self.others_hosts), None)
        return wildcard or self.others_below.get(name)

    def tell_endpoint_closed(self, endpoint: str) -> str | None:
        """Why an endpoint isn't open to the owner; None if it is.

        An edge reaches more than its tenants should. So an endpoint that a tenant hasn't yet must be an address in one
        of the platform's pools: a name could lead anywhere, and be another tomorrow. What only an edge's own machine or
        network segment can reach must lie in a pool of nothing else: nobody means the loopback by `0.0.0.0/0`.
        """
        address = endpoint.lower()
        if address in self.own_endpoints:
            return None
        if address in self.others_endpoints:
            return "is another tenant's"
        try:
            ip = ip_address(address.rpartition(":")[0].strip("[]"))
        except ValueError:
            return "is a name, which may lead anywhere; an address in a pool of the platform may be yours"
        inner = _is_inner(ip)
        if any(ip in network and (not inner or _is_inner(network)) for network in self.networks):
            return None
        return "is new, and in no pool of addresses of the platform" + (" that is for such" if inner else "")


def find_reach(intent: Intent, tenants: frozenset[str]) -> Reach:
    """What is within reach of the owner of these tenants, by what is in force."""
    own, others = set[str](), set[str]()
    for owned in intent.services.values():
        (own if owned.tenant in tenants else others).update(host.lower() for host in owned.service.hosts)
    pools = intent.platform.pools.values()
    return Reach(
        own_hosts=frozenset(own),
        others_hosts=frozenset(others),
        others_below={wildcard: host for host in sorted(others, reverse=True) for wildcard in _list_wildcards(host)},
        own_endpoints=frozenset(_list_endpoints(intent.platform, tenants, own=True)),
        others_endpoints=frozenset(_list_endpoints(intent.platform, tenants, own=False)),
        networks=tuple(pool.addresses for pool in pools if pool.addresses is not None),
    )


def _is_inner(what: IPv4Address | IPv6Address | IPv4Network | IPv6Network) -> bool:
    if isinstance(what, IPv6Address) and what.ipv4_mapped is not None:
        what = what.ipv4_mapped
    return what.is_loopback or what.is_link_local or what.is_multicast or what.is_unspecified


def _list_wildcards(host: str) -> Iterator[str]:
    """The wildcards that a host, or a narrower wildcard, lies below; the longest first."""
    parts = host.removeprefix("*.").split(".")
    first = 0 if host.startswith("*.") else 1
    found = ("*." + ".".join(parts[n:]) for n in range(first, len(parts)))
    return (each for each in found if each != host)


def _list_endpoints(platform: Platform, tenants: frozenset[str], *, own: bool) -> Iterator[str]:
    for name, tenant in platform.tenants.items():
        if (name in tenants) is own:
            for service in tenant.services.values():
                for _, backend in service.each_backend():
                    yield from (endpoint.lower() for endpoint in backend.addresses)
