"""The console as people use it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.test_incidents import INCIDENT_PAGES
from browser.visit import Visit
from fakes.console import serve_console
from fakes.live import HOSTILE, FakeLive

Open = Callable[..., Visit]
PAGES = (
    "/",
    "/services",
    "/services/acme-shop",
    "/services/globex-graph",
    "/services/wayne-docs",
    "/findings",
    "/mitigations",
    "/history",
    "/ledger",
    "/ledger/130",
    "/guards",
    "/plan",
    "/changes/freeze",
    "/explain?id=5d2f7c1e",
    "/mitigate?kind=deny&service=acme-shop",
    "/mitigate?finding=f-3",
    "/mitigations/m-7/end",
    "/ready",
    "/failover",
    "/failover/start?service=initech-docs",
    "/spool",
    "/spool/dead",
    "/spool/messages/kq2v8Zt0Lw0Yx7m3dPa9RbEu",
    "/spool/messages/kq2v8Zt0Lw0Yx7m3dPa9RbEu/drop",
    *INCIDENT_PAGES,
)


def test_signing_in_and_out(open_page: Open) -> None:
    visit = open_page()
    page = visit.go("/services/acme-shop")
    expect(page.get_by_label("Token")).to_be_focused()
    page.keyboard.type("ann")
    page.keyboard.press("Enter")
    expect(page).to_have_url(visit.console.url + "/services/acme-shop")
    visit.wait_live()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_what_changes_appears_without_reloading(open_page: Open) -> None:
    visit = open_page()
    live = visit.console.live
    live.flooded = False
    page = visit.sign_in()
    visit.wait_live()
    page.evaluate("window.marked = true")
    expect(page.get_by_text("Nothing unusual.")).to_be_visible()
    live.flooded = True
    expect(page.locator("#attention").get_by_role("heading", name="Surge acme-shop")).to_be_visible()
    expect(page.locator("#row-acme-shop")).to_contain_text("Harmful")
    expect(page.locator("#said")).to_have_text("1 harmful finding.")
    live.flooded = False
    expect(page.get_by_text("Nothing unusual.")).to_be_visible()
    assert page.evaluate("window.marked")


def test_updates_leave_alone_what_one_is_at(open_page: Open) -> None:
    """Focus, an opened table, and a text half typed stay through updates."""
    visit = open_page()
    page = visit.sign_in(path="/services/acme-shop")
    visit.wait_live()
    page.get_by_text("As a table").click()
    before = page.locator("#chart-table tbody th").first.text_content()
    expect(page.locator("#chart-table tbody th").first).not_to_have_text(before or "")
    expect(page.locator("#chart-table")).to_have_attribute("open", "")
    visit.go("/services")
    visit.wait_live()
    link = page.get_by_role("link", name="globex-api")
    link.focus()
    clock = page.locator(".clock").text_content()
    expect(page.locator(".clock")).not_to_have_text(clock or "")
    expect(link).to_be_focused()
    page.locator("#search").fill("half ty")
    clock = page.locator(".clock").text_content()
    expect(page.locator(".clock")).not_to_have_text(clock or "")
    expect(page.locator("#search")).to_have_value("half ty")


def test_the_chart_moves_on(open_page: Open) -> None:
    visit = open_page()
    page = visit.sign_in(path="/services/acme-shop")
    expect(page.locator("#chart canvas")).to_be_visible()
    legend = page.locator(".u-legend .u-value").first
    before = legend.text_content()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", before or "")
    expect(legend).not_to_have_text(before or "")
    assert page.evaluate("document.querySelectorAll('#chart canvas').length") == 1


def test_everything_by_keyboard(open_page: Open) -> None:
    visit = open_page()
    page = visit.sign_in()
    visit.wait_live()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page).to_have_url(visit.console.url + "/services")
    visit.wait_live()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="acme-shop")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("globex-a")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    visit.wait_live()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="globex-api", level=1)).to_be_visible()


def test_a_suggestion_is_previewed_confirmed_and_ended(open_page: Open) -> None:
    visit = open_page()
    page = visit.sign_in()
    page.locator("#attention").get_by_role("link", name="Preview and apply…").click()
    expect(page.get_by_role("heading", name="Spares normal traffic")).to_be_visible()
    assert not visit.console.operations.done
    page.get_by_role("button", name="Put in force on every edge").click()
    expect(page.locator("#m-8")).to_contain_text("deny network 203.0.113.0/24")
    expect(page.locator("#m-8")).to_contain_text("ends in 14 min")
    assert visit.console.operations.done[0][4] == "f-3"
    visit.wait_live()
    page.get_by_role("link", name="End now: m-8").click()
    expect(page.get_by_role("button", name="End it on every edge")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("tr#m-8")).to_be_visible()


def test_a_kill_takes_the_services_name(open_page: Open) -> None:
    visit = open_page()
    page = visit.sign_in(path="/services/globex-api")
    page.get_by_role("link", name="Kill…").click()
    expect(page.get_by_label("Whole service, at most")).to_be_hidden()
    page.get_by_label("Why").fill("breach")
    page.get_by_role("button", name="Preview the effect").click()
    expect(page.get_by_role("heading", name="Would hurt normal traffic")).to_be_visible()
    typed = page.get_by_label(re.compile("To confirm, type"))
    typed.fill("globex")
    page.get_by_role("button", name="Put in force all the same").click()
    assert not visit.console.operations.done
    typed.fill("globex-api")
    page.get_by_role("button", name="Put in force all the same").click()
    expect(page.locator("#m-8")).to_contain_text("refuse everything")
    assert visit.console.operations.done[0][5] is True


def test_the_form_asks_only_what_belongs_to_the_measure(open_page: Open) -> None:
    visit = open_page()
    page = visit.sign_in(path="/mitigate?service=acme-shop")
    expect(page.get_by_label("Each client, at most")).to_be_visible()
    page.get_by_label("Deny a source").check()
    expect(page.get_by_label("Each client, at most")).to_be_hidden()
    expect(page.get_by_label("Its values, one a line")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(open_page: Open, scheme: str) -> None:
    visit = open_page(color_scheme=scheme)
    page = visit.sign_in()
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 150) is (scheme == "dark")
    for path in PAGES:
        visit.go(path)
        assert measure_faint_texts(page) == [], path


def test_a_phone_scrolls_down_only(open_page: Open) -> None:
    visit = open_page(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    page = visit.sign_in()
    for path in PAGES:
        visit.go(path)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, path


def test_everything_to_press_or_fill_has_a_name(open_page: Open) -> None:
    visit = open_page()
    page = visit.sign_in()
    for path in PAGES:
        visit.go(path)
        assert page.evaluate(_NAMELESS) == [], path
        assert page.locator("h1").count() == 1, path


def test_what_outsiders_sent_never_runs(open_page: Open) -> None:
    visit = open_page()
    visit.console.live.hostile = True
    page = visit.sign_in()
    page.on("dialog", lambda dialog: visit.complaints.append(dialog.message))
    for path in (*PAGES, f"/services?search={HOSTILE}"):
        visit.go(path)
        if page.locator("body[data-live]").count():
            visit.wait_live()
    assert page.locator("#service-why script").count() == 0


def test_it_works_without_scripts(open_page: Open) -> None:
    visit = open_page(java_script_enabled=False)
    page = visit.sign_in()
    expect(page.locator("#row-acme-shop")).to_contain_text("Harmful")
    page.locator("#attention").get_by_role("link", name="Preview and apply…").click()
    page.get_by_role("button", name="Put in force on every edge").click()
    expect(page.locator("#m-8")).to_be_visible()


def test_it_says_when_it_no_longer_hears_anything(open_page: Open) -> None:
    visit = open_page()
    page = visit.sign_in()
    visit.wait_live()
    mended = visit.console.live.overview
    visit.console.live.overview = None  # type: ignore[assignment,method-assign]
    expect(page.locator("#live-state")).to_have_text("Late", timeout=20_000)
    visit.console.live.overview = mended  # type: ignore[method-assign]
    visit.wait_live()
    visit.expected = ("503",)
    visit.console.close_streams()
    expect(page.locator("#live-state")).to_have_text("Not live")
    expect(page.locator("#row-acme-shop")).to_be_visible()


def test_ten_thousand_services_are_quick(chromium: Browser) -> None:
    with serve_console(FakeLive(10_000), tick_s=1.0) as console:
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        visit = Visit(context.new_page(), console)
        page = visit.sign_in(path="/services")
        visit.wait_live()
        expect(page.locator("tbody tr")).to_have_count(50)
        expect(page.locator(".pages")).to_contain_text("page 1 of 200")
        page.keyboard.press("/")
        page.keyboard.type("tyrell99-")
        page.keyboard.press("Enter")
        expect(page.locator("tbody tr")).to_have_count(10)
        assert visit.bytes < 200_000
        assert page.evaluate("document.querySelectorAll('*').length") < 3_000
        context.close()
        visit.check_quiet()


def measure_faint_texts(page: Page) -> list[str]:
    """Texts whose contrast is below what WCAG 2.1 AA asks for (4.5, or 3 for large ones)."""
    found: list[str] = page.evaluate(_FAINT)
    return found


_NAMELESS = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea')]
  .filter((e) => e.checkVisibility() && !e.ariaHidden)
  .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.querySelector('img[alt]')))
  .map((e) => e.outerHTML)"""
_FAINT = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (value) => value <= 10.02 ? value / 3294.6 : ((value / 255 + .055) / 1.055) ** 2.4;
  const light = ([red, green, blue]) => .2126 * linear(red) + .7152 * linear(green) + .0722 * linear(blue);
  const isSolid = (colour) => colour.length < 4 || colour[3] === 1;
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = numbers(getComputedStyle(element).backgroundColor);
      if (isSolid(colour)) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = new Set();
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), element = texts.currentNode.parentElement;
    if (!text || !element.checkVisibility() || element.closest('.unseen, .skip, #chart')) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const [dark, bright] = [light(numbers(style.color)), light(behind(element))].sort((a, b) => a - b);
    const contrast = (bright + .05) / (dark + .05);
    const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (contrast < (isLarge ? 3 : 4.5)) faint.add(`${text}: ${contrast.toFixed(2)}`);
  }
  return [...faint];
}"""
