from bench.__main__ import BENCHMARKS
from bench.page import PAGE, RESULTS, read_results, render_page, render_results

from benchmarks.reports import make_report, make_row


def test_the_page_is_that_of_the_results() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_page(read_results()), "run: ./dev docs"


def test_the_results_are_written_as_they_are_read() -> None:
    assert RESULTS.read_text(encoding="utf-8") == render_results(read_results())


def test_the_results_are_of_benchmarks_that_there_are() -> None:
    shown = [table.name for table in read_results().tables]
    assert shown == [name for name in BENCHMARKS if name in shown]
    assert shown


def test_the_page_shows_rows_notes_machine_and_versions() -> None:
    page = render_page(make_report(make_row(66.0, ratio=1.08, ok=True)))
    assert "| Holdfast | 66.0 us | 66.0 | 66.0 | 1 | 1.08 | at most 1.1 x: met |" in page
    for shown in ("- at 8,000 a second", "| cpu | any \\| other |", "| edge cores | 1 |", "| nginx | not installed |"):
        assert shown in page


def test_the_page_says_when_a_run_was_quick_or_missed_a_goal() -> None:
    good = render_page(make_report(make_row(1.0, ok=True)))
    quick = render_page(make_report(make_row(1.0, ok=True), quick=True))
    missed = render_page(make_report(make_row(1.0, ok=False)))
    assert ("quick run" in good, "quick run" in quick) == (False, True)
    assert ("were missed" in good, "were missed" in missed) == (False, True)
