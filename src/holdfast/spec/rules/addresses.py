"""Where edges listen, and where they send requests to."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from holdfast.model.platform import Platform
from holdfast.spec.codes import Finding, Path, error, warning
from holdfast.spec.rules.walk import Backend, each_backend

LISTEN_TWICE = error(
    "HF311",
    "two edges listen on one address",
    "Only one of them could start. An edge on every address (0.0.0.0 or [::]) takes a port on each.",
    wrong="""
locations:
  local:
    edges:
      - {name: edge-1, listen: "0.0.0.0:8080"}
      - {name: edge-2, listen: "127.0.0.1:8080"}
""",
    right="""
locations:
  local:
    edges:
      - {name: edge-1, listen: "127.0.0.1:8080"}
      - {name: edge-2, listen: "127.0.0.1:8081"}
""",
)
LISTEN_NAME = error(
    "HF312",
    "an edge listens on a name",
    "An edge listens on an IP address, not on a name: a name can mean several, or another one tomorrow.",
    wrong="""
locations:
  local:
    edges: [{name: edge-1, listen: "localhost:8080"}]
""",
    right="""
locations:
  local:
    edges: [{name: edge-1, listen: "127.0.0.1:8080"}]
""",
)
LOOP = error(
    "HF313",
    "an upstream that is an edge",
    "Requests would go from the edge to itself until it has no connection left.",
    wrong="tenants: {acme: {services: {shop: {upstream: {endpoints: ['127.0.0.1:8080']}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {endpoints: ['127.0.0.1:9101']}}}}}",
)
NO_DESTINATION = error(
    "HF314",
    "an endpoint on every address",
    "0.0.0.0 and [::] say where to listen. Nothing can be sent there.",
    wrong="tenants: {acme: {services: {shop: {upstream: {endpoints: ['0.0.0.0:9101']}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {endpoints: ['127.0.0.1:9101']}}}}}",
)
ENDPOINT_TWICE = warning(
    "HF315",
    "an endpoint written twice",
    "The endpoint would get a double share, and a retry on another endpoint could reach it again.",
    wrong="""
tenants:
  acme:
    services:
      shop:
        upstream: {endpoints: ["127.0.0.1:9101", "127.0.0.1:9101"], health_check: {path: /healthz}}
""",
    right="""
tenants:
  acme:
    services:
      shop:
        upstream: {endpoints: ["127.0.0.1:9101", "127.0.0.1:9102"], health_check: {path: /healthz}}
""",
)

IP = IPv4Address | IPv6Address


def split_address(address: str) -> tuple[str, int]:
    """Host, without brackets and in lower case, and port."""
    host, _, port = address.rpartition(":")
    return host.strip("[]").lower(), int(port)


def parse_ip(host: str) -> IP | None:
    """The IP address that a host is, or None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def each_listen(platform: Platform) -> Iterator[tuple[Path, str, str]]:
    """Path, edge name and address of everything that an edge listens on."""
    for name, location in platform.locations.items():
        for index, edge in enumerate(location.edges):
            yield ("locations", name, "edges", index, "listen"), edge.name, edge.listen


def check_listens(platform: Platform) -> Iterator[Finding]:
    """Edges listen on IP addresses, each on its own."""
    taken: dict[int, list[tuple[IP, str, Path]]] = {}
    for path, edge, listen in each_listen(platform):
        host, port = split_address(listen)
        address = parse_ip(host)
        if address is None:
            known = "127.0.0.1" if host == "localhost" else "the IP address of this machine"
            fix = f"write {known}:{port}" if host == "localhost" else f"write {known}, or 0.0.0.0:{port} for all"
            yield LISTEN_NAME.at(path, f"edge {edge} listens on the name {host}", fix)
            continue
        others = taken.setdefault(port, [])
        clash = next((other for other in others if _overlaps(address, other[0])), None)
        if clash:
            message = f"edge {edge} listens on {listen}, which edge {clash[1]} takes already"
            yield LISTEN_TWICE.at(path, message, "give one of them another address or port", first=clash[2])
        others.append((address, edge, path))


def _overlaps(one: IP, other: IP) -> bool:
    if one == other:
        return True
    wild = [address for address in (one, other) if address.is_unspecified]
    return bool(wild) and (one.version == other.version or any(address.version == 6 for address in wild))


def check_endpoints(platform: Platform) -> Iterator[Finding]:
    """Endpoints are destinations, none of them an edge."""
    edges = {split_address(listen): (edge, path) for path, edge, listen in each_listen(platform)}
    for sent in each_backend(platform):
        seen: set[tuple[str, int]] = set()
        for index, endpoint in enumerate(sent.standby.addresses):
            path = (*sent.path, "endpoints", index)
            address = split_address(endpoint)
            yield from _check_endpoint(sent, path, endpoint, edges)
            if address in seen:
                yield ENDPOINT_TWICE.at(path, f"endpoint {endpoint} of {sent.name} is written twice", "keep one")
            seen.add(address)


def _check_endpoint(
    sent: Backend, path: Path, endpoint: str, edges: dict[tuple[str, int], tuple[str, Path]]
) -> Iterator[Finding]:
    host, port = split_address(endpoint)
    listener = edges.get((host, port)) or edges.get(("127.0.0.1", port) if host == "localhost" else ("", 0))
    if not listener and (host == "localhost" or host.startswith("127.")):
        listener = edges.get(("0.0.0.0", port))
    if listener:
        message = f"endpoint {endpoint} of {sent.name} is where edge {listener[0]} listens"
        yield LOOP.at(path, message, "write the address of the service itself", first=listener[1])
    ip = parse_ip(host)
    if ip and ip.is_unspecified:
        fix = f"write the service's own address, such as 127.0.0.1:{port}"
        yield NO_DESTINATION.at(path, f"nothing can be sent to {endpoint}", fix)
