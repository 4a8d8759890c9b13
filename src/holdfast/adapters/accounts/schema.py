"""The store's tables."""

from enum import IntEnum
from typing import Final

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA: Final = MetaData()
VERSION: Final = 1
"""Of these tables; those of another version are left alone."""


class Grain(IntEnum):
    """How coarse a tally is. Each is the sum of finer ones, and kept for longer."""

    SLOT = 0
    MINUTE = 1
    HOUR = 2
    DAY = 3


GRAIN_S: Final = {Grain.MINUTE: 60.0, Grain.HOUR: 3_600.0, Grain.DAY: 86_400.0}
NAMES: Final = Table(
    "names",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Index("names_by_name", "kind", "name", unique=True),
)
"""Subjects and regions, which everything else speaks of by number."""
TALLIES: Final = Table(
    "tallies",
    METADATA,
    Column("grain", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, primary_key=True, autoincrement=False),
    Column("region", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Counts of all subjects that had any, as by `packing`."""
STRETCHES: Final = Table(
    "stretches",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("subject", Integer, nullable=False),
    Column("region", Integer, nullable=False),
    Column("began_at", Float, nullable=False),
    Column("ended_at", Float, nullable=False),
    Column("standing", Integer, nullable=False),
    Column("requests", Float, nullable=False),
    Column("failed", Float, nullable=False),
    Index("stretches_by_end", "ended_at"),
    Index("stretches_by_subject", "subject", "region", "began_at"),
)
"""Every time in which a subject wasn't up, with the requests that say so."""
MARKS: Final = Table(
    "marks",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", Float, nullable=False),
)
"""Up to where what is kept was judged, and how far it was made coarser."""
WINDOWS: Final = Table(
    "windows",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("ended_at", Float, nullable=False),
    Column("body", Text, nullable=False),
)
"""Drills and maintenance, as JSON: they outlive what control remembers of them."""
