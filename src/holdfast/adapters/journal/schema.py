"""The journal's tables. The migrations beside this file are what makes them."""

from typing import Final

from sqlalchemy import Column, Float, Integer, LargeBinary, MetaData, String, Table, Text

METADATA: Final = MetaData()
EVENTS: Final = Table(
    "events",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("type", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", String(64), nullable=False),
)
"""Every decided event, counted from 1 without gaps. `digest` seals the row and, through it, all before it."""
TEXTS: Final = Table(
    "texts",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Platform texts, compressed by zlib, under the SHA-256 of what they say."""
