"""Incidents, promises and announced work from the command line, on a running control."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes.fleet import FakeFleet
from fakes.incidents import FLEET, PLATFORM, make_sighting
from fakes.running import FakeOutside, RunningControl, run_in_thread, short_directory
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app
from holdfast.engine.command import OpenFinding
from holdfast.model.finding import FindingKind
from holdfast.model.incident import Phase
from holdfast.model.state import State
from holdfast.views.incidents import IncidentDocument, IncidentsDocument, TimelineDocument

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def control() -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state, FakeOutside(FakeFleet(FLEET))) as running:
        with running.client() as admin:
            body = {"text": PLATFORM.replace("PUBLISH", "approve"), "file": "p.yaml", "at_once": True, "reason": "x"}
            admin.post("/v1/revisions", json=body).raise_for_status()
        yield running


@pytest.fixture
def run(control: RunningControl, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command and expects it to end with a certain code."""
    monkeypatch.setenv("HOLDFAST_STATE", str(control.state.path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments: str, code: ExitCode = ExitCode.OK) -> Result:
        result = CliRunner().invoke(make_app(), arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def open_one(run: Run, *more: str) -> str:
    told = run("incident", "open", "the shop is slow", *more).output
    found = re.match(r"(i-\d+) opened: the shop is slow", told)
    assert found, told
    return found[1]


def test_an_incident_is_led_from_its_opening_to_its_end(run: Run) -> None:
    id_ = open_one(run, "--component", "web", "--region", "europe", "--impact", "major", "--since", "10m")
    document = IncidentDocument.model_validate_json(run("incident", "show", id_, "--json").output)
    incident = document.row.incident
    assert (incident.components, incident.regions, incident.impact) == (("web",), ("europe",), "major")
    assert incident.public_title == "Reduced service: Web shop (Europe)"
    assert 595 < incident.opened_at - incident.began_at < 605
    run("incident", "ack", id_)
    assert "acknowledged i" in run("incident", "ack", id_, code=ExitCode.REFUSED).output
    run("incident", "note", id_, "the cache is cold")
    run("incident", "post", id_, "We are looking into it.")
    run("incident", "post", id_, "We know why.", "--phase", "identified")
    run("incident", "change", id_, "--impact", "minor", "--component", "mail", "--reason", "only that")
    shown = run("incident", "show", id_).output
    assert "the cache is cold" in shown
    assert re.search(r"2 +published +identified", shown)
    run("incident", "resolve", id_, "--reason", "warm again", "--say", "All is well.")
    listed = IncidentsDocument.model_validate_json(run("incident", "list", "--json").output)
    assert id_ in [row.incident.id for row in listed.resolved]
    told = [each.title for each in read_timeline(run, id_).entries]
    assert told[0] == "opened: the shop is slow"
    assert "post 3 published: resolved" in told
    assert told[-1] == "noted"


def read_timeline(run: Run, id_: str, *more: str) -> TimelineDocument:
    return TimelineDocument.model_validate_json(run("incident", "timeline", id_, "--json", *more).output)


def test_what_is_resolved_takes_no_words_until_it_is_reopened(run: Run) -> None:
    id_ = open_one(run)
    run("incident", "resolve", id_, "--reason", "a false alarm")
    told = run("incident", "post", id_, "One more thing.", code=ExitCode.REFUSED).output
    assert f"incident {id_} is resolved: reopen it, or open another" in " ".join(told.split())
    run("incident", "reopen", id_, "--reason", "it isn't over")
    run("incident", "post", id_, "It goes on.")
    run("incident", "resolve", id_, "--reason", "now it is")


def test_drafts_wait_are_published_and_discarded(run: Run) -> None:
    id_ = open_one(run, "--component", "web")
    assert f"holdfast incident publish {id_} 1" in run("incident", "post", id_, "Is it so?", "--draft").output
    run("incident", "discard", id_, "1")
    run("incident", "post", id_, "It is so.", "--draft")
    run("incident", "publish", id_, "2", "--text", "It is so indeed.")
    assert "has no draft 2" in run("incident", "publish", id_, "2", code=ExitCode.REFUSED).output
    run("incident", "resolve", id_, "--reason", "done")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("open", "x", "--component", "nope"), "has no component nope; it has mail, web"),
        (("open", "x", "--region", "nope"), "has no region nope; it has america, europe"),
        (("open", "x", "--service", "nope"), "has no service nope"),
        (("open", "two\x1b[2Jlines"), "give a title: one line of 1 to 200 printable characters"),
        (("show", "i-999"), "incident i-999 is not among those remembered"),
        (("note", "i-999", "x"), "there is no incident i-999"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Run, arguments: tuple[str, ...], told: str) -> None:
    output = " ".join(run("incident", *arguments, code=ExitCode.REFUSED).output.split())
    assert told in output
    assert "\x1b[2J" not in output


def test_a_word_may_have_lines_and_nothing_that_steers_a_terminal(run: Run) -> None:
    id_ = open_one(run)
    run("incident", "note", id_, "one\ntwo")
    assert (
        "a note: write lines of printable characters"
        in run("incident", "note", id_, "\x07bell", code=ExitCode.REFUSED).output
    )
    assert "write one in UTC" in run("incident", "open", "x", "--since", "yesterday", code=ExitCode.USAGE).output
    run("incident", "resolve", id_, "--reason", "done")


def test_a_finding_is_on_its_page_and_its_first_word_waits(run: Run, control: RunningControl) -> None:
    now = control.running.control.world.clock()
    control.submit(OpenFinding(make_sighting(FindingKind.SURGE, "mail", now)))
    wait_until(control, lambda state: any(r.posts and r.incident.findings for r in state.incidents.values()))
    listed = IncidentsDocument.model_validate_json(run("incident", "list", "--json").output)
    (row,) = listed.open
    assert (row.incident.phase, row.draft, row.told_at) == (Phase.IDENTIFIED, 1, None)
    told = run("incident", "list").output
    assert "surge of mail" in told
    assert "draft 1 waits" in told
    shown = run("incident", "show", row.incident.id).output
    assert re.search(r"f-1 +surge of mail +open", shown)
    entries = read_timeline(run, row.incident.id).entries
    assert [each.kind for each in entries][:2] == ["finding", "incident"]
    everything = read_timeline(run, row.incident.id, "--all").entries
    assert {False, True} == {each.own for each in everything}
    run("incident", "resolve", row.incident.id, "--reason", "done")


def wait_until(control: RunningControl, condition: Callable[[State], bool]) -> None:
    running = control.running
    waiting = asyncio.run_coroutine_threadsafe(running.control.until(condition, 60.0), running.ended.get_loop())
    assert waiting.result(60)


def test_promises_are_kept_and_overdue_ones_are_marked(run: Run) -> None:
    id_ = open_one(run)
    run("incident", "resolve", id_, "--reason", "done")
    told = run("follow-up", "add", id_, "raise the limit", "--owner", "ann", "--due", "2020-01-31", "--drill", "surge")
    found = re.match(r"(u-\d+): raise the limit \(2020-01-31, overdue, ann\)", told.output)
    assert found, told.output
    run("follow-up", "list", "--incident", id_)
    assert f"overdue: {found[1]}" in run("follow-up", "list", "--check", code=ExitCode.OVERDUE).output
    run("follow-up", "change", found[1], "--due", "2999-01-31", "--public", "We raise the limit.")
    run("follow-up", "list", "--check")
    run("follow-up", "done", found[1], "--reason", "drill passed")
    second = run("follow-up", "add", id_, "write it down", "--owner", "bob", "--due", "2999-01-31").output[:3]
    run("follow-up", "drop", second, "--reason", "nobody reads it")
    assert "Nothing is promised." in run("follow-up", "list").output
    listed = json.loads(run("follow-up", "list", "--all", "--json").output)
    assert {each["follow_up"]["id"] for each in listed["follow_ups"]} == {found[1], second}
    assert "such as 2026-01-31" in run("follow-up", "change", second, "--due", "soon", code=ExitCode.USAGE).output
    run("follow-up", "add", "i-999", "x", "--owner", "ann", "--due", "2999-01-31", code=ExitCode.REFUSED)


def test_work_is_announced_changed_begun_and_ended(run: Run) -> None:
    told = run("maintenance", "announce", "Database upgrade", "--begins", "2h", "--for", "1h", "--component", "web")
    found = re.match(r"(w-\d+): Database upgrade \(scheduled, .* UTC to .* UTC, web\)", told.output)
    assert found, told.output
    run("maintenance", "change", found[1], "--text", "Reading works.", "--region", "europe", "--reason", "only there")
    run("maintenance", "begin", found[1])
    listed = json.loads(run("maintenance", "list", "--json").output)
    (window,) = (each["maintenance"] for each in listed["coming"])
    assert (window["phase"], window["regions"]) == ("in_progress", ["europe"])
    run("maintenance", "end", found[1])
    told_over = run("maintenance", "cancel", found[1], "--reason", "too late", code=ExitCode.REFUSED).output
    assert "is completed: announce another" in told_over
    assert "Database upgrade" in run("maintenance", "list").output
    run("maintenance", "announce", "x", "--begins", "2h", code=ExitCode.USAGE)
    told_wrong = run(
        "maintenance", "announce", "x", "--begins", "2020-01-01T10:00", "--for", "1h", code=ExitCode.REFUSED
    )
    assert "it would be over already" in told_wrong.output


def test_help_lists_the_commands(run: Run, tmp_path: Path) -> None:
    for group in ("incident", "follow-up", "maintenance"):
        assert "list" in run(group, "--help").output
