"""How the analyser keeps to its own budget."""

import signal
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyser.documents import HOSTILE
from holdfast.analyser.analysis import Analysis
from holdfast.analyser.limits import CPU_BURST_S, CPU_SHARE, FLAGGED_MAX, HALF_LIFE_S
from holdfast.analyser.reading import UnreadableDocument, limit_cpu, read_document
from holdfast.model.query import Unreadable


class Clocks:
    """Time stands still; every look at the CPU's clock costs some of it."""

    def __init__(self, cpu_s_per_look: float = 0.0) -> None:
        self.now = 0.0
        self.cpu_s = 0.0
        self._cost_s = cpu_s_per_look

    def tell(self) -> float:
        return self.now

    def tell_cpu(self) -> float:
        self.cpu_s += self._cost_s
        return self.cpu_s


def make_analysis(clocks: Clocks) -> Analysis:
    return Analysis(clocks.tell_cpu, clocks.tell)


def test_beyond_its_share_of_a_cpu_only_known_documents_are_counted() -> None:
    clocks = Clocks(cpu_s_per_look=CPU_BURST_S / 10)
    analysis = make_analysis(clocks)
    for number in range(15):
        analysis.count("shop", f"{{f{number}}}", 1)
    shown = analysis.show("shop")
    assert (len(shown.operations), shown.unreadable) == (10, {Unreadable.SKIPPED: 5})
    analysis.count("shop", "{f0}", 7)
    assert analysis.show("shop").operations[0].requests == 8
    clocks.now += CPU_BURST_S / 10 / CPU_SHARE
    analysis.count("shop", "{f14}", 1)
    assert len(analysis.show("shop").operations) == 11


def test_flagged_operations_are_told_once_and_not_too_many() -> None:
    analysis = make_analysis(Clocks())
    for number in range(FLAGGED_MAX + 5):
        for _ in range(2):
            analysis.count("shop", f"query Q{number}" + "{a" * 20 + "}" * 20, 1)
    analysis.count("shop", "{a}", 1)
    assert len(analysis.take_flagged()) == FLAGGED_MAX
    assert analysis.take_flagged() == ()


def test_half_is_forgotten_after_the_half_life() -> None:
    clocks = Clocks()
    analysis = make_analysis(clocks)
    analysis.count("shop", "{a}", 8)
    clocks.now = HALF_LIFE_S
    analysis.count("shop", "{a}", 1)
    assert analysis.show("shop").operations[0].requests == 5


def test_unreadable_documents_are_counted_by_why() -> None:
    analysis = make_analysis(Clocks())
    for document in HOSTILE.values():
        analysis.count("shop", document, 1)
    shown = analysis.show("shop")
    assert {Unreadable.TOO_LONG, Unreadable.TOO_NESTED, Unreadable.MALFORMED} <= shown.unreadable.keys()
    assert Unreadable.FAILED not in shown.unreadable
    assert shown.requests == len(HOSTILE)


def spin(cpu_s: float) -> None:
    with limit_cpu(cpu_s, (__name__,)):
        while True:
            pass


def test_work_on_one_document_ends_after_its_cpu_time() -> None:
    with pytest.raises(UnreadableDocument, match=Unreadable.TOO_SLOW):
        spin(0.02)
    with limit_cpu(0.5):
        assert sum(range(100)) == 4950


@given(st.floats(0.0001, 0.003))
@settings(max_examples=60, deadline=None)
def test_wherever_time_runs_out_the_next_document_has_its_own(cpu_s: float) -> None:
    """Also in the last instant before the work is done: no timer is left that would end the process."""
    with suppress(UnreadableDocument), limit_cpu(cpu_s, (__name__, "graphql.", "holdfast.analyser.")):
        for _ in range(3):
            read_document("{a{b(c:1){d}}}")
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGPROF) is signal.SIG_DFL
