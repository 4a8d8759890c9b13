"""Who comes back when: never before what it depends on, the critical first, and everybody in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.dependencies import find_cycle
from holdfast.model.mitigation import Hold, Mitigation
from holdfast.model.restoration import Health, Place, Returning, Sight, Stage
from holdfast.recover.restoration.advance import (
    HOLD_S,
    PROLONG_LEFT_S,
    STARTING_MAX,
    STARTING_SHARE,
    STUCK_S,
    Advance,
    Clocks,
    Situation,
    advance,
    read_returning,
)
from holdfast.recover.restoration.health import assess
from holdfast.recover.restoration.order import find_ranks, list_in_order
from holdfast.recover.restoration.ramp import BEYOND_FACTOR, CALM_S, FULL_SHARE, START_RPS_MIN
from holdfast.recover.restoration.steps import EndHold, LetIn, Prolong

WELL = Sight(answers=True)
ILL = Sight(answers=False, why="GET / at e1: 500, expected 200")


@dataclass
class Play:
    """A restoration whose steps are done at once, at a clock of its own."""

    places: dict[str, Place]
    sights: dict[str, Sight] = field(default_factory=dict)
    capacity: Mapping[str, float] = field(default_factory=dict)
    returning: dict[str, Returning] = field(default_factory=dict)
    clocks: Clocks = field(default_factory=dict)
    now: float = 1_000.0
    let_in: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)

    def hold(self, *names: str, pinned: bool = False) -> "Play":
        for name in names or self.places:
            self.returning[name] = Returning(
                name, f"m-{len(self.returning) + 1}", self.now, self.now, self.now + HOLD_S, None, pinned, "ann", "lost"
            )
        return self

    def look(self) -> Advance:
        sights = {name: self.sights.get(name, WELL) for name in self.places}
        seen = advance(Situation(self.now, dict(self.returning), self.places, sights, self.capacity), self.clocks)
        self.clocks = seen.clocks
        for step in seen.steps:
            before = step.returning
            if isinstance(step, EndHold):
                del self.returning[before.service]
                self.back.append(before.service)
            elif isinstance(step, LetIn):
                if before.stage is Stage.HELD:
                    self.let_in.append(before.service)
                after = replace(before, let_in_rps=step.rps, changed_at=self.now, expires_at=self.now + HOLD_S)
                self.returning[before.service] = after
        return seen

    def pass_time(self, for_s: float) -> "Play":
        end = self.now + for_s
        while self.now < end and self.returning:
            self.look()
            self.now += 1.0
        return self

    def waits(self, name: str) -> str:
        return next(each.waits_for for each in self.look().standings if each.service == name)


def place(*depends_on: str, rank: int = 2, usual: float = 100.0, shares: tuple[str, ...] = ()) -> Place:
    return Place(rank, depends_on, usual, shares)


def test_a_service_is_let_in_a_little_and_then_more_until_it_is_back() -> None:
    play = Play({"shop": place()}).hold()
    (step,) = play.look().steps
    assert isinstance(step, LetIn)
    assert step.rps == 10.0
    rates = [step.rps]
    while "shop" in play.returning:
        play.now += 1.0
        play.look()
        rate = play.returning["shop"].let_in_rps if "shop" in play.returning else None
        if rate not in {None, rates[-1]}:
            rates.append(rate or 0.0)
    assert rates == sorted(rates)
    assert rates[-1] == 100.0 * FULL_SHARE
    assert play.back == ["shop"]


def test_what_nothing_is_known_of_starts_small_too() -> None:
    play = Play({"shop": place(usual=0.0)}, {"shop": Sight()}).hold()
    (step,) = play.look().steps
    assert isinstance(step, LetIn)
    assert step.rps == START_RPS_MIN
    assert play.pass_time(20).back == ["shop"]


def test_nobody_is_let_in_before_what_it_depends_on_takes_its_usual_load() -> None:
    play = Play({"db": place(), "api": place("db"), "web": place("api", "db")}).hold()
    play.look()
    assert play.let_in == ["db"]
    assert play.waits("api") == "db, which isn't let in for all that comes yet"
    assert play.waits("web") == "api, which is held"
    while "api" not in play.let_in:
        assert "web" not in play.let_in
        rate = play.returning["db"].let_in_rps if "db" in play.returning else 100.0
        play.pass_time(1)
    assert (rate or 0.0) >= 100.0
    assert play.pass_time(60).back == ["db", "api", "web"]


def test_a_dependency_that_refuses_much_isnt_ready_for_others() -> None:
    storm = Sight(answers=True, offered_rps=400.0, admitted_rps=120.0, refused_rps=280.0)
    play = Play({"db": place(), "api": place("db")}, {"db": storm}).hold().pass_time(60)
    assert play.let_in == ["db"]
    play.sights["db"] = replace(storm, offered_rps=130.0, refused_rps=10.0)
    assert play.pass_time(CALM_S + 2).let_in == ["db", "api"]


def test_a_dependency_that_never_went_away_must_be_well() -> None:
    play = Play({"db": place(), "api": place("db")}, {"db": Sight(True, "", 100.0, 100.0, 0.0, failing=0.5)})
    play.hold("api").look()
    assert play.let_in == []
    assert play.waits("api") == "db: 50% of its requests fail"
    play.sights["db"] = WELL
    play.look()
    assert play.let_in == ["api"]


def test_a_service_is_held_until_its_own_probes_are_answered() -> None:
    play = Play({"shop": place()}, {"shop": ILL}).hold().pass_time(30)
    assert play.let_in == []
    assert play.waits("shop") == "its own health: GET / at e1: 500, expected 200"
    play.sights["shop"] = WELL
    assert play.pass_time(2).let_in == ["shop"]


def test_who_has_probes_is_held_until_they_were_asked() -> None:
    play = Play({"shop": place()}, {"shop": Sight(is_pending=True)}).hold()
    assert play.waits("shop") == "its probes to be asked"
    assert play.let_in == []
    play.sights["shop"] = WELL
    assert play.pass_time(1).let_in == ["shop"]


def test_the_critical_go_first() -> None:
    places = {f"c{n}": place(rank=0) for n in range(STARTING_MAX + 2)} | {"toy": place(rank=3)}
    play = Play(places).hold()
    play.look()
    assert play.let_in == sorted(play.let_in)
    assert len(play.let_in) == STARTING_MAX
    assert play.waits("toy") == "c8, which is more critical"
    assert play.pass_time(120).let_in[-1] == "toy"


def test_what_a_critical_service_depends_on_is_as_critical() -> None:
    places = {"log": place(rank=3), "pay": place("log", rank=0), "shop": place(rank=1)}
    assert find_ranks(places) == {"log": 0, "pay": 0, "shop": 1}
    assert list_in_order(places) == ("log", "pay", "shop")
    assert Play(places).hold().pass_time(120).let_in == ["log", "pay", "shop"]


def test_who_is_stuck_holds_up_its_dependents_and_nobody_else_for_long() -> None:
    places = {"pay": place(rank=0), "till": place("pay", rank=0), "shop": place(rank=2)}
    play = Play(places, {"pay": ILL}).hold().pass_time(STUCK_S - 5)
    assert play.let_in == []
    assert play.waits("shop") == "pay, which is more critical"
    assert play.pass_time(10).let_in == ["shop"]
    stuck = {each.service: each.stuck for each in play.look().standings}
    assert stuck == {"pay": True, "till": True, "shop": False}


def test_who_is_pinned_waits_for_people_and_nobody_waits_for_it_but_its_dependents() -> None:
    play = Play({"pay": place(rank=0), "shop": place(rank=2), "till": place("pay", rank=2)})
    play.hold("shop", "till").hold("pay", pinned=True)
    play.look()
    assert play.let_in == ["shop"]
    assert play.waits("pay") == "people to release it"
    assert play.pass_time(600).let_in == ["shop"]


def test_no_more_start_at_a_site_than_it_has_room_for() -> None:
    places = {f"s{n}": place(usual=100.0, shares=("eu",)) for n in range(4)}
    play = Play(places, capacity={"eu": 200.0 / STARTING_SHARE}).hold()
    play.look()
    assert play.let_in == ["s0", "s1"]
    assert play.waits("s2") == "room at eu: 2 services start there at the moment"
    assert play.pass_time(120).back == ["s0", "s1", "s2", "s3"]


def test_one_that_is_larger_than_the_room_goes_alone() -> None:
    places = {"big": place(usual=1_000.0, shares=("eu",)), "small": place(usual=1.0, shares=("eu",))}
    play = Play(places, capacity={"eu": 100.0}).hold()
    play.look()
    assert play.let_in == ["big"]
    assert play.pass_time(120).back == ["big", "small"]


def test_who_fails_is_let_in_for_less_and_comes_back_when_it_is_well() -> None:
    play = Play({"shop": place()}).hold().pass_time(7)
    before = play.returning["shop"].let_in_rps or 0.0
    play.sights["shop"] = Sight(True, "", 90.0, before, 0.0, failing=0.2)
    play.pass_time(5)
    after = play.returning["shop"].let_in_rps or 0.0
    assert after < before
    assert after >= 10.0
    play.sights["shop"] = WELL
    assert play.pass_time(60).back == ["shop"]


def test_a_retry_storm_isnt_let_in_at_once_and_doesnt_keep_a_hold_for_ever() -> None:
    play = Play({"shop": place()}).hold().pass_time(14)
    play.sights["shop"] = Sight(True, "", 500.0, 120.0, 380.0)
    play.pass_time(6)
    rate = play.returning["shop"].let_in_rps or 0.0
    assert 100.0 * FULL_SHARE < rate <= 100.0 * FULL_SHARE * BEYOND_FACTOR**3 * 1.01
    play.sights["shop"] = Sight(True, "", 600.0, 600.0, failing=0.3)
    while play.returning["shop"].let_in_rps == rate:
        play.pass_time(1)
    assert play.returning["shop"].let_in_rps == 100.0 * FULL_SHARE
    play.sights["shop"] = Sight(True, "", 90.0, 90.0)
    assert play.pass_time(10).back == ["shop"]


def test_holds_dont_run_out_while_somebody_looks_after_them() -> None:
    play = Play({"shop": place()}, {"shop": ILL}).hold()
    play.now += HOLD_S - PROLONG_LEFT_S + 1
    (step,) = play.look().steps
    assert isinstance(step, Prolong)


def test_services_that_depend_on_each_other_wait_for_people_and_nobody_waits_for_them() -> None:
    places = {"a": place("b", rank=0), "b": place("a", rank=0), "c": place(rank=3)}
    play = Play(places).hold().pass_time(STUCK_S + 5)
    assert play.let_in == ["c"]
    assert find_cycle({name: each.depends_on for name, each in places.items()}) == ("a", "b")


def test_what_is_on_its_way_back_is_read_from_the_holds() -> None:
    def hold(number: int, service: str, **more: object) -> Mitigation:
        measure = Hold.model_validate({"service": service, **more})
        return Mitigation(
            id=f"m-{number}",
            measure=measure,
            reason="lost",
            author="ann",
            started_at=100.0 + number,
            expires_at=3_800.0,
        )

    read = read_returning([hold(1, "shop"), hold(2, "shop", requests_per_s=7.0), hold(3, "api", pinned=True)])
    assert read["shop"].hold == "m-2"
    assert read["shop"].stage is Stage.RAMPING
    assert (read["api"].stage, read["api"].pinned) == (Stage.HELD, True)
    assert read["shop"].changed_at == 200.0


def test_health_is_told_by_requests_before_probes() -> None:
    assert assess(None)[0] is Health.UNKNOWN
    assert assess(Sight())[0] is Health.UNKNOWN
    assert assess(WELL)[0] is Health.GOOD
    assert assess(ILL) == (Health.BAD, ILL.why)
    assert assess(Sight(True, "", 10.0, 10.0, failing=0.5)) == (Health.BAD, "50% of its requests fail")
    assert assess(Sight(None, "", 10.0, 10.0))[0] is Health.GOOD
    assert assess(Sight(None, "", 10.0, 10.0, slow=0.9))[0] is Health.BAD


@st.composite
def platforms(draw: st.DrawFn) -> dict[str, Place]:
    count = draw(st.integers(1, 12))
    names = [f"s{n:02}" for n in range(count)]
    return {
        name: place(
            *sorted(draw(st.sets(st.sampled_from(names[:n]), max_size=3)) if n else ()),
            rank=draw(st.integers(0, 3)),
            usual=draw(st.sampled_from((0.0, 3.0, 80.0, 2_000.0))),
            shares=draw(st.sampled_from(((), ("eu",), ("us",)))),
        )
        for n, name in enumerate(names)
    }


@settings(max_examples=60, deadline=None)
@given(platforms(), st.data())
def test_any_platform_comes_back_in_order_and_wholly(places: dict[str, Place], data: st.DataObject) -> None:
    play = Play(places, capacity={"eu": 500.0, "us": 9_000.0}).hold()
    ranks = find_ranks(places)
    for _ in range(40):
        ill = data.draw(st.sets(st.sampled_from(sorted(places)), max_size=2))
        play.sights = dict.fromkeys(ill, ILL)
        before = set(play.let_in)
        held = {name for name, each in play.returning.items() if each.stage is Stage.HELD}
        stuck = {each.service for each in play.look().standings if each.stuck}
        for name in set(play.let_in) - before:
            for needed in places[name].depends_on:
                assert needed not in held
                assert needed not in ill
            assert name not in ill
            still = {each for each in held - set(play.let_in) - stuck if ranks[each] < ranks[name]}
            assert not still, f"{name} before {still}"
        play.now += 1.0
    play.sights = {}
    play.pass_time(3_000)
    assert play.returning == {}
