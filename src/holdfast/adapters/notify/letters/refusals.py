"""Who refuses letters for good, one after the other: counted where it is noted what became of them."""

from typing import Final

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from holdfast.adapters.notify.letters.tables import LETTERS, REFUSALS
from holdfast.model.letter import ChannelKind, Letter, LetterStatus, Refusals

KEPT_S: Final = 90 * 86_400.0
"""After the latest refusal, the earlier ones are forgotten."""


def count_refusal(connection: Connection, letter: Letter, now: float, error: str) -> None:
    """One more letter that whoever it is for refused for good."""
    first = insert(REFUSALS).values(
        owner=_find_owner(letter.key), kind=letter.channel.kind, refused=1, first_at=now, latest_at=now, error=error
    )
    again = {"refused": REFUSALS.c.refused + 1, "latest_at": now, "error": error}
    connection.execute(first.on_conflict_do_update(index_elements=["owner"], set_=again))


def forget_refusals(connection: Connection, key: str) -> None:
    """Somebody took a letter, or is to be counted anew: given by its key, or by what keys begin with."""
    connection.execute(delete(REFUSALS).where(REFUSALS.c.owner == _find_owner(key)))


def forget_old_refusals(connection: Connection, now: float) -> None:
    """Forget those that refused nothing for long."""
    connection.execute(delete(REFUSALS).where(REFUSALS.c.latest_at < now - KEPT_S))


def list_refusals(connection: Connection, count_min: int, rows_max: int) -> list[Refusals]:
    """Those with so many letters refused, at most so many of them; who refused first comes first."""
    wanted = select(REFUSALS).where(REFUSALS.c.refused >= count_min).order_by(REFUSALS.c.first_at).limit(rows_max)
    return [
        Refusals(row.owner, ChannelKind(row.kind), row.refused, row.first_at, row.latest_at, row.error)
        for row in connection.execute(wanted)
    ]


def find_arrival(connection: Connection, kind: ChannelKind) -> float | None:
    """When somebody last took a letter of a kind."""
    taken = select(LETTERS.c.changed_at).where(LETTERS.c.status == LetterStatus.SENT, LETTERS.c.kind == kind)
    latest: float | None = connection.execute(taken.order_by(LETTERS.c.changed_at.desc()).limit(1)).scalar()
    return latest


def _find_owner(key: str) -> str:
    return key.partition(":")[0]
