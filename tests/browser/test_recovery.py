"""Failovers and the spool as people watch them in a browser, and what they do about them."""

from collections.abc import Callable

from playwright.sync_api import expect

from browser.visit import Visit

Open = Callable[..., Visit]


def test_a_service_is_failed_over_and_brought_back(open_page: Open) -> None:
    visit = open_page()
    live = visit.console.live
    page = visit.sign_in(path="/failover")
    visit.wait_live()
    page.evaluate("window.marked = true")
    expect(page.locator("#at-globex-api")).to_contain_text("40\u202f% of the reads there")
    live.share = 0.2
    expect(page.locator("#at-globex-api")).to_contain_text("20\u202f% of the reads there")
    assert page.evaluate("window.marked")
    page.get_by_role("link", name="Fail initech-docs over").click()
    expect(page.get_by_label("Why")).to_be_focused()
    page.keyboard.type("maintenance")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Holdfast wouldn't go there by itself")).to_be_visible()
    assert not visit.console.operations.done
    page.get_by_label("To confirm, type").fill("initech-docs")
    page.get_by_role("button", name="Move it all the same").click()
    expect(page).to_have_url(visit.console.url + "/failover")
    assert visit.console.operations.done[0][1].service == "initech-docs"
    page.get_by_role("link", name="Bring acme-shop back").click()
    page.get_by_role("button", name="End it on every edge").click()
    assert "m-7" not in live.active


def test_dead_letters_are_looked_into_and_decided_about_without_scripts(open_page: Open) -> None:
    visit = open_page(java_script_enabled=False)
    messages = visit.console.live.messages
    page = visit.sign_in("adm", "/spool")
    page.get_by_role("link", name="3 dead letters of acme-mail").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("tbody th a").first.click()
    expect(page.get_by_label("Body")).to_contain_text("0@example")
    page.get_by_role("link", name="Drop it…").click()
    page.get_by_label("Why").fill("sent twice")
    page.get_by_role("button", name="Drop it").click()
    expect(page.get_by_role("heading", name="Sent twice")).to_be_visible()
    expect(page.get_by_role("link", name="Drop it…")).to_be_hidden()
    assert [each[0] for each in messages.done] == ["drop"]


def test_the_spool_moves_on_without_reloading_and_is_kept_open(open_page: Open) -> None:
    visit = open_page()
    messages = visit.console.live.messages
    page = visit.sign_in(path="/spool")
    visit.wait_live()
    page.get_by_role("link", name="Keep all of stark-mail").click()
    page.keyboard.type("the upstream is moved")
    page.get_by_label("For how long").fill("1h")
    page.keyboard.press("Enter")
    expect(page.locator("#spooled-stark-mail")).to_contain_text("kept open by people")
    visit.wait_live()
    messages.running = False
    expect(page.locator("#spool")).to_contain_text("Not running")
    messages.pinned.clear()
    expect(page.locator("#spooled-stark-mail")).to_contain_text("Direct")
