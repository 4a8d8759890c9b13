"""What is acknowledged survives a loss of power at any point, whatever the disk did with writes that weren't synced."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from fakes.disk import Disk, write_after_power_cut
from fakes.spool import NOW, make_draft
from holdfast.adapters.spool import schema
from holdfast.adapters.spool.accepting import accept_drafts
from holdfast.adapters.spool.claiming import claim_messages, read_message
from holdfast.adapters.spool.proof import check_seals
from holdfast.adapters.spool.reading import read_receipt
from holdfast.adapters.spool.room import Room
from holdfast.adapters.spool.settling import settle_claim
from holdfast.adapters.spool.tables import Tables
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import Accepted, Delivered, Draft, Standing

COMMITS = 60
CUTS = 40


class Journey:
    """A spool at work on a disk; after each commit, what was acknowledged so far and where the disk was then."""

    def __init__(self, disk: Disk, path: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.bodies: dict[str, bytes] = {}
        self.delivered: set[str] = set()
        self.marks: list[tuple[int, frozenset[str], frozenset[str]]] = []
        with closing(open_tables(path, disk.vfs_name)) as tables:
            for _ in range(COMMITS):
                self._commit(tables)
                self.marks.append((len(disk.events), frozenset(self.bodies), frozenset(self.delivered)))

    def _commit(self, tables: Tables) -> None:
        drafts = [self._draft() for _ in range(self.chance.randint(0, 8))]
        claimed, _ = claim_messages(tables, "mail", NOW, self.chance.randint(0, 4), 1 << 20)
        tables.begin()
        answers = accept_drafts(tables, drafts)
        for message in claimed:
            settle_claim(tables, Delivered(message.id, 200, NOW))
        tables.keep()
        for draft, answer in zip(drafts, answers, strict=True):
            assert isinstance(answer, Accepted)
            self.bodies[answer.id] = draft.body
        self.delivered |= {message.id for message in claimed}

    def _draft(self) -> Draft:
        body = self.chance.randbytes(self.chance.choice((0, 10, 1024, 9000)))
        return make_draft(body=body, order_key=self.chance.choice((None, "a", "b")))


def open_tables(path: Path, vfs: str | None = None) -> Tables:
    return Tables(path, SpoolBounds(), Room(path, 0), vfs)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring home what was written ahead every few commits, so that cuts fall into that, too."""
    monkeypatch.setattr(schema, "CHECKPOINT_PAGES", 40)


def find_lost(
    path: Path, acknowledged: frozenset[str], delivered: frozenset[str], bodies: dict[str, bytes]
) -> set[str]:
    """Which of the acknowledged aren't there as they were, and which of those delivered are to be delivered again."""
    with closing(open_tables(path)) as tables:
        check_seals(tables)
        return {
            message_id
            for message_id in acknowledged
            if read_standing(tables, message_id) is Standing.WAITING
            and (message_id in delivered or read_body(tables, message_id) != bodies[message_id])
        } | {message_id for message_id in acknowledged if read_standing(tables, message_id) is None}


def read_standing(tables: Tables, message_id: str) -> Standing | None:
    receipt = read_receipt(tables, message_id)
    return receipt.standing if receipt else None


def read_body(tables: Tables, message_id: str) -> bytes:
    sequence = tables.connection.execute("SELECT sequence FROM messages WHERE id = ?", (message_id,)).get
    return read_message(tables, sequence).body


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("torn", [False, True], ids=["unsynced-lost", "unsynced-torn"])
@pytest.mark.parametrize("seed", range(4))
def test_what_was_acknowledged_is_there_after_power_was_cut_anywhere(tmp_path: Path, seed: int, torn: bool) -> None:
    disk = Disk(f"disk-{seed}-{torn}")
    journey = Journey(disk, tmp_path / "spool.db", seed)
    chance = random.Random(seed)
    for number in range(CUTS):
        at = chance.randint(journey.marks[0][0], len(disk.events))
        _, acknowledged, delivered = max((mark for mark in journey.marks if mark[0] <= at), key=lambda mark: mark[0])
        folder = tmp_path / f"after-{number}"
        folder.mkdir()
        write_after_power_cut(disk.events[:at], folder, chance if torn else None)
        lost = find_lost(folder / "spool.db", acknowledged, delivered, journey.bodies)
        assert not lost, f"cut at {at} of {len(disk.events)}"


@pytest.mark.usefixtures("small_steps")
def test_a_disk_that_only_says_it_synced_would_be_found_out(tmp_path: Path) -> None:
    disk = Disk("disk-liar", loses_syncs=True)
    journey = Journey(disk, tmp_path / "spool.db", 1)
    folder = tmp_path / "after"
    folder.mkdir()
    write_after_power_cut(disk.events, folder, None)
    _, acknowledged, delivered = journey.marks[-1]
    assert find_lost(folder / "spool.db", acknowledged, delivered, journey.bodies) == acknowledged
