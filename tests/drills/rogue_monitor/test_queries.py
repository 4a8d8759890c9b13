import json

import pytest
from graphql import parse

from holdfast.drills.rogue_monitor.queries import USUAL, list_hostile, render_body


@pytest.mark.parametrize("document", USUAL)
def test_what_applications_ask_is_graphql(document: str) -> None:
    assert parse(document).definitions


@pytest.mark.parametrize("document", [*USUAL, *list_hostile()])
def test_a_body_is_one_line_and_short_enough_to_be_accepted(document: str) -> None:
    body = render_body(document)
    assert "\n" not in body
    assert len(body) < 65_536
    assert json.loads(body) == {"query": document}
