import math
import time

from holdfast.drills.instruments import UpstreamOptions, start_upstream
from holdfast.drills.provider_loss.probers import Probe, Prober, find_longest_outage_s
from holdfast.drills.stage.client import Answer

DEADLINE_S = 10.0


def probe(at_s: float, status: int = 200, *, is_write: bool = False) -> Probe:
    at_ns = round(at_s * 1e9)
    return Probe(is_write, Answer(at_ns, at_ns, status))


def test_an_outage_lasts_from_one_good_answer_to_the_next() -> None:
    probes = [probe(0), probe(1, 503), probe(2, 503), probe(3), probe(4), probe(1.5, is_write=True)]
    assert find_longest_outage_s(probes, writes=False) == 3


def test_without_a_good_answer_an_outage_has_no_end() -> None:
    assert math.isinf(find_longest_outage_s([probe(0), probe(1, is_write=True)], writes=False))


def test_a_prober_reads_and_writes_until_it_is_to_finish() -> None:
    with (
        start_upstream(UpstreamOptions(answer_ms=0)) as upstream,
        Prober("shop", [upstream.port], DEADLINE_S) as prober,
    ):
        deadline = time.monotonic() + DEADLINE_S
        while sum(upstream.read_stats().answered.values()) < 2:
            assert time.monotonic() < deadline
        probes = prober.finish()
    assert {each.is_write for each in probes} == {False, True}
    assert all(each.answer.is_good for each in probes)
