"""`holdfast components`, `component install`, `component on`, `component off`, `revert`, `queries`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from holdfast.adapters.api.bodies import InstallBody, SwitchBody
from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.output import print_json, print_line, print_table, tell_time
from holdfast.cli.quantities import ReasonOption
from holdfast.model.component import Phase
from holdfast.views.components import ComponentDocument, ComponentsDocument
from holdfast.views.queries import FlaggedDocument, OperationDocument, QueriesDocument

ComponentArgument = Annotated[str, typer.Argument(help="The component, such as analyser.", show_default=False)]
_STYLES = {Phase.ON: "green", Phase.SHADOW: "cyan", Phase.WARNED: "yellow", Phase.OFF: "red"}
_MIB = 1024**2

app = typer.Typer(help="Switch components of Holdfast itself, or give them other builds.", no_args_is_help=True)


@with_client
def components(client: Client, *, as_json: JsonOption = False) -> None:
    """List components of Holdfast itself: how far each is trusted, and what it takes of the machine."""
    document = client.get(ComponentsDocument, "/v1/components")
    if as_json:
        print_json(document)
        return
    columns = ("component", "version", "phase", "since", "why", "CPU", "memory", "lag", "samples", "revert brings")
    print_table("Components", columns, (_tell(component) for component in document.components))


@app.command()
@with_client
def install(
    client: Client,
    component: ComponentArgument,
    build: Annotated[Path, typer.Argument(help="A folder, wheel or zip file on control's machine.")],
    *,
    reason: ReasonOption,
) -> None:
    """Run another build of a component, in shadow first. Its code runs as Holdfast's user: for admins."""
    body = InstallBody(path=str(build.absolute()), reason=reason)
    _print_switched(client.send(ComponentDocument, "POST", path_to("/v1/components", component) + "/install", body))


@app.command()
@with_client
def on(client: Client, component: ComponentArgument, *, reason: ReasonOption) -> None:
    """Run a component that is off."""
    _switch(client, component, "on", reason)


@app.command()
@with_client
def off(client: Client, component: ComponentArgument, *, reason: ReasonOption) -> None:
    """End a component now, until it is switched on again. No request depends on it."""
    _switch(client, component, "off", reason)


@with_client
def revert(client: Client, component: ComponentArgument, *, reason: ReasonOption) -> None:
    """Bring back the version of a component that ran before, at once."""
    _switch(client, component, "revert", reason)


@with_client
def queries(
    client: Client,
    service: Annotated[str | None, typer.Argument(help="The service; all that was flagged if left out.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show a service's GraphQL operations that cost most, or all that were lately found large or complex."""
    if service is None:
        _show_flagged(client.get(FlaggedDocument, "/v1/queries"), as_json=as_json)
        return
    document = client.get(QueriesDocument, path_to("/v1/services", service) + "/queries")
    if as_json:
        print_json(document)
        return
    _warn(document.phase, document.note)
    if not document.operations:
        print_line(f"No operation of {service} is known.")
    columns = ("fingerprint", "load", "requests", "cost", "depth", "fields", "aliases", "flags", "operation")
    print_table(f"GraphQL operations of {service}", columns, (_tell_operation(each) for each in document.operations))
    if document.unreadable:
        unread = ", ".join(f"{why}: {count:,.0f}" for why, count in document.unreadable.items())
        print_line(f"Not analysed, of {document.requests:,.0f} requests: {unread}")


def _switch(client: Client, component: str, verb: str, reason: str) -> None:
    path = path_to("/v1/components", component)
    _print_switched(client.send(ComponentDocument, "POST", f"{path}/{verb}", SwitchBody(reason=reason)))


def _print_switched(component: ComponentDocument) -> None:
    print_line((component.name, "bold"), f" {component.version} is ", _tell_phase(component.phase))


def _show_flagged(document: FlaggedDocument, *, as_json: bool) -> None:
    if as_json:
        print_json(document)
        return
    _warn(document.phase, "")
    if not document.operations:
        print_line("No operation was found large or complex lately.")
    rows = (
        (
            each.service,
            each.fingerprint,
            f"{each.measures.cost:,}",
            str(each.measures.depth),
            ", ".join(each.flags),
            each.text,
        )
        for each in document.operations
    )
    print_table("Large or complex", ("service", "fingerprint", "cost", "depth", "flags", "operation"), rows)


def _warn(phase: Phase, note: str) -> None:
    if phase is not Phase.ON:
        why = f" ({note})" if note else ""
        print_line(
            "The analyser is ", _tell_phase(phase), f"{why}: what it says doesn't count; see: holdfast components"
        )


def _tell(component: ComponentDocument) -> tuple[str | Text, ...]:
    return (
        component.name,
        component.version,
        Text(component.phase, style=_STYLES.get(component.phase, "")),
        tell_time(component.since),
        component.why,
        f"{component.cpu_share:.0%} of {component.cpu_share_max:.0%}",
        f"{component.memory_bytes / _MIB:.0f} of {component.memory_bytes_max / _MIB:.0f} MiB",
        f"{component.lag_s:.1f} of {component.lag_s_max:.1f} s",
        f"{component.handed:,}, {component.dropped:,} dropped",
        component.previous or "nothing",
    )


def _tell_phase(phase: Phase) -> tuple[str, str]:
    return "in shadow" if phase is Phase.SHADOW else phase.value, _STYLES.get(phase, "")


def _tell_operation(operation: OperationDocument) -> tuple[str, ...]:
    measures = operation.measures
    return (
        operation.fingerprint,
        f"{operation.load_share:.0%}",
        f"{operation.requests:,.0f}",
        f"{measures.cost:,}",
        str(measures.depth),
        f"{measures.fields:,}",
        f"{measures.aliases:,}",
        ", ".join(operation.flags),
        operation.text,
    )
