"""Pagers and readers of drills, on real sockets and files."""

import json
from pathlib import Path

import httpx

from holdfast.drills.first_words.stand import wait_for
from holdfast.drills.stage.pagers import Pagers
from holdfast.drills.stage.site_reader import INCIDENTS, SUMMARY, Shown, SiteReader

DEADLINE_S = 20.0


def test_what_arrives_is_noted_and_a_dead_pager_fails() -> None:
    with Pagers() as pagers, httpx.Client(headers={"Idempotency-Key": "page/i-1/x"}) as client:
        assert client.post(pagers.locate("first"), json={"a": 1}).status_code == 200
        pagers.dead = {"first"}
        assert client.post(pagers.locate("first"), content=b"{").status_code == 503
        first, second = pagers.list_arrivals()
        assert client.post(pagers.locate("follower"), json={"type": "challenge", "challenge": "c"}).text == "c"
    assert (first.pager, first.key, first.body, first.taken) == ("first", "page/i-1/x", {"a": 1}, True)
    assert (second.body, second.taken) == ({"raw": "{"}, False)


def test_words_and_statuses_are_seen_once_and_in_order(tmp_path: Path) -> None:
    def publish(name: str, document: object) -> None:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        unfinished = tmp_path / "unfinished"
        unfinished.write_text(json.dumps(document))
        unfinished.replace(tmp_path / name)

    def show(status: str) -> None:
        publish(SUMMARY, {"components": [{"name": "Shop", "status": status}]})

    with SiteReader(tmp_path) as reader:
        show("operational")
        assert wait_for(DEADLINE_S, lambda: len(reader.list_shown()) == 1)
        post = {"id": "i-1-1", "status": "investigating"}
        publish(INCIDENTS, {"incidents": [{"id": "i-1", "incident_updates": [post]}]})
        show("major_outage")
        assert wait_for(DEADLINE_S, lambda: len(reader.list_shown()) == 2 and bool(reader.list_words()))
    (word,) = reader.list_words()
    assert (word.incident, word.post, word.status) == ("i-1", "i-1-1", "investigating")
    assert [shown.status for shown in reader.list_shown()] == ["operational", "major_outage"]
    assert all(isinstance(shown, Shown) for shown in reader.list_shown())
