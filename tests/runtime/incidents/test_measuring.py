"""What was measured, read a little at a time: the same as if all of it were read."""

from fakes.loop import in_loop
from fakes.status_site import NOW, TODAY, FakeAccounts, make_platform
from holdfast.incidents.day_bars import make_history
from holdfast.model.downtime import Standing
from holdfast.model.status_document import DAYS, PUBLISH_S, DayKind
from holdfast.runtime.incidents.publishing.measuring import (
    FRESH_DAYS,
    WHOLE_S,
    Histories,
    read_histories,
    read_standings,
)


@in_loop
async def test_old_days_are_read_once_an_hour_and_new_ones_every_minute() -> None:
    accounts, platform = FakeAccounts(), make_platform()
    first = await read_histories(accounts, platform, NOW, Histories())
    assert accounts.asked == [DAYS] * 6
    assert await read_histories(accounts, platform, NOW + PUBLISH_S / 2, first) is first
    accounts.asked.clear()
    accounts.down_s = 7_200.0
    second = await read_histories(accounts, platform, NOW + PUBLISH_S, first)
    assert accounts.asked == [FRESH_DAYS] * 6
    whole = make_history(accounts.list_days("shop", "europe", DAYS), TODAY)
    assert second.found["shop", "europe"] == whole
    assert whole.bars[-1].kind is DayKind.LONG_DOWN
    accounts.asked.clear()
    await read_histories(accounts, platform, NOW + WHOLE_S, second)
    assert accounts.asked == [DAYS] * 6


@in_loop
async def test_other_components_are_read_whole_and_the_same_on_another_platform_are_not() -> None:
    accounts = FakeAccounts()
    first = await read_histories(accounts, make_platform(), NOW, Histories())
    assert await read_histories(accounts, make_platform(title="Another"), NOW + 1, first) is first
    accounts.asked.clear()
    other = make_platform({"store": {"title": "Store", "services": ["secret-shop"]}})
    await read_histories(accounts, other, NOW + 1, first)
    assert accounts.asked == [DAYS] * 3


@in_loop
async def test_what_says_the_same_is_the_same_object() -> None:
    accounts, platform = FakeAccounts(), make_platform()
    first = await read_histories(accounts, platform, NOW, Histories())
    second = await read_histories(accounts, platform, NOW + PUBLISH_S, first)
    assert all(second.found[place] is first.found[place] for place in first.found)


@in_loop
async def test_where_nothing_is_measured_nothing_is_known() -> None:
    platform = make_platform()
    histories = await read_histories(None, platform, NOW, Histories())
    assert {bar.kind for history in histories.found.values() for bar in history.bars} == {DayKind.UNKNOWN}
    assert read_standings(None, platform) == {}
    assert set(read_standings(FakeAccounts(), platform).values()) == {Standing.UP}
