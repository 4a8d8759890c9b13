"""What people read."""

import pytest

from holdfast.cli.output import clean, print_line, print_table, tell_span, tell_time


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (0.4, "0 s"),
        (59.6, "1 m"),
        (61, "1 m 1 s"),
        (3_600, "1 h"),
        (3_605, "1 h"),
        (5_400, "1 h 30 m"),
        (90_000, "1 d 1 h"),
        (30 * 86_400, "30 d"),
    ],
)
def test_spans_are_told_in_their_two_largest_units(seconds: float, told: str) -> None:
    assert tell_span(seconds) == told


def test_times_are_utc() -> None:
    assert tell_time(0) == "1970-01-01 00:00:00 UTC"


def test_nothing_printed_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("a\x1b[2Jb", ("\x9b31m", "bold"))
    print_table("t", ("c",), [["\x1b]0;x\x07"]])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert clean("a\nb") == "a\nb"


def test_a_table_without_rows_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("t", ("c",), [])
    assert capsys.readouterr().out == ""
