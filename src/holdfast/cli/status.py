"""`holdfast status` and `services`: what is in force, where, since when."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.text import Text

from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.mitigations import tabulate_mitigations
from holdfast.cli.output import print_json, print_line, print_table, tell_span
from holdfast.cli.rollout_view import tell_freeze, tell_rolled_back, tell_rollout
from holdfast.model.units import format_rate
from holdfast.views.edges import EdgeDocument
from holdfast.views.services import BucketDocument, ServiceDocument, ServicesDocument
from holdfast.views.status import StatusDocument

SHOWN_BESIDE_STATUS = 20


@with_client
def status(client: Client, *, as_json: JsonOption = False) -> None:
    """Show what is in force, on which edges, since when."""
    document = client.get(StatusDocument, "/v1/status")
    if as_json:
        print_json(document)
        return
    _print_platform(document)
    _print_edges(document)
    tabulate_mitigations(document.mitigations, document.mitigation_count)
    _print_summary(client.get(ServicesDocument, "/v1/services", count_max=SHOWN_BESIDE_STATUS))
    if not document.journal.writable:
        unrecorded = document.journal.unrecorded
        print_line(("The journal can't be written", "bold red"), f": {unrecorded} mitigations are in force unrecorded.")


@with_client
def services(
    client: Client,
    name: Annotated[str | None, typer.Argument(help="One service; all if left out.")] = None,
    *,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only this tenant's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show services with their effective limits, everything unsaid filled in."""
    if name is not None:
        found = ServicesDocument(services=(client.get(ServiceDocument, path_to("/v1/services", name)),), next=None)
    else:
        found = ServicesDocument(services=tuple(_all_services(client, tenant)), next=None)
    if as_json:
        print_json(found.services[0] if name is not None else found)
    else:
        _print_services(found)


def _all_services(client: Client, tenant: str | None) -> Iterator[ServiceDocument]:
    after: str | None = ""
    while after is not None:
        page = client.get(ServicesDocument, "/v1/services", tenant=tenant, after=after, count_max=1000)
        yield from page.services
        after = page.next


def _print_platform(document: StatusDocument) -> None:
    in_force, proving = document.in_force, document.proving
    if in_force is None:
        print_line(("Nothing is in force yet.", "bold yellow"))
    else:
        mode = ", only observing" if document.mode == "observe" else ""
        services = f"{document.service_count:,} services of {document.tenant_count:,} tenants"
        print_line((f"{document.platform}", "bold"), f": {services}{mode}")
        since = tell_span(document.now - in_force.since)
        print_line(f"Revision {in_force.number} in force since {since}, by {in_force.author} {_quote(in_force.reason)}")
    if proving is not None:
        print_line((f"Revision {proving.number} is being proved", "yellow"), f", by {proving.author}")
    _print_rollout(document)


def _print_rollout(document: StatusDocument) -> None:
    rollout, rolled_back, freeze = document.rollout, document.rolled_back, document.freeze
    if rollout is not None:
        print_line((f"Revision {rollout.number} is rolling out", "cyan"), f": {tell_rollout(rollout)}")
    if rolled_back is not None:
        print_line((f"Revision {rolled_back.number} was rolled back ", "bold red"), tell_rolled_back(rolled_back))
    if freeze is not None:
        print_line(("Changes are frozen ", "bold yellow"), tell_freeze(freeze))


def _quote(reason: str) -> str:
    return f"({reason})" if reason else ""


def _print_edges(document: StatusDocument) -> None:
    rows = (
        (e.name, e.location, _tell_edge(e), tell_span(document.now - e.since), "; ".join(n.message for n in e.nacks))
        for e in document.edges
    )
    title = f"Edges: {document.reach.programmed} of {document.reach.edges} have everything"
    print_table(title, ("edge", "location", "state", "since", "refused"), rows)


def _tell_edge(edge: EdgeDocument) -> Text:
    if edge.nacks:
        return Text("refuses", style="bold red")
    if edge.drift:
        return Text(f"{edge.drift.count} differ", style="bold red")
    if edge.programmed:
        return Text("programmed", style="green")
    return Text(f"{edge.pending} pending" if edge.pending else str(edge.state), style="yellow")


def _print_services(page: ServicesDocument) -> None:
    rows = (
        (
            s.name,
            s.tenant,
            ", ".join(s.hosts),
            f"{s.criticality} (observed)" if s.mode == "observe" else str(s.criticality),
            _tell_bucket(s.total) + (" (owner's)" if s.owner_limits else ""),
            _tell_bucket(s.per_client) if s.per_client else "none",
            ", ".join(f"{w.in_flight.guaranteed} to {w.in_flight.maximum}" for w in s.walls),
            " ".join(s.mitigations),
        )
        for s in page.services
    )
    columns = ("service", "tenant", "hosts", "criticality", "requests", "per client", "in flight", "mitigations")
    print_table("Services", columns, rows)


def _print_summary(page: ServicesDocument) -> None:
    rows = (
        (s.name, s.tenant, _tell_rate(s.total), _tell_rate(s.per_client), str(s.mode), " ".join(s.mitigations))
        for s in page.services
    )
    print_table("Services", ("service", "tenant", "requests", "per client", "mode", "mitigations"), rows)
    if page.next is not None:
        print_line(("… and more: holdfast services", "dim"))


def _tell_rate(bucket: BucketDocument | None) -> str:
    return format_rate(bucket.requests_per_s) if bucket else "none"


def _tell_bucket(bucket: BucketDocument) -> str:
    return f"{format_rate(bucket.requests_per_s)}, burst {bucket.burst}"
