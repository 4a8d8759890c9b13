"""`holdfast kill`, `read-only`, `limit`, `block`, `deny`, `mitigations`, `end`."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

import typer

from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.measures import tell_measure
from holdfast.cli.mitigating import mitigating, tell_reach, warn_unrecorded
from holdfast.cli.output import fail, print_json, print_line, print_table, tell_span, tell_time
from holdfast.cli.quantities import RATE
from holdfast.model.mitigation import Block, Deny, Kill, Limit, ReadOnly
from holdfast.model.platform import ClientLimits, Criticality
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument, MitigationsDocument

ServiceArgument = Annotated[str, typer.Argument(help="The service.", show_default=False)]
SomeService = Annotated[str | None, typer.Argument(help="The service.", show_default=False)]
SiteOption = Annotated[str | None, typer.Option(help="All services with their primary at a site.")]
ClassOption = Annotated[
    list[Criticality] | None, typer.Option("--class", help="Only services of this criticality; may be given again.")
]
Values = list[str] | None


@mitigating
def kill(service: ServiceArgument) -> Kill:
    """Refuse every request of a service, with 503."""
    return Kill.model_construct(service=service)


@mitigating
def read_only(service: SomeService = None, *, site: SiteOption = None, classes: ClassOption = None) -> ReadOnly:
    """Refuse all but GET, HEAD, OPTIONS and GraphQL queries, with 503: of a service, a site, or classes of services."""
    return ReadOnly.model_construct(service=service, site=site, classes=tuple(classes) if classes else None)


@mitigating
def limit(
    service: ServiceArgument,
    *,
    requests: Annotated[float | None, typer.Option(parser=RATE, metavar="RATE", help="All requests: 50/s.")] = None,
    per_client: Annotated[float | None, typer.Option(parser=RATE, metavar="RATE", help="Each client: 5/s.")] = None,
    client_prefix: Annotated[
        int, typer.Option(min=0, max=32, help="How much of an IPv4 address is one client: 24 takes a /24 for one.")
    ] = 32,
    in_flight: Annotated[int | None, typer.Option(min=0, help="Requests at the same time, at each location.")] = None,
) -> Limit:
    """Hold a service to less than its own limits."""
    client_limits = None if per_client is None else ClientLimits.model_construct(requests=per_client)
    return Limit.model_construct(
        service=service,
        requests_per_s=requests,
        per_client=client_limits,
        client_prefix=client_prefix,
        in_flight=in_flight,
    )


@mitigating
def block(
    networks: Annotated[list[str], typer.Argument(help="Addresses or CIDRs.", metavar="CIDR...", show_default=False)],
    *,
    service: Annotated[str | None, typer.Option(help="One service; the whole platform if left out.")] = None,
) -> Block:
    """Refuse clients by address, with 403."""
    return Block.model_construct(service=service, networks=tuple(_read_network(text) for text in networks))


@mitigating
def deny(  # noqa: PLR0913 - an option for each dimension
    service: ServiceArgument,
    *,
    network: Annotated[Values, typer.Option(metavar="CIDR", help="Clients' addresses.")] = None,
    method: Annotated[Values, typer.Option(help="Methods, such as POST.")] = None,
    path: Annotated[Values, typer.Option(help="Whole paths, without query.")] = None,
    path_prefix: Annotated[Values, typer.Option(help="How paths begin, such as /api/.")] = None,
    referer: Annotated[Values, typer.Option(help="Whole referers, without query; empty for none.")] = None,
    user_agent: Annotated[Values, typer.Option(help="Whole user agents; empty for none.")] = None,
    user_agent_family: Annotated[Values, typer.Option(help="Such as curl, Chrome, other; empty for none.")] = None,
) -> Deny:
    """Refuse what one kind of these options says, or two kinds together, with 403. Each may be given several times."""
    said = {
        Dimension.NETWORK: [str(_read_network(text)) for text in network] if network else None,
        Dimension.METHOD: method,
        Dimension.PATH: path,
        Dimension.PATH_PREFIX: path_prefix,
        Dimension.REFERER: referer,
        Dimension.USER_AGENT: user_agent,
        Dimension.USER_AGENT_FAMILY: user_agent_family,
    }
    matches = tuple(
        SourceMatch.model_construct(dimension=dimension, values=tuple(values))
        for dimension, values in said.items()
        if values
    )
    if not 1 <= len(matches) <= 2:
        fail(ExitCode.USAGE, "say what to refuse by one kind of option, or by two that must both fit")
    return Deny.model_construct(service=service, source=SourceRule.model_construct(matches=matches))


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
    warn_unrecorded(recorded=ended.recorded)


def tabulate_mitigations(active: Sequence[MitigationDocument], count: int) -> None:
    """A table of mitigations in force, out of `count` that there are."""
    rows = ((m.id, _tell_effect(m), _tell_where(m), tell_span(m.remaining_s), m.author, m.reason) for m in active)
    shown = f", {len(active)} shown" if len(active) < count else ""
    columns = ("id", "measure", "in force on", "ends in", "by", "reason")
    print_table(f"Mitigations: {count}{shown}", columns, rows)


def _tell_effect(mitigation: MitigationDocument) -> str:
    notes = [
        *(["only observed"] if mitigation.observed_only else []),
        *(["forced"] if mitigation.forced else []),
        *([f"answers {mitigation.finding}"] if mitigation.finding else []),
    ]
    told = tell_measure(mitigation.measure)
    return f"{told} ({', '.join(notes)})" if notes else told


def _tell_where(mitigation: MitigationDocument) -> str:
    return f"only {', '.join(mitigation.edges)}" if mitigation.edges else tell_reach(mitigation.reach)


def _read_network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        fail(ExitCode.USAGE, f"{error}; write an address or a range such as 192.0.2.0/24 or 2001:db8::/32")
