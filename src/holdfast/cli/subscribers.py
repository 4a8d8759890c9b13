"""`holdfast subscribers list`, `remove`, `export`: who is told of what the status site publishes."""

import csv
import sys
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.output import print_json, print_line, print_table, tell_time
from holdfast.views.subscribers import SubscriberDocument, SubscribersDocument

PAGE: Final = 1_000
app = typer.Typer(no_args_is_help=True, help="Who is told of what the status site publishes.")


@app.command("list")
@with_client
def list_(
    client: Client,
    *,
    after: Annotated[str | None, typer.Option(help="Only those after this one.", show_default=False)] = None,
    count_max: Annotated[int, typer.Option("--max", help="So many at most.", min=1, max=PAGE)] = 100,
    as_json: JsonOption = False,
) -> None:
    """List subscribers, with their addresses masked, and how many there are."""
    document = client.get(SubscribersDocument, "/v1/subscribers", after=after, count_max=count_max)
    if as_json:
        print_json(document)
        return
    counted = ", ".join(f"{count} by {kind}" for kind, count in sorted(document.counts.items())) or "nobody yet"
    suspended = f" Suspended: {document.suspended}." if document.suspended else ""
    print_line(f"Subscribed: {counted}. Asked and not confirmed yet: {document.asked}.{suspended}")
    columns = ("id", "by", "where", "components", "regions", "since", "suspended")
    print_table("Subscribers", columns, (_tell(each) for each in document.subscribers))
    if document.next is not None:
        print_line((f"… and more: holdfast subscribers list --after {document.next}", "dim"))


@app.command("remove")
@with_client
def remove(client: Client, subscriber: Annotated[str, typer.Argument(metavar="ID", show_default=False)]) -> None:
    """Erase a subscriber; nothing more is sent there."""
    client.delete(path_to("/v1/subscribers", subscriber))
    print_line(f"Subscriber {subscriber} is erased.")


@app.command("export")
@with_client
def export(client: Client) -> None:
    """Print all subscribers with their addresses, as CSV. Takes an admin's token."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("id", "kind", "address", "components", "regions", "confirmed_at", "suspended_at"))
    for each in _read_all(client):
        places = " ".join(each.components), " ".join(each.regions)
        suspended_at = "" if each.suspended_at is None else f"{each.suspended_at:.0f}"
        told = f"{each.confirmed_at:.0f}", suspended_at
        writer.writerow((each.id, each.kind, _disarm(each.address), *places, *told))


def _read_all(client: Client) -> Iterator[SubscriberDocument]:
    after: str | None = None
    while True:
        page = client.get(SubscribersDocument, "/v1/subscribers/export", after=after, count_max=PAGE)
        yield from page.subscribers
        after = page.next
        if after is None:
            return


def _disarm(address: str) -> str:
    """Spreadsheets take what begins so for a formula."""
    return f"'{address}" if address.startswith(("=", "+", "-", "@")) else address


def _tell(subscriber: SubscriberDocument) -> tuple[str, ...]:
    components, regions = ", ".join(subscriber.components) or "all", ", ".join(subscriber.regions) or "all"
    since, place = tell_time(subscriber.confirmed_at), (subscriber.kind, subscriber.address)
    return subscriber.id, *place, components, regions, since, subscriber.suspended_for or ""
