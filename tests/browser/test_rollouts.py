"""A revision on its way as people watch it in a browser, and what they do about it."""

from collections.abc import Callable

from playwright.sync_api import expect

from browser.visit import Visit

Open = Callable[..., Visit]


def test_a_rollout_appears_grows_and_goes_back_without_reloading(open_page: Open) -> None:
    visit = open_page()
    rolling = visit.console.live.rolling
    page = visit.sign_in()
    visit.wait_live()
    page.evaluate("window.marked = true")
    rolling.begin(1)
    region = page.locator("#rollout")
    expect(region.get_by_role("heading", name="Revision 13 rolls out: wave 1 of 5")).to_be_visible()
    expect(region.get_by_role("img", name="8 of 400 services have it")).to_be_visible()
    region.get_by_text("Waves", exact=True).click()
    rolling.begin(3)
    expect(region.get_by_role("heading", name="wave 3 of 5")).to_be_visible()
    expect(region.get_by_role("row", name="5 what all services share everywhere to come")).to_be_visible()
    expect(region.locator("rect.done")).to_have_count(2)
    rolling.roll_back("requests fail where it is", "acme-search: 12 % of 840 requests fail")
    expect(region).to_contain_text("Revision 13 was rolled back in wave 2 by holdfast: requests fail where it is")
    expect(region).to_contain_text("acme-search: 12 % of 840 requests fail")
    assert page.evaluate("window.marked")


def test_a_rollout_is_paused_and_aborted(open_page: Open) -> None:
    visit = open_page()
    rolling = visit.console.live.rolling
    rolling.begin()
    page = visit.sign_in()
    page.get_by_role("link", name="Pause…").click()
    expect(page.get_by_label("Why")).to_be_focused()
    page.keyboard.type("lunch")
    page.keyboard.press("Enter")
    expect(page.locator("#rollout")).to_contain_text("Paused: lunch")
    page.get_by_role("link", name="Abort…").click()
    page.get_by_label("Why").fill("not this way")
    page.get_by_role("button", name="Roll it back").click()
    expect(page.locator("#rollout")).to_contain_text("not this way")
    assert [(what, reason) for what, _, reason in rolling.done] == [("pause", "lunch"), ("abort", "not this way")]


def test_it_works_without_scripts(open_page: Open) -> None:
    visit = open_page(java_script_enabled=False)
    visit.console.live.rolling.begin()
    page = visit.sign_in()
    page.get_by_role("link", name="Promote…").click()
    page.get_by_label("Why").fill("certificates expire tonight")
    page.get_by_role("button", name="Give it to everybody").click()
    expect(page.locator("#rollout")).to_be_hidden()
    page.get_by_role("link", name="History").click()
    page.get_by_role("link", name="Freeze changes…").click()
    page.get_by_label("Why").fill("sale")
    page.get_by_label("For how long").fill("2h")
    page.get_by_role("button", name="Freeze changes").click()
    expect(page.locator("#rollout")).to_contain_text("Changes are frozen for 2 h more, by ann: sale")
