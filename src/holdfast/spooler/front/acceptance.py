"""Requests into messages, and receipts out of them: what edges get to see of the spooler."""

from collections.abc import Callable
from time import time
from typing import Any, Final

from holdfast.model.inner import RECEIPTS_PATH, ROUTE_HEADER, SERVICE_HEADER
from holdfast.model.recovery import Deferral
from holdfast.model.spool import Accepted, Draft, Headers, Receipt, Refusal, Standing
from holdfast.spooler.front.answers import Answer, refuse
from holdfast.spooler.front.head import Admission, Head
from holdfast.spooler.front.keeper import Found, Keeper
from holdfast.spooler.link import NotYet, Verdict
from holdfast.spooler.settings import SpooledService, SpoolSettings

_SERVICE: Final = SERVICE_HEADER.encode()
_ROUTE: Final = ROUTE_HEADER.encode()
KEY_MAX: Final = 255
ORDER_KEY_MAX: Final = 1_024
ID_LENGTH: Final = 40
FULL_RETRY_AFTER_S: Final = 30
HELD_RETRY_AFTER_S: Final = 2
_OF_THE_CONNECTION: Final = frozenset(
    {
        b"connection",
        b"content-length",
        b"expect",
        b"host",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_OWN_PREFIXES: Final = (b"x-holdfast-", b"x-envoy-")
_UNKNOWN: Final = refuse(404, "There is no such receipt.")
_DENIALS: Final[dict[Refusal | NotYet, Answer]] = {
    Refusal.CONFLICT: refuse(409, "This idempotency key was used for another request.", title="Idempotency key reused"),
    Refusal.TENANT_FULL: refuse(503, "Too much of yours is waiting already.", retry_after_s=FULL_RETRY_AFTER_S),
    Refusal.FULL: refuse(503, "Too much is waiting already.", retry_after_s=FULL_RETRY_AFTER_S),
    Refusal.DISK_FULL: refuse(503, "There is no room for more.", retry_after_s=FULL_RETRY_AFTER_S),
    NotYet.UNWRITABLE: refuse(503, "Nothing can be kept at this time.", retry_after_s=HELD_RETRY_AFTER_S),
    NotYet.HELD: refuse(
        503, "It is kept, but not in force yet: come back with the same key.", retry_after_s=HELD_RETRY_AFTER_S
    ),
}


class Acceptance:
    """A `http.Handler`. Its settings may be exchanged at any time; requests that are underway keep the old ones."""

    def __init__(self, settings: SpoolSettings, keeper: Keeper, now: Callable[[], float] = time) -> None:
        self.settings = settings
        self._keeper = keeper
        self._now = now

    def admit(self, head: Head) -> Answer | Admission:
        """Let in requests for receipts, without a body, and what may be deferred."""
        if not head.target.startswith("/"):
            return refuse(400, "The target is not a path.")
        if head.target.startswith(RECEIPTS_PATH):
            return Admission(0, "") if head.method in {"GET", "HEAD"} else refuse(405, "Receipts are only read.")
        found = self._find(head)
        if found is None:
            return refuse(404, "This is nothing that may be deferred.")
        service, deferral = found
        return _find_fault(head, service, deferral) or Admission(deferral.body_max, service.tenant)

    def answer(self, head: Head, body: bytes, tell: Callable[[Answer], None]) -> None:
        """Keep a message, or tell about one."""
        if head.target.startswith(RECEIPTS_PATH):
            self._look_up(head, tell)
            return
        found = self._find(head)
        if found is None:
            tell(refuse(503, "This may not be deferred any more.", retry_after_s=HELD_RETRY_AFTER_S))
            return
        self._keeper.keep(self._draft(head, body, *found), lambda verdict: tell(_answer_verdict(verdict)))

    def _find(self, head: Head) -> tuple[SpooledService, Deferral] | None:
        service = self.settings.services.get(head.get(_SERVICE) or "")
        deferral = service and service.routes.get(head.get(_ROUTE) or "")
        return (service, deferral) if service and deferral else None

    def _draft(self, head: Head, body: bytes, service: SpooledService, deferral: Deferral) -> Draft:
        now = self._now()
        return Draft(
            service=head.get(_SERVICE) or "",
            tenant=service.tenant,
            route=head.get(_ROUTE) or "",
            order_key=head.get(deferral.order_by.lower().encode()) if deferral.order_by else None,
            idempotency_key=head.get(service.idempotency_header.lower().encode()),
            priority=deferral.priority,
            method=head.method,
            host=head.get(b"host") or "",
            path=head.target,
            headers=_keep_headers(head),
            body=body,
            accepted_at=now,
            expires_at=now + deferral.age_max,
        )

    def _look_up(self, head: Head, tell: Callable[[Answer], None]) -> None:
        message_id = head.target.removeprefix(RECEIPTS_PATH).partition("?")[0]
        if len(message_id) != ID_LENGTH:
            tell(_UNKNOWN)
            return
        service = head.get(_SERVICE)
        self._keeper.look_up(message_id, lambda found: tell(_answer_receipt(found, service)))


def _find_fault(head: Head, service: SpooledService, deferral: Deferral) -> Answer | None:
    key = head.get(service.idempotency_header.lower().encode())
    if key is not None and not 1 <= len(key) <= KEY_MAX:
        return refuse(400, f"An idempotency key has 1 to {KEY_MAX} characters.")
    if deferral.order_by and len(head.get(deferral.order_by.lower().encode()) or "") > ORDER_KEY_MAX:
        return refuse(400, f"{deferral.order_by} has at most {ORDER_KEY_MAX} characters.")
    return None if head.get(b"host") else refuse(400, "The request names no host.")


def _keep_headers(head: Head) -> Headers:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in head.headers
        if name not in _OF_THE_CONNECTION and not name.startswith(_OWN_PREFIXES)
    )


def _answer_verdict(verdict: Verdict) -> Answer:
    if not isinstance(verdict, Accepted):
        return _DENIALS[verdict]
    receipt = RECEIPTS_PATH + verdict.id
    document = {"id": verdict.id, "receipt": receipt, "idempotency_key": verdict.idempotency_key}
    return Answer(202, document, {"location": receipt})


def _answer_receipt(found: Found, service: str | None) -> Answer:
    if isinstance(found, NotYet):
        return _DENIALS[found]
    if found is None or service not in {None, found.service}:
        return _UNKNOWN
    return Answer(200, _describe(found))


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
