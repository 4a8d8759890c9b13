"""The writer when a commit fails, and can't be undone either."""

import asyncio
import sqlite3
from pathlib import Path

import apsw
import pytest

from fakes.spool import is_accepted, make_draft, open_spool
from holdfast.adapters.spool.tables import Tables
from holdfast.model.spool import SpoolUnavailable


def test_what_cant_be_taken_back_is_tried_again_before_anything_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then nothing is read either: the tables show what may never be durable."""
    keep, take_back = Tables.keep, Tables.take_back
    broken = {"disk": False}

    def keep_unless_broken(tables: Tables) -> None:
        if broken["disk"]:
            raise apsw.IOError("no such disk")
        keep(tables)

    def take_back_unless_broken(tables: Tables) -> None:
        if broken["disk"]:
            raise apsw.IOError("no such disk")
        take_back(tables)

    monkeypatch.setattr(Tables, "keep", keep_unless_broken)
    monkeypatch.setattr(Tables, "take_back", take_back_unless_broken)

    async def check() -> None:
        async with open_spool(tmp_path) as store, asyncio.timeout(20):
            kept = is_accepted(await store.accept(make_draft(body=b"kept"))).id
            broken["disk"] = True
            for _ in range(2):
                with pytest.raises(SpoolUnavailable):
                    await store.accept(make_draft(body=b"lost"))
                with pytest.raises(SpoolUnavailable):
                    await store.receipt(kept)
            broken["disk"] = False
            assert await store.receipt(kept) is not None
            is_accepted(await store.accept(make_draft(body=b"later")))

    asyncio.run(check())
    with sqlite3.connect(tmp_path / "spool.db") as database:
        assert database.execute("SELECT count(*) FROM messages").fetchone() == (2,)
