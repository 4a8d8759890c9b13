"""What people may do with the spool: see it, decide about dead letters, keep it open."""

from typing import Final

from holdfast.engine.command import EndMitigation, Mitigate
from holdfast.engine.reason import check_reason
from holdfast.model.mitigation import Spool
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.token import SYSTEM
from holdfast.runtime.control import Control
from holdfast.runtime.recovery.spooler_link import SpoolerGone
from holdfast.runtime.recovery.spooling import Spooling
from holdfast.spooler.protocol import LETTERS_MAX, Answer, Drop, Inspect, ListDead, Question, Redeliver
from holdfast.views.spool import (
    DeadLettersDocument,
    MessageDocument,
    SpoolActionDocument,
    SpoolDocument,
    SpooledServiceDocument,
)

RECORD_S: Final = 2.0
_UNKNOWN: Final = SpooledServiceDocument(service="unknown", tenant="", phase="direct")


class SpoolOperations:
    """On a running `Spooling`."""

    def __init__(self, control: Control, spooling: Spooling) -> None:
        self._control = control
        self._spooling = spooling

    def show(self) -> SpoolDocument:
        """What is kept of every service."""
        return self._spooling.standing

    async def list_dead(
        self, service: str | None, tenant: str | None, after: int, count_max: int
    ) -> DeadLettersDocument | Refusal:
        """Dead letters of a service, of a tenant, or of all, after a sequence number."""
        answer = await self._ask(ListDead(service=service, tenant=tenant, after=after, count_max=count_max))
        if isinstance(answer, Refusal):
            return answer
        return answer.letters or DeadLettersDocument(dead=())

    async def inspect(self, message_id: str) -> MessageDocument | Refusal:
        """A message with its content, and what became of it."""
        answer = await self._ask(Inspect(id=message_id))
        if isinstance(answer, Refusal):
            return answer
        return answer.message or Refusal(RefusalCode.MESSAGE_UNKNOWN, f"there is no message {message_id}")

    async def redeliver(self, author: str, message_id: str, reason: str) -> SpoolActionDocument | Refusal:
        """Let a dead letter wait for delivery again."""
        return await self._act(Redeliver(id=message_id, by=author, why=reason), reason)

    async def redeliver_all(self, author: str, service: str, reason: str) -> SpoolActionDocument | Refusal:
        """Let all dead letters of a service wait for delivery again: those that there are when it is asked for."""
        done, after = 0, 0
        while True:
            letters = await self.list_dead(service, None, after, LETTERS_MAX)
            if isinstance(letters, Refusal):
                return letters
            for letter in letters.dead:
                acted = await self.redeliver(author, letter.id, reason)
                if isinstance(acted, Refusal) and acted.code is not RefusalCode.MESSAGE_UNKNOWN:
                    return acted
                done += not isinstance(acted, Refusal)
            if letters.after is None:
                return SpoolActionDocument(done=done)
            after = letters.after

    async def drop(self, author: str, message_id: str, reason: str) -> SpoolActionDocument | Refusal:
        """Never deliver a message that waits or is dead."""
        return await self._act(Drop(id=message_id, by=author, why=reason), reason)

    async def open(self, author: str, service: str, for_s: float, reason: str) -> SpooledServiceDocument | Refusal:
        """Send all that is deferrable of a service to the spool, whether or not its upstream would take it."""
        if not self._defers(service):
            return Refusal(RefusalCode.NOT_DEFERRED, f"no route of {service} says that its requests may be deferred")
        ticket = await self._control.submit(Mitigate(author, Spool(service=service), for_s, reason), RECORD_S)
        return ticket.refusal or self._show(service)

    async def close(self, author: str, service: str, reason: str) -> SpooledServiceDocument | Refusal:
        """End what people said about keeping it open. When it does close, what is kept decides."""
        if refusal := check_reason(reason):
            return refusal
        mitigations = self._control.state.mitigations.values()
        pins = [m.id for m in mitigations if m.measure == Spool(service=service) and m.author != SYSTEM]
        if not pins:
            return Refusal(RefusalCode.UNCHANGED, f"nobody keeps the spool of {service} open")
        for pin in pins:
            await self._control.submit(EndMitigation(author, pin, reason), RECORD_S)
        return self._show(service)

    def _defers(self, service: str) -> bool:
        intent = self._control.intent
        owned = intent.services.get(service) if intent else None
        return owned is not None and any(route.deferred for route in owned.service.routes)

    def _show(self, service: str) -> SpooledServiceDocument:
        services = self._spooling.standing.services
        return next((s for s in services if s.service == service), _UNKNOWN.model_copy(update={"service": service}))

    async def _act(self, question: Question, reason: str) -> SpoolActionDocument | Refusal:
        if refusal := check_reason(reason):
            return refusal
        answer = await self._ask(question)
        return answer if isinstance(answer, Refusal) else SpoolActionDocument(done=1)

    async def _ask(self, question: Question) -> Answer | Refusal:
        try:
            answer = await self._spooling.link.ask(question)
        except SpoolerGone as gone:
            return Refusal(RefusalCode.SPOOLER_UNAVAILABLE, str(gone))
        if answer.missing is not None:
            return Refusal(RefusalCode.MESSAGE_UNKNOWN, answer.missing)
        if answer.refused is not None:
            return Refusal(RefusalCode.SPOOLER_UNAVAILABLE, answer.refused)
        return answer
