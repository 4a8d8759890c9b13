"""What is told of drafts when the store fails them, each of them once."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from fakes.spool import make_draft
from fakes.spooler import DEADLINE_S, StubSwitch
from holdfast.model.spool import Accepted, Draft, Receipt, SpoolCorrupt, SpoolStore, SpoolUnavailable
from holdfast.spooler.keeping import Keeping
from holdfast.spooler.link import NotYet, Verdict
from holdfast.spooler.switch import Switch
from holdfast.spooler.switches import OpenServices, Switches

FAILURES = [SpoolUnavailable("the disk is gone"), SpoolCorrupt("a page is damaged"), RuntimeError("a fault of ours")]


class FailingStore:
    """Fails in one way, whatever it is asked."""

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    async def accept_all(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:  # noqa: ARG002
        raise self._failure

    async def receipt(self, message_id: str) -> Receipt | None:  # noqa: ARG002
        raise self._failure


class BlindStore(FailingStore):
    """Takes everything, and can't say what became of it."""

    async def accept_all(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        return [Accepted("id", "key") for _ in drafts]

    async def wait_until_settled(self, message_id: str) -> Receipt | None:
        return await self.receipt(message_id)


def make_keeping(store: object, switch: Switch | None = None) -> Keeping:
    return Keeping(cast("SpoolStore", store), switch or StubSwitch(), hold_max_s=60)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_whatever_the_store_fails_of_everybody_is_told_once(failure: Exception) -> None:
    async def keep() -> None:
        keeping, told = make_keeping(FailingStore(failure)), list[tuple[int, Verdict]]()
        await keeping.keep([make_draft(), make_draft()], lambda place, verdict: told.append((place, verdict)))
        assert told == [(0, NotYet.UNWRITABLE), (1, NotYet.UNWRITABLE)]
        assert await keeping.look_up("0" * 40) is NotYet.UNWRITABLE

    asyncio.run(keep())


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_nothing_is_acknowledged_whose_delivery_cant_be_known(tmp_path: Path, failure: Exception) -> None:
    async def keep() -> None:
        store, told = cast("SpoolStore", BlindStore(failure)), asyncio.Queue[Verdict]()
        keeping = make_keeping(store, Switches(store, OpenServices(tmp_path / "open.json")))
        await keeping.keep([make_draft(order_key="7")], lambda _, verdict: told.put_nowait(verdict))
        assert await asyncio.wait_for(told.get(), DEADLINE_S) is NotYet.HELD

    asyncio.run(keep())
