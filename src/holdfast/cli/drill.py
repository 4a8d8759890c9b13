"""`holdfast drill`: incidents replayed on real processes, and scored."""

from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.output import print_table
from holdfast.drills.peers.names import PeerName

app = typer.Typer(no_args_is_help=True, help="Replay incidents against real edges, and score them.")


@app.command("list")
def list_() -> None:
    """List the drills that come along."""
    from holdfast.drills.catalogue import list_scenarios  # noqa: PLC0415 - so that no other command pays for it

    print_table("Drills", ("name", "what is played"), ((each.drill, each.title) for each in list_scenarios()))


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="A drill's name, or a scenario file ending in .yaml.")],
    *,
    short: Annotated[bool, typer.Option("--short", help="A minute or so; only success is scored.")] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="Draws the victim, sources, timing and mix.")] = None,
    without_protections: Annotated[
        bool, typer.Option("--without-protections", help="Holdfast only passes traffic: shows the harm.")
    ] = False,
    peer: Annotated[
        PeerName | None, typer.Option("--peer", help="Play surge-attack with this in place of Holdfast.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result here.")] = None,
    report: Annotated[Path | None, typer.Option(metavar="DIR", help="Write an HTML report here.")] = None,
) -> None:
    """Play a drill on processes of its own; whatever runs on this machine already is left alone.

    Ends with 0 if every goal is met, 10 if one is missed, 11 if what was measured can't tell, 12 if the drill
    couldn't be played.
    """
    from holdfast.cli.drill_run import Wish, run_drill  # noqa: PLC0415 - so that no other command pays for it

    protected = not without_protections
    run_drill(Wish(name, seed, short=short, protected=protected, peer=peer, json_file=json_file, report=report))
