from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.on_call import Shift
from holdfast.model.paging import Hours, OnCall, Override, Rotation
from holdfast.spec.paging_shifts import list_schedule

DAY_S = 86_400.0


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def find(on_call: OnCall, *moments: str, fed: tuple[Shift, ...] = ()) -> list[str | None]:
    times = [at(moment) for moment in moments]
    schedule = list_schedule(on_call, fed, min(times), max(times) + DAY_S)
    return [schedule.find(each) for each in times]


WEEKLY = Rotation(
    people=("ann", "bob", "cat"), time_zone="Europe/Berlin", handover_day="friday", begins=date(2026, 10, 14)
)


def test_turns_go_round_and_are_handed_over_by_the_clock_on_the_wall() -> None:
    """Berlin is two hours ahead of UTC until 25 October 2026, and one from then on."""
    moments = ["2026-10-14 06:59", "2026-10-14 07:00", "2026-10-16 07:00", "2026-10-23 06:59", "2026-10-23 07:00"]
    assert find(OnCall(rotations=(WEEKLY,)), *moments) == [None, "ann", "bob", "bob", "cat"]
    moments = ["2026-10-30 07:59", "2026-10-30 08:00", "2026-11-06 08:00"]
    assert find(OnCall(rotations=(WEEKLY,)), *moments) == ["cat", "ann", "bob"]


def test_an_override_counts_before_a_feed_and_a_feed_before_rotations() -> None:
    override = Override(who="dan", begin="2026-11-01 10:00", until="2026-11-01 12:00")
    fed = (Shift("eve", at("2026-11-01 11:00"), at("2026-11-01 13:00")),)
    on_call = OnCall(rotations=(WEEKLY,), overrides=(override,))
    moments = ["2026-11-01 09:59", "2026-11-01 10:00", "2026-11-01 12:00", "2026-11-01 13:00"]
    assert find(on_call, *moments, fed=fed) == ["ann", "dan", "eve", "ann"]


def test_a_rotation_that_ends_hands_over_to_one_that_begins_that_day() -> None:
    first = Rotation(people=("ann",), begins=date(2026, 1, 5), ends=date(2026, 11, 2))
    second = Rotation(people=("bob",), begins=date(2026, 11, 2))
    schedule = list_schedule(OnCall(rotations=(first, second)), (), at("2026-10-25"), at("2026-11-25"))
    assert schedule.list_gaps(at("2026-10-25"), at("2026-11-25")) == ()
    assert schedule.find(at("2026-11-02 08:59")) == "ann"
    assert schedule.find(at("2026-11-02 09:00")) == "bob"


def test_hours_past_midnight_belong_to_the_day_that_they_begin_on() -> None:
    nights = Hours(days=("friday",), begin="22:00", until="06:00")
    rotation = Rotation(people=("ann",), begins=date(2026, 1, 5), every="day", hours=nights)
    moments = ["2026-11-06 21:59", "2026-11-06 22:00", "2026-11-07 05:59", "2026-11-07 06:00", "2026-11-07 23:00"]
    assert find(OnCall(rotations=(rotation,)), *moments) == [None, "ann", "ann", None, None]


zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
rotations = st.builds(
    Rotation,
    people=st.lists(st.sampled_from(["ann", "bob", "cat"]), min_size=1, max_size=4).map(tuple),
    time_zone=zones,
    every=st.sampled_from(["day", "week"]),
    handover_day=st.sampled_from(["monday", "thursday", "sunday"]),
    handover=clocks,
    begins=st.dates(date(2020, 1, 1), date(2026, 12, 1)),
)
moments = st.floats(1_550_000_000.0, 1_830_000_000.0)
"""From 2019 to 2027."""


@given(rotations, moments)
def test_from_its_beginning_a_rotation_leaves_no_gap_at_any_time_of_any_year(rotation: Rotation, since: float) -> None:
    schedule = list_schedule(OnCall(rotations=(rotation,)), (), since, since + 30 * DAY_S)
    begun = at(f"{rotation.begins.isoformat()} {rotation.handover}", rotation.time_zone)
    gaps = schedule.list_gaps(max(since, begun), max(since, begun) + 1) if begun < since + 29 * DAY_S else ()
    assert gaps == ()
    if begun < since:
        assert schedule.list_gaps(since, since + 30 * DAY_S) == ()


@given(rotations, moments, st.floats(0, 30 * DAY_S))
def test_who_is_on_call_doesnt_depend_on_when_one_asks(rotation: Rotation, since: float, later_s: float) -> None:
    on_call = OnCall(rotations=(rotation,))
    early = list_schedule(on_call, (), since, since + 31 * DAY_S)
    late = list_schedule(on_call, (), since + later_s, since + later_s + DAY_S)
    assert early.find(since + later_s) == late.find(since + later_s)
