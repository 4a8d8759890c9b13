"""Lines of a log that contain some bytes, newest first, without parsing the others."""

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from holdfast.adapters.access_log.compression import COMPRESSED

LINE_BYTES_MAX: Final = 128 * 1024
"""Longer lines aren't an edge's, and are passed over."""
BLOCK_BYTES: Final = 1024**2


@dataclass
class SearchBudget:
    """What one search may take; `spend` says whether it may go on."""

    clock: Callable[[], float]
    deadline: float
    bytes_left: int

    def spend(self, count: int) -> bool:
        """Account for bytes that were read."""
        self.bytes_left -= count
        return self.bytes_left > 0 and self.clock() < self.deadline


def find_lines(paths: Sequence[Path], wanted: bytes, budget: SearchBudget) -> Iterator[bytes]:
    """Lines that contain `wanted`, of the files as they are ordered, the last line of each first.

    Files that vanish or turn out to be broken meanwhile are passed over.
    """
    for path in paths:
        search = _search_compressed if path.suffix == COMPRESSED else _search_plain
        try:
            yield from search(path, wanted, budget)
        except (OSError, EOFError, zlib.error):
            continue
        if not budget.spend(0):
            return


def _search_plain(path: Path, wanted: bytes, budget: SearchBudget) -> Iterator[bytes]:
    with path.open("rb") as file:
        position, rest = file.seek(0, 2), b""
        while position > 0:
            size = min(BLOCK_BYTES, position)
            position -= size
            file.seek(position)
            rest, whole = _split_block(file.read(size) + rest, is_first=position == 0)
            yield from reversed(_matching_lines(whole, wanted))
            if not budget.spend(size):
                return


def _split_block(block: bytes, *, is_first: bool) -> tuple[bytes, bytes]:
    """A block's end of a line that begins before it, and its whole lines."""
    if is_first:
        return b"", block
    cut = block.find(b"\n") + 1
    if cut:
        return block[:cut], block[cut:]
    return (block, b"") if len(block) <= LINE_BYTES_MAX else (b"", b"")


def _search_compressed(path: Path, wanted: bytes, budget: SearchBudget) -> Iterator[bytes]:
    """Such a file can only be read from its beginning, so that what is found waits for its end."""
    found, rest = list[bytes](), b""
    with gzip.open(path) as file:
        while block := file.read(BLOCK_BYTES):
            block = rest + block
            end = block.rfind(b"\n") + 1
            found += _matching_lines(block[:end], wanted)
            rest = block[end:] if len(block) - end <= LINE_BYTES_MAX else b""
            if not budget.spend(BLOCK_BYTES):
                break
        else:
            found += _matching_lines(rest, wanted)
    yield from reversed(found)


def _matching_lines(block: bytes, wanted: bytes) -> list[bytes]:
    found, at = [], block.find(wanted)
    while at >= 0:
        begin = block.rfind(b"\n", 0, at) + 1
        end = block.find(b"\n", at)
        end = len(block) if end < 0 else end
        if end - begin <= LINE_BYTES_MAX:
            found.append(block[begin:end])
        at = block.find(wanted, end)
    return found
