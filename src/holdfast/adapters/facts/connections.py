"""Which addresses nobody answers at."""

import asyncio
import errno
import socket
from collections.abc import Collection
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

ASKED_MAX: Final = 200
"""Addresses that are tried at most; nothing is said of the others."""
CONNECT_S: Final = 0.5
AT_ONCE_MAX: Final = 50
_NOBODY: Final = frozenset({errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH, None})
"""None: several addresses of one name, which failed each in its own way."""


async def find_dead(addresses: Collection[str]) -> frozenset[str]:
    """Those of the `host:port` or `[ipv6]:port` addresses that take no connection; nothing is sent over one.

    An address that says nothing for `CONNECT_S` counts, but a name doesn't: its resolver may be slow. What this machine
    can't try is left out.
    """
    chosen = list(dict.fromkeys(addresses))[:ASKED_MAX]
    turns = asyncio.Semaphore(AT_ONCE_MAX)

    async def ask(address: str) -> bool:
        async with turns:
            return await _is_dead(address)

    answers = await asyncio.gather(*(ask(address) for address in chosen))
    return frozenset(address for address, is_dead in zip(chosen, answers, strict=True) if is_dead)


async def _is_dead(address: str) -> bool:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, int(port))
    except TimeoutError:
        return _is_number(host)
    except socket.gaierror:
        return False
    except OSError as failure:
        return failure.errno in _NOBODY
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return False


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
