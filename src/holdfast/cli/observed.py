"""`holdfast observed`: what would have been refused to services in observe mode."""

from collections.abc import Iterator

from holdfast.cli.client import Client, JsonOption, with_client
from holdfast.cli.output import err, print_json, print_line, print_table
from holdfast.views.observed import ObservedDocument, ObservedMitigationDocument, ObservedServiceDocument

PAGE = 1_000


@with_client
def observed(client: Client, *, as_json: JsonOption = False) -> None:
    """Show what would have been refused to services in observe mode."""
    with err().status("Asking the edges"):
        document = _join(list(_all_pages(client)))
    if as_json:
        print_json(document)
        return
    if not document.services:
        print_line("No service is in observe mode.")
        return
    columns = ("service", "requests", "over its limits", "refused by rules", "in flight, of at most", "mitigations")
    title = "Nothing of this was refused; counted since each edge started"
    print_table(title, columns, (_tell_service(service) for service in document.services))
    if document.silent_edges:
        print_line(("Missing, since they don't answer: ", "yellow"), ", ".join(document.silent_edges))


def _all_pages(client: Client) -> Iterator[ObservedDocument]:
    after: str | None = ""
    while after is not None:
        page = client.get(ObservedDocument, "/v1/observed", after=after, count_max=PAGE)
        yield page
        after = page.next


def _join(pages: list[ObservedDocument]) -> ObservedDocument:
    silent = sorted({edge for page in pages for edge in page.silent_edges})
    services = tuple(service for page in pages for service in page.services)
    return ObservedDocument(silent_edges=tuple(silent), services=services, next=None)


def _tell_service(service: ObservedServiceDocument) -> tuple[str, ...]:
    refused = ", ".join(f"{each.rule}: {each.requests:,}" for each in service.refusals)
    none = "unknown" if service.requests is None else "none"
    return (
        service.name,
        _tell_count(service.requests),
        _tell_count(service.limited),
        refused or none,
        ", ".join(f"{_tell_count(wall.in_flight)} of {wall.maximum:,}" for wall in service.walls),
        ", ".join(map(_tell_mitigation, service.mitigations)),
    )


def _tell_mitigation(mitigation: ObservedMitigationDocument) -> str:
    if mitigation.measure.kind == "limit":
        return f"limit {mitigation.id}: not counted"
    return f"{mitigation.measure.kind} {mitigation.id}: {_tell_count(mitigation.requests)}"


def _tell_count(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"
