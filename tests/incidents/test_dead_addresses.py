"""An address is dead once letter after letter was refused for good, over days."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.dead_addresses import REFUSED_MIN, REFUSED_OVER_S, is_dead
from holdfast.model.letter import ChannelKind, Refusals

START = 1_795_330_000.0


def refused(kind: ChannelKind, count: int = REFUSED_MIN, over_s: float = REFUSED_OVER_S) -> Refusals:
    return Refusals("s-1", kind, count, START, START + over_s, "the webhook answered 410")


def test_often_enough_and_over_long_enough() -> None:
    assert is_dead(refused(ChannelKind.WEBHOOK), None)
    assert not is_dead(refused(ChannelKind.WEBHOOK, count=REFUSED_MIN - 1), None)
    assert not is_dead(refused(ChannelKind.WEBHOOK, count=100, over_s=REFUSED_OVER_S - 1), None)


def test_a_mail_server_that_takes_nothing_kills_nobody() -> None:
    assert not is_dead(refused(ChannelKind.EMAIL), None)
    assert not is_dead(refused(ChannelKind.EMAIL), START - 1)
    assert is_dead(refused(ChannelKind.EMAIL), START + 1)


@given(
    count=st.integers(1, 9),
    more=st.integers(0, 9),
    over_s=st.floats(0, 1e7),
    longer_s=st.floats(0, 1e7),
    kind=st.sampled_from(ChannelKind),
    arrived_s=st.none() | st.floats(-1e7, 1e7),
)
def test_who_is_dead_stays_so_with_every_further_refusal(
    count: int, more: int, over_s: float, longer_s: float, kind: ChannelKind, arrived_s: float | None
) -> None:
    arrived_at = None if arrived_s is None else START + arrived_s
    before = is_dead(refused(kind, count, over_s), arrived_at)
    assert not before or is_dead(refused(kind, count + more, over_s + longer_s), arrived_at)
