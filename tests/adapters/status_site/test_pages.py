"""Pages: whole, in plain HTML, with links that lead somewhere, and nobody's words in the place of ours."""

from base64 import b64encode
from hashlib import sha256
from posixpath import join, normpath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.status_site.reading import read_page
from fakes.status_site import HOSTILE, NOW, make_document, make_full_state, make_platform, make_record, make_state
from holdfast.adapters.status_site import SiteRenderer
from holdfast.incidents.status_document import remember
from holdfast.incidents.status_words import clean_line
from holdfast.model.status_document import StatusDocument

HARMLESS = "plain words"


def render(document: StatusDocument) -> dict[str, bytes]:
    return SiteRenderer().render(document)


def list_html(files: dict[str, bytes]) -> list[str]:
    return [path for path in files if path.endswith(".html")]


def make_site(text: str = HARMLESS) -> dict[str, bytes]:
    line = text.replace("\n", " ")[:200]
    components = {
        "shop": {"title": line, "services": ["secret-shop"], "group": line, "description": line},
        "api": {"title": "API", "services": ["secret-api"]},
    }
    platform = make_platform(components, title=line, url="https://status.example", support_url="https://x.example/h")
    return render(make_document(make_full_state(text), platform))


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    return make_site()


def test_every_link_leads_to_a_file_of_the_site_or_is_declared(site: dict[str, bytes]) -> None:
    for path in list_html(site):
        page = read_page(site[path])
        for link in (*page.links, *page.loads):
            if link.startswith("https://x.example"):
                continue
            target, _, anchor = link.partition("#")
            file = normpath(join(path, "..", target.partition("?")[0])) if target else path
            assert file in site, (path, link)
            assert not anchor or anchor in read_page(site[file]).ids, (path, link)


def test_pages_load_nothing_from_elsewhere(site: dict[str, bytes]) -> None:
    for path in list_html(site):
        assert not any("//" in each or each.startswith("/") for each in read_page(site[path]).loads)
    assert b"url(" not in site["status.css"]
    assert b"@import" not in site["status.css"]


def test_ids_are_unique(site: dict[str, bytes]) -> None:
    for path in list_html(site):
        ids = read_page(site[path]).ids
        assert len(ids) == len(set(ids)), path


def test_the_one_script_is_the_one_that_the_policy_lets_run(site: dict[str, bytes]) -> None:
    page = site["index.html"].decode()
    script = page.partition("<script>")[2].partition("</script>")[0]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert page.count("<script") == 1
    assert "unsafe" not in page


def test_what_may_change_by_itself_says_as_of_when(site: dict[str, bytes]) -> None:
    live = {path for path in list_html(site) if b"data-as-of" in site[path]}
    assert live == {"index.html", "incidents/i-2.html", "maintenance/w-1.html", "maintenance/w-2.html", "promises.html"}
    for path in live:
        assert "Data as of 22 November 2026, 06:46 UTC" in read_page(site[path]).text, path


@settings(max_examples=30)
@given(st.one_of(st.just(HOSTILE), st.text(min_size=1).filter(clean_line)))
def test_words_never_become_elements(site: dict[str, bytes], text: str) -> None:
    hostile = make_site(text)
    assert list(hostile) == list(site)
    for path in list_html(site):
        assert read_page(hostile[path]).tags == read_page(site[path]).tags, path


def test_words_are_shown_as_they_were_written() -> None:
    page = read_page(
        make_site("A <b>bold</b> word & more\n\nSee https://acme.example/a?b=1&c=2.")["incidents/i-2.html"]
    )
    assert "A <b>bold</b> word & more" in page.text
    assert "https://acme.example/a?b=1&c=2" in page.links


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil.example"])
def test_only_web_addresses_become_links(link: str) -> None:
    assert link not in read_page(make_site(f"see {link} now")["incidents/i-2.html"]).links


def test_an_incident_is_found_in_its_month_and_at_its_component(site: dict[str, bytes]) -> None:
    assert "incidents/i-1.html" in "".join(read_page(site["history/2026-11.html"]).links)
    assert "../incidents/i-1.html" in read_page(site["components/shop.html"]).links
    assert "../incidents/i-1.html" not in read_page(site["components/api.html"]).links


def test_days_with_trouble_are_told_in_words(site: dict[str, bytes]) -> None:
    text = read_page(site["components/shop.html"]).text
    assert "19 November 2026" in text
    assert "1 h 30 min" in text
    assert (
        b"Last 90 days: 99.906 % up; 2 days with downtime, no days degraded, 20 days not measured."
        in (site["index.html"])
    )


def test_a_site_without_a_protections_page_has_none() -> None:
    files = render(make_document(platform=make_platform(protections={"publish": False})))
    assert "protections.html" not in files
    assert not any(b"protections.html" in content for content in files.values())


def test_only_what_says_something_else_is_made_again() -> None:
    renderer, state = SiteRenderer(), make_full_state()
    document = make_document(state)
    first = renderer.render(document)
    later = renderer.render(make_document(state, now=NOW + 60, memory=remember(document)))
    again = {path for path in later if later[path] is not first[path] and not path.startswith("api/")}
    live = {"index.html", "incidents/i-2.html", "maintenance/w-1.html", "maintenance/w-2.html", "promises.html"}
    assert again == live


def test_nothing_at_all_is_a_site_too() -> None:
    files = render(make_document(make_state()))
    assert "None was published yet." in read_page(files["index.html"]).text
    assert "Nothing was published yet." in read_page(files["history.html"]).text
    assert "promises.html" not in files


def test_an_incident_reopened_has_one_page() -> None:
    files = render(make_document(make_state([make_record("i-1", "first", "second")])))
    text = read_page(files["incidents/i-1.html"]).text
    assert text.index("second") < text.index("first")
