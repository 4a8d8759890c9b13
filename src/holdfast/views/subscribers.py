"""Subscribers as documents. Addresses are masked, unless somebody who may is to see them."""

from collections.abc import Sequence

from holdfast.model.letter import ChannelKind
from holdfast.model.noun import Noun
from holdfast.model.subscriber import Subscriber, SubscriberFigures, SubscriberId


class SubscriberDocument(Noun):
    """One subscriber. `address` is masked unless all of it was asked for. Times: Unix, in seconds.

    Whoever has `suspended_at` isn't told any more since then, because of what `suspended_for` says that the address
    answered; they are told again once they confirm again.
    """

    id: SubscriberId
    kind: ChannelKind
    address: str
    components: tuple[str, ...]
    regions: tuple[str, ...]
    confirmed_at: float
    suspended_at: float | None = None
    suspended_for: str | None = None


class SubscribersDocument(Noun):
    """A page of subscribers by id; how many are told by kind, asked and didn't confirm yet, and are suspended.

    `next` is the id after which the next page begins; None if there is none.
    """

    subscribers: tuple[SubscriberDocument, ...]
    counts: dict[str, int]
    asked: int
    suspended: int = 0
    next: SubscriberId | None = None


def show_subscribers(
    page: Sequence[Subscriber], figures: SubscriberFigures, count_max: int, *, with_addresses: bool
) -> SubscribersDocument:
    """A page of at most `count_max` as a document."""
    return SubscribersDocument(
        subscribers=tuple(_show(each, with_address=with_addresses) for each in page),
        counts=dict(figures.subscribers),
        asked=figures.asked,
        suspended=figures.suspended,
        next=page[-1].id if len(page) == count_max else None,
    )


def mask_address(kind: ChannelKind, address: str) -> str:
    """So much of an address as tells it from others, and doesn't say whose it is."""
    if kind is ChannelKind.EMAIL:
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}…@{domain}"
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/…"


def _show(subscriber: Subscriber, *, with_address: bool) -> SubscriberDocument:
    channel, suspension = subscriber.channel, subscriber.suspension
    address = channel.address.get_secret_value()
    return SubscriberDocument(
        id=subscriber.id,
        kind=channel.kind,
        address=address if with_address else mask_address(channel.kind, address),
        components=subscriber.interest.components,
        regions=subscriber.interest.regions,
        confirmed_at=subscriber.confirmed_at,
        suspended_at=suspension.at if suspension else None,
        suspended_for=suspension.why if suspension else None,
    )
