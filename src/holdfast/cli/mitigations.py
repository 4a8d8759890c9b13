"""`holdfast kill`, `read-only`, `limit`, `block`, `mitigations`, `end`."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

import typer

from holdfast.adapters.api.bodies import MitigateBody
from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import fail, print_json, print_line, print_table, tell_span, tell_time
from holdfast.cli.quantities import RATE, ForOption, ReasonOption
from holdfast.model.mitigation import Block, Kill, Limit, Measure, ReadOnly
from holdfast.model.platform import ClientLimits
from holdfast.model.units import format_rate
from holdfast.views.edges import Reach
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument, MitigationsDocument

ServiceArgument = Annotated[str, typer.Argument(help="The service.", show_default=False)]


@with_client
def kill(client: Client, service: ServiceArgument, *, for_s: ForOption, reason: ReasonOption) -> None:
    """Refuse every request of a service, with 503."""
    _mitigate(client, Kill.model_construct(service=service), for_s, reason)


@with_client
def read_only(client: Client, service: ServiceArgument, *, for_s: ForOption, reason: ReasonOption) -> None:
    """Refuse every request of a service but GET, HEAD and OPTIONS, with 503."""
    _mitigate(client, ReadOnly.model_construct(service=service), for_s, reason)


@with_client
def limit(
    client: Client,
    service: ServiceArgument,
    *,
    for_s: ForOption,
    reason: ReasonOption,
    requests: Annotated[float | None, typer.Option(parser=RATE, metavar="RATE", help="All requests: 50/s.")] = None,
    per_client: Annotated[float | None, typer.Option(parser=RATE, metavar="RATE", help="Each client: 5/s.")] = None,
    in_flight: Annotated[int | None, typer.Option(min=0, help="Requests at the same time, at each location.")] = None,
) -> None:
    """Hold a service to less than its own limits."""
    client_limits = None if per_client is None else ClientLimits.model_construct(requests=per_client)
    measure = Limit.model_construct(
        service=service, requests_per_s=requests, per_client=client_limits, in_flight=in_flight
    )
    _mitigate(client, measure, for_s, reason)


@with_client
def block(
    client: Client,
    networks: Annotated[list[str], typer.Argument(help="Addresses or CIDRs.", metavar="CIDR...", show_default=False)],
    *,
    for_s: ForOption,
    reason: ReasonOption,
    service: Annotated[str | None, typer.Option(help="One service; the whole platform if left out.")] = None,
) -> None:
    """Refuse clients by address, with 403."""
    read = tuple(_read_network(text) for text in networks)
    _mitigate(client, Block.model_construct(service=service, networks=read), for_s, reason)


@with_client
def mitigations(client: Client, *, as_json: JsonOption = False) -> None:
    """List what is mitigated now, and what lately was."""
    document = client.get(MitigationsDocument, "/v1/mitigations")
    if as_json:
        print_json(document)
        return
    if not document.active:
        print_line("No mitigation is in force.")
    tabulate_mitigations(document.active, len(document.active))
    rows = ((e.id, tell_measure(e.measure), f"{e.why} {tell_time(e.ended_at)}", e.ended_by) for e in document.ended)
    print_table("Ended", ("id", "measure", "ended", "by"), rows)


@with_client
def end(client: Client, mitigation: Annotated[str, typer.Argument(metavar="ID", help="Such as m-3.")]) -> None:
    """End a mitigation before it expires."""
    ended = client.send(EndedMitigationDocument, "DELETE", path_to("/v1/mitigations", mitigation))
    print_line((ended.id, "bold"), f" has ended: {tell_measure(ended.measure)}")
    _warn_unrecorded(recorded=ended.recorded)


def tabulate_mitigations(active: Sequence[MitigationDocument], count: int) -> None:
    """A table of mitigations in force, out of `count` that there are."""
    rows = ((m.id, _tell_effect(m), _tell_reach(m.reach), tell_span(m.remaining_s), m.author, m.reason) for m in active)
    shown = f", {len(active)} shown" if len(active) < count else ""
    columns = ("id", "measure", "in force on", "ends in", "by", "reason")
    print_table(f"Mitigations: {count}{shown}", columns, rows)


def tell_measure(measure: Measure) -> str:
    """A measure on one line."""
    match measure:
        case Limit():
            return f"limit {measure.service}: {', '.join(_tell_limits(measure))}"
        case Block(networks=networks):
            rest = f" and {len(networks) - 3} more" if len(networks) > 3 else ""
            return f"block {', '.join(map(str, networks[:3]))}{rest} for {measure.service or 'the whole platform'}"
        case _:
            return f"{measure.kind} {measure.service}"


def _tell_effect(mitigation: MitigationDocument) -> str:
    return f"{tell_measure(mitigation.measure)}{' (only observed)' if mitigation.observed_only else ''}"


def _read_network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        fail(ExitCode.USAGE, f"{error}; write an address or a range such as 192.0.2.0/24 or 2001:db8::/32")


def _tell_limits(measure: Limit) -> list[str]:
    told = []
    if measure.requests_per_s is not None:
        told.append(format_rate(measure.requests_per_s))
    if measure.per_client is not None:
        told.append(f"{format_rate(measure.per_client.requests)} per client")
    if measure.in_flight is not None:
        told.append(f"{measure.in_flight} in flight")
    return told


def _mitigate(client: Client, measure: Measure, for_s: float, reason: str) -> None:
    body = MitigateBody.model_construct(measure=measure, for_s=for_s, reason=reason)
    done = client.send(MitigationDocument, "POST", "/v1/mitigations", body)
    reach = _tell_reach(done.reach)
    print_line((done.id, "bold"), f" is in force on {reach}: {tell_measure(done.measure)}")
    print_line(f"It ends by itself in {tell_span(done.remaining_s)}, or by: holdfast end {done.id}")
    _warn_unrecorded(recorded=done.recorded)
    for warning in done.warnings:
        print_line(("Warning: ", "yellow"), f"{warning}; what would be shows: holdfast observed")


def _tell_reach(reach: Reach) -> str:
    return f"{reach.programmed} of {reach.edges} edges"


def _warn_unrecorded(*, recorded: bool) -> None:
    if not recorded:
        print_line(("The journal can't be written: ", "yellow"), "this holds, but a restart of control would undo it.")
