"""`holdfast incident`: `list`, `show`, `timeline`, `open`, `change`, `resolve`, `reopen`, `ack`, `note`, and words."""

from typing import Annotated

import typer

from holdfast.cli.client import Client, JsonOption, path_to, with_client
from holdfast.cli.incident_view import print_incident, print_incidents, print_outcome, print_timeline
from holdfast.cli.moments import read_past
from holdfast.cli.output import print_json
from holdfast.cli.quantities import ReasonOption
from holdfast.model.incident import Impact, Phase
from holdfast.views.incidents import IncidentDocument, IncidentsDocument, TimelineDocument
from holdfast.views.incidents_wanted import IncidentChangeWanted, IncidentWanted, NoteWanted, PostWanted, PublishWanted

PATH = "/v1/incidents"
app = typer.Typer(help="See what is wrong, lead it to its end, and tell the public.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Such as i-3.", show_default=False)]
NumberArgument = Annotated[int, typer.Argument(metavar="N", help="The draft's number.", min=1, show_default=False)]
PhaseOption = Annotated[Phase | None, typer.Option(help="How far it is.", show_default=False)]
ImpactOption = Annotated[Impact | None, typer.Option(help="How bad it is for users.", show_default=False)]
TitleOption = Annotated[str | None, typer.Option(help="What those who work on it call it.", show_default=False)]
PublicTitleOption = Annotated[str | None, typer.Option(help="What the status site calls it.", show_default=False)]
SinceOption = Annotated[
    float | None,
    typer.Option(
        parser=read_past, metavar="TIME", help="When it began: 10m (ago), or a time in UTC.", show_default=False
    ),
]
ComponentOption = Annotated[
    list[str] | None, typer.Option("--component", help="Of the status site; may be repeated.", show_default=False)
]
RegionOption = Annotated[
    list[str] | None, typer.Option("--region", help="Of the status site; may be repeated.", show_default=False)
]
ServiceOption = Annotated[list[str] | None, typer.Option("--service", help="May be repeated.", show_default=False)]
TextArgument = Annotated[str, typer.Argument(metavar="TEXT", help="The word.", show_default=False)]
SayOption = Annotated[str | None, typer.Option(help="The last public word; without it none is said.")]


@app.command(name="list")
@with_client
def list_incidents(
    client: Client,
    *,
    resolved_max: Annotated[int, typer.Option("--resolved", help="So many resolved ones.", min=0, max=1_000)] = 10,
    as_json: JsonOption = False,
) -> None:
    """List open incidents, and the newest resolved ones."""
    document = client.get(IncidentsDocument, PATH, resolved_max=resolved_max)
    print_json(document) if as_json else print_incidents(document)


@app.command()
@with_client
def show(client: Client, incident: IdArgument, *, as_json: JsonOption = False) -> None:
    """Show one: how far it is, what was found, what is suspected and done, what the public was told."""
    document = client.get(IncidentDocument, path_to(PATH, incident))
    print_json(document) if as_json else print_incident(document)


