"""A plan on a terminal, as JSON, and as Markdown."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from holdfast.cli.output import out, print_line, print_table
from holdfast.model.danger import Danger
from holdfast.views.plan import DifferenceDocument, OutcomeDocument, PlanDocument, ServiceChangeDocument

EDITS_SHOWN_MAX: Final = 3
DIFFERENCES_SHOWN_MAX: Final = 20
_WORDS: Final = {
    "sound": ("is sound", "green"),
    "confirm": ("must be confirmed first", "bold yellow"),
    "refused": ("can't be made", "bold red"),
}


def render_json(plan: PlanDocument) -> str:
    """The plan with its verdict."""
    return plan.model_dump_json(indent=2) + "\n"


def print_plan(plan: PlanDocument) -> None:
    """The plan for people: what changes, what requests would notice, what must be confirmed."""
    print_table("Changes", ("SERVICE", "TENANT", "WHAT", "HOW"), _list_changes(plan))
    rows = [_describe(difference) for difference in plan.differences[:DIFFERENCES_SHOWN_MAX]]
    print_table("Requests treated differently", ("REQUEST", "RECORDED", "NOW", "THEN", "DIFFERS IN"), rows)
    if plan.different > len(rows):
        print_line(f"… and {plan.different - len(rows)} more; --json has {len(plan.differences)} of them")
    for nack in plan.nacks:
        print_line(("refused by Envoy: ", "bold red"), nack.message)
    print_dangers(plan.dangers, plan.confirmed)
    out().print()
    print_line("The change ", _WORDS[plan.verdict], _summarise(plan))
    print_to_confirm(plan.unconfirmed)


def print_dangers(dangers: Iterable[Danger], confirmed: Collection[str] = ()) -> None:
    """What is dangerous about a change, each with its evidence."""
    for danger in dangers:
        known = danger.code in confirmed
        print_line(
            (f"{danger.code}{' (confirmed)' if known else ''}: ", "dim" if known else "bold yellow"), danger.message
        )
        for line in danger.evidence:
            print_line(("    " + line, "dim"))


def print_to_confirm(codes: Iterable[str]) -> None:
    """What to write to go on in spite of it."""
    if wanted := dict.fromkeys(codes):
        print_line("To go on all the same: ", " ".join(f"--confirm {code}" for code in wanted))


def render_markdown(plan: PlanDocument) -> str:
    """The plan as a comment on a pull request."""
    return "\n".join(_list_markdown(plan)) + "\n"


def _list_markdown(plan: PlanDocument) -> Iterator[str]:
    yield f"### The change {_WORDS[plan.verdict][0]}\n"
    yield f"{_summarise(plan).removeprefix('; ').capitalize()}.\n"
    for error in plan.errors:
        yield f"- **{error.code}** {error.file}:{error.line}: {error.message}; {error.fix}"
    for nack in plan.nacks:
        yield f"- **refused by Envoy** {nack.message}"
    for danger in plan.dangers:
        yield f"- **{danger.code}**{' (confirmed)' if danger.code in plan.confirmed else ''} {danger.message}"
        yield from (f"  - `{line}`" for line in danger.evidence)
    if changes := list(_list_changes(plan)):
        yield "\n| service | tenant | what | how |\n|---|---|---|---|"
        yield from map(_to_row, changes)
    if plan.differences:
        yield "\n| request | recorded | now | then | differs in |\n|---|---|---|---|---|"
        yield from (_to_row(_describe(difference)) for difference in plan.differences[:DIFFERENCES_SHOWN_MAX])


def _to_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _list_changes(plan: PlanDocument) -> Iterator[tuple[str, str, str, str]]:
    for edit in plan.changes.shared:
        yield "(all)", "", "changed", f"{edit.path}: {_show(edit.old)} → {_show(edit.new)}"
    for change in plan.changes.services:
        yield change.service, change.tenant, change.kind, _list_edits(change)


def _list_edits(change: ServiceChangeDocument) -> str:
    shown = [f"{e.path}: {_show(e.old)} → {_show(e.new)}" for e in change.edits[:EDITS_SHOWN_MAX]]
    more = len(change.edits) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more > 0 else shown)


def _show(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _describe(difference: DifferenceDocument) -> tuple[str, str, str, str, str]:
    request = difference.request
    count = "probe" if request.expect is not None else f"{request.weight:g}"
    asked = f"{request.method} {request.host}{request.path}"
    now, then = _tell(difference.old), _tell(difference.new)
    return asked, count, now, then, ", ".join(difference.aspects)


def _tell(outcome: OutcomeDocument) -> str:
    if not outcome.endpoints:
        return f"{outcome.status} {outcome.cause}".strip()
    return f"{outcome.service}: {outcome.path}"


def _summarise(plan: PlanDocument) -> str:
    kinds = Counter(change.kind for change in plan.changes.services)
    services = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "none changed"
    return f"; services: {services}; {plan.different} of {plan.asked} requests would be treated differently"
