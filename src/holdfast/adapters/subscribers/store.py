"""Who subscribed, and who asked to. Addresses are here and in the outbox, and nowhere else."""

import hmac
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from secrets import token_bytes, token_hex, token_urlsafe
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, select

from holdfast.adapters.subscribers.database import ASKED, SECRETS, SUBSCRIBERS, SUSPENSIONS, Database
from holdfast.model.letter import Channel, ChannelKind
from holdfast.model.subscriber import Interest, Subscriber, Suspension

CONFIRM_S: Final = 86_400.0
"""How long a link to confirm is good; whoever didn't by then is forgotten."""
ASK_AGAIN_S: Final = 600.0
"""Between two mails to confirm to one address."""
ASKED_EACH_MAX: Final = 3
"""Mails to confirm to one address within CONFIRM_S."""
ASKED_MAX: Final = 50_000
SUBSCRIBERS_MAX: Final = 100_000
FORGET_AT_ONCE: Final = 500


class SubscribersFull(Exception):
    """As many have subscribed, or asked to, as may."""


class SubscriberStore:
    """Everything is durable when it returns; SubscribersUnavailable if it can't be had now. Times: Unix, in seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, channel: Channel, interest: Interest, now: float) -> str | None:
        """Note that somebody asked; the token that confirms it, or None if this address was sent enough of them.

        SubscribersFull if nobody can be taken any more.
        """
        token, address = token_urlsafe(32), channel.address.get_secret_value()
        with self._database.change() as connection:
            connection.execute(delete(ASKED).where(ASKED.c.asked_at < now - CONFIRM_S))
            asked = select(ASKED.c.asked_at).where(ASKED.c.kind == channel.kind, ASKED.c.address == address)
            times = [row.asked_at for row in connection.execute(asked)]
            if len(times) >= ASKED_EACH_MAX or any(now - at < ASK_AGAIN_S for at in times):
                return None
            if _count(connection, ASKED) >= ASKED_MAX or _count(connection, SUBSCRIBERS) >= SUBSCRIBERS_MAX:
                raise SubscribersFull
            row = {"token": _hash(token), "asked_at": now, **_write_channel(channel), **_write_interest(interest)}
            connection.execute(insert(ASKED).values(row))
        return token

    def is_asked(self, token: str, now: float) -> bool:
        """Whether this token would still confirm something."""
        with self._database.change() as connection:
            return _find_asked(connection, token, now) is not None

    def confirm(self, token: str, now: float) -> Subscriber | None:
        """Make a subscriber of whoever asked, or give one their new choice; None if the token isn't one any more."""
        with self._database.change() as connection:
            asked = _find_asked(connection, token, now)
            if asked is None:
                return None
            same = (SUBSCRIBERS.c.kind == asked.kind, SUBSCRIBERS.c.address == asked.address)
            known = connection.execute(select(SUBSCRIBERS.c.id).where(*same)).scalar()
            row = {
                "id": known or f"s-{token_hex(8)}",
                "kind": asked.kind,
                "address": asked.address,
                "components": asked.components,
                "regions": asked.regions,
                "confirmed_at": now,
            }
            connection.execute(delete(SUBSCRIBERS).where(*same))
            connection.execute(insert(SUBSCRIBERS).values(row))
            connection.execute(delete(SUSPENSIONS).where(SUSPENSIONS.c.id == row["id"]))
            connection.execute(delete(ASKED).where(ASKED.c.kind == asked.kind, ASKED.c.address == asked.address))
        interest = Interest(tuple(json.loads(asked.components)), tuple(json.loads(asked.regions)))
        return Subscriber(row["id"], Channel(ChannelKind(asked.kind), SecretStr(asked.address)), interest, now)

    def remove(self, id_: str) -> bool:
        """Erase a subscriber, and whatever was asked for the address; False if there is none."""
        with self._database.change() as connection:
            row = connection.execute(select(SUBSCRIBERS).where(SUBSCRIBERS.c.id == id_)).first()
            if row is None:
                return False
            connection.execute(delete(SUBSCRIBERS).where(SUBSCRIBERS.c.id == id_))
            connection.execute(delete(SUSPENSIONS).where(SUSPENSIONS.c.id == id_))
            connection.execute(delete(ASKED).where(ASKED.c.kind == row.kind, ASKED.c.address == row.address))
        return True

    def suspend(self, id_: str, now: float, why: str) -> bool:
        """Tell a subscriber nothing until they confirm again; False if there is none, or they are suspended already."""
        known = select(SUBSCRIBERS.c.id).where(SUBSCRIBERS.c.id == id_, _is_told())
        with self._database.change() as connection:
            if connection.execute(known).first() is None:
                return False
            connection.execute(insert(SUSPENSIONS).values(id=id_, at=now, why=why))
        return True

    def forget_suspended(self, before: float) -> int:
        """Erase some of those who are suspended since a time before this; how many."""
        old = select(SUSPENSIONS.c.id).where(SUSPENSIONS.c.at < before).limit(FORGET_AT_ONCE)
        with self._database.change() as connection:
            ids = [row.id for row in connection.execute(old)]
            connection.execute(delete(SUBSCRIBERS).where(SUBSCRIBERS.c.id.in_(ids)))
            connection.execute(delete(SUSPENSIONS).where(SUSPENSIONS.c.id.in_(ids)))
        return len(ids)

    def list_after(self, id_: str, count_max: int, *, with_suspended: bool = False) -> Sequence[Subscriber]:
        """Subscribers by id, after an id; those who are told, unless all are asked for."""
        both = SUBSCRIBERS.outerjoin(SUSPENSIONS, SUSPENSIONS.c.id == SUBSCRIBERS.c.id)
        wanted = select(SUBSCRIBERS, SUSPENSIONS.c.at, SUSPENSIONS.c.why).select_from(both)
        wanted = wanted.where(SUBSCRIBERS.c.id > id_).order_by(SUBSCRIBERS.c.id).limit(count_max)
        if not with_suspended:
            wanted = wanted.where(SUSPENSIONS.c.id.is_(None))
        with self._database.change() as connection:
            return [_read(row) for row in connection.execute(wanted)]

    def count_suspended(self) -> int:
        """How many aren't told any more."""
        with self._database.change() as connection:
            return _count(connection, SUSPENSIONS)

    def count(self, now: float) -> tuple[Mapping[str, int], int]:
        """Those who are told by channel kind, and how many asked and may still confirm; the others are forgotten."""
        counted = select(SUBSCRIBERS.c.kind, func.count()).where(_is_told()).group_by(SUBSCRIBERS.c.kind)
        with self._database.change() as connection:
            connection.execute(delete(ASKED).where(ASKED.c.asked_at < now - CONFIRM_S))
            by_kind = {kind: count for kind, count in connection.execute(counted)}  # noqa: C416 - rows aren't typed
            return by_kind, _count(connection, ASKED)

    def read_secret(self) -> bytes:
        """What links to unsubscribe are made with: by chance, once."""
        with self._database.change() as connection:
            known = select(SECRETS.c.secret).where(SECRETS.c.name == "unsubscribe")
            secret: bytes | None = connection.execute(known).scalar()
            if secret is None:
                secret = token_bytes(32)
                connection.execute(insert(SECRETS).values(name="unsubscribe", secret=secret))
        return secret


