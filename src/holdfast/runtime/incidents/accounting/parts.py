"""Accounting as control starts it: with what was kept, or anew if that can't be read, or not at all."""

import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from holdfast.adapters.accounts.sqlite import AccountsUnavailable
from holdfast.model.downtime import Accounts
from holdfast.model.telemetry import EdgeReport
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.accounting.accounting import Accounting
from holdfast.runtime.incidents.accounting.asking import SparseAsker
from holdfast.runtime.incidents.accounting.reading import DowntimeReading
from holdfast.runtime.incidents.accounting.recalling import Agents

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AccountingParts:
    """What accounting consists of; nothing, where nothing is measured."""

    accounts: Accounts | None = None
    reading: DowntimeReading | None = None
    work: Sequence[Callable[[], Coroutine[None, None, None]]] = ()
    reports: Sequence[Callable[[EdgeReport], None]] = ()
    ends: Sequence[Callable[[], None]] = ()


def make_accounting(control: Control, path: Path, agents: Agents | None = None, *, watching: bool) -> AccountingParts:
    """All of it, at rest; `agents` are asked for what control missed.

    Without `watching` there is nothing; nor if the disk refuses, which is no reason to stop.
    """
    if not watching:
        return AccountingParts()
    try:
        accounting = _open(control, path, agents)
    except AccountsUnavailable:
        LOG.exception("downtime isn't accounted for")
        return AccountingParts()
    reading = DowntimeReading(control, accounting.book)
    asker = SparseAsker(lambda: control.intent, lambda: accounting.traffic)
    work = [accounting.run, asker.run]
    return AccountingParts(accounting.book, reading, work, [accounting.take_report], [accounting.close])


def _open(control: Control, path: Path, agents: Agents | None) -> Accounting:
    """What was kept; if that makes no sense, it is set aside, and everything begins anew."""
    try:
        return Accounting(control, path, agents)
    except (AccountsUnavailable, ValueError) as error:
        aside = next(p for n in range(1, 10_000) if not (p := path.with_name(f"{path.name}.unreadable-{n}")).exists())
        LOG.warning("what was measured before can't be read (%s); it is kept as %s", error, aside.name)
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return Accounting(control, path, agents)
