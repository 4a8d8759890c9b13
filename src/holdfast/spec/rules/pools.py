"""Pools: what edges and endpoints draw from is there, and is nobody else's."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from itertools import combinations
from typing import Final

from holdfast.model.platform import Platform, Pool
from holdfast.spec.codes import Finding, Path, error
from holdfast.spec.rules.addresses import each_listen, parse_ip, split_address
from holdfast.spec.rules.walk import each_backend

BAD_POOL: Final = error(
    "HF331",
    "a pool of nothing",
    "A pool has either ports, the last of them not before the first, or addresses.",
    wrong="pools: {edge-ports: {}}",
    right="pools: {edge-ports: {ports: 8080-8089}}",
)
POOLS_OVERLAP: Final = error(
    "HF332",
    "one address in two pools",
    "What is in two pools is given away twice.",
    wrong="pools: {backends: {addresses: 127.0.0.0/24}, spare: {addresses: 127.0.0.0/28}}",
    right="pools: {backends: {addresses: 127.0.0.0/25}, spare: {addresses: 127.0.0.128/28}}",
)
OUTSIDE_POOLS: Final = error(
    "HF333",
    "outside of all pools",
    "Where there are pools of ports, edges listen on one of those; where there are pools of addresses, endpoints have "
    "one of those. What lies outside belongs to somebody else, or the pool is too small.",
    wrong="pools: {edge-ports: {ports: 9000-9009}}",
    right="pools: {edge-ports: {ports: 8080-8089}}",
)
Ip = IPv4Address | IPv6Address


def check_pools(platform: Platform) -> Iterator[Finding]:
    """Pools are sound, apart from each other, and large enough."""
    for name, pool in platform.pools.items():
        yield from _check_pool(name, pool)
    for (name, pool), (other, another) in combinations(platform.pools.items(), 2):
        if _overlap(pool, another):
            message = f"pool {other} has what is in pool {name} already"
            yield POOLS_OVERLAP.at(("pools", other), message, "give each its own", first=("pools", name))
    yield from _check_ports(platform)
    yield from _check_addresses(platform)


def _check_pool(name: str, pool: Pool) -> Iterator[Finding]:
    path = ("pools", name)
    if (pool.ports is None) is (pool.addresses is None):
        yield BAD_POOL.at(path, f"pool {name} has neither ports nor addresses, or both", "write one of them")
    elif pool.ports is not None and (not pool.port_range or pool.port_range[-1] > 65_535):
        yield BAD_POOL.at((*path, "ports"), f"{pool.ports} isn't a range of ports", "write the lower one first")


def _overlap(pool: Pool, other: Pool) -> bool:
    if pool.addresses is not None and other.addresses is not None:
        return pool.addresses.version == other.addresses.version and pool.addresses.overlaps(other.addresses)
    ports, others = pool.port_range, other.port_range
    return bool(ports and others) and ports[0] <= others[-1] and others[0] <= ports[-1]


def _check_ports(platform: Platform) -> Iterator[Finding]:
    pools = {name: pool.port_range for name, pool in platform.pools.items() if pool.ports is not None}
    used = [(path, int(split_address(listen)[1])) for path, _, listen in each_listen(platform)]
    for path, port in used:
        if pools and not any(port in ports for ports in pools.values()):
            counts = {name: (len(ports), sum(p in ports for _, p in used)) for name, ports in pools.items()}
            yield _outside(path, f"port {port}", "ports", counts)


def _check_addresses(platform: Platform) -> Iterator[Finding]:
    pools = {name: pool.addresses for name, pool in platform.pools.items() if pool.addresses is not None}
    if not pools:
        return
    used = list(_list_endpoints(platform))
    for path, address in used:
        if not any(address in network for network in pools.values()):
            taken = {a for _, a in used}
            counts = {
                name: (network.num_addresses, sum(a in network for a in taken)) for name, network in pools.items()
            }
            yield _outside(path, f"address {address}", "addresses", counts)


def _list_endpoints(platform: Platform) -> Iterator[tuple[Path, Ip]]:
    for sent in each_backend(platform):
        for index, endpoint in enumerate(sent.standby.addresses):
            if (address := parse_ip(split_address(endpoint)[0])) is not None:
                yield (*sent.path, "endpoints", index), address


def _outside(path: Path, what: str, kind: str, counts: Mapping[str, tuple[int, int]]) -> Finding:
    pools = ", ".join(f"{name} has {size}, {used} of them in use" for name, (size, used) in counts.items())
    return OUTSIDE_POOLS.at(path, f"{what} is in no pool of {kind}: {pools}", "take one from a pool, or make it larger")
