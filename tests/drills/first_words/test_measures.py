"""What is made of what was seen: every way in which somebody isn't told fails the drill."""

import math
from dataclasses import dataclass, field

import pytest

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.first_words.afterwards import Crawl, Postmortem
from holdfast.drills.first_words.announced import Announced
from holdfast.drills.first_words.attacks import AttackRun
from holdfast.drills.first_words.cast import draw_cast
from holdfast.drills.first_words.growth import Grown
from holdfast.drills.first_words.measures import MEASURED, Run, find_paged_at, measure_run, measure_silence
from holdfast.drills.first_words.platform_file import BEAT, FOLLOWER
from holdfast.drills.first_words.scenario import FirstWords
from holdfast.drills.first_words.stand import Seen
from holdfast.drills.result import Verdict, judge
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.pagers import Arrival
from holdfast.drills.stage.site_reader import Word

SCENARIO = load_scenario_of(FirstWords, "first-words")
CAST = draw_cast(SCENARIO, SCENARIO.short, 7)
VICTIM, OTHER = (attack.tenant.name for attack in CAST.attacks)
WHOLE_SITE = Crawl(12, (), 0)
WHOLE = dict.fromkeys(MEASURED, 1.0)


def page(incident: str, pager: str, at: float, *, taken: bool = True, step: int = 1) -> Arrival:
    return Arrival(pager, at, f"page/{incident}/first/{step}/{pager}", {}, taken)


def tell(incident: str, at: float) -> Arrival:
    return Arrival(FOLLOWER, at, f"notice/{incident}", {"incident": {"id": incident}}, taken=True)


def pages_and(*more: Arrival) -> list[Arrival]:
    """As they are, but for the pages."""
    return [*(each for each in Play().arrivals if not each.key.startswith("page/")), *more]


@dataclass
class Play:
    """One attack at 100 s with all pagers alive, one at 200 s with a dead one, growth from 300 s to 900 s."""

    arrivals: list[Arrival] = field(
        default_factory=lambda: [
            page("i-1", "first", 102.0),
            page("i-2", "first", 202.0, taken=False),
            page("i-2", "second", 208.0),
            page("i-2", "colleague", 220.0),
            tell("i-1", 106.0),
            tell("i-2", 207.0),
            Arrival(BEAT, 150.0, "heartbeat/1", {}, taken=True),
        ]
    )
    words: list[Word] = field(
        default_factory=lambda: [
            Word("i-1", "i-1-1", "investigating", 104.0),
            Word("i-2", "i-2-1", "investigating", 205.0),
        ]
    )
    opened: bool = True
    shown_at: float | None = 20.5
    moments_s: dict[str, float | None] = field(default_factory=lambda: dict(WHOLE))
    mitigations: int = 1
    usual: bool = True
    postmortem: str = "Shop 1 was slow"
    promised_s: float | None = 1.0
    protections: str = "Every tenant has a limit of its own."
    crawl: Crawl = WHOLE_SITE
    public: str = "Shop 1"
    warned_at: float | None = 700.0

    def run(self) -> Run:
        first, second = CAST.attacks
        seen = [
            Seen("i-1", frozenset({VICTIM}), 101.0, is_open=True),
            Seen("i-2", frozenset({OTHER}), 201.0, is_open=True),
        ]
        return Run(
            attacks=(
                AttackRun(first, 100.0, 120.0, False, seen[0], 103.0, 125.0),
                AttackRun(second, 200.0, 220.0, True, seen[1] if self.opened else None, 221.0, 225.0),
            ),
            arrivals=tuple(self.arrivals),
            words=tuple(self.words),
            announced=Announced(20.0, 30.0, self.shown_at, 30.5),
            postmortems=(Postmortem(self.moments_s, self.usual, self.mitigations, True, self.postmortem),) * 2,
            promised_s=self.promised_s,
            protections=self.protections,
            crawl=self.crawl,
            names=frozenset({VICTIM, OTHER}),
            public=self.public,
            grown=Grown(300.0, 900.0),
            warned_at=self.warned_at,
        )


def measure(play: Play, *, short: bool = False) -> Sheet[FirstWords]:
    sheet = Sheet(SCENARIO, 7, protected=True, short=short)
    measure_run(sheet, play.run())
    return sheet


def test_who_is_woken_and_told_in_time_passes() -> None:
    sheet = measure(Play())
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS
    values = {name: measured.value for name, measured in sheet.measures.items()}
    assert (values["first_page_max"], values["first_post_max"], values["next_channel_max"]) == (2.0, 5.0, 8.0)
    assert values["next_person_max"] == 20.0
    assert values["warned_of_growth_ahead"] == 200.0


