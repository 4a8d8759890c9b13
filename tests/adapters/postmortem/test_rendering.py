"""Postmortems as documents: readable, the same each time, and never anything but text where people wrote it."""

import asyncio
import base64
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fakes.live import HOSTILE
from fakes.postmortems import FakeAccounts, make_incident, make_record, make_sight
from holdfast.adapters.postmortem.drawing import draw_chart
from holdfast.adapters.postmortem.press import Press, RenderingFailed
from holdfast.adapters.postmortem.rendering import escape_markdown, render_html, render_markdown, render_postmortem
from holdfast.incidents.postmortem.making import make_postmortem
from holdfast.model.postmortem import Postmortem, PostmortemFormat, TimelineEntry

GOLDEN = Path(__file__).parent / "golden"
TRICKY = f"{HOSTILE}]]> \x00\x1b[31m $\\frac{{1}}{{ | ` [x](javascript:alert(1)) ![y](https://evil.example/p.png)\n# *_"


def make(*, public: bool = False) -> Postmortem:
    return make_postmortem(make_sight(), public=public)


def make_hostile() -> Postmortem:
    record = make_record(make_incident(title=TRICKY, public_title=TRICKY))
    posts = tuple(post.model_copy(update={"text": TRICKY}) for post in record.posts)
    sight = make_sight(
        record=replace(record, posts=posts),
        describe=lambda _: TRICKY,
        timeline=(TimelineEntry(at=0.0, kind="incident", title=TRICKY, detail=TRICKY, author=TRICKY),),
    )
    return make_postmortem(sight, public=False)


@pytest.mark.parametrize("public", [False, True])
def test_markdown_is_what_it_was(public: bool) -> None:
    golden = GOLDEN / f"{'public' if public else 'internal'}.md"
    assert render_markdown(make(public=public), "chart.svg") == golden.read_text()


def test_the_same_postmortem_is_the_same_bytes() -> None:
    for form in PostmortemFormat:
        assert render_postmortem(make(), form) == render_postmortem(make(), form)


def test_a_page_needs_nothing_beside_it() -> None:
    page = render_html(make())
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', page) == []
    assert "<script" not in page
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []


def test_the_chart_can_be_read_aloud_and_has_its_names_as_text() -> None:
    root = ET.fromstring(draw_chart(make().chart))
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "chart-title chart-desc")
    texts = ["".join(each.itertext()).strip() for each in root.iter("{http://www.w3.org/2000/svg}text")]
    for wanted in ("usual mean, 400/s", "m-7: deny acme-shop", "began", "resolved", "UTC", "offered", "1", "4"):
        assert wanted in texts
    described = root.find("{http://www.w3.org/2000/svg}desc")
    assert described is not None
    assert "the usual mean is 400" in (described.text or "")


def test_a_chart_without_traffic_says_so() -> None:
    bare = make_postmortem(make_sight(accounts=None, held=()), public=False)
    svg = draw_chart(bare.chart)
    assert "The traffic was not measured" in svg
    assert "No mitigation" in svg


def test_gaps_are_drawn_as_gaps() -> None:
    sight = make_sight(accounts=FakeAccounts(gap=(1_651_141_200.0, 1_651_141_440.0)))
    assert "not measured" in draw_chart(make_postmortem(sight, public=False).chart)
    assert "not measured" not in draw_chart(make().chart)


def test_what_people_wrote_stays_text() -> None:
    hostile = make_hostile()
    page = render_html(hostile)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 4
    ET.fromstring(draw_chart(hostile.chart))
    read = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(render_markdown(hostile, None))
    assert "<script" not in read
    assert "<img" not in read
    assert "<a " not in read
    assert read.count("<h1>") == 1


@given(st.text())
def test_escaped_text_reads_as_it_was(text: str) -> None:
    plain = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    tokens = parser.parse(escape_markdown(text))
    assert [each.type for each in tokens] == (["paragraph_open", "inline", "paragraph_close"] if plain else [])
    inline = tokens[1].children or [] if tokens else []
    assert {each.type for each in inline} <= {"text", "text_special"}
    assert "".join(each.content for each in inline) == plain


def test_documents_are_made_apart() -> None:
    async def render() -> list[str]:
        press = Press()
        return [await press.render(make(), form) for form in PostmortemFormat]

    assert asyncio.run(render()) == [render_postmortem(make(), form) for form in PostmortemFormat]


def test_it_takes_no_more_than_it_can_do() -> None:
    async def flood() -> list[object]:
        press = Press()
        wanted = (press.render(make(), PostmortemFormat.MARKDOWN) for _ in range(10))
        tasks = [asyncio.ensure_future(each) for each in wanted]
        done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return [type(task.exception()) for task in done if task.exception()]

    assert RenderingFailed in asyncio.run(flood())


def test_the_picture_is_in_the_text() -> None:
    address = render_postmortem(make(), PostmortemFormat.MARKDOWN).rpartition("[chart]: data:image/svg+xml;base64,")[2]
    assert ET.fromstring(base64.b64decode(address)).tag == "{http://www.w3.org/2000/svg}svg"
