"""Answers what control asks about messages, and does what people decided about dead letters."""

import base64
import time
from pathlib import Path
from typing import Final

from holdfast.model.recovery import Deferral
from holdfast.model.spool import Message, NotInSpool, SpoolCorrupt, SpoolStore, SpoolUnavailable
from holdfast.spooler.audit import Audit
from holdfast.spooler.protocol import Answer, Ask, Drop, Inspect, ListDead, Redeliver
from holdfast.spooler.settings import SpoolSettings
from holdfast.views.spool import BODY_SHOWN_MAX, DeadLetterDocument, DeadLettersDocument, MessageDocument

_UNKNOWN_ROUTE: Final = Deferral()


class Answering:
    """On one store. `folder` is where the record of what people did is kept."""

    def __init__(self, store: SpoolStore, folder: Path) -> None:
        self.settings = SpoolSettings()
        self._store = store
        self._audit = Audit(folder / "audit.jsonl")

    async def answer(self, asked: Ask) -> Answer:
        """The answer; what can't be done is said in it."""
        number = asked.ask
        try:
            match asked.question:
                case ListDead() as question:
                    return Answer(ask=number, letters=await self._list_dead(question))
                case Inspect(id=message_id):
                    found = await self._inspect(message_id)
                    return Answer(ask=number, message=found, missing=None if found else _missing(message_id))
                case Redeliver() as question:
                    await self._redeliver(question)
                case Drop() as question:
                    await self._audit.note(question.by, "drop", question.id, question.why)
                    await self._store.drop(question.id, time.time(), question.why, question.by)
        except NotInSpool as error:
            return Answer(ask=number, missing=str(error) or "there is no such message, or not in that state")
        except (SpoolUnavailable, OSError) as error:
            return Answer(ask=number, refused=f"the spool can't do that now: {error}")
        return Answer(ask=number)

    async def _list_dead(self, asked: ListDead) -> DeadLettersDocument:
        letters = await self._store.list_dead(
            service=asked.service, tenant=asked.tenant, after=asked.after, count_max=asked.count_max
        )
        names = DeadLetterDocument.model_fields
        dead = tuple(DeadLetterDocument(**{name: getattr(letter, name) for name in names}) for letter in letters)
        return DeadLettersDocument(dead=dead, after=dead[-1].sequence if len(dead) == asked.count_max else None)

    async def _inspect(self, message_id: str) -> MessageDocument | None:
        receipt = await self._store.receipt(message_id)
        if receipt is None:
            return None
        try:
            message = await self._store.inspect(message_id)
        except SpoolCorrupt:
            message = None
        told = MessageDocument(
            id=receipt.id,
            standing=receipt.standing,
            service=receipt.service,
            tenant=message.tenant if message else self._tenant_of(receipt.service),
            idempotency_key=receipt.idempotency_key,
            accepted_at=receipt.accepted_at,
            expires_at=receipt.expires_at,
            attempts=receipt.attempts,
            why=receipt.why,
            by=receipt.by,
            status=receipt.status,
        )
        return told.model_copy(update=_show_content(message)) if message else told

    async def _redeliver(self, asked: Redeliver) -> None:
        now = time.time()
        message = await self._store.inspect(asked.id)
        if message is None:
            raise NotInSpool(_missing(asked.id))
        service = self.settings.services.get(message.service)
        deferral = service.routes.get(message.route, _UNKNOWN_ROUTE) if service else _UNKNOWN_ROUTE
        await self._audit.note(asked.by, "redeliver", asked.id, asked.why)
        await self._store.redeliver(asked.id, now, now + deferral.age_max)

    def _tenant_of(self, service: str) -> str:
        known = self.settings.services.get(service)
        return known.tenant if known else ""


def _show_content(message: Message) -> dict[str, object]:
    return {
        "route": message.route,
        "order_key": message.order_key,
        "method": message.method,
        "host": message.host,
        "path": message.path,
        "headers": message.headers,
        "body": base64.b64encode(message.body[:BODY_SHOWN_MAX]).decode(),
        "body_bytes": len(message.body),
    }


def _missing(message_id: str) -> str:
    return f"there is no message {message_id}, or it is settled"
