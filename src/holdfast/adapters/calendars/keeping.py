"""The calendars that were read last, on disk: who is on call is known while a feed can't be reached."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from holdfast.model.paging import CalendarFeed


@dataclass(frozen=True, slots=True)
class KeptCalendar:
    """A calendar as it was fetched at a Unix time, in seconds."""

    data: bytes
    fetched_at: float


def load_calendar(folder: Path, feed: CalendarFeed) -> KeptCalendar | None:
    """What was kept of a feed, if anything."""
    path = _find_path(folder, feed)
    try:
        return KeptCalendar(path.read_bytes(), path.stat().st_mtime)
    except OSError:
        return None


def keep_calendar(folder: Path, feed: CalendarFeed, kept: KeptCalendar) -> None:
    """Keep a calendar durably, in place of any earlier one: all or nothing. OSError if that can't be."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _find_path(folder, feed)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - for the mode
        file.write(kept.data)
        file.flush()
        os.fsync(file.fileno())
    os.utime(draft, (kept.fetched_at, kept.fetched_at))
    draft.replace(path)


def _find_path(folder: Path, feed: CalendarFeed) -> Path:
    """A file named by where the feed is, which isn't shown since it may be a secret."""
    source = feed.file if feed.url is None else feed.url.get_secret_value()
    return folder / f"{hashlib.sha256((source or '').encode()).hexdigest()[:32]}.ics"
