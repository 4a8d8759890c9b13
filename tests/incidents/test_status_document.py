"""What the public may know: how components are, what was said, what was promised; and nothing else."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.status_site import (
    NOW,
    TODAY,
    make_days,
    make_document,
    make_full_state,
    make_measured,
    make_platform,
    make_promise,
    make_record,
    make_state,
    make_window,
)
from holdfast.incidents.component_status import MEASURED, find_worst, judge_component
from holdfast.incidents.day_bars import make_history
from holdfast.incidents.status_document import Measured, remember
from holdfast.incidents.status_words import clean_line, clean_text
from holdfast.model.day import add_days
from holdfast.model.downtime import DayTally, Standing
from holdfast.model.incident import Impact, Phase, PostStatus
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.status_document import DAYS, DayKind, PublicStatus, StatusDocument

S = PublicStatus


def status_of(document: StatusDocument, name: str) -> PublicStatus:
    return next(component.status for component in document.components if component.name == name)


def measure(**standings: Standing) -> Measured:
    """The shop, region by region."""
    return Measured({("shop", region): standing for region, standing in standings.items()})


@pytest.mark.parametrize(
    ("europe", "america", "status"),
    [
        (Standing.UP, Standing.UP, S.OPERATIONAL),
        (Standing.UP, Standing.DEGRADED, S.DEGRADED_PERFORMANCE),
        (Standing.UP, Standing.DOWN, S.PARTIAL_OUTAGE),
        (Standing.DEGRADED, Standing.DOWN, S.PARTIAL_OUTAGE),
        (Standing.DOWN, Standing.DOWN, S.MAJOR_OUTAGE),
        (Standing.DOWN, Standing.UNKNOWN, S.MAJOR_OUTAGE),
        (Standing.UNKNOWN, Standing.UNKNOWN, S.OPERATIONAL),
    ],
)
def test_what_is_measured_says_how_a_component_is(europe: Standing, america: Standing, status: PublicStatus) -> None:
    document = make_document(measured=measure(europe=europe, america=america))
    assert status_of(document, "shop") is status


@pytest.mark.parametrize(
    ("impact", "phase", "status"),
    [
        (Impact.NONE, Phase.INVESTIGATING, S.OPERATIONAL),
        (Impact.MINOR, Phase.INVESTIGATING, S.DEGRADED_PERFORMANCE),
        (Impact.MAJOR, Phase.IDENTIFIED, S.PARTIAL_OUTAGE),
        (Impact.CRITICAL, Phase.IDENTIFIED, S.PARTIAL_OUTAGE),
        (Impact.CRITICAL, Phase.MONITORING, S.DEGRADED_PERFORMANCE),
        (Impact.CRITICAL, Phase.RESOLVED, S.OPERATIONAL),
    ],
)
def test_an_incident_says_it_too_until_its_repair_is_in(impact: Impact, phase: Phase, status: PublicStatus) -> None:
    document = make_document(make_state([make_record(impact=impact, phase=phase)]))
    assert (status_of(document, "shop"), status_of(document, "api")) == (status, S.OPERATIONAL)


@given(st.sampled_from(Standing), st.sampled_from(Impact), st.sampled_from(Phase))
def test_the_worse_of_measured_and_said_counts(standing: Standing, impact: Impact, phase: Phase) -> None:
    measured = measure(europe=standing, america=standing)
    incident = make_record(impact=impact, phase=phase, regions=())
    alone, both = (make_document(make_state(given), measured=measured) for given in ((), (incident,)))
    said = make_document(make_state([incident]))
    assert status_of(both, "shop") is find_worst([status_of(alone, "shop"), status_of(said, "shop")])


@given(st.lists(st.tuples(st.sampled_from([S.OPERATIONAL, S.MAJOR_OUTAGE, S.PARTIAL_OUTAGE]), st.booleans())))
def test_a_component_is_never_said_to_be_worse_than_its_worst_region(regions: list[tuple[PublicStatus, bool]]) -> None:
    statuses = [status for status, _ in regions]
    judged = judge_component(regions)
    assert judged.rank <= find_worst(statuses).rank
    assert (judged is S.OPERATIONAL) == (find_worst(statuses) is S.OPERATIONAL)


def test_work_in_progress_hides_what_is_measured_and_nothing_else() -> None:
    window = make_window(components=("shop",), phase=MaintenancePhase.IN_PROGRESS)
    measured = measure(europe=Standing.DOWN, america=Standing.UP)
    assert status_of(make_document(make_state(windows=[window]), measured=measured), "shop") is S.UNDER_MAINTENANCE
    here_only = window.model_copy(update={"regions": ("america",)})
    document = make_document(make_state(windows=[here_only]), measured=measured)
    assert [r.status for r in document.components[0].regions] == [S.MAJOR_OUTAGE, S.UNDER_MAINTENANCE]
    wrong = make_document(make_state([make_record(impact=Impact.MAJOR)], [window]), measured=measured)
    assert status_of(wrong, "shop") is S.PARTIAL_OUTAGE
    planned = window.model_copy(update={"phase": MaintenancePhase.SCHEDULED})
    assert status_of(make_document(make_state(windows=[planned])), "shop") is S.OPERATIONAL


@pytest.mark.parametrize(
    ("standings", "impact", "headline"),
    [
        ((Standing.UP, Standing.UP), Impact.NONE, "All Systems Operational"),
        ((Standing.UNKNOWN, Standing.UNKNOWN), Impact.NONE, "No Known Trouble"),
        ((Standing.UP, Standing.DEGRADED), Impact.MINOR, "Partially Degraded Service"),
        ((Standing.UP, Standing.DOWN), Impact.MAJOR, "Partial System Outage"),
        ((Standing.DOWN, Standing.DOWN), Impact.CRITICAL, "Major System Outage"),
    ],
)
def test_the_platform_in_one_line(standings: tuple[Standing, Standing], impact: Impact, headline: str) -> None:
    both = Measured({(c, r): s for c, s in zip(("shop", "api"), standings, strict=True) for r in ("europe", "america")})
    document = make_document(measured=both)
    assert (document.indicator, document.headline) == (impact, headline)


def test_an_incident_about_no_component_counts_for_the_platform() -> None:
    document = make_document(make_state([make_record(impact=Impact.CRITICAL, components=())]))
    assert document.indicator is Impact.CRITICAL
    assert {component.status for component in document.components} == {S.OPERATIONAL}


@pytest.mark.parametrize("status", [PostStatus.DRAFT, PostStatus.DISCARDED])
def test_what_nobody_published_is_not_public(status: PostStatus) -> None:
    record = make_record(impact=Impact.CRITICAL)
    hidden = replace(record, posts=tuple(post.model_copy(update={"status": status}) for post in record.posts))
    document = make_document(make_state([hidden]))
    assert (document.incidents, document.indicator) == ((), Impact.NONE)
    both = replace(record, posts=(*record.posts, hidden.posts[0].model_copy(update={"number": 2, "text": "a draft"})))
    (shown,) = make_document(make_state([both])).incidents
    assert [post.text for post in shown.posts] == ["We are looking into it."]


def test_drills_are_not_public() -> None:
    document = make_document(make_state([make_record(drill=True, impact=Impact.CRITICAL)]))
    assert (document.incidents, document.indicator) == ((), Impact.NONE)


def test_nothing_internal_is_in_it() -> None:
    told = repr(make_document(make_full_state()))
    assert "internal" not in told
    assert "secret" not in told
    assert "hidden-tenant" not in told
    assert "berlin" not in told
    assert "ann" not in told.replace("announced", "")


def test_promises_that_are_public_and_not_given_up_are_shown_the_open_ones_first() -> None:
    promises = [
        make_promise("u-1", done_at=NOW),
        make_promise("u-2", due=add_days(TODAY, 9)),
        make_promise("u-3", due=add_days(TODAY, 2), incident="i-9"),
        make_promise("u-4", public_text=None),
        make_promise("u-5", dropped=True),
    ]
    shown = make_document(make_state([make_record()], promises=promises)).promises
    assert [promise.id for promise in shown] == ["u-3", "u-2", "u-1"]
    assert [promise.incident and promise.incident.title for promise in shown] == [None, *["The shop is slow"] * 2]


def test_a_component_keeps_the_time_of_its_status_until_it_has_another() -> None:
    first = make_document()
    later = make_document(now=NOW + 60, memory=remember(first))
    assert {component.since for component in later.components} == {NOW}
    worse = make_document(make_state([make_record()]), now=NOW + 120, memory=remember(later))
    assert {component.name: component.since for component in worse.components} == {"shop": NOW + 120, "api": NOW}


def test_a_window_keeps_the_time_of_its_change_until_something_else_is_said_of_it() -> None:
    window = make_window()
    first = make_document(make_state(windows=[window]))
    reminded = window.model_copy(update={"reminders": 1})
    later = make_document(make_state(windows=[reminded]), now=NOW + 60, memory=remember(first))
    moved = window.model_copy(update={"ends_at": window.ends_at + 60})
    last = make_document(make_state(windows=[moved]), now=NOW + 120, memory=remember(later))
    assert [document.maintenances[0].changed_at for document in (first, later, last)] == [NOW, NOW, NOW + 120]


def test_days_that_nobody_measured_are_unknown_and_count_for_nothing() -> None:
    history = make_history(make_days(30, {0: 5_400.0, 4: 90.0, 5: 20.0}), TODAY)
    kinds = [bar.kind for bar in history.bars]
    assert len(kinds) == DAYS
    assert kinds[: DAYS - 30] == [DayKind.UNKNOWN] * (DAYS - 30)
    assert (kinds[-1], kinds[-5], kinds[-6]) == (DayKind.LONG_DOWN, DayKind.DOWN, DayKind.UP)
    assert history.uptime == round(1 - 5_510 / (30 * 86_400), 5)
    assert make_history((), TODAY).uptime is None


@given(st.floats(0, 86_400), st.floats(0, 86_400))
def test_today_looks_the_same_while_nothing_happens(early_s: float, late_s: float) -> None:
    early, late = (make_history([DayTally(TODAY, up_s + 1.0)], TODAY) for up_s in sorted((early_s, late_s)))
    assert early == late


def test_days_older_than_the_bars_are_left_out() -> None:
    old = [DayTally(add_days(TODAY, -DAYS), 0.0, 0.0, 86_400.0), DayTally(add_days(TODAY, 1), 0.0, 0.0, 86_400.0)]
    assert make_history([*old, *make_days(1)], TODAY).uptime == 1.0


@given(st.text())
def test_clean_words_are_visible_and_cleaning_again_changes_nothing(text: str) -> None:
    line, lines = clean_line(text), clean_text(text)
    assert all(c.isprintable() or c in "\u200c\u200d" for c in line)
    assert all(c.isprintable() or c in "\n\u200c\u200d" for c in lines)
    assert (clean_line(line), clean_text(lines)) == (line, lines)


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("a\u202eb", "ab"),
        ("a\ud800b", "ab"),
        ("a\x00\x07b", "ab"),
        ("a\u00a0\tb ", "a b"),
        ("\u2028a\u2029b", "a b"),
        ("👩\u200d🚒", "👩\u200d🚒"),
    ],
)
def test_what_turns_or_hides_words_is_left_out(written: str, clean: str) -> None:
    assert clean_line(written) == clean


def test_without_declared_regions_every_location_is_one() -> None:
    platform = make_platform()
    assert platform.status
    plain = platform.model_copy(update={"status": platform.status.model_copy(update={"regions": {}})})
    document = make_document(platform=plain)
    assert [region.title for region in document.regions] == ["berlin", "boston"]


def test_every_standing_has_a_status() -> None:
    assert set(MEASURED) == set(Standing)
    for impact, phase in product(Impact, Phase):
        assert make_document(make_state([make_record(impact=impact, phase=phase)])).components


def test_measured_everywhere_is_measured() -> None:
    platform = make_platform()
    assert all(component.measured for component in make_document(measured=make_measured(platform)).components)
    assert not any(component.measured for component in make_document(measured=Measured()).components)
