"""Changes planned on the console, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from browser.visit import Visit

Open = Callable[..., Visit]
TEXT = "holdfast: 1\nname: small\n"


def confirm_all(page: Page) -> None:
    for box in page.get_by_role("checkbox").all():
        box.check()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_change_is_planned_confirmed_and_put_in_force(open_page: Open, scripts: bool) -> None:
    visit = open_page(java_script_enabled=scripts)
    page = visit.sign_in(path="/plan")
    page.get_by_label("The platform file as it is to be").fill(TEXT)
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_role("heading", name="The change must be confirmed first")).to_be_visible()
    expect(page.get_by_text("412 requests/s at its peak")).to_be_visible()
    button = page.get_by_role("button", name="Confirm and put in force")
    button.click()
    expect(button).to_be_visible()
    assert visit.console.operations.proposed == []
    confirm_all(page)
    page.get_by_label("Why").fill("spring cleaning")
    button.click()
    expect(page).to_have_url(visit.console.url + "/history")
    ((author, text, _, reason, confirmed),) = visit.console.operations.proposed
    assert (author, text, reason, len(confirmed)) == ("ann", TEXT, "spring cleaning", 2)


def test_a_file_is_chosen_or_dropped(open_page: Open) -> None:
    page = open_page().sign_in(path="/plan")
    field = page.get_by_label("The platform file as it is to be")
    chosen = {"name": "platform.yaml", "mimeType": "application/yaml", "buffer": TEXT.encode()}
    page.get_by_label("Choose a file…").set_input_files(chosen)  # type: ignore[arg-type]
    expect(field).to_have_value(TEXT)
    dropped = page.evaluate_handle(
        "() => { const d = new DataTransfer(); d.items.add(new File(['name: other'], 'p.yaml')); return d; }"
    )
    field.dispatch_event("drop", {"dataTransfer": dropped})
    expect(field).to_have_value("name: other")
