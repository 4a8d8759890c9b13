"""Incidents, for people."""

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from holdfast.cli.ledger_view import print_suspects
from holdfast.cli.output import print_line, print_table, tell_span, tell_time
from holdfast.model.incident import Impact, Incident, Phase, Post, PostStatus
from holdfast.views.findings import FindingDocument
from holdfast.views.incidents import IncidentDocument, IncidentRow, IncidentsDocument, TimelineDocument

PHASES: Final = {
    Phase.INVESTIGATING: "bold red",
    Phase.IDENTIFIED: "yellow",
    Phase.MONITORING: "cyan",
    Phase.RESOLVED: "green",
}
IMPACTS: Final = {Impact.NONE: "dim", Impact.MINOR: "yellow", Impact.MAJOR: "red", Impact.CRITICAL: "bold red"}
POSTS: Final = {PostStatus.DRAFT: "bold yellow", PostStatus.PUBLISHED: "green", PostStatus.DISCARDED: "dim"}


def print_incidents(document: IncidentsDocument) -> None:
    """A line each, and what somebody should do."""
    if not document.open:
        print_line("No incident is open.")
    columns = ("id", "impact", "phase", "what", "where", "since", "public", "who works on it")
    print_table("Open", columns, (_tell(row, document.now) for row in document.open))
    for row in document.open:
        for overdue in row.overdue:
            print_line((row.incident.id, "bold"), ": ", (overdue, "yellow"))
    past = ("id", "impact", "what", "where", "began", "lasted")
    print_table("Resolved", past, (_tell_past(row.incident) for row in document.resolved))
    if document.left_out:
        print_line((f"… and {document.left_out} more: holdfast incident list --resolved 1000", "dim"))


def print_incident(document: IncidentDocument) -> None:
    """All that belongs to one."""
    incident = document.row.incident
    print_line((f"{incident.id} ", "bold"), (incident.title, "bold"))
    for name, value in _describe(document):
        print_line((f"{name:<13}", "dim"), value)
    rows = (_tell_finding(found) for found in document.findings)
    print_table("Found", ("id", "what", "state", "since", "answered by"), rows)
    if document.forgotten:
        print_line(("also found ", "dim"), ", ".join(document.forgotten))
    suspects = {each.subject: each for found in document.findings for each in found.suspects}
    print_suspects(tuple(sorted(suspects.values(), key=lambda each: -each.weight)))
    print_table("Public words", ("n", "status", "phase", "at", "by", "text"), map(_tell_post, document.posts))
    print_table("Notes", ("at", "by", "note"), ((tell_time(n.at), n.author, n.text) for n in document.notes))
    print_table(
        "Paged",
        ("at", "who", "by", "step", "what came of it"),
        ((tell_time(p.at), p.person, p.channel, str(p.step or ""), p.error or "told") for p in document.pages),
    )
    promised = (
        (f.follow_up.id, f.follow_up.text, f.follow_up.owner, f"{f.follow_up.due}{' overdue' if f.overdue else ''}")
        for f in document.follow_ups
    )
    print_table("Promised", ("id", "what", "owner", "due"), promised)


def print_outcome(document: IncidentDocument, what: str) -> None:
    """What became of it, in a line, and what somebody should do next."""
    incident = document.row.incident
    print_line((incident.id, "bold"), f" {what}: {incident.title} ({incident.phase}, impact {incident.impact})")
    if not document.recorded:
        print_line(("It takes effect, and isn't in the journal yet.", "yellow"))
    if document.row.draft is not None:
        told = f"Draft {document.row.draft} waits: holdfast incident publish {incident.id} {document.row.draft}"
        print_line((told, "dim"))


def print_timeline(document: TimelineDocument) -> None:
    """A line each, oldest first; what is of others is dim."""
    if not document.whole:
        print_line(("The journal is long: what came first isn't shown.", "yellow"))
    rows = (
        (
            Text(tell_time(each.at), style="" if each.own else "dim"),
            Text(each.kind.replace("_", " "), style="" if each.own else "dim"),
            each.subject,
            each.title,
            each.author,
            each.detail,
        )
        for each in document.entries
    )
    print_table(f"Timeline of {document.id}", ("at", "kind", "about", "what", "by", "why"), rows)
    if document.left_out:
        print_line((f"{document.left_out} in the middle aren't shown.", "yellow"))


def _tell(row: IncidentRow, now: float) -> Iterator[str | Text]:
    incident = row.incident
    yield incident.id
    yield Text(incident.impact, style=IMPACTS[incident.impact])
    yield Text(incident.phase, style=PHASES[incident.phase])
    yield f"{'drill: ' if incident.drill else ''}{incident.title}"
    yield _tell_places(incident)
    yield f"{tell_span(now - incident.began_at)} ago"
    yield _tell_public(row, now)
    yield incident.acknowledged_by or "nobody"


def _tell_places(incident: Incident) -> str:
    return ", ".join((*incident.components, *incident.regions))


def _tell_public(row: IncidentRow, now: float) -> str:
    told = [] if row.told_at is None else [f"told {tell_span(now - row.told_at)} ago"]
    told += [f"draft {row.draft} waits"] if row.draft is not None else []
    told += ["muted by announced work"] if row.muted else []
    return ", ".join(told) or "not told"


def _tell_past(incident: Incident) -> Iterator[str | Text]:
    yield incident.id
    yield Text(incident.impact, style=IMPACTS[incident.impact])
    yield f"{'drill: ' if incident.drill else ''}{incident.title}"
    yield _tell_places(incident)
    yield tell_time(incident.began_at)
    yield tell_span((incident.resolved_at or incident.began_at) - incident.began_at)


def _describe(document: IncidentDocument) -> Iterator[tuple[str, str]]:
    row, incident = document.row, document.row.incident
    yield "public title", incident.public_title
    yield "phase", f"{incident.phase}{f', led by {incident.led_by}' if incident.led_by else ''}"
    if document.suggested is not None:
        yield "suggested", f"{document.suggested}: {document.suggested_why}"
    yield "impact", f"{incident.impact}{', a drill' if incident.drill else ''}"
    yield "began", tell_time(incident.began_at)
    yield "opened", f"{tell_time(incident.opened_at)} for a {incident.occasion}"
    if incident.reopened_at is not None:
        yield "opened again", tell_time(incident.reopened_at)
    if incident.resolved_at is not None:
        yield "resolved", tell_time(incident.resolved_at)
    yield "components", ", ".join(incident.components) or "none known"
    yield "regions", ", ".join(incident.regions) or "none known"
    yield "services", ", ".join(incident.services) or "none known"
    if incident.revision is not None:
        yield "taken back", f"revision {incident.revision}"
    if document.mitigations:
        yield "answered by", ", ".join(document.mitigations)
    yield "public", _tell_public(row, document.now)
    yield "worked on by", incident.acknowledged_by or "nobody"
    yield from (("overdue", text) for text in row.overdue)


def _tell_finding(found: FindingDocument) -> Iterator[str]:
    finding = found.finding
    about = finding.service or finding.edge or finding.location or finding.site or "the platform"
    yield found.id
    yield f"{finding.kind} of {about}{f' from {finding.source.describe()}' if finding.source else ''}"
    yield found.state
    yield tell_time(found.since)
    yield ", ".join(found.mitigations)


def _tell_post(post: Post) -> tuple[str | Text, ...]:
    status = Text(post.status, style=POSTS[post.status])
    return str(post.number), status, post.phase, tell_time(post.at), post.author, post.text
