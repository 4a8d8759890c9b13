"""All that tells people, together: made, given what edges report, kept running, ended."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from holdfast.adapters.notify import NotifySettings
from holdfast.model.downtime import Accounts
from holdfast.model.telemetry import EdgeReport
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.accounting.book import Book
from holdfast.runtime.incidents.accounting.parts import make_accounting
from holdfast.runtime.incidents.accounting.reading import DowntimeReading
from holdfast.runtime.incidents.accounting.recalling import Agents
from holdfast.runtime.incidents.maintenance_clock import MaintenanceClock
from holdfast.runtime.incidents.opening.measure import IncidentMeasure
from holdfast.runtime.incidents.opening.opener import IncidentOpener
from holdfast.runtime.incidents.opening.scene import forecast_nothing, read_forecasts
from holdfast.runtime.incidents.outbox import Outboxes, make_outboxes
from holdfast.runtime.incidents.paging.parts import PagingParts, make_paging
from holdfast.runtime.incidents.publishing.publisher import StatusPublisher
from holdfast.runtime.incidents.subscribing.parts import SubscribingParts, make_subscribing
from holdfast.runtime.state_dir import StateDir
from holdfast.runtime.watch.watcher import Watcher

Work = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class TellSettings:
    """What was said on starting about whom to tell, and how."""

    paging: Path | None = None
    """The paging file: people, channels, who is on call."""
    status_site: Path | None = None
    """Where the status site is written, if not in the state directory."""


@dataclass(frozen=True, slots=True)
class Tellers:
    """What tells of incidents, and what people ask of it."""

    work: Sequence[Work]
    site: StatusPublisher
    paging: PagingParts
    subscribing: SubscribingParts
    outboxes: Outboxes
    reports: Sequence[Callable[[EdgeReport], None]] = ()
    """Take in what an edge reports."""
    ends: Sequence[Callable[[], None]] = ()
    """End what was begun beside control's loop."""
    accounts: Accounts | None = None
    """What was measured; None where nothing is."""
    downtime: DowntimeReading | None = None
    """What people ask of it."""

    def take_report(self, report: EdgeReport) -> None:
        """Give what an edge reports to all who want it."""
        for take in self.reports:
            take(report)

    def close(self) -> None:
        """End what they have begun beside control's loop, the newest first."""
        for end in reversed(self.ends):
            end()


def make_tellers(
    control: Control,
    places: StateDir,
    watcher: Watcher,
    settings: TellSettings,
    notify: NotifySettings,
    agents: Agents,
    *,
    watching: bool,
) -> Tellers:
    """All of them, at rest. Without `watching` nothing is measured."""
    accounting = make_accounting(control, places.accounts, agents, watching=watching)
    where = settings.status_site or places.status_site
    site = StatusPublisher(control, where, lambda: accounting.accounts, partial(_has_begun, accounting.accounts))
    outboxes = make_outboxes(places, notify, control.world.clock)
    forecasts = read_forecasts(watcher) if watching else forecast_nothing
    opener = IncidentOpener(control, forecasts, IncidentMeasure(control, lambda: accounting.accounts))
    paging = make_paging(control, places, settings.paging, outboxes.pages)
    subscribing = make_subscribing(control, places, notify, outboxes.mailings)
    sending = [outboxes.pages.run, outboxes.mailings.run]
    work = [opener.run, MaintenanceClock(control).run, site.run, *paging.work, *sending, *subscribing.work]
    return Tellers(
        [*work, *accounting.work],
        site,
        paging,
        subscribing,
        outboxes,
        accounting.reports,
        [outboxes.close, paging.close, subscribing.desk.close, *accounting.ends],
        accounting.accounts,
        accounting.reading,
    )


def _has_begun(accounts: Accounts | None) -> bool:
    """Whether all that was measured before is known already, or never will be."""
    return not isinstance(accounts, Book) or accounts.measurer is not None
