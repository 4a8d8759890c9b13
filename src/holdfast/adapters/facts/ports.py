"""Which listen addresses something else listens on."""

import errno
import socket
from collections.abc import Iterable


def find_ports_in_use(listens: Iterable[str]) -> frozenset[str]:
    """Those of the `host:port` or `[ipv6]:port` addresses that can't be bound because they are taken.

    Addresses of other machines, and names, are left out: nothing can be said of them from here.
    """
    return frozenset(listen for listen in listens if _is_taken(listen))


def _is_taken(listen: str) -> bool:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as failure:
            return failure.errno == errno.EADDRINUSE
    return False
