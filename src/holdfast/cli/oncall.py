"""`holdfast oncall`: who is woken for incidents, and whether that would work."""

from collections.abc import Iterator
from typing import Final

from holdfast.cli.client import Client, JsonOption, with_client
from holdfast.cli.output import print_json, print_line, print_table, tell_span, tell_time
from holdfast.views.paging import HeartbeatDocument, OnCallDocument, OnCallTeamDocument

PATH: Final = "/v1/on-call"
GAPS_SHOWN_MAX: Final = 5
_BAD: Final = "bold red"


@with_client
def oncall(client: Client, *, as_json: JsonOption = False) -> None:
    """Show who is on call for each team, when nobody is, and whether pages would arrive."""
    document = client.get(OnCallDocument, PATH)
    if as_json:
        print_json(document)
    else:
        print_on_call(document)


def print_on_call(document: OnCallDocument) -> None:
    """Paging for people."""
    if document.file is None:
        print_line("Nobody is paged: start control with --paging FILE.")
        return
    if document.mistakes and document.read_at is not None:
        print_line((f"{document.file} can't be used; what was good at {tell_time(document.read_at)} holds on:", _BAD))
        for mistake in document.mistakes:
            print_line(f"  {mistake.line}:{mistake.column} {mistake.code} {mistake.message}")
    for warning in document.warnings:
        print_line((f"{warning.code} {warning.message}", "yellow"))
    rows = (_tell_team(team) for team in document.teams)
    print_table("On call", ("team", "now", "next", "members"), rows)
    for team in document.teams:
        _print_troubles(team)
    if document.heartbeat is not None:
        _print_heartbeat(document.heartbeat)
    _print_letters(document)


def _tell_team(team: OnCallTeamDocument) -> Iterator[str]:
    yield f"{team.name} (default)" if team.default else team.name
    yield team.on_call or ("nobody" if team.takes_turns else "everybody")
    later = team.next_on_call
    yield f"{later.person}, from {tell_time(later.begins_at)}" if later else ""
    yield ", ".join(team.members)


def _print_troubles(team: OnCallTeamDocument) -> None:
    for gap in team.gaps[:GAPS_SHOWN_MAX]:
        since, until = tell_time(gap.begins_at), tell_time(gap.ends_at)
        print_line((f"{team.name}: nobody from {since} until {until}; the default team is paged then", "yellow"))
    if len(team.gaps) > GAPS_SHOWN_MAX:
        print_line(f"{team.name}: nobody at {len(team.gaps) - GAPS_SHOWN_MAX} times more")
    feed = team.feed
    if feed is None:
        return
    age = "never" if feed.age_s is None else f"{tell_span(feed.age_s)} ago"
    print_line(f"{team.name}: calendar {feed.source}, read {age}")
    if feed.problem:
        print_line((f"  {feed.problem}", _BAD))
    for title in feed.strange[:GAPS_SHOWN_MAX]:
        print_line((f"  event names nobody who is known: {title}", "yellow"))


def _print_heartbeat(heartbeat: HeartbeatDocument) -> None:
    proved = "never" if heartbeat.proved_s is None else f"{tell_span(heartbeat.proved_s)} ago"
    if heartbeat.broken_since is not None:
        print_line(("Heartbeat: ", "bold"), (f"not proved since {tell_time(heartbeat.broken_since)}", _BAD))
    else:
        print_line(("Heartbeat: ", "bold"), f"last proved {proved}")
    for problem in (heartbeat.problem, heartbeat.alive_problem):
        if problem:
            print_line((f"  {problem}", _BAD))
    if heartbeat.alive_s is not None:
        print_line(f"  said to be alive {tell_span(heartbeat.alive_s)} ago")


def _print_letters(document: OnCallDocument) -> None:
    letters = document.letters
    if document.problem:
        print_line((document.problem, _BAD))
    if letters.waiting:
        print_line(f"{letters.waiting} pages on their way, the oldest for {tell_span(letters.oldest_s)}")
    for kind, count in letters.failed.items():
        print_line(f"{count} given up by {kind}, in the last month")
    for incident in document.exhausted:
        print_line((f"{incident}: everybody was paged as often as may be, and nobody acknowledged", _BAD))
