"""The status site's subscribers: listed with their addresses masked, exported by admins, removed."""

from http import HTTPStatus
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from holdfast.adapters.api.access import Admin, Operator, Viewer
from holdfast.adapters.api.problems import Problem
from holdfast.model.noun import Noun
from holdfast.model.subscriber import SubscriberId, SubscribersUnavailable
from holdfast.views.subscribers import SubscribersDocument

router = APIRouter(prefix="/v1/subscribers")
PAGE_MAX: Final = 1_000


class SubscriberDirectory(Protocol):
    """Who subscribed. SubscribersUnavailable if that can't be had now."""

    async def list_page(self, after: str, count_max: int, *, with_addresses: bool) -> SubscribersDocument:
        """At most `count_max` subscribers after an id; addresses are masked, unless they are asked for."""

    async def remove(self, id_: str) -> bool:
        """Erase a subscriber and the letters that wait for them; False if there is none."""


class Asked(Noun):
    """Which subscribers: after an id, at most so many."""

    after: SubscriberId | None = None
    count_max: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 100


async def _directory(request: Request) -> SubscriberDirectory:
    directory: SubscriberDirectory = request.app.state.subscribers
    return directory


TheDirectory = Annotated[SubscriberDirectory, Depends(_directory)]
TheId = Annotated[SubscriberId, Path()]


@router.get("")
async def list_subscribers(
    _viewer: Viewer, directory: TheDirectory, asked: Annotated[Asked, Query()]
) -> SubscribersDocument:
    """Subscribers by id, with their addresses masked, and how many there are."""
    return await _list(directory, asked, with_addresses=False)


@router.get("/export")
async def export_subscribers(
    _admin: Admin, directory: TheDirectory, asked: Annotated[Asked, Query()]
) -> SubscribersDocument:
    """The same with their addresses, for admins only."""
    return await _list(directory, asked, with_addresses=True)


@router.delete("/{subscriber}", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
async def remove_subscriber(_operator: Operator, directory: TheDirectory, subscriber: TheId) -> None:
    """Erase a subscriber; nothing more is sent there."""
    try:
        removed = await directory.remove(subscriber)
    except SubscribersUnavailable as error:
        raise _unavailable(error) from None
    if not removed:
        raise Problem(HTTPStatus.NOT_FOUND, "subscriber_unknown", f"there is no subscriber {subscriber}")


async def _list(directory: SubscriberDirectory, asked: Asked, *, with_addresses: bool) -> SubscribersDocument:
    try:
        return await directory.list_page(asked.after or "", asked.count_max, with_addresses=with_addresses)
    except SubscribersUnavailable as error:
        raise _unavailable(error) from None


def _unavailable(error: SubscribersUnavailable) -> Problem:
    detail = f"the subscribers can't be had now: {error}"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "subscribers_unavailable", detail, headers={"Retry-After": "1"})
