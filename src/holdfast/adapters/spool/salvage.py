"""What is whole of a corrupt spool: every message that is what was sealed, and every receipt that can be read."""

import mmap
import shutil
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import apsw

from holdfast.adapters.spool.pages import PAGE_BYTES, read_rows
from holdfast.adapters.spool.proof import check_seals
from holdfast.adapters.spool.room import Room
from holdfast.adapters.spool.rows import MESSAGE_COLUMNS, open_message
from holdfast.adapters.spool.schema import Code, open_connection, sync_folder, translate_errors
from holdfast.adapters.spool.tables import Tables
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import SpoolCorrupt

_DAMAGED: Final = (apsw.CorruptError, apsw.NotADBError, apsw.IOError, apsw.SQLError)
_MESSAGE_WIDTH: Final = 21
_CONTENT_WIDTH: Final = 6
"""Columns of the two tables, by which their rows are told apart."""
_STANDING_AT: Final = 13
_UNSETTLED: Final = (
    f"SELECT {MESSAGE_COLUMNS} FROM messages m LEFT JOIN contents c ON c.sequence = m.sequence "  # noqa: S608
    f"WHERE m.standing <= {Code.DEAD:d}"
)
_ORPHANS: Final = "FROM contents WHERE sequence NOT IN (SELECT sequence FROM messages)"
_PAGE_COUNT_AT: Final = slice(28, 32)
_FREE_LIST_AT: Final = slice(32, 40)


@dataclass(frozen=True, slots=True)
class Salvaged:
    """How many messages that wait or are dead were whole, how many receipts of others, and where the rest is kept.

    `lost` are the messages of which something was found that isn't whole; of others nothing is left to count.
    """

    messages: int
    receipts: int
    lost: int
    corrupt: Path


def salvage_spool(path: Path) -> Salvaged | None:
    """Put a new spool in the place of a corrupt one, which is kept beside it; None if it is whole.

    Nobody else may have it open. Raises SpoolUnavailable, and changes nothing then. What was written after damage
    within the write-ahead log can't be told from what was never written.
    """
    if _is_whole(path):
        return None
    with TemporaryDirectory(dir=path.parent, prefix="salvage-") as scratch, translate_errors():
        copy = _copy_files(path, Path(scratch))
        draft = Path(scratch) / "new.db"
        messages, receipts, lost = _salvage_into(draft, copy)
        corrupt = _set_aside(path)
        draft.replace(path)
        sync_folder(path.parent)
    return Salvaged(messages, receipts, lost, corrupt)


def _is_whole(path: Path) -> bool:
    try:
        with closing(Tables(path, SpoolBounds(), Room(path, 0))) as tables:
            check_seals(tables)
    except SpoolCorrupt:
        return False
    return True


def _salvage_into(draft: Path, copy: Path) -> tuple[int, int, int]:
    """A new spool out of a damaged one: how many messages, receipts, and messages that aren't whole."""
    clocks = _bring_home(copy)
    with closing(open_connection(draft)) as new:
        new.execute("BEGIN")
        if copy.stat().st_size:
            with copy.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                for row_id, values in read_rows(content):
                    _write_row(new, row_id, values)
        new.executemany("INSERT INTO clocks VALUES (?, ?)", clocks)
        lost = _remove_broken(new)
        _lead_again(new)
        new.execute("COMMIT")
        total, receipts = (
            new.execute(f"SELECT count(*) FROM messages WHERE standing > {least:d}").get  # noqa: S608 - a number
            for least in (-1, Code.DEAD)
        )
    return total - receipts, receipts, lost


def _copy_files(path: Path, scratch: Path) -> Path:
    copy = scratch / "old.db"
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(path.with_name(path.name + suffix), copy.with_name(copy.name + suffix))
    return copy


def _bring_home(copy: Path) -> list[tuple[str, float]]:
    """Put what was written ahead into the main file, if need be under another first page; the clocks, if legible."""
    try:
        return _check_point(copy)
    except _DAMAGED:
        _replace_first_page(copy)
    try:
        return _check_point(copy)
    except _DAMAGED:
        return []


def _check_point(copy: Path) -> list[tuple[str, float]]:
    connection = apsw.Connection(str(copy))
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with suppress(apsw.CorruptError):
            rows: list[tuple[Any, ...]] = connection.execute("SELECT service, postponed_s FROM clocks").fetchall()
            return [(service, postponed_s) for service, postponed_s in rows]
        return []
    finally:
        connection.close(force=True)


def _replace_first_page(copy: Path) -> None:
    """All spools begin alike, but for how long they are."""
    pattern = copy.with_name("pattern.db")
    open_connection(pattern).close()
    page = bytearray(pattern.read_bytes()[:PAGE_BYTES])
    page[_PAGE_COUNT_AT] = (copy.stat().st_size // PAGE_BYTES).to_bytes(4, "big")
    page[_FREE_LIST_AT] = bytes(8)
    with copy.open("r+b") as file:
        file.write(page)


def _write_row(new: apsw.Connection, row_id: int, values: Sequence[Any]) -> None:
    """Of a message that is found twice, the row that says that it is settled for good is the later."""
    with suppress(apsw.ConstraintError, apsw.MismatchError, OverflowError, TypeError):
        if len(values) == _CONTENT_WIDTH:
            new.execute("INSERT OR IGNORE INTO contents VALUES (?,?,?,?,?,?)", (row_id, *values[1:]))
        elif len(values) == _MESSAGE_WIDTH:
            verb = "REPLACE" if values[_STANDING_AT] > Code.DEAD else "INSERT OR IGNORE"
            marks = ",".join("?" * len(values))
            new.execute(f"{verb} INTO messages VALUES ({marks})", (row_id, *values[1:]))


def _remove_broken(new: apsw.Connection) -> int:
    """Remove what isn't what was sealed, or has lost one of its halves; say how many messages that were."""
    orphans: int = new.execute(f"SELECT count(*) {_ORPHANS}").get
    broken = [(row[0],) for row in new.execute(_UNSETTLED) if not _is_sealed(row)]
    new.executemany("DELETE FROM messages WHERE sequence = ?", broken)
    new.execute("DELETE FROM contents WHERE sequence IN (SELECT sequence FROM messages WHERE standing > 1)")
    new.execute(f"DELETE {_ORPHANS}")
    return orphans + len(broken)


def _is_sealed(row: tuple[Any, ...]) -> bool:
    with suppress(SpoolCorrupt, TypeError, AttributeError):
        return bool(open_message(row, 0.0))
    return False


def _lead_again(new: apsw.Connection) -> None:
    """The first of an order may be among what is lost."""
    new.execute("UPDATE messages SET head = (standing = 0 AND order_key IS NULL)")
    new.execute(
        "UPDATE messages SET head = 1 WHERE sequence IN (SELECT min(sequence) FROM messages "
        "WHERE standing = 0 AND order_key IS NOT NULL GROUP BY service, order_key)"
    )


def _set_aside(path: Path) -> Path:
    corrupt = next(p for i in range(1, 10_000) if not (p := path.with_name(f"{path.name}.corrupt-{i}")).exists())
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(corrupt.with_name(corrupt.name + suffix))
    return corrupt
