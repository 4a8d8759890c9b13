"""Damaged files: they are refused, and what is whole of them is kept."""

import asyncio
import random
import re
import shutil
from pathlib import Path

import pytest

from fakes.spool import NOW, make_draft, open_spool
from holdfast.adapters.spool import salvage_spool
from holdfast.adapters.spool.sql_spool import SqlSpool
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import Accepted, Delivered, SpoolCorrupt, Standing

PAGE = 4096
MESSAGES = 300
MARK = b"the body of number "


async def fill(folder: Path) -> dict[str, bytes]:
    """A spool of one delivered message and many that wait, some in order, all in the main file."""
    async with open_spool(folder) as store:
        bodies = [MARK + b"%d," % number * (2000 if number == 10 else 20) for number in range(MESSAGES)]
        drafts = [make_draft(body=body, order_key="k" if i % 3 == 0 else None) for i, body in enumerate(bodies)]
        answers = await asyncio.gather(*map(store.accept, drafts))
        (message,) = await store.claim("mail", NOW, 1, 1)
        await store.settle(Delivered(message.id, 204, NOW))
        ids = [answer.id for answer in answers if isinstance(answer, Accepted)]
        return dict(zip(ids, bodies, strict=True))


async def read_all(folder: Path) -> dict[str, bytes]:
    """What waits, by claiming and delivering everything; orders one at a time."""
    found: dict[str, bytes] = {}
    async with open_spool(folder) as store:
        while messages := await store.claim("mail", NOW, 1000, 1 << 30):
            found |= {message.id: message.body for message in messages}
            await asyncio.gather(*(store.settle(Delivered(message.id, 200, NOW)) for message in messages))
    return found


def find_page(file: Path, kind: int, mark: bytes = b"") -> int:
    """A page of a kind (its first byte; https://sqlite.org/fileformat2.html), in the middle of those with a mark."""
    content = file.read_bytes()
    pages = [content[at : at + PAGE] for at in range(0, len(content), PAGE)]
    found = [number for number, page in enumerate(pages) if page[0] == kind and mark in page]
    return found[len(found) // 2]


def damage(file: Path, page: int) -> None:
    content = bytearray(file.read_bytes())
    content[page * PAGE : (page + 1) * PAGE] = random.Random(page).randbytes(PAGE)
    file.write_bytes(content)


def open_and_close(folder: Path) -> None:
    async def run() -> None:
        await SqlSpool(folder / "spool.db", SpoolBounds(), 0).close()

    asyncio.run(run())


def test_a_whole_spool_is_left_alone(tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path))
    before = (tmp_path / "spool.db").read_bytes()
    assert salvage_spool(tmp_path / "spool.db") is None
    assert (tmp_path / "spool.db").read_bytes() == before


def test_one_changed_byte_of_a_body_is_refused_and_costs_one_message(tmp_path: Path) -> None:
    bodies = asyncio.run(fill(tmp_path))
    file = tmp_path / "spool.db"
    content = bytearray(file.read_bytes())
    for found in re.finditer(MARK + b"7,", bytes(content)):
        content[found.start()] ^= 1
    file.write_bytes(content)
    with pytest.raises(SpoolCorrupt, match="not what was written"):
        open_and_close(tmp_path)
    salvaged = salvage_spool(file)
    assert salvaged is not None
    assert (salvaged.messages, salvaged.receipts, salvaged.lost) == (MESSAGES - 2, 1, 1)
    assert salvaged.corrupt.read_bytes() == content
    lost = next(message_id for message_id, body in bodies.items() if body.startswith(MARK + b"7,"))
    delivered = next(iter(bodies))
    assert asyncio.run(read_all(tmp_path)) == {i: b for i, b in bodies.items() if i not in {lost, delivered}}


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        pytest.param(ord("S"), b"", id="first"),
        pytest.param(0x0D, MARK, id="contents"),
        pytest.param(0x0D, b"mailshopsend", id="messages"),
        pytest.param(0x0A, b"", id="index"),
        pytest.param(0x05, b"", id="root"),
    ],
)
def test_a_damaged_page_costs_only_what_is_on_it(tmp_path: Path, kind: int, mark: bytes) -> None:
    bodies = asyncio.run(fill(tmp_path))
    file = tmp_path / "spool.db"
    damage(file, find_page(file, kind, mark))
    with pytest.raises(SpoolCorrupt):
        open_and_close(tmp_path)
    salvaged = salvage_spool(file)
    assert salvaged is not None
    found = asyncio.run(read_all(tmp_path))
    assert found.items() <= bodies.items()
    assert len(found) == salvaged.messages
    assert len(found) >= MESSAGES - 1 - 40
    assert file.stat().st_mode & 0o777 == 0o600


def test_salvage_keeps_receipts_and_order(tmp_path: Path) -> None:
    bodies = asyncio.run(fill(tmp_path))
    damage(tmp_path / "spool.db", 0)
    salvage_spool(tmp_path / "spool.db")

    async def check() -> None:
        async with open_spool(tmp_path) as store:
            receipt = await store.receipt(next(iter(bodies)))
            assert receipt is not None
            assert (receipt.standing, receipt.status) == (Standing.DELIVERED, 204)
            ordered = [message for message in await store.claim("mail", NOW, 1000, 1 << 30) if message.order_key]
            assert [message.body.startswith(MARK + b"3,") for message in ordered] == [True]

    asyncio.run(check())


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_damaged_what_is_kept_is_what_was_written(tmp_path: Path, seed: int) -> None:
    """Also of a spool that was killed, with its log, and with damage that begins and ends anywhere."""
    chance = random.Random(seed)
    crashed = tmp_path / "crashed"
    crashed.mkdir()

    async def crash() -> dict[str, bytes]:
        bodies = await fill(tmp_path)
        async with open_spool(tmp_path) as store:
            answer = await store.accept(make_draft(body=MARK + b"in the log"))
            assert isinstance(answer, Accepted)
            for name in ("spool.db", "spool.db-wal"):
                shutil.copyfile(tmp_path / name, crashed / name)
        return bodies | {answer.id: MARK + b"in the log"}

    bodies = asyncio.run(crash())
    content = bytearray((crashed / "spool.db").read_bytes())
    for _ in range(4):
        begin = chance.randrange(len(content))
        content[begin : begin + 5000] = chance.randbytes(len(content[begin : begin + 5000]))
    (crashed / "spool.db").write_bytes(content)
    salvaged = salvage_spool(crashed / "spool.db")
    assert salvaged is not None
    found = asyncio.run(read_all(crashed))
    assert found.items() <= bodies.items()
    assert salvaged.messages == len(found) > MESSAGES / 2
    assert MARK + b"in the log" in found.values()


def test_what_there_was_no_time_to_read_at_the_start_is_read_at_work(tmp_path: Path) -> None:
    bodies = asyncio.run(fill(tmp_path))
    file = tmp_path / "spool.db"
    content = bytearray(file.read_bytes())
    for found in re.finditer(MARK + b"7,", bytes(content)):
        content[found.start()] ^= 1
    file.write_bytes(content)

    async def check() -> None:
        store = SqlSpool(file, SpoolBounds(), 0, check_s=0.0)
        async with asyncio.timeout(20):
            while not (letters := await store.list_dead()):
                await asyncio.to_thread(lambda: None)
        await store.close()
        assert [bodies[letter.id][: len(MARK) + 1] for letter in letters] == [MARK + b"7"]
        assert letters[0].why == "its content is damaged"

    asyncio.run(check())
