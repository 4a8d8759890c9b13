"""What is kept for later: seen by service, dead letters listed, inspected, redelivered and dropped."""

from typing import Annotated, Protocol, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from pydantic import StringConstraints

from holdfast.adapters.api.access import Anyone, Operator, Owner, may_see
from holdfast.adapters.api.bodies import OpenBody, RedeliverAllBody, WhyBody
from holdfast.adapters.api.problems import refuse
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.scalars import Name
from holdfast.model.token import Role, Token
from holdfast.views.spool import (
    DeadLettersDocument,
    MessageDocument,
    SpoolActionDocument,
    SpoolDocument,
    SpooledServiceDocument,
    hide_content,
    hide_queries,
)
from holdfast.views.spool_commands import SpoolCommands

router = APIRouter(prefix="/v1/spool")
SEQUENCE_MAX = 2**62
MessageId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Document = TypeVar("_Document")


class SpoolOperations(SpoolCommands, Protocol):
    """What the API needs of the spool."""

    def show(self) -> SpoolDocument:
        """What is kept of every service."""


async def _spool(request: Request) -> SpoolOperations:
    spool: SpoolOperations = request.app.state.spool
    return spool


Spool = Annotated[SpoolOperations, Depends(_spool)]
"""Whom a request about the spool is for."""
After = Annotated[int, Query(ge=0, le=SEQUENCE_MAX)]
CountMax = Annotated[int, Query(ge=1, le=1_000)]


@router.get("")
async def show_spool(token: Anyone, spool: Spool) -> SpoolDocument:
    """What is kept of every service that the caller may see, and how its switch stands."""
    shown = spool.show()
    return shown.model_copy(update={"services": tuple(s for s in shown.services if may_see(token, s.tenant))})


@router.get("/dead")
async def list_dead_letters(
    token: Anyone, spool: Spool, service: Name | None = None, after: After = 0, count_max: CountMax = 100
) -> DeadLettersDocument:
    """Dead letters by acceptance, without their content. An owner sees those of the own tenant."""
    tenant = token.tenant if token.role is Role.OWNER else None
    letters = _answer(await spool.list_dead(service, tenant, after, count_max))
    return letters if token.role in {Role.ADMIN, Role.OWNER} else hide_queries(letters)


@router.post("/dead/redeliver")
async def redeliver_dead_letters(operator: Operator, spool: Spool, body: RedeliverAllBody) -> SpoolActionDocument:
    """Let all dead letters of a service wait for delivery again."""
    return _answer(await spool.redeliver_all(operator.name, body.service, body.reason))


@router.get("/messages/{message_id}")
async def inspect_message(token: Anyone, spool: Spool, message_id: MessageId) -> MessageDocument:
    """What became of a message. Its content is shown to admins and to the owner of its tenant."""
    message = await _find(token, spool, message_id)
    is_theirs = token.role is Role.ADMIN or (token.role is Role.OWNER and token.tenant == message.tenant)
    return message if is_theirs else hide_content(message)


@router.post("/messages/{message_id}/redeliver")
async def redeliver_message(owner: Owner, spool: Spool, message_id: MessageId, body: WhyBody) -> SpoolActionDocument:
    """Let a dead letter wait for delivery again."""
    await _find(owner, spool, message_id)
    return _answer(await spool.redeliver(owner.name, message_id, body.reason))


@router.post("/messages/{message_id}/drop")
async def drop_message(owner: Owner, spool: Spool, message_id: MessageId, body: WhyBody) -> SpoolActionDocument:
    """Never deliver a message that waits or is dead."""
    await _find(owner, spool, message_id)
    return _answer(await spool.drop(owner.name, message_id, body.reason))


@router.post("/services/{service}/open")
async def open_spool(operator: Operator, spool: Spool, service: Name, body: OpenBody) -> SpooledServiceDocument:
    """Send all that is deferrable of a service to the spool, for so long."""
    return _answer(await spool.open(operator.name, service, body.for_s, body.reason))


@router.post("/services/{service}/close")
async def close_spool(operator: Operator, spool: Spool, service: Name, body: WhyBody) -> SpooledServiceDocument:
    """Let a service's requests go directly again, once what is kept in order is delivered."""
    return _answer(await spool.close(operator.name, service, body.reason))


async def _find(token: Token, spool: SpoolOperations, message_id: str) -> MessageDocument:
    """A message that exists for the caller."""
    message = _answer(await spool.inspect(message_id))
    if not may_see(token, message.tenant):
        raise refuse(Refusal(RefusalCode.MESSAGE_UNKNOWN, f"there is no message {message_id}"))
    return message


def _answer(answer: _Document | Refusal) -> _Document:
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
