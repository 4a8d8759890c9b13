"""Incidents as people watch them in a browser, and what they do about them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser.visit import Visit
from fakes.postmortems import FakeAccounts, make_sight
from holdfast.adapters.postmortem.rendering import render_html
from holdfast.engine.incident_command import AcknowledgeIncident, ChangeIncident, NoteIncident, OpenIncident
from holdfast.incidents.postmortem.making import make_postmortem
from holdfast.model.incident import Impact, Phase, PostStatus

Open = Callable[..., Visit]
INCIDENT_PAGES = (
    "/incidents",
    "/incidents/open",
    "/incidents/i-1",
    "/incidents/i-2",
    "/incidents/i-2/note",
    "/incidents/i-2/change",
    "/incidents/i-2/promise",
    "/incidents/i-2/posts/new",
    "/incidents/i-2/posts/2",
    "/incidents/i-3/acknowledge",
    "/follow-ups",
    "/follow-ups/u-1",
    "/maintenance",
    "/maintenance/announce",
    "/maintenance/w-1",
    "/maintenance/w-1/cancel",
    "/on-call",
)
VIOLATIONS = "axe.run(document, {resultTypes: ['violations']})"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(open_page: Open, axe: str, scheme: str) -> None:
    visit = open_page(color_scheme=scheme)
    page = visit.sign_in()
    for path in INCIDENT_PAGES:
        visit.go(path)
        page.evaluate(axe)
        result = page.evaluate(VIOLATIONS)
        found = [(each["id"], [node["target"] for node in each["nodes"]]) for each in result["violations"]]
        assert found == [], path
        assert len(result["passes"]) > 10


def test_a_postmortem_is_accessible_and_asks_for_nothing(chromium: Browser, axe: str, tmp_path: Path) -> None:
    gap = FakeAccounts(gap=(1_651_141_200.0, 1_651_141_440.0))
    file = tmp_path / "postmortem.html"
    file.write_text(render_html(make_postmortem(make_sight(accounts=gap), public=False)))
    context = chromium.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.evaluate(axe)
    found = [
        (each["id"], [node["target"] for node in each["nodes"]]) for each in page.evaluate(VIOLATIONS)["violations"]
    ]
    assert found == []
    expect(page.get_by_role("img", name="Requests per second to acme-shop")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert asked == [file.as_uri()]
    context.close()


def test_an_incident_appears_and_is_acknowledged_without_reloading(open_page: Open) -> None:
    visit = open_page()
    book = visit.console.live.book
    page = visit.sign_in(path="/incidents")
    visit.wait_live()
    page.evaluate("window.marked = true")
    book.must(OpenIncident("holdfast", "Upstream of initech-docs lost", "Reduced service", Impact.CRITICAL))
    opened = page.locator("#incident-i-4")
    expect(opened).to_contain_text("nobody acknowledged it")
    book.must(AcknowledgeIncident("bob", "i-4"))
    expect(opened).to_contain_text("acknowledged by bob")
    assert page.evaluate("window.marked")
    page.get_by_role("link", name="Acknowledge i-3").click()
    expect(page.get_by_role("button", name="I work on it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="An edge in iad doesn't report")).to_be_visible()
    assert book.state.incidents["i-3"].incident.acknowledged_by == "ann"


def test_a_draft_is_read_changed_and_published(open_page: Open) -> None:
    visit = open_page()
    book = visit.console.live.book
    page = visit.sign_in()
    expect(page.locator("#incident-line")).to_contain_text("a public word waits for approval")
    visit.go("/incidents")
    page.get_by_role("link", name="Read and publish…").click()
    text = page.get_by_label("What everybody reads")
    expect(text).to_have_value("Too many requests come to one customer.")
    visit.expected = ("422",)
    text.fill("")
    page.get_by_role("button", name="Publish it").click()
    expect(page.get_by_text("Write what people are to read.")).to_be_visible()
    text.fill("We know what it is.\nMore within the hour.")
    page.get_by_role("button", name="Publish it").click()
    expect(page.locator("#post-2")).to_contain_text("We know what it is.")
    expect(page.locator("#incident-now")).to_contain_text("Identified")
    post = book.state.incidents["i-2"].posts[1]
    assert (post.status, post.phase, post.author) == (PostStatus.PUBLISHED, Phase.IDENTIFIED, "ann")


def test_the_timeline_grows_and_leaves_a_half_written_note_alone(open_page: Open) -> None:
    visit = open_page()
    book = visit.console.live.book
    page = visit.sign_in(path="/incidents/i-2")
    visit.wait_live()
    note = page.get_by_label("Note something down")
    note.fill("half a tho")
    book.must(NoteIncident("bob", "i-2", "blocked at the provider"))
    expect(page.locator("#incident-course")).to_contain_text("blocked at the provider")
    expect(note).to_have_value("half a tho")
    expect(note).to_be_focused()
    note.fill("half a thought more")
    page.get_by_role("button", name="Note it").click()
    expect(page.locator("#incident-course")).to_contain_text("half a thought more")
    book.must(ChangeIncident("bob", "i-2", "over", phase=Phase.RESOLVED))
    expect(page.locator("#incident-now")).to_contain_text("Resolved")


def test_nothing_typed_is_lost_where_something_is_wrong_without_scripts(open_page: Open) -> None:
    visit = open_page(java_script_enabled=False)
    visit.expected = ("422",)
    page = visit.sign_in(path="/incidents/open")
    page.get_by_label("What is wrong").fill("everything is slow")
    page.get_by_label("Began (UTC)").fill("yesterday")
    page.get_by_label("Components").fill("shopping, nowhere")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_label("Began (UTC)")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Write a time in UTC, such as 2026-11-23 02:00.")).to_be_visible()
    expect(page.get_by_label("What is wrong")).to_have_value("everything is slow")
    page.get_by_label("Began (UTC)").fill("2026-11-20 10:00")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("alert")).to_contain_text("no component nowhere")
    page.get_by_label("Components").fill("shopping")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("heading", name="everything is slow")).to_be_visible()


def test_work_is_announced_changed_and_cancelled(open_page: Open) -> None:
    visit = open_page()
    visit.expected = ("422",)
    page = visit.sign_in(path="/maintenance")
    page.get_by_role("link", name="Announce work…").click()
    page.get_by_label("What is done").fill("Databases are upgraded")
    page.get_by_label("Begins (UTC)").fill("2026-01-01 02:00")
    page.get_by_label("Takes").fill("90m")
    page.get_by_role("button", name="Announce it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Takes")).to_have_value("90m")
    later = visit.console.live.clock() + 86_400
    page.get_by_label("Begins (UTC)").fill(page.evaluate("at => new Date(at * 1000).toISOString().slice(0, 16)", later))
    page.get_by_role("button", name="Announce it").click()
    expect(page.locator("#w-3")).to_contain_text("1 h 30 min")
    page.get_by_role("link", name="Change w-3").click()
    page.get_by_label("Takes").fill("2h")
    page.get_by_role("button", name="Change it").click()
    expect(page.locator("#w-3")).to_contain_text("· 2 h ·".replace(" h", "\u202fh"))
    page.get_by_role("link", name="Cancel w-3").click()
    page.get_by_label("Why").fill("not needed")
    page.get_by_role("button", name="Cancel it").click()
    expect(page.locator("tr#w-3")).to_contain_text("Cancelled")


def test_a_promise_is_made_and_kept(open_page: Open) -> None:
    visit = open_page()
    visit.expected = ("422",)
    book = visit.console.live.book
    page = visit.sign_in(path="/incidents/i-2")
    page.get_by_role("link", name="Add a follow-up…").click()
    page.get_by_label("What is promised").fill("a limit for each customer")
    page.get_by_label("Whose it is").fill("bob")
    page.get_by_label("Due (UTC)").fill("soon")
    page.get_by_role("button", name="Promise it").click()
    expect(page.get_by_label("Due (UTC)")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("What is promised")).to_have_value("a limit for each customer")
    page.get_by_label("Due (UTC)").fill("2099-12-24")
    page.get_by_role("button", name="Promise it").click()
    expect(page.locator("#incident-words")).to_contain_text("a limit for each customer")
    visit.go("/follow-ups")
    expect(page.locator("tbody tr").first).to_contain_text("overdue")
    page.get_by_role("link", name="Change u-3").click()
    page.get_by_role("button", name="It is done").click()
    expect(page.locator("#u-3")).to_contain_text("done")
    assert book.state.follow_ups["u-3"].done_at is not None


def test_the_postmortem_opens_from_the_page_and_runs_nothing(open_page: Open) -> None:
    visit = open_page()
    page = visit.sign_in(path="/incidents/i-1")
    page.get_by_role("link", name="Postmortem", exact=True).click()
    expect(page.locator("p")).to_have_text("i-1")
    expect(page.locator("p")).to_have_css("color", "rgb(255, 0, 0)")
