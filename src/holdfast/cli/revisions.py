"""`holdfast apply`, `history`, `rollback`."""

from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from rich.text import Text

from holdfast.adapters.api.bodies import ProposeBody, RollbackBody
from holdfast.adapters.git import find_commit
from holdfast.cli.client import Client, ControlProblem, JsonOption, with_client
from holdfast.cli.diagnostics import print_diagnostics, print_each
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.output import err, fail, print_json, print_line, print_table, tell_time
from holdfast.cli.plan_view import print_dangers, print_to_confirm
from holdfast.cli.platform_directory import READ
from holdfast.cli.platform_file import read_platform_file
from holdfast.cli.quantities import ConfirmOption
from holdfast.cli.rollout_following import follow_to_end
from holdfast.model.problem import ProblemDocument
from holdfast.model.revision import RevisionStatus
from holdfast.views.revisions import HistoryDocument, ProposalDocument, RevisionDocument

COMMIT_SHOWN: Final = 12
"""So many digits tell a commit from all others of a repository."""
_STYLES = {
    RevisionStatus.IN_FORCE: "green",
    RevisionStatus.PROVING: "yellow",
    RevisionStatus.ROLLING_OUT: "cyan",
    RevisionStatus.ROLLED_BACK: "red",
    RevisionStatus.REFUSED: "red",
    RevisionStatus.SUPERSEDED: "dim",
}
CommitOption = Annotated[
    str | None,
    typer.Option(help="The git commit that it comes from; else found where the file lies.", show_default=False),
]
OptionalReason = Annotated[str, typer.Option("--reason", help="Why; everyone will see it.")]
NoWaitOption = Annotated[bool, typer.Option("--no-wait", help="Don't follow it while it goes out in waves.")]
AtOnceOption = Annotated[bool, typer.Option("--at-once", help="Give it to everybody now, without waves; say why.")]
_FAILED: Final = {RevisionStatus.REFUSED, RevisionStatus.ROLLED_BACK}


@with_client
def apply(
    client: Client,
    file: Annotated[
        Path, typer.Argument(help="The platform file or directory; - is standard input.", show_default=False)
    ],
    *,
    reason: OptionalReason = "",
    confirm: ConfirmOption = None,
    commit: CommitOption = None,
    at_once: AtOnceOption = False,
    no_wait: NoWaitOption = False,
) -> None:
    """Have a platform file, or a directory of them, checked and proved, and put in force, wave by wave.

    Ctrl-C stops the watching, not the waves.
    """
    if at_once and not reason:
        fail(ExitCode.USAGE, "--at-once leaves out what would hold a harmful change back: say why with --reason")
    text, checked = read_platform_file(file, ports=False)
    if checked.platform is None:
        print_diagnostics(err(), checked, str(file))
        raise typer.Exit(ExitCode.INPUT_MISTAKEN)
    body = ProposeBody.model_construct(
        text=text,
        file=str(file),
        reason=reason,
        confirmed=tuple(confirm or ()),
        commit=find_commit(file, READ) if commit is None else commit,
        at_once=at_once,
    )
    try:
        done = _hand_in(client, "/v1/revisions", body)
    except ControlProblem as problem:
        print_each(err(), problem.document.diagnostics, checked.source_map)
        raise
    if done is not None:
        known_to_control = (warning for warning in done.warnings if warning not in checked.diagnostics)
        print_each(err(), (*checked.diagnostics, *known_to_control), checked.source_map)
        _see_through(client, done, no_wait=no_wait)


@with_client
def rollback(
    client: Client,
    to: Annotated[int | None, typer.Argument(metavar="N", help="A revision; else the one before this.", min=1)] = None,
    *,
    reason: OptionalReason = "",
    no_wait: NoWaitOption = False,
) -> None:
    """Put an older revision in force again, under today's mitigations."""
    done = _hand_in(client, "/v1/rollback", RollbackBody.model_construct(to=to, reason=reason))
    if done is not None:
        _see_through(client, done, no_wait=no_wait)


@with_client
def history(client: Client, *, as_json: JsonOption = False) -> None:
    """List revisions, newest first."""
    document = client.get(HistoryDocument, "/v1/revisions")
    if as_json:
        print_json(document)
        return
    rows = (
        (str(r.number), _tell_status(r), tell_time(r.since), r.author, _tell_origin(r), _tell_why(r))
        for r in document.revisions
    )
    print_table("Revisions", ("revision", "status", "since", "by", "from", "why"), rows)
    if not document.revisions:
        print_line("No revision has been proposed yet.")


def _hand_in(client: Client, path: str, body: ProposeBody | RollbackBody) -> ProposalDocument | None:
    """What became of it so far; None if there was nothing to do, which is told."""
    try:
        with err().status("Envoy is trying it"):
            return client.send(ProposalDocument, "POST", path, body)
    except ControlProblem as problem:
        if problem.document.code == "unconfirmed":
            _show_unconfirmed(problem.document)
        if problem.document.code != "unchanged":
            raise
        print_line(f"Nothing to do: {problem.document.detail}.")
        return None


def _see_through(client: Client, done: ProposalDocument, *, no_wait: bool) -> None:
    """Say that it is in force, or follow it until it is, or is not to be."""
    revision, reach = done.revision, done.reach
    if revision.status not in {RevisionStatus.PROVING, RevisionStatus.ROLLING_OUT}:
        told = f" is in force on {reach.programmed} of {reach.edges} edges."
        print_line((f"Revision {revision.number}", "bold"), told)
    elif no_wait:
        what = str(revision.status).replace("_", " ")
        print_line((f"Revision {revision.number}", "bold"), f" is {what}; how it goes: holdfast rollout")
    else:
        follow_to_end(client, revision.number)


def _show_unconfirmed(problem: ProblemDocument) -> NoReturn:
    print_dangers(problem.dangers)
    print_to_confirm(danger.code for danger in problem.dangers)
    fail(ExitCode.UNCONFIRMED, f"{problem.detail}; nothing was changed. `holdfast plan` shows all of it")


def _tell_status(revision: RevisionDocument) -> Text:
    return Text(str(revision.status).replace("_", " "), style=_STYLES[revision.status])


def _tell_why(revision: RevisionDocument) -> str:
    return revision.why if revision.status in _FAILED else revision.reason or revision.why


def _tell_origin(revision: RevisionDocument) -> str:
    if before := revision.rollback_of or revision.recompiles:
        return f"revision {before}"
    commit, dash, dirty = revision.commit.partition("-")
    return f"{revision.file} @ {commit[:COMMIT_SHOWN]}{dash}{dirty}" if commit else revision.file
