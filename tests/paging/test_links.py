"""A real control pages by webhook; people acknowledge by the link that they get, or from the command line."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from fakes.process import until
from fakes.running import RunningControl, run_in_thread, short_directory
from holdfast.adapters.api.page_links import LINK_S, PageLink, PageLinks, load_key
from holdfast.cli.main import make_app
from holdfast.drills.stage.pagers import Arrival, Pagers
from holdfast.engine.incident_command import ChangeIncident, OpenIncident
from holdfast.model.incident import Impact, Phase
from holdfast.runtime.incidents.tellers import TellSettings

HOSTILE = "</title><script>alert(1)</script>"
NOW = 1_000.0


@dataclass
class Scene:
    control: RunningControl
    pagers: Pagers
    file: Path

    def open(self, title: str = "it fails") -> Arrival:
        """Open an incident; the page that comes for it."""
        before = len(self.pagers.list_arrivals())
        self.control.submit(OpenIncident("ann", title, "Errors", Impact.MAJOR))
        until(lambda: len(self.arrivals) > before, "a page")
        return self.arrivals[-1]

    @property
    def arrivals(self) -> list[Arrival]:
        return [each for each in self.pagers.list_arrivals() if each.taken]

    def find_acknowledged(self, incident: str) -> str | None:
        return self.control.running.control.state.incidents[incident].incident.acknowledged_by

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(make_app(), [*arguments, "--state", str(self.control.state.path)])


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with short_directory() as folder, Pagers() as pagers:
        file = folder / "paging.yaml"
        file.touch(0o600)
        pagers.dead.add("dead")
        file.write_text(
            "link: http://control.example\n"
            f"people: {{ann: {{channels: {{phone: {{webhook: '{pagers.locate('ann')}'}}}}}},\n"
            f"  bob: {{channels: {{dead: {{webhook: '{pagers.locate('dead')}'}},"
            f" phone: {{webhook: '{pagers.locate('bob')}'}}}}}}}}\n"
            "teams: {core: {default: true, people: [ann], policy: slow}, other: {people: [bob], policy: slow,"
            " services: [shop]}}\n"
            "policies: {slow: {taken_within: 1s, steps: [{page: team, wait: 1h}]}}\n"
        )
        with run_in_thread(folder / "state", telling=TellSettings(paging=file)) as control:
            yield Scene(control, pagers, file)


def follow(scene: Scene, page: Arrival) -> str:
    link: str = page.body["acknowledge"]
    assert link.startswith("http://control.example/page/")
    return link.replace("http://control.example", scene.control.url)


def test_looking_at_the_link_does_nothing_and_its_button_acknowledges(scene: Scene) -> None:
    page = scene.open()
    link, incident = follow(scene, page), page.body["incident"]
    for method in ("HEAD", "GET", "GET"):
        shown = httpx.request(method, link)
    assert scene.find_acknowledged(incident) is None, "programs that look through mails follow links"
    assert "Acknowledge as ann" in httpx.get(link).text
    assert "Thank you, ann" in httpx.post(link).raise_for_status().text
    assert scene.find_acknowledged(incident) == "ann"
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert "ann works on it" in httpx.get(link).text


def test_following_it_again_says_that_one_is_still_at_it(scene: Scene) -> None:
    page = scene.open()
    for _ in range(2):
        httpx.post(follow(scene, page)).raise_for_status()
    notes = scene.control.running.control.state.incidents[page.body["incident"]].notes
    assert [note.author for note in notes] == ["ann"]


def test_a_resolved_incident_needs_nobody(scene: Scene) -> None:
    page = scene.open()
    scene.control.submit(ChangeIncident("ann", page.body["incident"], "it is over", phase=Phase.RESOLVED))
    assert "It is over" in httpx.post(follow(scene, page)).text


def test_hostile_titles_are_text(scene: Scene) -> None:
    page = scene.open(HOSTILE)
    text = httpx.get(follow(scene, page)).text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("token", ["x", "x" * 5_000, "WyJpLTEiLCJhbm4iLDE3XQ.sig", "..", "%00", "é"])
def test_a_link_that_wasnt_made_here_is_refused(scene: Scene, token: str) -> None:
    for method in ("GET", "POST"):
        assert httpx.request(method, f"{scene.control.url}/page/{token}").status_code in {401, 404}


def test_a_changed_link_is_refused(scene: Scene) -> None:
    page = scene.open()
    link = follow(scene, page)
    head, _, signature = link.rpartition(".")
    assert httpx.post(f"{head[:-1]}A.{signature}").status_code == 404
    assert scene.find_acknowledged(page.body["incident"]) is None


def test_a_link_expires_and_is_for_one_control_only(tmp_path: Path) -> None:
    links = PageLinks(load_key(tmp_path / "key"))
    token = links.sign(PageLink("i-1", "ann", NOW + LINK_S))
    assert links.read(token, NOW) == PageLink("i-1", "ann", NOW + LINK_S)
    assert links.read(token, NOW + LINK_S + 1) is None
    assert PageLinks(load_key(tmp_path / "other")).read(token, NOW) is None
    assert PageLinks(load_key(tmp_path / "key")).read(token, NOW) is not None
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_dead_first_channel_gives_way_to_the_next(scene: Scene) -> None:
    begun = time.monotonic()
    scene.control.submit(OpenIncident("ann", "it fails", "Errors", Impact.MAJOR, services=("shop",)))
    until(lambda: any(each.pager == "bob" for each in scene.arrivals), "a page by the next channel")
    assert time.monotonic() - begun < 60
    (page,) = (each for each in scene.arrivals if each.pager == "bob")
    record = scene.control.running.control.state.incidents[page.body["incident"]]
    until(lambda: page_of(scene, record.incident.id) == ("bob", "phone", None), "it is noted")


def page_of(scene: Scene, incident: str) -> tuple[str, str, str | None] | None:
    pages = scene.control.running.control.state.incidents[incident].pages
    return (pages[0].person, pages[0].channel, pages[0].error) if pages else None


def test_the_command_line_shows_who_is_on_call_and_tries_pages(scene: Scene) -> None:
    shown = scene.run("oncall")
    assert shown.exit_code == 0, shown.output
    assert re.search(r"core \(default\) +everybody", shown.output)
    before = len(scene.arrivals)
    sent = scene.run("page", "test", "ann")
    assert sent.exit_code == 0, sent.output
    until(lambda: len(scene.arrivals) > before, "the test page")
    assert "Nothing is wrong" in scene.arrivals[-1].body["text"]
    assert scene.run("page", "test", "zoe").exit_code == 4
    assert str(scene.pagers.locate("ann")) not in scene.run("oncall", "--json").output


def test_the_command_line_checks_a_paging_file(scene: Scene, tmp_path: Path) -> None:
    sound = CliRunner().invoke(make_app(), ["page", "check", str(scene.file)])
    assert (sound.exit_code, "is sound: 2 people, 2 teams" in sound.output) == (0, True)
    bad = tmp_path / "paging.yaml"
    bad.write_text("people: {ann: {channels: {x: {email: s3cret}}}}\nteams: {core: {people: [bob]}}\n")
    bad.chmod(0o600)
    checked = CliRunner().invoke(make_app(), ["page", "check", str(bad)])
    assert checked.exit_code == 1
    assert "HF001" in checked.output
    assert "HF002" in checked.output
    assert "s3cret" not in checked.output


def test_viewers_may_look_and_page_nobody(scene: Scene) -> None:
    with scene.control.client(scene.control.make_token("viewer")) as client:
        assert client.get("/v1/on-call").status_code == 200
        assert client.post("/v1/on-call/ann/test").status_code == 403
