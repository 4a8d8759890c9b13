"""Requests into messages, and receipts out of them: what edges get to see of the spooler."""

import asyncio
from collections.abc import Callable
from time import time
from typing import Any, Final

from holdfast.compile import names
from holdfast.model.recovery import Deferral
from holdfast.model.spool import Accepted, Draft, Headers, Receipt, Refusal, SpoolStore, SpoolUnavailable, Standing
from holdfast.spooler.answers import Answer, refuse
from holdfast.spooler.front import Admission, Head
from holdfast.spooler.settings import SpooledService, SpoolSettings
from holdfast.spooler.switch import Switch

KEY_MAX: Final = 255
ORDER_KEY_MAX: Final = 1_024
ID_LENGTH: Final = 40
FULL_RETRY_AFTER_S: Final = 30
HELD_RETRY_AFTER_S: Final = 2
_OF_THE_CONNECTION: Final = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OWN_PREFIXES: Final = ("x-holdfast-", "x-envoy-")
_UNKNOWN: Final = refuse(404, "There is no such receipt.")
_REFUSALS: Final = {
    Refusal.CONFLICT: refuse(409, "This idempotency key was used for another request.", title="Idempotency key reused"),
    Refusal.TENANT_FULL: refuse(503, "Too much of yours is waiting already.", retry_after_s=FULL_RETRY_AFTER_S),
    Refusal.FULL: refuse(503, "Too much is waiting already.", retry_after_s=FULL_RETRY_AFTER_S),
    Refusal.DISK_FULL: refuse(503, "There is no room for more.", retry_after_s=FULL_RETRY_AFTER_S),
}
_UNWRITABLE: Final = refuse(503, "Nothing can be kept at this time.", retry_after_s=HELD_RETRY_AFTER_S)
_HELD: Final = refuse(
    503, "It is kept, but not in force yet: come back with the same key.", retry_after_s=HELD_RETRY_AFTER_S
)


class Acceptance:
    """A `front.Handler`. Its settings may be exchanged at any time; requests that are underway keep the old ones."""

    def __init__(
        self, settings: SpoolSettings, store: SpoolStore, switch: Switch, now: Callable[[], float] = time
    ) -> None:
        self.settings = settings
        self._store = store
        self._switch = switch
        self._now = now

    def admit(self, head: Head) -> Answer | Admission:
        """Let in requests for receipts, without a body, and what may be deferred."""
        if not head.target.startswith("/"):
            return refuse(400, "The target is not a path.")
        if head.target.startswith(names.RECEIPTS_PATH):
            return Admission(0, "") if head.method in {"GET", "HEAD"} else refuse(405, "Receipts are only read.")
        found = self._find(head)
        if found is None:
            return refuse(404, "This is nothing that may be deferred.")
        service, deferral = found
        return _find_fault(head, service, deferral) or Admission(deferral.body_max, service.tenant)

    async def answer(self, head: Head, body: bytes) -> Answer:
        """Keep a message, or tell about one."""
        if head.target.startswith(names.RECEIPTS_PATH):
            return await self._tell(head)
        found = self._find(head)
        if found is None:
            return refuse(503, "This may not be deferred any more.", retry_after_s=HELD_RETRY_AFTER_S)
        draft = self._draft(head, body, *found)
        try:
            accepted = await self._store.accept(draft)
        except SpoolUnavailable:
            return _UNWRITABLE
        if not isinstance(accepted, Accepted):
            return _REFUSALS[accepted.refusal]
        held = self._switch.hold(draft.service, accepted.id, ordered=draft.order_key is not None)
        if held is not None:
            try:
                await asyncio.wait_for(held, self.settings.hold_max_s)
            except TimeoutError:
                return _HELD
        return _acknowledge(accepted)

    def _find(self, head: Head) -> tuple[SpooledService, Deferral] | None:
        service = self.settings.services.get(head.get(names.SERVICE_HEADER) or "")
        deferral = service and service.routes.get(head.get(names.ROUTE_HEADER) or "")
        return (service, deferral) if service and deferral else None

    def _draft(self, head: Head, body: bytes, service: SpooledService, deferral: Deferral) -> Draft:
        now = self._now()
        return Draft(
            service=head.get(names.SERVICE_HEADER) or "",
            tenant=service.tenant,
            route=head.get(names.ROUTE_HEADER) or "",
            order_key=head.get(deferral.order_by.lower()) if deferral.order_by else None,
            idempotency_key=head.get(service.idempotency_header.lower()),
            priority=deferral.priority,
            method=head.method,
            host=head.get("host") or "",
            path=head.target,
            headers=_keep_headers(head),
            body=body,
            accepted_at=now,
            expires_at=now + deferral.age_max,
        )

    async def _tell(self, head: Head) -> Answer:
        message_id = head.target.removeprefix(names.RECEIPTS_PATH).partition("?")[0]
        if len(message_id) != ID_LENGTH:
            return _UNKNOWN
        try:
            receipt = await self._store.receipt(message_id)
        except SpoolUnavailable:
            return _UNWRITABLE
        asked_of = head.get(names.SERVICE_HEADER)
        if receipt is None or asked_of not in {None, receipt.service}:
            return _UNKNOWN
        return Answer(200, _describe(receipt))


def _find_fault(head: Head, service: SpooledService, deferral: Deferral) -> Answer | None:
    key = head.get(service.idempotency_header.lower())
    if key is not None and not 1 <= len(key) <= KEY_MAX:
        return refuse(400, f"An idempotency key has 1 to {KEY_MAX} characters.")
    if deferral.order_by and len(head.get(deferral.order_by.lower()) or "") > ORDER_KEY_MAX:
        return refuse(400, f"{deferral.order_by} has at most {ORDER_KEY_MAX} characters.")
    return None if head.get("host") else refuse(400, "The request names no host.")


def _keep_headers(head: Head) -> Headers:
    return tuple(
        (name, value)
        for name, value in head.headers
        if name not in _OF_THE_CONNECTION and not name.startswith(_OWN_PREFIXES)
    )


def _acknowledge(accepted: Accepted) -> Answer:
    receipt = names.RECEIPTS_PATH + accepted.id
    document = {"id": accepted.id, "receipt": receipt, "idempotency_key": accepted.idempotency_key}
    return Answer(202, document, {"location": receipt})


def _describe(receipt: Receipt) -> dict[str, Any]:
    """What everybody may know who knows the id: not who dropped it and why, nor what the upstream's machines said."""
    document: dict[str, Any] = {
        "id": receipt.id,
        "state": receipt.standing,
        "idempotency_key": receipt.idempotency_key,
        "accepted_at": receipt.accepted_at,
        "attempts": receipt.attempts,
    }
    if receipt.standing in {Standing.WAITING, Standing.DELIVERING}:
        document["expires_at"] = receipt.expires_at
    if receipt.settled_at is not None:
        document["settled_at"] = receipt.settled_at
    if receipt.status is not None:
        document["status"] = receipt.status
    return document
