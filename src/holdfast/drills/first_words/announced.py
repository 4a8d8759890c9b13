"""Plays announced work: what it is about is shown as being maintained while it is, and nobody is woken for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.first_words.platform_file import REGION, name_component, title_component
from holdfast.drills.first_words.stand import wait_for

if TYPE_CHECKING:
    from holdfast.drills.first_words.stand import Stand

AHEAD_S: Final = 3.0
LATE_S_MAX: Final = 30.0
MAINTAINED: Final = "under_maintenance"


@dataclass(frozen=True, slots=True)
class Announced:
    """One window: from when to when it was announced, and was shown. Unix times, in seconds; None for never."""

    begins_at: float
    ends_at: float
    shown_at: float | None
    gone_at: float | None


def play_maintenance(stand: Stand) -> Announced:
    """Announce work that begins in a moment, and wait until it is over. Raises CommandFailed."""
    tenant = stand.cast.kept_up.name
    begins_at = time.time() + AHEAD_S
    ends_at = begins_at + stand.form.maintenance
    stand.run(
        "maintenance", "announce", "A new disk", "--component", name_component(tenant), "--region", REGION,
        "--begins", f"{AHEAD_S:g}s", "--for", f"{stand.form.maintenance:g}s",
    )  # fmt: skip
    stand.tell("work is announced")
    title = title_component(tenant)

    def is_maintained() -> bool:
        latest = [shown.status for shown in stand.reader.list_shown() if shown.component == title]
        return latest[-1:] == [MAINTAINED]

    shown_at = wait_for(AHEAD_S + stand.form.maintenance + LATE_S_MAX, is_maintained)
    gone_at = None if shown_at is None else wait_for(stand.form.maintenance + LATE_S_MAX, lambda: not is_maintained())
    return Announced(begins_at, ends_at, shown_at, gone_at)
