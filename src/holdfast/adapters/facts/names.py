"""Which host names have no address."""

import socket
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

LOOKUPS_MAX: Final = 32
"""How many names are looked up at a time."""


def find_unresolved(
    names: Iterable[str], deadline_s: float = 10.0, on_found: Callable[[], object] = lambda: None
) -> frozenset[str]:
    """The names that have no address. `on_found` is called after each, from another thread.

    A name that isn't answered within the deadline counts as unanswered, not as unresolved: a slow resolver is
    no mistake in a file.
    """
    pool = ThreadPoolExecutor(LOOKUPS_MAX, thread_name_prefix="lookup")
    lookups = {pool.submit(_has_address, name): name for name in sorted(set(names))}
    for lookup in lookups:
        lookup.add_done_callback(lambda _: on_found())
    done, _ = wait(lookups, timeout=deadline_s)
    pool.shutdown(wait=False, cancel_futures=True)
    return frozenset(lookups[lookup] for lookup in done if _failed(lookup))


def _has_address(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except socket.gaierror as failure:
        return failure.errno not in {socket.EAI_NONAME, socket.EAI_NODATA}
    except UnicodeError:
        return False


def _failed(lookup: "Future[bool]") -> bool:
    return not lookup.result()
