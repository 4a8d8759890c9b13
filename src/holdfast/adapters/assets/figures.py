"""What a store keeps and did, as numbers."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx

from holdfast.model.asset_store import StoreFigures

_ASK_S_MAX: Final = 2.0
_SERVED: Final = ("served_fresh", "served_stale")


async def read_figures(folder: Path) -> StoreFigures:
    """The figures of the store in `folder`. ConnectionError if its engine doesn't answer."""
    counts = await _ask_counts(folder / "figures.sock")
    sizes = tuple(measure_copies(folder / "kept"))
    return StoreFigures(
        bytes=sum(sizes),
        objects=len(sizes),
        kept=counts.get("kept", 0),
        validated=counts.get("validated", 0),
        withdrawn=counts.get("withdrawn", 0),
        refused=sum(count for name, count in counts.items() if name.startswith("refused_")),
        throttled=counts.get("throttled", 0),
        served=sum(counts.get(name, 0) for name in _SERVED),
        stale=counts.get("served_stale", 0),
        missing=counts.get("none", 0),
    )


def measure_copies(folder: Path) -> Iterator[int]:
    """The size of each copy below a folder, in bytes; what vanishes meanwhile is left out."""
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from measure_copies(Path(entry.path))
            continue
        try:
            yield entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue


async def _ask_counts(socket: Path) -> dict[str, int]:
    try:
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(socket))) as client:
            response = await client.get("http://store/", timeout=_ASK_S_MAX)
            response.raise_for_status()
            return {str(name): int(count) for name, count in response.json().items()}
    except (httpx.HTTPError, ValueError) as error:
        raise ConnectionError(f"the store of last good copies doesn't answer: {error!r}") from error
