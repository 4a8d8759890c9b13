"""All that pages people, together: made, and kept running."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

from holdfast.adapters.api.page_links import PageLinks, load_key
from holdfast.adapters.notify.outbox import SqlOutbox
from holdfast.model.paging import AlertLabels
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.alert_desk import AlertDesk
from holdfast.runtime.incidents.paging.file import PagingFile
from holdfast.runtime.incidents.paging.heartbeat import HeartbeatKeeper
from holdfast.runtime.incidents.paging.on_call import Roster
from holdfast.runtime.incidents.paging.operations import Linker, PagingOperations
from holdfast.runtime.incidents.paging.pager import Pager
from holdfast.runtime.incidents.paging.reminding import Reminders
from holdfast.runtime.incidents.paging.straight import StraightOutbox
from holdfast.runtime.state_dir import StateDir


@dataclass(frozen=True, slots=True)
class PagingParts:
    """What pages people, and what is asked of it."""

    operations: PagingOperations
    alerts: AlertDesk
    work: Sequence[Callable[[], Coroutine[None, None, None]]] = ()
    close: Callable[[], None] = lambda: None


def make_paging(control: Control, places: StateDir, file: Path | None, outbox: SqlOutbox) -> PagingParts:
    """All of it, at rest; without a file nobody is paged. PagingUnusable if the file can't be used, and never could.

    OSError if the key of links can't be kept.
    """
    links = PageLinks(load_key(places.path / "page-links.key"))
    if file is None:
        return PagingParts(PagingOperations(control, links), AlertDesk(control, AlertLabels, lambda _: False))
    clock = control.world.clock
    roster = Roster(PagingFile(file, places.path / "paging.kept.yaml", clock), places.path / "calendars", clock)
    linker = Linker(links, lambda: roster.paging.link, clock)
    straight = StraightOutbox(outbox, outbox.send_unkept, clock)
    pager = Pager(control, roster, straight, linker.make_link)
    heartbeat = HeartbeatKeeper(roster, straight, places.path / "heartbeat.json", clock)
    operations = PagingOperations(control, links, roster, pager, heartbeat, straight, lambda: outbox.figures)
    alerts = AlertDesk(control, lambda: roster.paging.alerts, lambda team: team in roster.paging.teams)
    reminders = Reminders(control, roster, straight)
    work = [roster.run, pager.run, heartbeat.run, reminders.run]
    return PagingParts(operations, alerts, work, straight.close)
