"""What subscribers were told, so that it is told once, also by a control that starts again in between."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from holdfast.adapters.subscribers.database import MAILINGS, SECRETS, TOLD, Database

_SEEDED = "seeded"


@dataclass(frozen=True, slots=True)
class Mailing:
    """Notices, by their keys, that are told together; subscribers up to `done_to` have their letters."""

    number: int
    at: float
    keys: tuple[str, ...]
    done_to: str


class MailingStore:
    """Everything is durable when it returns; SubscribersUnavailable if it can't be had now. Times: Unix, in seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seed(self, keys: Sequence[str]) -> bool:
        """On the very first call, note what happened before there were any subscribers; False on all others."""
        with self._database.change() as connection:
            if connection.execute(select(SECRETS.c.name).where(SECRETS.c.name == _SEEDED)).first() is not None:
                return False
            connection.execute(insert(SECRETS).values(name=_SEEDED, secret=b""))
            _note(connection, keys)
        return True

    def list_told(self) -> Sequence[str]:
        """Keys of notices that were told, or needn't be, in order."""
        with self._database.change() as connection:
            return [row.key for row in connection.execute(select(TOLD.c.key).order_by(TOLD.c.sequence))]

    def pass_over(self, keys: Sequence[str]) -> None:
        """Note that nobody needs to be told of these."""
        with self._database.change() as connection:
            _note(connection, keys)

    def forget(self, keys: Sequence[str]) -> None:
        """Notices that won't come again."""
        with self._database.change() as connection:
            connection.execute(delete(TOLD).where(TOLD.c.key == bindparam("named")), [{"named": key} for key in keys])

    def begin(self, keys: Sequence[str], now: float) -> None:
        """Begin a mailing of these notices; they count as told, as whoever begins it sees to its end."""
        with self._database.change() as connection:
            row = {"at": now, "keys": json.dumps(list(keys)), "done_to": "", "ended": False}
            connection.execute(insert(MAILINGS).values(row))
            _note(connection, keys)

    def find_open(self) -> Mailing | None:
        """The mailing that is to be gone on with."""
        wanted = select(MAILINGS).where(~MAILINGS.c.ended).order_by(MAILINGS.c.number).limit(1)
        with self._database.change() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else Mailing(row.number, row.at, tuple(json.loads(row.keys)), row.done_to)

    def advance(self, number: int, done_to: str) -> None:
        """Note that all subscribers up to an id have their letters of a mailing."""
        with self._database.change() as connection:
            connection.execute(update(MAILINGS).where(MAILINGS.c.number == number).values(done_to=done_to))

    def end(self, number: int) -> None:
        """Note that all have."""
        with self._database.change() as connection:
            connection.execute(update(MAILINGS).where(MAILINGS.c.number == number).values(ended=True))

    def list_times(self, since: float) -> Sequence[float]:
        """When mailings began; older ones that ended are forgotten."""
        with self._database.change() as connection:
            connection.execute(delete(MAILINGS).where(MAILINGS.c.at < since, MAILINGS.c.ended))
            return [row.at for row in connection.execute(select(MAILINGS.c.at).order_by(MAILINGS.c.at))]


def _note(connection: Connection, keys: Sequence[str]) -> None:
    if not keys:
        return
    named = [{"named": key} for key in dict.fromkeys(keys)]
    connection.execute(delete(TOLD).where(TOLD.c.key == bindparam("named")), named)
    connection.execute(insert(TOLD), [{"key": each["named"]} for each in named])