def make_link_token(secret: bytes, id_: str) -> str:
    """What the link says that unsubscribes a subscriber."""
    return f"{id_}.{hmac.digest(secret, id_.encode(), sha256).hex()}"


def read_link_token(secret: bytes, token: str) -> str | None:
    """Whose link it is, if it is one."""
    id_ = token.partition(".")[0]
    if not token.isascii():
        return None
    return id_ if hmac.compare_digest(make_link_token(secret, id_), token) else None


def _find_asked(connection: Connection, token: str, now: float) -> Row[Any] | None:
    is_fresh = ASKED.c.asked_at >= now - CONFIRM_S
    return connection.execute(select(ASKED).where(ASKED.c.token == _hash(token), is_fresh)).first()


def _hash(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


def _count(connection: Connection, table: Any) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _write_channel(channel: Channel) -> dict[str, str]:
    return {"kind": channel.kind, "address": channel.address.get_secret_value()}


def _write_interest(interest: Interest) -> dict[str, str]:
    return {"components": json.dumps(interest.components), "regions": json.dumps(interest.regions)}


def _is_told() -> ColumnElement[bool]:
    return ~exists().where(SUSPENSIONS.c.id == SUBSCRIBERS.c.id)


def _read(row: Row[Any]) -> Subscriber:
    interest = Interest(tuple(json.loads(row.components)), tuple(json.loads(row.regions)))
    channel = Channel(ChannelKind(row.kind), SecretStr(row.address))
    suspension = None if row.at is None else Suspension(row.at, row.why)
    return Subscriber(row.id, channel, interest, row.confirmed_at, suspension)
