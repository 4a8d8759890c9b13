"""Messages to look at in the console: services that defer, and dead letters of which people decide."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from holdfast.engine.reason import check_reason
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.views.live_spool import LiveSpoolDocument, show_live_spool
from holdfast.views.spool import (
    DeadLetterDocument,
    DeadLettersDocument,
    MessageDocument,
    SpoolActionDocument,
    SpoolDocument,
    SpooledServiceDocument,
)

HOSTILE = "<script>alert('seen')</script>"
DEFERRING = {"acme-mail": "acme", "globex-mail": "globex", "wonka-mail": "wonka", "stark-mail": "stark"}


@dataclass
class FakeMessages:
    """The spool as people see it and what they do with it: `running` and what is kept may be changed at any time."""

    clock: Callable[[], float]
    running: bool = True
    dead: dict[str, MessageDocument] = field(default_factory=dict)
    pinned: set[str] = field(default_factory=lambda: {"wonka-mail"})
    done: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(3):
            self._die("acme-mail", number)
        self._die("globex-mail", 3)

    def show(self, tenant: str | None) -> LiveSpoolDocument:
        now = self.clock()
        return show_live_spool(
            SpoolDocument(
                running=self.running,
                services=tuple(self._list_services(now)),
                disk_bytes=412_000_000,
                free_bytes=38 * 2**30,
            ),
            DEFERRING,
            tenant,
            now,
        )

    async def list_dead(
        self, service: str | None, tenant: str | None, after: int, count_max: int
    ) -> DeadLettersDocument | Refusal:
        if not self.running:
            return Refusal(RefusalCode.SPOOLER_UNAVAILABLE, "the spooler doesn't run, or is asked too much already")
        mine = [
            m for m in self.dead.values()
            if m.standing == "dead" and service in {None, m.service} and tenant in {None, m.tenant}
        ]  # fmt: skip
        found = [(i, m) for i, m in enumerate(mine, 1) if i > after]
        shown = tuple(_list_letter(m, i, self.clock()) for i, m in found[:count_max])
        return DeadLettersDocument(dead=shown, after=found[count_max - 1][0] if len(found) > count_max else None)

    async def inspect(self, message_id: str) -> MessageDocument | Refusal:
        found = self.dead.get(message_id)
        return found or Refusal(RefusalCode.MESSAGE_UNKNOWN, f"there is no message {message_id}")

    async def redeliver(self, author: str, message_id: str, reason: str) -> SpoolActionDocument | Refusal:
        return self._settle("redeliver", author, message_id, reason, "waiting")

    async def redeliver_all(self, author: str, service: str, reason: str) -> SpoolActionDocument | Refusal:
        refusal, count = check_reason(reason), 0
        for message in list(self.dead.values()):
            if message.service == service and message.standing == "dead" and refusal is None:
                self._settle("redeliver", author, message.id, reason, "waiting")
                count += 1
        return refusal or SpoolActionDocument(done=count)

    async def drop(self, author: str, message_id: str, reason: str) -> SpoolActionDocument | Refusal:
        return self._settle("drop", author, message_id, reason, "dropped")

    async def open(self, author: str, service: str, for_s: float, reason: str) -> SpooledServiceDocument | Refusal:
        if refusal := check_reason(reason):
            return refusal
        self.done.append(("open", author, service, f"{for_s:g}", reason))
        self.pinned.add(service)
        return SpooledServiceDocument(service=service, tenant="", phase="opening")

    async def close(self, author: str, service: str, reason: str) -> SpooledServiceDocument | Refusal:
        if refusal := check_reason(reason):
            return refusal
        self.done.append(("close", author, service, reason))
        self.pinned.discard(service)
        return SpooledServiceDocument(service=service, tenant="", phase="closing")

    def _settle(self, what: str, author: str, id_: str, reason: str, standing: str) -> SpoolActionDocument | Refusal:
        if refusal := check_reason(reason):
            return refusal
        self.done.append((what, author, id_, reason))
        self.dead[id_] = self.dead[id_].model_copy(update={"standing": standing, "why": reason, "by": author})
        return SpoolActionDocument(done=1)

    def _list_services(self, now: float) -> Iterator[SpooledServiceDocument]:
        dead = [m.service for m in self.dead.values() if m.standing == "dead"]
        yield SpooledServiceDocument(
            service="acme-mail", tenant="acme", phase="spooling", waiting=12_480, waiting_bytes=48_300_000,
            delivering=16, at_once=16, dead=dead.count("acme-mail"), oldest_at=now - 4_000, delivered=81_234,
            ordered=9_000, failing=True,
        )  # fmt: skip
        yield SpooledServiceDocument(
            service="globex-mail", tenant="globex", phase="closing", waiting=3, waiting_bytes=9_120, delivering=1,
            at_once=1, dead=dead.count("globex-mail"), oldest_at=now - 2, delivered=412,
        )  # fmt: skip
        for service in sorted(self.pinned):
            yield SpooledServiceDocument(
                service=service, tenant=service.partition("-")[0], phase="spooling", pinned=True, waiting=40,
                waiting_bytes=160_000, oldest_at=now - 31, held_up=True,
            )  # fmt: skip

    def _die(self, service: str, number: int) -> None:
        body = f'{{"to": "{number}@example", "text": "hello {HOSTILE}"}}'.encode() if number != 2 else b"\xff\xfe\x00"
        id_ = f"kq2v8Zt0Lw{number}Yx7m3dPa9RbEu"
        now = self.clock()
        self.dead[id_] = MessageDocument(
            id=id_,
            standing="dead",
            service=service,
            tenant=service.partition("-")[0],
            idempotency_key=id_,
            accepted_at=now - 90_000 + number,
            expires_at=now - 3_600 + number,
            attempts=11,
            why=f"HTTP 422 {HOSTILE}",
            route="send",
            order_key=f"customer-{number}",
            method="POST",
            host="mail.example",
            path=f"/send?x={HOSTILE}",
            headers=(("content-type", "application/json"), ("x-customer", HOSTILE)),
            body=base64.b64encode(body).decode(),
            body_bytes=len(body),
        )


def _list_letter(message: MessageDocument, sequence: int, now: float) -> DeadLetterDocument:
    return DeadLetterDocument(
        id=message.id,
        sequence=sequence,
        service=message.service,
        tenant=message.tenant,
        route=message.route or "",
        order_key=message.order_key,
        method=message.method or "",
        host=message.host or "",
        path=message.path or "",
        body_bytes=message.body_bytes or 0,
        accepted_at=message.accepted_at,
        died_at=now - 3_600,
        attempts=message.attempts,
        why=message.why or "",
    )