@pytest.mark.parametrize(
    ("play", "failing"),
    [
        (
            Play(arrivals=pages_and(page("i-1", "first", 111.0))),
            {"first_page_max", "next_channel_max", "pages_after_acknowledgement"},
        ),
        (
            Play(arrivals=pages_and(page("i-1", "first", 102.0), page("i-2", "second", 261.0))),
            {"next_channel_max", "pages_after_acknowledgement"},
        ),
        (
            Play(arrivals=[*Play().arrivals, page("i-1", "first", 102.5)]),
            {"pages_doubled"},
        ),
        (
            Play(arrivals=[*Play().arrivals, page("i-1", "colleague", 110.0, step=2)]),
            {"pages_after_acknowledgement"},
        ),
        (
            Play(arrivals=[*Play().arrivals, page("i-1", "second", 102.1)]),
            {"second_channel_without_need"},
        ),
        (
            Play(arrivals=[each for each in Play().arrivals if each.pager != FOLLOWER]),
            {"follower_told", "follower_told_max"},
        ),
        (
            Play(arrivals=[*(each for each in Play().arrivals if each.pager != FOLLOWER), tell("i-1", 191.0)]),
            {"follower_told", "follower_told_max"},
        ),
        (Play(arrivals=[each for each in Play().arrivals if each.pager != BEAT]), {"heartbeats_came_through"}),
        (Play(words=[Word("i-1", "i-1-1", "investigating", 104.0)]), {"first_post_max"}),
        (Play(words=[Word("i-1", "a", "x", 161.0), Word("i-2", "b", "x", 205.0)]), {"first_post_max"}),
        (
            Play(opened=False),
            {"incidents_opened", "follower_told", "first_post_max", "next_channel_max", "second_channel_without_need"},
        ),
        (Play(shown_at=None), {"maintenance_shown_and_over"}),
        (Play(moments_s=WHOLE | {"contain": None}), {"postmortems_publishable"}),
        (Play(mitigations=0), {"postmortems_publishable"}),
        (Play(usual=False), {"postmortems_publishable"}),
        (Play(postmortem=f"{VICTIM} was slow"), {"names_in_public_postmortems"}),
        (Play(promised_s=None), {"promise_on_the_site"}),
        (Play(protections=""), {"protections_page"}),
        (Play(protections="Each may send 260 a second, the limit."), {"thresholds_on_protections_page"}),
        (Play(crawl=Crawl(12, ("http://x/",), 0)), {"site_served_alone"}),
        (Play(crawl=Crawl(12, (), 1)), {"site_served_alone"}),
        (Play(public=f"<li>{OTHER}"), {"names_on_the_site"}),
        (Play(warned_at=None), {"warned_of_growth_ahead"}),
        (Play(warned_at=850.0), {"warned_of_growth_ahead"}),
    ],
)
def test_whoever_isnt_told_fails_it(play: Play, failing: set[str]) -> None:
    sheet = measure(play)
    assert {name for name, measured in sheet.measures.items() if measured.ok is False} == failing


def test_only_a_page_for_a_forecast_that_was_taken_is_a_warning() -> None:
    missed = page("i-3", "first", 310.0, taken=False)
    arrivals = [page("i-2", "first", 299.0), tell("i-3", 305.0), missed, page("i-3", "second", 312.0)]
    assert find_paged_at(arrivals, ["i-3"]) == 312.0
    assert find_paged_at(arrivals[:-1], ["i-3"]) is None
    assert find_paged_at(arrivals, []) is None


def test_a_short_form_is_over_before_a_follower_must_have_been_told() -> None:
    untold = Play(arrivals=[each for each in Play().arrivals if each.pager != FOLLOWER])
    sheet = measure(untold, short=True)
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS
    assert sheet.measures["follower_told"].value == 0


def test_silence_without_harm_shows_nothing() -> None:
    silent = Sheet(SCENARIO, 7, protected=False, short=True)
    measure_silence(silent, 0, 0, 2, 0.4)
    assert judge(silent.measures, silent.invalid_because) is Verdict.FAIL
    harmless = Sheet(SCENARIO, 7, protected=False, short=True)
    measure_silence(harmless, 0, 0, 2, 0.99)
    assert judge(harmless.measures, harmless.invalid_because) is Verdict.INVALID


def test_nobody_heard_of_is_infinitely_late() -> None:
    sheet = measure(Play(arrivals=[], words=[]))
    assert sheet.measures["first_page_max"].value is None
    assert math.isinf(SCENARIO.goals.first_page_max) is False
