"""Subscribers are durable, private, and few enough."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from holdfast.adapters.subscribers import store as store_module
from holdfast.adapters.subscribers.database import Database
from holdfast.adapters.subscribers.mailings import MailingStore
from holdfast.adapters.subscribers.store import (
    CONFIRM_S,
    SubscribersFull,
    SubscriberStore,
    make_link_token,
    read_link_token,
)
from holdfast.model.letter import Channel, ChannelKind
from holdfast.model.subscriber import Interest, SubscribersUnavailable

NOW = 1_000.0


def mail(address: str = "ann@acme.example") -> Channel:
    return Channel(ChannelKind.EMAIL, SecretStr(address))


def subscribe(store: SubscriberStore, address: str, now: float = NOW) -> str:
    token = store.ask(mail(address), Interest(), now)
    assert token is not None
    made = store.confirm(token, now)
    assert made is not None
    return made.id


def test_who_confirmed_is_still_there_after_a_restart_and_who_left_is_erased(tmp_path: Path) -> None:
    path = tmp_path / "subscribers.db"
    database = Database(path)
    store = SubscriberStore(database)
    ids = [subscribe(store, f"reader{number}@acme.example") for number in range(5)]
    secret = store.read_secret()
    database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = Database(path)
    store = SubscriberStore(again)
    assert store.read_secret() == secret
    assert [each.id for each in store.list_after("", 3)] == sorted(ids)[:3]
    assert [each.id for each in store.list_after(sorted(ids)[2], 3)] == sorted(ids)[3:]
    assert store.remove(ids[0])
    assert not store.remove(ids[0])
    again.close()
    assert b"reader0@" not in path.read_bytes()
    assert b"reader1@" in path.read_bytes()


def test_a_link_is_good_once_and_for_a_day(tmp_path: Path) -> None:
    store = SubscriberStore(Database(tmp_path / "subscribers.db"))
    token = store.ask(mail(), Interest(("web",)), NOW)
    assert token is not None
    assert store.is_asked(token, NOW + CONFIRM_S)
    assert not store.is_asked(token, NOW + CONFIRM_S + 1)
    assert store.confirm(token, NOW + CONFIRM_S + 1) is None
    made = store.confirm(token, NOW + 1)
    assert made is not None
    assert made.interest == Interest(("web",))
    assert store.confirm(token, NOW + 1) is None
    assert store.confirm("x", NOW) is None
    assert store.confirm("\ud800", NOW) is None


def test_nobody_else_can_make_a_link_to_unsubscribe(tmp_path: Path) -> None:
    secret = SubscriberStore(Database(tmp_path / "subscribers.db")).read_secret()
    token = make_link_token(secret, "s-0123456789abcdef")
    assert read_link_token(secret, token) == "s-0123456789abcdef"
    for other in (token[:-1], token.replace("s-0", "s-1"), "", ".", "s-0123456789abcdef.", "\ud800", token + "é"):
        assert read_link_token(secret, other) is None
    assert read_link_token(b"x" * 32, token) is None


def test_there_are_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "ASKED_MAX", 2)
    store = SubscriberStore(Database(tmp_path / "subscribers.db"))
    assert store.ask(mail("a@acme.example"), Interest(), NOW)
    assert store.ask(mail("b@acme.example"), Interest(), NOW)
    with pytest.raises(SubscribersFull):
        store.ask(mail("c@acme.example"), Interest(), NOW)
    assert store.ask(mail("c@acme.example"), Interest(), NOW + CONFIRM_S + 1)
    monkeypatch.setattr(store_module, "SUBSCRIBERS_MAX", 1)
    subscribe(store, "d@acme.example", NOW + CONFIRM_S + 1)
    with pytest.raises(SubscribersFull):
        store.ask(mail("e@acme.example"), Interest(), NOW + CONFIRM_S + 1)


def test_what_cannot_be_kept_is_said_and_is_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "folder"
    blocked.write_text("a file where a folder should be")
    store = SubscriberStore(Database(blocked / "subscribers.db"))
    with pytest.raises(SubscribersUnavailable):
        store.ask(mail(), Interest(), NOW)
    blocked.unlink()
    assert store.ask(mail(), Interest(), NOW)


def test_what_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "subscribers.db"
    path.write_bytes(b"no database" * 1_000)
    with pytest.raises(SubscribersUnavailable):
        SubscriberStore(Database(path)).read_secret()
    assert path.read_bytes() == b"no database" * 1_000


def test_mailings_go_on_where_they_were(tmp_path: Path) -> None:
    path = tmp_path / "subscribers.db"
    mailings = MailingStore(Database(path))
    assert mailings.seed(["i-1/1"])
    assert not mailings.seed(["i-9/9"])
    mailings.begin(["i-1/2", "w-1/a"], NOW)
    mailings.begin(["w-1/b"], NOW + 60)
    mailings.begin(["w-1/a"], NOW + 120)
    mailings.advance(1, "s-1")
    mailings = MailingStore(Database(path))
    assert mailings.list_told() == ["i-1/1", "i-1/2", "w-1/b", "w-1/a"]
    found = mailings.find_open()
    assert found is not None
    assert (found.number, found.keys, found.done_to) == (1, ("i-1/2", "w-1/a"), "s-1")
    mailings.end(1)
    assert mailings.list_times(NOW + 1) == [NOW + 60, NOW + 120]
    mailings.forget(["i-1/1", "w-1/b"])
    assert mailings.list_told() == ["i-1/2", "w-1/a"]