@app.command()
@with_client
def timeline(
    client: Client,
    incident: IdArgument,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that was decided meanwhile, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what the journal saw of it, from a quarter of an hour before it began, in UTC."""
    document = client.get(TimelineDocument, f"{path_to(PATH, incident)}/timeline", everything=everything)
    print_json(document) if as_json else print_timeline(document)


@app.command(name="open")
@with_client
def open_incident(  # noqa: PLR0913 - one for each option
    client: Client,
    title: Annotated[str, typer.Argument(help="What is wrong, for those who work on it.", show_default=False)],
    *,
    impact: Annotated[Impact, typer.Option(help="How bad it is for users.")] = Impact.MINOR,
    public_title: PublicTitleOption = None,
    since: SinceOption = None,
    component: ComponentOption = None,
    region: RegionOption = None,
    service: ServiceOption = None,
    drill: Annotated[bool, typer.Option("--drill", help="It is an exercise: it isn't published.")] = False,
) -> None:
    """Open an incident by hand. Nothing is published by that."""
    body = IncidentWanted.model_construct(
        title=title,
        impact=impact,
        public_title=public_title,
        began_at=since,
        components=tuple(component or ()),
        regions=tuple(region or ()),
        services=tuple(service or ()),
        drill=drill,
    )
    print_outcome(client.send(IncidentDocument, "POST", PATH, body), "opened")


@app.command()
@with_client
def change(  # noqa: PLR0913 - one for each option
    client: Client,
    incident: IdArgument,
    *,
    reason: ReasonOption,
    phase: PhaseOption = None,
    impact: ImpactOption = None,
    title: TitleOption = None,
    public_title: PublicTitleOption = None,
    since: SinceOption = None,
    component: ComponentOption = None,
    region: RegionOption = None,
    service: ServiceOption = None,
    drill: Annotated[bool | None, typer.Option("--drill/--no-drill", help="Whether it is an exercise.")] = None,
) -> None:
    """Change what is known of it. Whoever sets its phase or impact leads it: Holdfast leaves both alone then."""
    body = IncidentChangeWanted.model_construct(
        reason=reason,
        phase=phase,
        impact=impact,
        title=title,
        public_title=public_title,
        began_at=since,
        components=tuple(component) if component else None,
        regions=tuple(region) if region else None,
        services=tuple(service) if service else None,
        drill=drill,
    )
    print_outcome(_change(client, incident, body), "changed")


@app.command()
@with_client
def resolve(client: Client, incident: IdArgument, *, reason: ReasonOption, say: SayOption = None) -> None:
    """Say that it is over; with --say, to the public too."""
    if say is not None:
        path = path_to(PATH, incident)
        word = PostWanted.model_construct(text=say, phase=Phase.RESOLVED)
        client.send(IncidentDocument, "POST", f"{path}/posts", word)
        why = NoteWanted.model_construct(text=reason)
        print_outcome(client.send(IncidentDocument, "POST", f"{path}/notes", why), "resolved")
        return
    body = IncidentChangeWanted.model_construct(reason=reason, phase=Phase.RESOLVED)
    print_outcome(_change(client, incident, body), "resolved")


@app.command()
@with_client
def reopen(client: Client, incident: IdArgument, *, reason: ReasonOption) -> None:
    """Open a resolved one again, because it goes on."""
    body = IncidentChangeWanted.model_construct(reason=reason, phase=Phase.IDENTIFIED)
    print_outcome(_change(client, incident, body), "open again")


@app.command()
@with_client
def ack(client: Client, incident: IdArgument) -> None:
    """Say that you work on it: nobody else is woken."""
    print_outcome(client.send(IncidentDocument, "POST", f"{path_to(PATH, incident)}/acknowledge"), "acknowledged")


@app.command()
@with_client
def note(client: Client, incident: IdArgument, text: TextArgument) -> None:
    """Write something down for those who work on it; the public never sees it."""
    body = NoteWanted.model_construct(text=text)
    print_outcome(client.send(IncidentDocument, "POST", f"{path_to(PATH, incident)}/notes", body), "noted")


@app.command()
@with_client
def post(
    client: Client,
    incident: IdArgument,
    text: TextArgument,
    *,
    phase: PhaseOption = None,
    draft: Annotated[bool, typer.Option("--draft", help="Keep it until somebody publishes it.")] = False,
) -> None:
    """Tell the public, now; with a phase, the incident is in it from then on."""
    body = PostWanted.model_construct(text=text, phase=phase, draft=draft)
    document = client.send(IncidentDocument, "POST", f"{path_to(PATH, incident)}/posts", body)
    print_outcome(document, "drafted" if draft else "published")


@app.command()
@with_client
def publish(
    client: Client,
    incident: IdArgument,
    number: NumberArgument,
    *,
    text: Annotated[str | None, typer.Option(help="Another text in its place.", show_default=False)] = None,
    phase: PhaseOption = None,
) -> None:
    """Publish a draft, as it is or with another text."""
    body = PublishWanted.model_construct(text=text, phase=phase)
    path = f"{path_to(PATH, incident)}/posts/{number}/publish"
    print_outcome(client.send(IncidentDocument, "POST", path, body), "published")


@app.command()
@with_client
def discard(client: Client, incident: IdArgument, number: NumberArgument) -> None:
    """Throw a draft away."""
    path = f"{path_to(PATH, incident)}/posts/{number}/discard"
    print_outcome(client.send(IncidentDocument, "POST", path), "draft discarded")


def _change(client: Client, incident: str, body: IncidentChangeWanted) -> IncidentDocument:
    return client.send(IncidentDocument, "PATCH", path_to(PATH, incident), body)
