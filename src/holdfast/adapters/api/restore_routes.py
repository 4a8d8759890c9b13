"""Services that come back after an outage: seen, and steered."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request

from holdfast.adapters.api.access import Operator, Viewer
from holdfast.adapters.api.bodies import StartBody, SteerBody
from holdfast.adapters.api.problems import refuse
from holdfast.model.refusal import Refusal
from holdfast.model.scalars import Name
from holdfast.views.restoration import RestorationDocument

router = APIRouter(prefix="/v1/restoration")


class Restoration(Protocol):
    """What may be seen of a restoration and done with it. `author` is the name on the caller's token."""

    def show(self) -> RestorationDocument:
        """Who comes back when, and what they wait for."""

    async def start(self, author: str, names: tuple[str, ...], reason: str) -> RestorationDocument | Refusal:
        """Hold these services, and all at these sites (no names: all services), and let them come back in turns."""

    async def hold(self, author: str, service: str, reason: str) -> RestorationDocument | Refusal:
        """Hold a service until people release it."""

    async def release(self, author: str, service: str, reason: str) -> RestorationDocument | Refusal:
        """Let a service in now; one that is let in for a part already, for all that comes."""

    async def stop(self, author: str, reason: str) -> RestorationDocument | Refusal:
        """Let everybody in at once, for all that comes."""


async def _restoration(request: Request) -> Restoration:
    restoration: Restoration = request.app.state.restoration
    return restoration


Known = Annotated[Restoration, Depends(_restoration)]


@router.get("")
async def show_restoration(_viewer: Viewer, restoration: Known) -> RestorationDocument:
    """Who is held, who is let in for how much, since when, and what each waits for."""
    return restoration.show()


@router.post("/start")
async def start_restoration(operator: Operator, restoration: Known, body: StartBody) -> RestorationDocument:
    """Hold services, and let them come back one after the other: the critical first, none before what it depends on."""
    return _answer(await restoration.start(operator.name, body.names, body.reason))


@router.post("/stop")
async def stop_restoration(operator: Operator, restoration: Known, body: SteerBody) -> RestorationDocument:
    """Let everybody in at once, for all that comes."""
    return _answer(await restoration.stop(operator.name, body.reason))


@router.post("/{service}/hold")
async def hold_service(operator: Operator, restoration: Known, service: Name, body: SteerBody) -> RestorationDocument:
    """Hold a service until somebody releases it."""
    return _answer(await restoration.hold(operator.name, service, body.reason))


@router.post("/{service}/release")
async def release_service(
    operator: Operator, restoration: Known, service: Name, body: SteerBody
) -> RestorationDocument:
    """Let a service in now, whatever it waits for; one that is let in for a part already, for all that comes."""
    return _answer(await restoration.release(operator.name, service, body.reason))


def _answer(answer: RestorationDocument | Refusal) -> RestorationDocument:
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
