"""Rollouts from the command line: followed, paused, promoted, aborted; changes frozen."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from fakes.running import PLATFORM as SMALL
from fakes.running import RunningControl, run_in_thread, short_directory
from holdfast.cli import rollout_following
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app
from holdfast.cli.rollout_view import render_rollout, tell_rollout
from holdfast.engine.command import AdvanceRollout, RollBackRollout
from holdfast.model.revision import RevisionStatus
from holdfast.views.revisions import HistoryDocument, RevisionDocument
from holdfast.views.rollout import RolloutDocument, RolloutsDocument, WaveDocument, WaveState

Run = Callable[..., Result]
Act = Callable[[RunningControl], None]
PLATFORM = SMALL.replace("name: small", "name: small\nwaves: {bake: 1h}")
OTHER = PLATFORM.replace("requests: 50/s", "requests: 60/s")
"""Both services are changed, so that there are two waves."""


@pytest.fixture
def control() -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "platform.yaml"
    path.write_text(OTHER)
    return path


@pytest.fixture
def up(control: RunningControl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command and expects it to end with a certain code; a platform is in force."""
    monkeypatch.setenv("HOLDFAST_STATE", str(control.state.path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    first = tmp_path / "first.yaml"
    first.write_text(PLATFORM)

    def run(*arguments: str, code: ExitCode = ExitCode.OK) -> Result:
        result = CliRunner().invoke(make_app(), arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    run("apply", str(first))
    return run


@pytest.fixture
def meanwhile(control: RunningControl, monkeypatch: pytest.MonkeyPatch) -> Callable[[Act], None]:
    """Have something done while a command that follows a rollout waits for the first time."""

    def arrange(act: Act) -> None:
        left = [act]
        monkeypatch.setattr(rollout_following, "sleep", lambda _: left.pop()(control))

    return arrange


def promote(control: RunningControl) -> None:
    with control.client() as client:
        client.post("/v1/rollout/promote", json={"reason": "in a hurry"}).raise_for_status()


def go_through_the_waves(control: RunningControl) -> None:
    for wave in (0, 1):
        control.submit(AdvanceRollout(2, wave))


def roll_back(control: RunningControl) -> None:
    evidence = ("shop: 12 % of its requests fail, 0.1 % of the others'", "probe GET shop.example/ is answered 503")
    control.submit(RollBackRollout("holdfast", "requests fail where it is", evidence=evidence))


@pytest.mark.parametrize("act", [promote, go_through_the_waves])
def test_apply_follows_until_it_is_in_force(up: Run, meanwhile: Callable[[Act], None], file: Path, act: Act) -> None:
    meanwhile(act)
    done = up("apply", str(file))
    assert "Revision 2 is in force on 1 of 1 edges, after" in done.stdout
    assert "Revision 2: wave 1 of 2, 1 of 2 services have it" in done.stderr


def test_apply_says_why_it_was_rolled_back(up: Run, meanwhile: Callable[[Act], None], file: Path) -> None:
    meanwhile(roll_back)
    done = up("apply", str(file), code=ExitCode.ROLLED_BACK)
    assert "Against it: shop: 12 % of its requests fail" in done.stdout
    assert "revision 2 was rolled back: requests fail where it is" in done.stderr
    history = up("history").stdout
    assert "rolled back" in history
    assert "requests fail where it is" in history
    status = up("status").stdout
    assert "Revision 2 was rolled back" in status
    assert "by holdfast in wave 1: requests fail where it is" in status
    shown = up("rollout").stdout
    assert "No revision is rolling out." in shown
    assert "probe GET shop.example/ is answered 503" in shown


def test_apply_may_leave_it_wait(up: Run, file: Path) -> None:
    assert "Revision 2 is rolling out; how it goes: holdfast rollout" in up("apply", str(file), "--no-wait").stdout
    shown = up("rollout").stdout
    assert "Revision 2 takes over from revision 1: wave 1 of 2, 1 of 2 services have it." in shown
    assert "to come" in shown
    assert json.loads(up("rollout", "--json").stdout)["rollout"]["number"] == 2
    assert "Revision 2 is rolling out: wave 1 of 2" in up("status").stdout
    assert "rolling out" in up("history").stdout
    assert "revision 2 is rolling out" in up("apply", str(file), code=ExitCode.REFUSED).stderr


def test_apply_at_once_takes_a_reason(up: Run, file: Path) -> None:
    assert "say why" in up("apply", str(file), "--at-once", code=ExitCode.USAGE).stderr
    done = up("apply", str(file), "--at-once", "--reason", "certificates expire tonight")
    assert "Revision 2 is in force on 1 of 1 edges." in done.stdout


def test_pause_resume_promote(up: Run, file: Path) -> None:
    up("apply", str(file), "--no-wait")
    assert "services have it; paused: lunch" in up("rollout", "pause", "--reason", "lunch").stdout
    assert "Paused: lunch" in up("rollout").stdout
    assert "paused: lunch" in up("status").stdout
    assert "paused" not in up("rollout", "resume").stdout
    assert "Revision 2 is in force everywhere." in up("rollout", "promote", "--reason", "urgent").stdout
    assert "no revision is rolling out" in up("rollout", "pause", "--reason", "x", code=ExitCode.REFUSED).stderr


def test_abort_and_follow(up: Run, meanwhile: Callable[[Act], None], file: Path) -> None:
    up("apply", str(file), "--no-wait")
    up("rollout", "abort", code=ExitCode.USAGE)
    meanwhile(roll_back)
    followed = up("rollout", "--follow", code=ExitCode.ROLLED_BACK)
    assert "requests fail where it is" in followed.stderr
    up("apply", str(file), "--no-wait")
    assert "Revision 1 is in force everywhere." in up("rollout", "abort", "--reason", "no").stdout
    assert "No revision is rolling out." in up("rollout", "--follow").stdout


def test_options_before_the_word_are_not_forgotten(up: Run, file: Path) -> None:
    up("apply", str(file), "--no-wait")
    before = ("rollout", "--url", "http://127.0.0.1:9", "abort", "--reason", "x")
    assert "behind the word abort" in up(*before, code=ExitCode.USAGE).stderr
    assert "wave 1 of 2" in up("rollout").stdout


def test_an_owner_may_not_watch_and_is_told_so(up: Run, control: RunningControl, tmp_path: Path) -> None:
    secret, file = tmp_path / "secret", tmp_path / "platform.yaml"
    secret.write_text(control.make_token("owner", "acme"))
    file.write_text(PLATFORM.replace("{hosts: [shop.example]", "{limits: {requests: 40/s}, hosts: [shop.example]"))
    done = up("apply", str(file), "--token-file", str(secret))
    assert "Revision 2 goes out in waves, which this token may not watch." in done.stdout


def test_on_a_terminal_a_bar_grows(up: Run, meanwhile: Callable[[Act], None], file: Path) -> None:
    screen = Console(width=120, force_terminal=True, file=StringIO())
    meanwhile(promote)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rollout_following, "err", lambda: screen)
        up("apply", str(file))
    drawn = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "takes over from revision 1: wave 1 of 2" in drawn
    assert "━" in drawn


def test_rollback_ends_a_rollout(up: Run, file: Path) -> None:
    up("apply", str(file), "--no-wait")
    assert "Revision 1 is in force on 1 of 1 edges." in up("rollback", "--reason", "worse").stdout


def test_freeze_and_thaw(up: Run, file: Path) -> None:
    assert "Changes are frozen until it is ended, by admin: holidays" in up("freeze", "--reason", "holidays").stdout
    assert "changes are frozen by admin: holidays" in up("apply", str(file), code=ExitCode.REFUSED).stderr
    assert "Changes may go out again." in up("thaw", "--reason", "back").stdout
    shown = up("freeze", "--reason", "sale", "--for", "2h").stdout
    assert "Changes are frozen for 2 h more, by admin: sale" in shown or "1 h 59 m" in shown
    assert "Changes are frozen" in up("status").stdout
    assert "Changes are frozen" in up("rollout").stdout
    up("thaw")
    assert "aren't frozen" in up("thaw", code=ExitCode.REFUSED).stderr


HEARING_CTRL_C = """
import signal
from holdfast.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""
"""Whoever runs the tests in the background has them ignore SIGINT, and all that they start with them."""


def test_ctrl_c_leaves_it_going(up: Run, file: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", HEARING_CTRL_C, "apply", str(file)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert "wave 1 of 2" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Revision 2 goes on rolling out." in said
    assert json.loads(up("rollout", "--json").stdout)["rollout"]["number"] == 2


def make_rollout(**changes: Any) -> RolloutDocument:
    waves = (
        WaveDocument(number=1, services=50, shared=False, locations=("fra",), state=WaveState.DONE),
        WaveDocument(number=2, services=50, shared=False, locations=None, state=WaveState.NOW),
        WaveDocument(number=3, services=0, shared=True, locations=None, state=WaveState.TO_COME),
    )
    rollout = RolloutDocument(
        number=7,
        base=6,
        author="ann",
        reason="\x1b[2Jmore",
        began_at=0.0,
        since=60.0,
        wave=2,
        waves=waves,
        reached=50,
        services=50,
    )
    return rollout.model_copy(update=changes)


def draw(rollout: RolloutDocument) -> str:
    console = Console(width=120, force_terminal=False)
    with console.capture() as capture:
        console.print(render_rollout(rollout, 72.0, bar=True))
    return capture.get()


def test_everything_about_a_rollout_is_shown() -> None:
    shown = draw(make_rollout(bakes_s=18.0, waits_for="the wave to bake", evidence=("e1: 404s",)))
    for line in (
        "since 12 s",
        "what all services share",
        "Waits for: the wave to bake, 18 s more",
        "Against it: e1: 404s",
    ):
        assert line in shown
    bar = next(number for number, line in enumerate(shown.splitlines()) if set(line.strip()) == {"━"})
    assert shown.splitlines()[bar + 1].split() == ["wave", "goes", "over", "where", "state"]
    paused = draw(make_rollout(paused="lunch", waits_for="somebody to resume it"))
    assert "Paused: lunch" in paused
    assert "somebody" not in paused
    assert "\x1b" not in shown


def test_a_rollout_in_a_line() -> None:
    assert tell_rollout(make_rollout(waits_for="e2")) == "wave 2 of 3, 50 of 50 services have it; waits for e2"
    assert tell_rollout(make_rollout(services=0, reached=0)) == "wave 2 of 3"
    assert tell_rollout(make_rollout(paused="x", waits_for="e2", evidence=("404s",))).endswith(
        "have it; paused: x; against it: 404s"
    )


class Answers:
    """Stands in for a client: nothing is on its way, and this is what became of revision 2."""

    def __init__(self, *statuses: RevisionStatus) -> None:
        made = {"since": 1.0, "author": "ann", "reason": "", "file": "", "content": "0" * 64, "proposed_at": 1.0}
        self._documents: dict[type, object] = {
            RolloutsDocument: RolloutsDocument(
                now=9.0, in_force=7, proving=None, rollout=None, rolled_back=None, freeze=None
            ),
            HistoryDocument: HistoryDocument(
                revisions=tuple(
                    RevisionDocument(number=2, status=status, why="so it is", rollback_of=None, **made)
                    for status in statuses
                )
            ),
        }

    def get(self, kind: type, _path: str) -> object:
        return self._documents[kind]


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (RevisionStatus.REFUSED, ExitCode.REFUSED, "revision 2 is refused, nothing was changed: so it is"),
        (RevisionStatus.ROLLED_BACK, ExitCode.ROLLED_BACK, "revision 2 was rolled back: so it is"),
    ],
)
def test_what_became_of_it_long_ago(
    status: RevisionStatus, code: ExitCode, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        rollout_following.follow_to_end(Answers(status), 2)  # type: ignore[arg-type]
    assert ended.value.exit_code == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("statuses", [(RevisionStatus.SUPERSEDED,), ()])
def test_what_others_took_over_from(statuses: tuple[RevisionStatus, ...], capsys: pytest.CaptureFixture[str]) -> None:
    rollout_following.follow_to_end(Answers(*statuses), 2)  # type: ignore[arg-type]
    assert "Revision 2 was in force, and another is now." in capsys.readouterr().out
