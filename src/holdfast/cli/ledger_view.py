"""Changes of the ledger, and the suspects among them, in the words of the command line."""

import json
from typing import Final

from rich.text import Text

from holdfast.cli.output import print_line, print_table, tell_span
from holdfast.model.suspect import Suspect
from holdfast.views.ledger import LedgerEntry, Standing
from holdfast.views.plan import ChangesDocument, EditDocument

EDITS_SHOWN_MAX: Final = 200
VALUE_SHOWN_MAX: Final = 100
SERVICES_SHOWN_MAX: Final = 3
_STYLES: Final = {
    Standing.COMING: "yellow",
    Standing.IN_FORCE: "green",
    Standing.OVER: "dim",
    Standing.UNDONE: "red",
}


def tell_scope(entry: LedgerEntry) -> str:
    """Whom a change is about, shortly."""
    if entry.service_count is None:
        return ""
    named = ", ".join(entry.services[:SERVICES_SHOWN_MAX])
    more = entry.service_count - min(len(entry.services), SERVICES_SHOWN_MAX)
    shared = " and what all share" if entry.diff and entry.diff.shared else ""
    return f"{named} and {more:,} more{shared}" if more > 0 else f"{named}{shared}"


def tell_standing(entry: LedgerEntry, now: float) -> Text:
    """Whether it holds now, and for how long."""
    if entry.standing is None:
        return Text("")
    left = ""
    if entry.expires_at is not None and entry.standing is Standing.IN_FORCE:
        left = f", {tell_span(entry.expires_at - now)} left"
    return Text(f"{entry.standing}{left}", style=_STYLES[entry.standing])


def tell_on(entry: LedgerEntry) -> str:
    """How many edges have it."""
    return f"{entry.on.count} of {entry.on.of}" if entry.on else ""


def print_changes(changes: ChangesDocument) -> None:
    """What a revision says otherwise, place by place."""
    shown = 0
    shared = [("what all share", "changed", changes.shared)] if changes.shared else []
    for where, what, edits in (*shared, *((each.service, each.kind, each.edits) for each in changes.services)):
        if shown >= EDITS_SHOWN_MAX:
            print_line(("… and more; --json has it", "dim"))
            return
        print_line((where, "bold"), f" {what}")
        for edit in edits:
            print_line("    ", *_tell_edit(edit))
        shown += 1 + len(edits)


def print_suspects(suspects: tuple[Suspect, ...]) -> None:
    """Which changes may be why, the likeliest first."""
    rows = (
        (
            "?" if each.sequence is None else str(each.sequence),
            f"{each.title}{f' ({each.why})' if each.why else ''}",
            each.author,
            f"{each.weight:.0%}",
            "; ".join(each.evidence),
        )
        for each in suspects
    )
    print_table("Suspects", ("change", "what", "by", "weight", "evidence"), rows)


def _tell_edit(edit: EditDocument) -> tuple[str | tuple[str, str], ...]:
    old, new = (_shorten(value) for value in (edit.old, edit.new))
    return f"{edit.path}: ", (old, "red"), " → ", (new, "green")


def _shorten(value: object) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_SHOWN_MAX else f"{text[:VALUE_SHOWN_MAX]}…"
