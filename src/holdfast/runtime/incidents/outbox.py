"""The outboxes of a control: one for those who are paged, one for the status site's subscribers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from holdfast.adapters.notify import NotifySettings
from holdfast.adapters.notify.outbox import OutboxSettings, SqlOutbox
from holdfast.model.letter import OutboxFigures
from holdfast.model.ports import Clock
from holdfast.runtime.state_dir import StateDir

DAY_S: Final = 86_400.0
PAGES: Final = OutboxSettings(waiting_max=10_000, keep_trying_s=3_600.0, keys_kept_s=30 * DAY_S, pause_s_max=30.0)
MAILINGS: Final = OutboxSettings(waiting_max=50_000, keep_trying_s=DAY_S, keys_kept_s=7 * DAY_S, pause_s_max=600.0)


@dataclass(frozen=True, slots=True)
class Outboxes:
    """Files of their own, so that however much subscribers are told never delays a page.

    Pages may go into private networks, since operators set where to; what subscribers set may not.
    """

    pages: SqlOutbox
    mailings: SqlOutbox

    def read_figures(self) -> Mapping[str, OutboxFigures]:
        """How each does, by name."""
        return {"pages": self.pages.figures, "subscribers": self.mailings.figures}

    def close(self) -> None:
        """Send nothing more."""
        self.pages.close()
        self.mailings.close()


def make_outboxes(places: StateDir, notify: NotifySettings, clock: Clock) -> Outboxes:
    """Both, at rest: `run` of each is to be kept running."""
    return Outboxes(
        SqlOutbox(places.path / "pages.db", notify, clock, anywhere=True, settings=PAGES),
        SqlOutbox(places.path / "mailings.db", notify, clock, anywhere=False, settings=MAILINGS),
    )
