"""Keeps what is deferred in a SQLite file: every acceptance durable, committed together with its neighbours."""

from holdfast.adapters.spool.salvage import Salvaged, salvage_spool
from holdfast.adapters.spool.sql_spool import SqlSpool

__all__ = ["Salvaged", "SqlSpool", "salvage_spool"]
