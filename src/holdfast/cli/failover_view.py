"""Where services are that have standbys, for people."""

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from holdfast.cli.client import Client
from holdfast.cli.output import print_json, print_line, print_table, tell_span
from holdfast.views.failover import FailoverDocument, PollDocument, ServiceStanding, SiteStanding, Whereabouts

_STYLES: Final = {
    Whereabouts.PRIMARY: "green",
    Whereabouts.STANDBY: "bold yellow",
    Whereabouts.RETURNING: "cyan",
    Whereabouts.SPLIT: "yellow",
}
SHOWN_MAX: Final = 200


def show_failover(client: Client, *, as_json: bool) -> None:
    """Show where each service with standbys is, since when, why, and what is held back."""
    document = client.get(FailoverDocument, "/v1/failover")
    if as_json:
        print_json(document)
        return
    if not document.on:
        print_line(("Holdfast doesn't fail over by itself: ", "bold yellow"), document.why_off or "it is switched off")
    if not document.services:
        print_line("No service has a standby.")
        return
    shown = document.services[:SHOWN_MAX]
    total = len(document.services) + document.left_out
    more = f", {len(shown)} shown" if len(shown) < total else ""
    columns = ("service", "at", "since", "policy", "primary", "standbys")
    print_table(f"Services with standbys: {total}{more}", columns, (_tell(s, document.now) for s in shown))
    for standing in shown:
        _print_move(standing)
    of_sites = ("site", "requests/s", "in flight", "found lost", "waits for")
    print_table("Sites", of_sites, (_tell_site(site) for site in document.sites))


def _tell(standing: ServiceStanding, now: float) -> Iterator[str | Text]:
    yield standing.service
    yield Text(_tell_place(standing), style=_STYLES[standing.at])
    yield "" if standing.since is None else f"{tell_span(now - standing.since)} ago"
    yield standing.policy
    yield "; ".join(_tell_poll(upstream.seen) for upstream in standing.upstreams)
    yield "; ".join(
        f"{standby.name}: {standby.against or _tell_poll(standby.seen)}"
        for upstream in standing.upstreams
        for standby in upstream.standbys
    )


def _print_move(standing: ServiceStanding) -> None:
    if standing.mitigation:
        print_line((standing.service, "bold"), f": {standing.mitigation} by {standing.by}: {standing.why}")
    if standing.waits_for:
        print_line((standing.service, "bold"), " waits for ", standing.waits_for)


def _tell_place(standing: ServiceStanding) -> str:
    if standing.at is Whereabouts.PRIMARY:
        return "primary"
    mode = ", read-only" if standing.read_only else ""
    edges = f" on {', '.join(standing.edges)}" if standing.edges else ""
    part = f" with {standing.share:.0%} of reads" if standing.at is Whereabouts.RETURNING else ""
    return f"{standing.to or 'standby'}{part}{edges}{mode}"


def _tell_poll(poll: PollDocument) -> str:
    """Such as `3 edges well` or `lost: 2 of 3 edges: the last 40 tries failed`."""
    known = len(poll.failing) + poll.well
    if poll.failing:
        word = "lost" if poll.failing_s is not None else "failing"
        return f"{word}: {len(poll.failing)} of {known} edges: {poll.why}"
    return f"well: {poll.well} of {known + poll.unknown + poll.blind} edges" if poll.well else "unknown"


def _tell_site(site: SiteStanding) -> Iterator[str | Text]:
    yield site.site
    yield _tell_room(site.requests, site.requests_max)
    yield _tell_room(site.in_flight, site.in_flight_max)
    yield site.finding or ""
    yield site.waits_for


def _tell_room(used: float | None, most: float | None) -> str:
    return "" if most is None else f"{used or 0:,.0f} of {most:,.0f}"
