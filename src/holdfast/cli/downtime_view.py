"""Measured downtime in the words of the command line."""

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from holdfast.cli.output import print_line, print_table, tell_span, tell_time
from holdfast.views.downtime import (
    BudgetDocument,
    DowntimeDocument,
    PlaceDowntime,
    StretchDocument,
    StretchesDocument,
    SubjectDowntime,
    WindowDocument,
)

_STYLES: Final = {"up": "green", "degraded": "yellow", "down": "bold red", "unknown": "dim"}
_COLUMNS: Final = ("", "region", "now", "down", "degraded", "uptime", "objective", "budget left", "burn")


def print_downtime(document: DowntimeDocument) -> None:
    """A line for each subject in each region."""
    if not document.subjects:
        print_line("There is nothing of this kind on this platform.")
        return
    title = f"Downtime from {document.first} to {document.last} (UTC), in minutes"
    rows = (_tell_place(subject, place) for subject in document.subjects for place in subject.places)
    print_table(title, _COLUMNS, rows)
    if document.more:
        print_line((f"… and {document.more:,} more; name one, or ask for --json", "dim"))
    _print_windows(document.windows)


def print_stretches(document: StretchesDocument) -> None:
    """A line for each stretch."""
    whose = f"{document.kind} {document.name}" if document.name else "All services together"
    if not document.stretches:
        print_line(f"{whose}: nothing was down or degraded.")
    rows = (_tell_stretch(stretch) for stretch in document.stretches)
    columns = ("standing", "region", "from", "to", "for", "requests", "lost", "share")
    print_table(f"{whose}: what wasn't up", columns, rows)
    _print_windows(document.windows)


def _tell_place(subject: SubjectDowntime, place: PlaceDowntime) -> Iterator[str | Text]:
    yield subject.title if subject.title == subject.name or not subject.name else f"{subject.title} ({subject.name})"
    yield place.title if place.title == place.region else f"{place.title} ({place.region})"
    yield Text(place.standing, style=_STYLES[place.standing])
    yield _tell_minutes(place.down_s, "bold red")
    yield _tell_minutes(place.degraded_s, "yellow")
    yield "unknown" if place.uptime is None else f"{place.uptime:.3%}"
    yield f"{place.budget.objective:.3%}"
    yield _tell_left(place.budget)
    yield "" if place.budget.burn is None else f"{place.budget.burn:.2g}"


def _tell_minutes(seconds: float, style: str) -> Text:
    return Text(f"{seconds / 60:.1f}", style=style if seconds else "dim")


def _tell_left(budget: BudgetDocument) -> Text:
    share = budget.left_s / budget.allowed_s if budget.allowed_s else 0.0
    style = "bold red" if budget.left_s <= 0 else "yellow" if share < 0.25 else "green"
    return Text(f"{budget.left_s / 60:.1f} of {budget.allowed_s / 60:.1f} ({budget.month})", style=style)


def _tell_stretch(stretch: StretchDocument) -> Iterator[str | Text]:
    yield Text(stretch.standing, style=_STYLES[stretch.standing])
    yield stretch.region
    yield tell_time(stretch.began_at)
    yield tell_time(stretch.ended_at)
    yield tell_span(stretch.ended_at - stretch.began_at)
    yield f"{stretch.requests:,.0f}"
    yield f"{stretch.lost:,.0f}"
    yield f"{stretch.lost / stretch.requests:.0%}" if stretch.requests else ""


def _print_windows(windows: tuple[WindowDocument, ...]) -> None:
    rows = (
        (each.kind, each.id, each.title, tell_time(each.began_at), tell_time(each.ended_at) if each.ended_at else "now")
        for each in windows
    )
    print_table("Counted apart", ("kind", "id", "what", "from", "to"), rows)
