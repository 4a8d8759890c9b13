import pytest
import typer

from holdfast.cli.downtime import _choose_days, _choose_subject
from holdfast.cli.downtime_view import print_downtime, print_stretches
from holdfast.model.day import Day, begin_day
from holdfast.model.downtime import DayTally, Standing, Stretch
from holdfast.views.downtime import (
    BudgetDocument,
    DowntimeDocument,
    StretchesDocument,
    SubjectDowntime,
    WindowDocument,
    show_place,
    show_stretch,
)

DAY = Day(2026, 1, 31)
AT = begin_day(DAY)
BUDGET = BudgetDocument(month="2026-01", objective=0.999, allowed_s=2678.4, used_s=1200, left_s=1478.4, burn=0.46)
DRILL = WindowDocument(id="i-1", kind="drill", title="pull \x1b[31mthe plug", began_at=AT, ended_at=None)


def make_document() -> DowntimeDocument:
    tallies = [DayTally(DAY, up_s=80_000, degraded_s=3720, down_s=1200), DayTally(Day(2026, 1, 30))]
    place = show_place("us", "United States", Standing.DOWN, tallies, BUDGET)
    unknown = show_place("eu", "eu", Standing.UNKNOWN, [], BUDGET)
    subject = SubjectDowntime(kind="component", name="shop", title="Web shop", places=(place, unknown))
    return DowntimeDocument(now=AT, first=DAY, last=DAY, subjects=(subject,), windows=(DRILL,), more=3)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_minutes_uptime_and_what_is_left_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_downtime(make_document())
    shown = capsys.readouterr().out
    (us,) = [line for line in shown.splitlines() if "United States" in line]
    for part in ("Web shop (shop)", "down", "20.0", "62.0", "98.587%", "99.900%", "24.6 of 44.6 (2026-01)", "0.46"):
        assert part in us
    (eu,) = [line for line in shown.splitlines() if " eu " in line]
    assert eu.count("unknown") == 2
    assert "3 more" in shown
    assert "drill" in shown
    assert "\x1b" not in shown


def test_nothing_to_show_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_downtime(make_document().model_copy(update={"subjects": ()}))
    print_stretches(StretchesDocument(kind="tenant", name="acme", now=AT, stretches=()))
    shown = capsys.readouterr().out
    assert "nothing of this kind" in shown
    assert "tenant acme: nothing was down or degraded." in shown


def test_stretches_come_with_their_requests(capsys: pytest.CaptureFixture[str]) -> None:
    stretch = show_stretch("us", Stretch(AT, AT + 1200, Standing.DOWN, 12_000, 11_400))
    print_stretches(StretchesDocument(kind="region", name="", now=AT, stretches=(stretch,)))
    shown = capsys.readouterr().out
    for part in ("All services together", "down", "20 m", "12,000", "11,400", "95%", "2026-01-31 00:00:00 UTC"):
        assert part in shown


def test_a_month_is_all_its_days() -> None:
    assert _choose_days("2026-02", None, None, None) == (Day(2026, 2, 1), Day(2026, 2, 28))
    assert _choose_days(None, None, DAY, None) == (DAY, None)


@pytest.mark.parametrize("given", [("2026-02", 3, None, None), (None, 3, DAY, None), ("February", None, None, None)])
def test_days_are_said_once_and_rightly(given: tuple[str | None, int | None, Day | None, Day | None]) -> None:
    with pytest.raises(typer.Exit):
        _choose_days(*given)


def test_one_subject_is_named_or_all_of_a_kind() -> None:
    assert _choose_subject("shop", None, None, None) == ("component", "shop")
    assert _choose_subject(None, None, None, "tenants") == ("tenant", None)
    assert _choose_subject(None, None, None, None) == ("region", None)
    for given in (("a", "b", None, None), ("a", None, None, "tenants"), (None, None, None, "edges")):
        with pytest.raises(typer.Exit):
            _choose_subject(*given)
