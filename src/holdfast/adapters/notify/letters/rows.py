"""What is asked of an outbox's tables. Times are Unix times, in seconds."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import Connection, Row, bindparam, case, delete, func, insert, select, update

from holdfast.adapters.notify.letters.refusals import count_refusal, forget_refusals
from holdfast.adapters.notify.letters.tables import CONTENTS, LETTERS
from holdfast.model.letter import Channel, ChannelKind, Letter, LetterState, LetterStatus, OutboxFigures, OutboxFull

KEYS_AT_ONCE: Final = 500
_BEHIND_S: Final = 0.001
FORGET_AT_ONCE: Final = 5_000
"""So that nobody waits long for a commit."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that is to be sent, when it was put, and how often it was tried before."""

    letter: Letter
    put_at: float
    tries: int
    deadline: float


def put_letters(
    connection: Connection, letters: Sequence[Letter], now: float, keep_trying_s: float, waiting_max: int
) -> None:
    """Keep those whose key isn't known; OutboxFull, and nothing is kept, if that is too many."""
    fresh = {letter.key: letter for letter in reversed(letters)}
    for known in _find(connection, list(fresh)):
        del fresh[known.key]
    if not fresh:
        return
    if _count_waiting(connection) + len(fresh) > waiting_max:
        raise OutboxFull(f"{waiting_max} letters wait, which is the most")
    ordered = [letter for letter in dict.fromkeys(letters) if fresh.get(letter.key) is letter]
    connection.execute(insert(LETTERS), [_write_letter(letter, now) for letter in ordered])
    connection.execute(insert(CONTENTS), [_write_content(letter, now, now + keep_trying_s) for letter in ordered])


def find_states(connection: Connection, keys: Sequence[str]) -> list[LetterState]:
    """How far those of these letters are that are known."""
    return [
        LetterState(row.key, LetterStatus(row.status), row.tries, row.put_at, row.changed_at, row.error)
        for row in _find(connection, keys)
    ]


def find_next(connection: Connection, kind: ChannelKind, now: float, busy: Collection[str]) -> Claimed | float | None:
    """The letter of a kind that is due longest, whose address isn't busy; or when one is due; or None."""
    wanted = (
        select(CONTENTS, LETTERS.c.tries)
        .join(LETTERS, LETTERS.c.key == CONTENTS.c.key)
        .where(CONTENTS.c.kind == kind, CONTENTS.c.address.not_in(busy))
        .order_by(CONTENTS.c.due_at, CONTENTS.c.sequence)
        .limit(1)
    )
    row = connection.execute(wanted).first()
    if row is None:
        return None
    due_at: float = row.due_at
    return due_at if due_at > now else Claimed(_read_letter(row), row.put_at, row.tries, row.not_after)


def settle_letter(connection: Connection, key: str, now: float, error: str | None) -> None:
    """Note that a letter was sent, or was given up because of an error, and erase what it says.

    One that was cancelled meanwhile was sent all the same, if it was.
    """
    status = LetterStatus.SENT if error is None else LetterStatus.FAILED
    noted = update(LETTERS).where(LETTERS.c.key == key)
    if error is not None:
        noted = noted.where(LETTERS.c.status == LetterStatus.WAITING)
    connection.execute(noted.values(status=status, tries=LETTERS.c.tries + 1, changed_at=now, error=error))
    connection.execute(delete(CONTENTS).where(CONTENTS.c.key == key))
    if error is None:
        forget_refusals(connection, key)


def refuse_letter(connection: Connection, letter: Letter, now: float, error: str) -> None:
    """Note that whoever a letter is for refused it for good."""
    settle_letter(connection, letter.key, now, error)
    count_refusal(connection, letter, now, error)


def postpone_letter(connection: Connection, letter: Letter, now: float, error: str, due_at: float) -> None:
    """Note that a letter wasn't taken; it and all others to its address wait until one is tried again.

    That is another one, if there is: it may be this letter's own fault.
    """
    waits = LETTERS.c.status == LetterStatus.WAITING
    noted = update(LETTERS).where(LETTERS.c.key == letter.key, waits)
    connection.execute(noted.values(tries=LETTERS.c.tries + 1, changed_at=now, error=error))
    of_target = CONTENTS.c.address == letter.channel.address.get_secret_value()
    connection.execute(update(CONTENTS).where(of_target, CONTENTS.c.due_at < due_at).values(due_at=due_at))
    connection.execute(update(CONTENTS).where(CONTENTS.c.key == letter.key).values(due_at=due_at + _BEHIND_S))


