"""`holdfast apply`, `history`, `rollback`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from holdfast.adapters.api.bodies import ProposeBody, RollbackBody
from holdfast.cli.client import Client, ControlProblem, JsonOption, with_client
from holdfast.cli.diagnostics import print_diagnostics, print_each
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, print_json, print_line, print_table, tell_time
from holdfast.cli.platform_file import read_platform_file
from holdfast.model.revision import RevisionStatus
from holdfast.views.revisions import HistoryDocument, ProposalDocument, RevisionDocument

_STYLES = {
    RevisionStatus.IN_FORCE: "green",
    RevisionStatus.PROVING: "yellow",
    RevisionStatus.REFUSED: "red",
    RevisionStatus.SUPERSEDED: "dim",
}
OptionalReason = Annotated[str, typer.Option("--reason", help="Why; everyone will see it.")]


@with_client
def apply(
    client: Client,
    file: Annotated[Path, typer.Argument(help="The platform file; - is standard input.", show_default=False)],
    *,
    reason: OptionalReason = "",
) -> None:
    """Have a platform file checked and proved, and put in force."""
    text, checked = read_platform_file(file, ports=False)
    if checked.platform is None:
        print_diagnostics(err(), checked, str(file))
        raise typer.Exit(ExitCode.INPUT_MISTAKEN)
    body = ProposeBody.model_construct(text=text, file=str(file), reason=reason)
    done = _put_in_force(client, "/v1/revisions", body)
    if done is not None:
        known_to_control = (warning for warning in done.warnings if warning not in checked.diagnostics)
        print_each(err(), (*checked.diagnostics, *known_to_control), checked.source_map.lines)


@with_client
def rollback(
    client: Client,
    to: Annotated[int | None, typer.Argument(metavar="N", help="A revision; else the one before this.", min=1)] = None,
    *,
    reason: OptionalReason = "",
) -> None:
    """Put an older revision in force again, under today's mitigations."""
    _put_in_force(client, "/v1/rollback", RollbackBody.model_construct(to=to, reason=reason))


@with_client
def history(client: Client, *, as_json: JsonOption = False) -> None:
    """List revisions, newest first."""
    document = client.get(HistoryDocument, "/v1/revisions")
    if as_json:
        print_json(document)
        return
    rows = (
        (str(r.number), _tell_status(r), tell_time(r.since), r.author, _tell_origin(r), r.reason or r.why)
        for r in document.revisions
    )
    print_table("Revisions", ("revision", "status", "since", "by", "from", "why"), rows)
    if not document.revisions:
        print_line("No revision has been proposed yet.")


def _put_in_force(client: Client, path: str, body: ProposeBody | RollbackBody) -> ProposalDocument | None:
    """What became of it, told; None if there was nothing to do."""
    try:
        with err().status("Envoy is trying it"):
            done = client.send(ProposalDocument, "POST", path, body)
    except ControlProblem as problem:
        if problem.document.code != "unchanged":
            raise
        print_line(f"Nothing to do: {problem.document.detail}.")
        return None
    revision, reach = done.revision, done.reach
    if revision.status is RevisionStatus.PROVING:
        print_line((f"Revision {revision.number}", "bold"), " is still being proved; see: holdfast history")
    else:
        told = f" is in force on {reach.programmed} of {reach.edges} edges."
        print_line((f"Revision {revision.number}", "bold"), told)
    return done


def _tell_status(revision: RevisionDocument) -> Text:
    return Text(str(revision.status).replace("_", " "), style=_STYLES[revision.status])


def _tell_origin(revision: RevisionDocument) -> str:
    return f"revision {revision.rollback_of}" if revision.rollback_of else revision.file
