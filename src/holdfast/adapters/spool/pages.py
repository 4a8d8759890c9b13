"""Rows out of a SQLite file's pages by themselves, whatever became of the pages that lead to them.

The format is that of https://sqlite.org/fileformat2.html. Only whole rows in tables' leaf pages are found.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from mmap import mmap
from typing import Any, Final

from holdfast.model.spool import SpoolCorrupt

PAGE_BYTES: Final = 4_096
MAGIC: Final = b"SQLite format 3\0"
_FILE_HEADER_BYTES: Final = 100
_LEAF: Final = 0x0D
_BROKEN: Final = (IndexError, struct.error, UnicodeDecodeError, SpoolCorrupt)
_INTEGER_BYTES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Content = bytes | mmap
Row = tuple[int, list[Any]]
"""A row's id, and its columns; a column that is the row's id is None."""


def read_rows(content: Content) -> Iterator[Row]:
    """Every row of every table of a file, but those on pages that the file says are free."""
    free = _list_free_pages(content)
    for number in range(1, len(content) // PAGE_BYTES + 1):
        if number not in free:
            yield from _read_leaf(content, number)


def _read_leaf(content: Content, number: int) -> Iterator[Row]:
    page = _read_page(content, number)
    at = _FILE_HEADER_BYTES if number == 1 else 0
    if page[at] != _LEAF:
        return
    (cells,) = struct.unpack_from(">H", page, at + 3)
    for cell in range(min(cells, PAGE_BYTES // 4)):
        with suppress(*_BROKEN):
            (place,) = struct.unpack_from(">H", page, at + 8 + 2 * cell)
            yield _read_cell(content, page, place)


def _read_cell(content: Content, page: bytes, place: int) -> Row:
    size, place = _read_varint(page, place)
    row_id, place = _read_varint(page, place)
    local = _count_local_bytes(size)
    payload = page[place : place + local]
    if local < size:
        (following,) = struct.unpack_from(">I", page, place + local)
        payload += _read_overflow(content, following, size - local)
    if len(payload) != size:
        raise SpoolCorrupt("a row is cut off")
    return row_id, _read_record(payload)


def _count_local_bytes(size: int) -> int:
    """How much of a row lies on its leaf page."""
    if size <= PAGE_BYTES - 35:
        return size
    least = (PAGE_BYTES - 12) * 32 // 255 - 23
    wanted = least + (size - least) % (PAGE_BYTES - 4)
    return wanted if wanted <= PAGE_BYTES - 35 else least


def _read_overflow(content: Content, number: int, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0:
        page = _read_page(content, number)
        parts.append(page[4 : 4 + min(size, PAGE_BYTES - 4)])
        size -= len(parts[-1])
        (number,) = struct.unpack_from(">I", page)
    return b"".join(parts)


def _read_record(payload: bytes) -> list[Any]:
    head_bytes, at = _read_varint(payload, 0)
    kinds: list[int] = []
    while at < head_bytes:
        kind, at = _read_varint(payload, at)
        kinds.append(kind)
    values: list[Any] = []
    for kind in kinds:
        value, at = _read_value(payload, at, kind)
        values.append(value)
    return values


def _read_value(payload: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in {0, 8, 9}:
        return {0: None, 8: 0, 9: 1}[kind], at
    if kind == 7:
        return struct.unpack_from(">d", payload, at)[0], at + 8
    if size := _INTEGER_BYTES.get(kind):
        return int.from_bytes(_take(payload, at, size), "big", signed=True), at + size
    size = (kind - 12) // 2
    raw = _take(payload, at, size)
    return raw.decode() if kind % 2 else raw, at + size


def _take(payload: bytes, at: int, size: int) -> bytes:
    if size < 0 or at + size > len(payload):
        raise SpoolCorrupt("a column is cut off")
    return payload[at : at + size]


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9


def _list_free_pages(content: Content) -> set[int]:
    """Pages whose rows are gone, though they may still be legible; none if the first page can't be read."""
    free: set[int] = set()
    if content[: len(MAGIC)] != MAGIC:
        return free
    (trunk,) = struct.unpack_from(">I", content, 32)
    with suppress(*_BROKEN):
        while trunk and trunk not in free:
            free.add(trunk)
            page = _read_page(content, trunk)
            trunk, leaves = struct.unpack_from(">II", page)
            free |= set(struct.unpack_from(f">{min(leaves, PAGE_BYTES // 4 - 2)}I", page, 8))
    return free


def _read_page(content: Content, number: int) -> bytes:
    page = content[(number - 1) * PAGE_BYTES : number * PAGE_BYTES]
    if number < 1 or len(page) < PAGE_BYTES:
        raise SpoolCorrupt(f"there is no page {number}")
    return page