def expire_letters(connection: Connection, now: float, busy: Collection[str]) -> None:
    """Give up the letters that aren't worth sending any more."""
    over = select(CONTENTS.c.key).where(CONTENTS.c.not_after < now, CONTENTS.c.address.not_in(busy))
    give_up_late(connection, [row.key for row in connection.execute(over)], now)


def give_up_late(connection: Connection, keys: Sequence[str], now: float) -> None:
    """Give up letters because it is too late for them."""
    late = case((LETTERS.c.error.is_(None), TOO_LATE), else_=TOO_LATE + ": " + LETTERS.c.error)
    _give_up(connection, keys, now, late)


TOO_LATE: Final = "not taken in time"


def cancel_letters(connection: Connection, prefix: str, now: float) -> None:
    """Give up the letters that wait whose keys begin so."""
    begins = func.substr(CONTENTS.c.key, 1, len(prefix)) == prefix
    keys = [row.key for row in connection.execute(select(CONTENTS.c.key).where(CONTENTS.c.key >= prefix, begins))]
    _give_up(connection, keys, now, "cancelled")


def forget_settled(connection: Connection, before: float) -> None:
    """Forget the keys of some of the letters that don't wait since a time before this."""
    settled = LETTERS.c.status.in_((LetterStatus.SENT, LetterStatus.FAILED))
    old = select(LETTERS.c.key).where(settled, LETTERS.c.changed_at < before).limit(FORGET_AT_ONCE)
    connection.execute(delete(LETTERS).where(LETTERS.c.key.in_(old)))


def count_letters(connection: Connection, now: float) -> OutboxFigures:
    """How the outbox does."""
    oldest = connection.execute(select(func.min(CONTENTS.c.put_at))).scalar()
    failed = (
        select(LETTERS.c.kind, func.count()).where(LETTERS.c.status == LetterStatus.FAILED).group_by(LETTERS.c.kind)
    )
    return OutboxFigures(
        waiting=_count_waiting(connection),
        oldest_s=0.0 if oldest is None else max(0.0, now - oldest),
        failed={ChannelKind(kind): count for kind, count in connection.execute(failed)},
    )


def _give_up(connection: Connection, keys: Sequence[str], now: float, error: Any) -> None:
    if not keys:
        return
    named = [{"named": key} for key in keys]
    given_up = update(LETTERS).where(LETTERS.c.key == bindparam("named"))
    connection.execute(given_up.values(status=LetterStatus.FAILED, changed_at=now, error=error), named)
    connection.execute(delete(CONTENTS).where(CONTENTS.c.key == bindparam("named")), named)


def _find(connection: Connection, keys: Sequence[str]) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for first in range(0, len(keys), KEYS_AT_ONCE):
        some = LETTERS.c.key.in_(keys[first : first + KEYS_AT_ONCE])
        found += connection.execute(select(LETTERS).where(some))
    return found


def _count_waiting(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(CONTENTS)).scalar_one()


def _write_letter(letter: Letter, now: float) -> dict[str, Any]:
    return {
        "key": letter.key,
        "kind": letter.channel.kind,
        "status": LetterStatus.WAITING,
        "tries": 0,
        "put_at": now,
        "changed_at": now,
    }


def _write_content(letter: Letter, now: float, trying_until: float) -> dict[str, Any]:
    return {
        "key": letter.key,
        "kind": letter.channel.kind,
        "address": letter.channel.address.get_secret_value(),
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "headers": json.dumps(letter.headers),
        "body": letter.body,
        "not_after": trying_until if letter.not_after is None else letter.not_after,
        "put_at": now,
        "due_at": now,
    }


def _read_letter(row: Row[Any]) -> Letter:
    return Letter(
        key=row.key,
        channel=Channel(ChannelKind(row.kind), SecretStr(row.address)),
        subject=row.subject,
        text=row.text,
        html=row.html,
        headers=tuple((name, value) for name, value in json.loads(row.headers)),
        body=row.body,
        not_after=row.not_after,
    )
