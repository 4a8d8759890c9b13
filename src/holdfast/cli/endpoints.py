"""`holdfast endpoints`, `drain`: the machines behind services, and leaving some of them out."""

from typing import Annotated

import typer

from holdfast.cli.client import Client, JsonOption, with_client
from holdfast.cli.mitigating import mitigating
from holdfast.cli.output import print_json, print_line, print_table, tell_time
from holdfast.model.mitigation import Drain
from holdfast.views.endpoints import ClusterDocument, EndpointsDocument, MachineDocument

ServiceArgument = Annotated[str, typer.Argument(help="The service.", show_default=False)]
ServiceOption = Annotated[str | None, typer.Option("--service", help="One service; all if left out.")]


@mitigating
def drain(
    service: ServiceArgument,
    addresses: Annotated[
        list[str],
        typer.Argument(help="Endpoints, as they are listed.", metavar="ADDRESS...", show_default=False),
    ],
) -> Drain:
    """Send nothing new to some of a service's endpoints; what is under way is finished."""
    return Drain.model_construct(service=service, endpoints=tuple(addresses))


@with_client
def endpoints(client: Client, *, service: ServiceOption = None, as_json: JsonOption = False) -> None:
    """List the machines behind services: which may be taken back, which are drained, where they are known from."""
    query = {} if service is None else {"service": service}
    known = client.get(EndpointsDocument, "/v1/endpoints", **query)
    if as_json:
        print_json(known)
        return
    rows = [_tell(cluster, machine) for cluster in known.clusters for machine in cluster.endpoints]
    print_table(f"Endpoints: {len(rows)}", ("upstream", "endpoint", "zone", "kind", "now"), rows)
    for cluster in known.clusters:
        if cluster.feed and cluster.feed.problem:
            since = "" if cluster.feed.problem_at is None else f", since {tell_time(cluster.feed.problem_at)}"
            print_line((f"{cluster.cluster}: ", "red"), f"{cluster.feed.source}: {cluster.feed.problem}{since}")
    if known.more:
        print_line("There are more; ask for one service with --service.")


def _tell(cluster: ClusterDocument, machine: MachineDocument) -> tuple[str, ...]:
    kind, now = "ephemeral" if machine.ephemeral else "stable", "drained" if machine.drained else ""
    return cluster.cluster, machine.address, machine.zone or "", kind, now
