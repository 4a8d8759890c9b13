"""The journal on a real SQLite file."""

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from holdfast.adapters.journal.chain import START, _seal
from holdfast.adapters.journal.salvage import salvage_journal
from holdfast.adapters.journal.sql_journal import SqlJournal
from holdfast.model.event import Event, MitigationEnded, RevisionInForce, RevisionRefused
from holdfast.model.intent import Walls
from holdfast.model.ports import JournalCorrupt, JournalFromNewerVersion, JournalUnavailable

Open = Callable[[], SqlJournal]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def open_journal(path: Path) -> Iterator[Open]:
    opened = []

    def open_one() -> SqlJournal:
        opened.append(SqlJournal(path))
        return opened[-1]

    yield open_one
    for journal in opened:
        journal.close()


def make_event(number: int) -> Event:
    return RevisionRefused(at=number + 0.1, author="ann", number=number, why="ünfit " * 20)


def read(journal: SqlJournal, after: int = 0) -> list[tuple[int, Event]]:
    return [(recorded.sequence, recorded.event) for recorded in journal.read(after)]


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_what_was_appended_is_read_again_after_reopening(open_journal: Open) -> None:
    events = [make_event(1), RevisionInForce(at=2.0, author="x", number=1, settled={"a": Walls(1, 2, 3)})]
    journal = open_journal()
    assert read(journal) == []
    journal.append(events)
    journal.append([make_event(3)])
    journal.close()
    again = open_journal()
    assert read(again) == list(enumerate([*events, make_event(3)], 1))
    assert read(again, after=2) == [(3, make_event(3))]
    again.append([make_event(4)])
    assert read(again, after=3) == [(4, make_event(4))]


def test_texts_are_kept_once_under_their_hash(open_journal: Open) -> None:
    journal = open_journal()
    content = journal.keep_text("tenants: {ü}\n")
    assert journal.keep_text("tenants: {ü}\n") == content
    assert len(content) == 64
    assert journal.load_text(content) == "tenants: {ü}\n"
    with pytest.raises(KeyError):
        journal.load_text("0" * 64)


def test_nobody_else_may_read_it(path: Path, open_journal: Open) -> None:
    open_journal().append([make_event(1)])
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_every_commit_is_made_durable(path: Path, open_journal: Open) -> None:
    connection = open_journal()._connect()
    assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    program = (
        "import os, sys, pathlib, signal\n"
        "from holdfast.adapters.journal.sql_journal import SqlJournal\n"
        "from holdfast.model.event import RevisionRefused\n"
        "journal = SqlJournal(pathlib.Path(sys.argv[1]))\n"
        "for i in range(1, 21):\n"
        "    journal.append([RevisionRefused(at=i, author='x', number=i, why='')])\n"
        "    os.write(1, b'.')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=False)
    assert killed.stdout == b"." * 20, killed.stderr
    with closing(SqlJournal(path)) as journal:
        assert [sequence for sequence, _ in read(journal)] == list(range(1, 21))


def test_all_of_a_batch_or_none(path: Path, open_journal: Open) -> None:
    journal = open_journal()
    journal.append([make_event(1)])
    journal._connect().exec_driver_sql(
        "CREATE TRIGGER t BEFORE INSERT ON events WHEN NEW.sequence = 3 BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    journal._connect().commit()
    with pytest.raises(JournalUnavailable):
        journal.append([make_event(2), make_event(3)])
    assert read(journal) == [(1, make_event(1))]


def test_a_full_disk_is_not_the_end(open_journal: Open) -> None:
    journal = open_journal()
    journal.append([make_event(1)])
    connection = journal._connect()
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    connection.commit()
    with pytest.raises(JournalUnavailable, match="full"):
        journal.append([make_event(number) for number in range(2, 500)])
    journal.append([make_event(2)])
    assert read(journal) == [(1, make_event(1)), (2, make_event(2))]


def test_what_a_failed_commit_left_behind_is_dropped(path: Path, open_journal: Open) -> None:
    """A commit may reach the disk and be reported as failed; nobody was told that it held, so it doesn't."""
    journal = open_journal()
    journal.append([make_event(1)])
    journal._disconnect()
    with closing(SqlJournal(path)) as ghost:
        ghost.append([make_event(99)])
    journal.append([make_event(2)])
    assert read(journal) == [(1, make_event(1)), (2, make_event(2))]


def test_a_journal_that_can_t_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnavailable):
        SqlJournal(tmp_path / "file" / "journal.db")


def test_tables_from_a_newer_version(path: Path, open_journal: Open) -> None:
    open_journal().close()
    change(path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalFromNewerVersion, match="9999"):
        open_journal()


def test_events_from_a_newer_version(path: Path, open_journal: Open) -> None:
    journal = open_journal()
    body = '{"type":"fleet_merged","version":1}'
    journal._connect().exec_driver_sql(
        "INSERT INTO events VALUES (1, 0, 'fleet_merged', 1, ?, ?)", (body, _seal(START, 1, body))
    )
    journal._connect().commit()
    with pytest.raises(JournalFromNewerVersion, match="fleet_merged"):
        journal.read()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET body = replace(body, 'ann', 'bob') WHERE sequence = 2",
        "UPDATE events SET body = X'ff00' WHERE sequence = 2",
        "DELETE FROM events WHERE sequence = 2",
        "UPDATE events SET sequence = 9 WHERE sequence = 3",
        "UPDATE events SET digest = '' WHERE sequence = 1",
    ],
)
def test_a_changed_row_is_noticed(path: Path, open_journal: Open, damage: str) -> None:
    journal = open_journal()
    journal.append([make_event(1), make_event(2), make_event(3)])
    journal.close()
    change(path, damage)
    with pytest.raises(JournalCorrupt):
        open_journal().read()


