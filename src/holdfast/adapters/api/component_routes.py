"""Components of Holdfast itself: seen, switched on and off, put back to the version before, given another build."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request

from holdfast.adapters.api.access import Admin, Operator, Viewer
from holdfast.adapters.api.bodies import InstallBody, SwitchBody
from holdfast.adapters.api.problems import refuse
from holdfast.model.refusal import Refusal
from holdfast.model.scalars import Name
from holdfast.views.components import ComponentDocument, ComponentsDocument
from holdfast.views.queries import FlaggedDocument, QueriesDocument

router = APIRouter(prefix="/v1/components")


class ComponentOperations(Protocol):
    """What the API needs of the components. `author` is the name on the caller's token."""

    def components(self) -> ComponentsDocument:
        """Every component."""

    async def queries(self, service: str) -> QueriesDocument:
        """What is known of a service's operations."""

    def flagged(self) -> FlaggedDocument:
        """Operations lately found to be large or complex."""

    async def switch(self, author: str, name: str, *, on: bool, reason: str) -> ComponentDocument | Refusal:
        """Switch a component on, or off."""

    async def revert(self, author: str, name: str, reason: str) -> ComponentDocument | Refusal:
        """Run the version that ran before the present one."""

    async def install(self, author: str, name: str, path: str, reason: str) -> ComponentDocument | Refusal:
        """Take a copy of a build on control's machine, and run it."""


async def _components(request: Request) -> ComponentOperations:
    components: ComponentOperations = request.app.state.components
    return components


Components = Annotated[ComponentOperations, Depends(_components)]
"""Whom a request about components is for."""


@router.get("")
async def list_components(_viewer: Viewer, components: Components) -> ComponentsDocument:
    """What each component takes of the machine, how far it is trusted, and why."""
    return components.components()


@router.post("/{name}/on")
async def switch_on(operator: Operator, components: Components, name: Name, body: SwitchBody) -> ComponentDocument:
    """Run a component that is off, in the version that ran last."""
    return _answer(await components.switch(operator.name, name, on=True, reason=body.reason))


@router.post("/{name}/off")
async def switch_off(operator: Operator, components: Components, name: Name, body: SwitchBody) -> ComponentDocument:
    """End a component's process now, and don't start it again."""
    return _answer(await components.switch(operator.name, name, on=False, reason=body.reason))


@router.post("/{name}/revert")
async def revert_component(
    operator: Operator, components: Components, name: Name, body: SwitchBody
) -> ComponentDocument:
    """End a component's process now, and run the version that ran before."""
    return _answer(await components.revert(operator.name, name, body.reason))


@router.post("/{name}/install")
async def install_component(admin: Admin, components: Components, name: Name, body: InstallBody) -> ComponentDocument:
    """Run a build in place of the present version. Its code runs as Holdfast's user, so this is for admins only."""
    return _answer(await components.install(admin.name, name, body.path, body.reason))


def _answer(answer: ComponentDocument | Refusal) -> ComponentDocument:
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
