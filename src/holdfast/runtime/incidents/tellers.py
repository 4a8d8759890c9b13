"""All that tells people, together: made, given what edges report, kept running, ended."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

from holdfast.adapters.notify import NotifySettings
from holdfast.model.downtime import Accounts
from holdfast.model.telemetry import EdgeReport
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.maintenance_clock import MaintenanceClock
from holdfast.runtime.incidents.opener import IncidentOpener
from holdfast.runtime.incidents.opener_scene import forecast_nothing, read_forecasts
from holdfast.runtime.incidents.outbox import make_outboxes
from holdfast.runtime.state_dir import StateDir
from holdfast.runtime.watch.watcher import Watcher

Work = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class TellSettings:
    """What was said on starting about whom to tell, and how."""

    paging: Path | None = None
    """The paging file: people, channels, who is on call."""


@dataclass(frozen=True, slots=True)
class Tellers:
    """What tells of incidents, and what people ask of it."""

    work: Sequence[Work]
    reports: Sequence[Callable[[EdgeReport], None]] = ()
    """Take in what an edge reports."""
    ends: Sequence[Callable[[], None]] = ()
    """End what was begun beside control's loop."""
    accounts: Accounts | None = None
    """What was measured; None where nothing is."""

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
    *,
    watching: bool,
) -> Tellers:
    """All of them, at rest. Without `watching` nothing is measured."""
    del settings
    outboxes = make_outboxes(places, notify, control.world.clock)
    opener = IncidentOpener(control, read_forecasts(watcher) if watching else forecast_nothing)
    return Tellers([opener.run, MaintenanceClock(control).run, outboxes.pages.run, outboxes.mailings.run], ends=[outboxes.close])
