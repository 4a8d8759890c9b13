"""Subscribers as documents. Addresses are masked, unless somebody who may is to see them."""

from collections.abc import Mapping, Sequence

from holdfast.model.letter import ChannelKind
from holdfast.model.noun import Noun
from holdfast.model.subscriber import Subscriber, SubscriberId


class SubscriberDocument(Noun):
    """One subscriber. `address` is masked unless all of it was asked for. Time: Unix, in seconds."""

    id: SubscriberId
    kind: ChannelKind
    address: str
    components: tuple[str, ...]
    regions: tuple[str, ...]
    confirmed_at: float


class SubscribersDocument(Noun):
    """A page of subscribers by id, how many there are by kind, and how many asked and didn't confirm yet.

    `next` is the id after which the next page begins; None if there is none.
    """

    subscribers: tuple[SubscriberDocument, ...]
    counts: dict[str, int]
    asked: int
    next: SubscriberId | None = None


def show_subscribers(
    page: Sequence[Subscriber], counts: Mapping[str, int], asked: int, count_max: int, *, with_addresses: bool
) -> SubscribersDocument:
    """A page of at most `count_max` as a document."""
    return SubscribersDocument(
        subscribers=tuple(_show(each, with_address=with_addresses) for each in page),
        counts=dict(counts),
        asked=asked,
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
    channel, address = subscriber.channel, subscriber.channel.address.get_secret_value()
    return SubscriberDocument(
        id=subscriber.id,
        kind=channel.kind,
        address=address if with_address else mask_address(channel.kind, address),
        components=subscriber.interest.components,
        regions=subscriber.interest.regions,
        confirmed_at=subscriber.confirmed_at,
    )
