"""All about subscribers together: made, kept running, ended."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

from holdfast.adapters.notify import NotifySettings
from holdfast.model.letter import RefusingOutbox
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.subscribing.notices import SubscriberNotices
from holdfast.runtime.incidents.subscribing.subscriptions import Subscriptions
from holdfast.runtime.incidents.subscribing.suspending import DeadAddresses
from holdfast.runtime.state_dir import StateDir


@dataclass(frozen=True, slots=True)
class SubscribingParts:
    """What people ask of subscribers, and what tells them."""

    desk: Subscriptions
    work: Sequence[Callable[[], Coroutine[None, None, None]]]


def make_subscribing(
    control: Control, places: StateDir, notify: NotifySettings, outbox: RefusingOutbox
) -> SubscribingParts:
    """All of it, at rest."""
    desk = Subscriptions(control, places.path / "subscribers.db", notify, outbox)
    notices, dead = SubscriberNotices(control, desk, outbox), DeadAddresses(control, desk, outbox)
    return SubscribingParts(desk, (desk.run, notices.run, dead.run))
