"""The store: takes what was measured slot by slot, and gives it back by time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select

from holdfast.adapters.accounts.keeping import Bounds, add_up_again, coarsen, forget, read_mark, set_mark
from holdfast.adapters.accounts.packing import Tally, pack, unpack
from holdfast.adapters.accounts.schema import MARKS, METADATA, NAMES, STRETCHES, TALLIES, VERSION, WINDOWS, Grain
from holdfast.adapters.accounts.sqlite import AccountsUnavailable, Database
from holdfast.model.downtime import Standing, Stretch

REGION_KIND = "place"
"""What regions are kept as among names: a subject may be called as a region is."""
PAGES_MAX: Final = 1_000
"""Pages that are given back at a time."""


class Name(NamedTuple):
    """A subject, or a region (`REGION_KIND`)."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class SlotTally:
    """One slot of a region: counts of those subjects that had any."""

    region: str
    at: float
    subjects: Sequence[Name]
    counts: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class KeptStretch:
    """A stretch, and whose it is."""

    subject: Name
    region: str
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be kept at once, all or nothing."""

    slots: Sequence[SlotTally] = ()
    stretches: Sequence[KeptStretch] = ()
    marks: Mapping[str, float] = field(default_factory=dict)
    rejudged: Mapping[str, float] = field(default_factory=dict)
    """By region from when (Unix time, in seconds) all stretches that are kept are withdrawn first."""


class SqlAccounts:
    """A SQLite file (mode 0600). Everything raises AccountsUnavailable when it can't be read or written."""

    def __init__(self, path: Path, bounds: Bounds | None = None) -> None:
        self._database = Database(path)
        self._bounds = bounds or Bounds()
        self._ids: dict[Name, int] = {}
        with self._database.transaction() as connection:
            METADATA.create_all(connection)
            version = read_mark(connection, "version")
            if version is None:
                set_mark(connection, "version", VERSION)
            elif version != VERSION:
                raise AccountsUnavailable(f"the accounts at {path} are of version {version:g}, which is unknown here")
            for row in connection.execute(select(NAMES)):
                self._ids[Name(row.kind, row.name)] = row.id
        self._names = {number: name for name, number in self._ids.items()}

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def write(self, batch: Batch) -> None:
        """Keep a batch."""
        names = [name for slot in batch.slots for name in (*slot.subjects, Name(REGION_KIND, slot.region))]
        names += [name for each in batch.stretches for name in (each.subject, Name(REGION_KIND, each.region))]
        self._intern(names)
        with self._database.transaction() as connection:
            for region, since in batch.rejudged.items():
                own = STRETCHES.c.region == self._ids.get(Name(REGION_KIND, region))
                connection.execute(delete(STRETCHES).where(own, STRETCHES.c.ended_at > since))
            for slot in batch.slots:
                values = {
                    "grain": Grain.SLOT,
                    "at": slot.at,
                    "region": self._region(slot.region),
                    "body": self._pack(slot),
                }
                connection.execute(insert(TALLIES).prefix_with("OR REPLACE").values(**values))
            add_up_again(connection, [slot.at for slot in batch.slots])
            if batch.stretches:
                connection.execute(insert(STRETCHES), [self._to_row(each) for each in batch.stretches])
            for name, value in batch.marks.items():
                set_mark(connection, name, value)

    def tidy(self, now: float) -> None:
        """Make coarser what is over, and let go of what is too old or too much (Unix time, in seconds)."""
        with self._database.transaction() as connection:
            for grain in (Grain.MINUTE, Grain.HOUR, Grain.DAY):
                coarsen(connection, grain, now)
            forget(connection, now, self._bounds)
        with self._database.transaction() as connection:
            _give_back_pages(connection)

    def read_marks(self) -> Mapping[str, float]:
        """How far everything got."""
        with self._database.transaction() as connection:
            return {row.name: row.value for row in connection.execute(select(MARKS))}

    def read_tallies(self, grain: Grain, region: str, begin: float, end: float) -> list[tuple[float, Tally]]:
        """Tallies of a region that begin within a time, in order."""
        number = self._ids.get(Name(REGION_KIND, region))
        t = TALLIES.c
        wanted = select(t.at, t.body).where(t.grain == grain, t.at >= begin, t.at < end, t.region == number)
        with self._database.transaction() as connection:
            rows = connection.execute(wanted.order_by(t.at)).all()
        return [(row.at, unpack(row.body)) for row in rows]

    def read_stretches(self, ended_after: float) -> Iterator[KeptStretch]:
        """All stretches that ended after a time, in no order."""
        with self._database.transaction() as connection:
            rows = connection.execute(select(STRETCHES).where(STRETCHES.c.ended_at > ended_after)).all()
        for row in rows:
            stretch = Stretch(row.began_at, row.ended_at, Standing(row.standing), row.requests, row.failed)
            yield KeptStretch(self._names[row.subject], self._names[row.region].name, stretch)

    def write_window(self, id_: str, ended_at: float, body: str) -> None:
        """Keep a window, in place of what was known of it."""
        with self._database.transaction() as connection:
            values = {"id": id_, "ended_at": ended_at, "body": body}
            connection.execute(insert(WINDOWS).prefix_with("OR REPLACE").values(**values))

    def read_windows(self) -> list[str]:
        """All windows."""
        with self._database.transaction() as connection:
            return list(connection.execute(select(WINDOWS.c.body)).scalars())

    def find_ids(self, names: Iterable[Name]) -> list[int]:
        """The numbers of those that are known, in tallies."""
        return [self._ids[name] for name in names if name in self._ids]

    def find_name(self, number: int) -> Name:
        """Whose number this is; KeyError if it is nobody's."""
        return self._names[number]

    @property
    def bytes_used(self) -> int:
        """The size of the file and of what is written ahead."""
        path = self._database.path
        files = (path, path.with_name(f"{path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def _intern(self, names: Iterable[Name]) -> None:
        new = [name for name in dict.fromkeys(names) if name not in self._ids]
        if not new:
            return
        first = max(self._names, default=0) + 1
        numbered = {name: number for number, name in enumerate(new, first)}
        with self._database.transaction() as connection:
            rows = [{"id": number, "kind": name.kind, "name": name.name} for name, number in numbered.items()]
            connection.execute(insert(NAMES), rows)
        self._ids |= numbered
        self._names |= {number: name for name, number in numbered.items()}

    def _region(self, region: str) -> int:
        return self._ids[Name(REGION_KIND, region)]

    def _pack(self, slot: SlotTally) -> bytes:
        ids = np.array([self._ids[name] for name in slot.subjects], np.uint32)
        order = np.argsort(ids)
        return pack(Tally(ids[order], slot.counts[order]))

    def _to_row(self, each: KeptStretch) -> dict[str, object]:
        stretch = each.stretch
        return {
            "subject": self._ids[each.subject],
            "region": self._region(each.region),
            "began_at": stretch.began_at,
            "ended_at": stretch.ended_at,
            "standing": int(stretch.standing),
            "requests": stretch.requests,
            "failed": stretch.failed,
        }


def _give_back_pages(connection: Connection) -> None:
    """Make the file smaller by what it has no use for.

    SQLite does that page by page, with each step of the statement; Python's module makes one step and no more.
    """
    unused = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
    for _ in range(min(unused, PAGES_MAX)):
        connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