def fill(path: Path, count: int = 300) -> str:
    with closing(SqlJournal(path)) as journal:
        journal.append([make_event(number) for number in range(1, count + 1)])
        return journal.keep_text("a text")


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def test_a_damaged_page_is_noticed(path: Path, open_journal: Open) -> None:
    fill(path)
    overwrite(path, path.stat().st_size // 2 // 4096 * 4096, b"\xff" * 4096)
    with pytest.raises(JournalCorrupt):
        open_journal()


def test_a_file_that_is_no_database(path: Path, open_journal: Open) -> None:
    fill(path)
    overwrite(path, 0, b"garbage" * 100)
    with pytest.raises(JournalCorrupt):
        open_journal()


def test_a_changed_text_is_noticed(path: Path, open_journal: Open) -> None:
    content = fill(path)
    change(path, "UPDATE texts SET body = X'789c0300000000010000'")
    with pytest.raises(JournalCorrupt):
        open_journal().load_text(content)


def test_salvage_keeps_every_event_before_the_first_bad_one(path: Path, open_journal: Open) -> None:
    content = fill(path)
    change(path, "UPDATE events SET body = '{}' WHERE sequence = 200")
    salvaged = salvage_journal(path)
    assert salvaged is not None
    assert (salvaged.events, salvaged.texts) == (199, 1)
    journal = open_journal()
    assert read(journal) == [(number, make_event(number)) for number in range(1, 200)]
    assert journal.load_text(content) == "a text"
    assert salvaged.corrupt.exists()


def test_salvage_of_a_damaged_page_keeps_a_beginning(path: Path, open_journal: Open) -> None:
    fill(path)
    overwrite(path, path.stat().st_size // 2 // 4096 * 4096, b"\xff" * 4096)
    salvaged = salvage_journal(path)
    assert salvaged is not None
    assert 0 < salvaged.events < 300
    assert [sequence for sequence, _ in read(open_journal())] == list(range(1, salvaged.events + 1))


def test_salvage_of_garbage_begins_anew(path: Path, open_journal: Open) -> None:
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)
    salvaged = salvage_journal(path)
    assert salvaged is not None
    assert salvaged.events == 0
    ended = MitigationEnded(at=1.0, author="x", id="m-1", why="")
    journal = open_journal()
    journal.append([ended])
    assert read(journal) == [(1, ended)]


def test_a_whole_journal_is_left_alone(path: Path, open_journal: Open) -> None:
    fill(path)
    assert salvage_journal(path) is None
    assert [file.name for file in path.parent.iterdir()] == ["journal.db"]
    assert len(read(open_journal())) == 300


def test_a_journal_from_a_newer_version_is_left_alone(path: Path) -> None:
    fill(path)
    change(path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalFromNewerVersion):
        salvage_journal(path)
    assert not list(path.parent.glob("*.corrupt-*"))
