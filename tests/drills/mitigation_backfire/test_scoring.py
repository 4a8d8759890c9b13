import numpy as np
import pytest

from drills.load_samples import Stretch, make_result
from holdfast.drills.mitigation_backfire.scoring import find_last_refusal_s, find_refused_share


@pytest.mark.parametrize("status", [403, 429, 503])
def test_the_last_refusal_counts_when_it_arrives(status: int) -> None:
    records = make_result(
        Stretch("a", 0, 5), Stretch("a", 5, 8, status=status, latency_ms=100), Stretch("a", 8, 12)
    ).records
    assert find_last_refusal_s(records, 4.5, 12) == pytest.approx(8 - 0.01 + 0.1 - 4.5)
    assert find_last_refusal_s(records, 4.5, 6) == pytest.approx(6 - 0.01 + 0.1 - 4.5, abs=0.011)


def test_without_refusals_there_is_no_last_one() -> None:
    records = make_result(Stretch("a", 0, 5), Stretch("a", 5, 6, status=500)).records
    assert find_last_refusal_s(records, 0, 6) == 0


def test_refusals_before_the_call_do_not_count() -> None:
    records = make_result(Stretch("a", 0, 5, status=403), Stretch("a", 5, 10)).records
    assert find_last_refusal_s(records, 5, 10) == 0


def test_the_share_that_is_refused() -> None:
    records = make_result(Stretch("a", 0, 5), Stretch("a", 5, 10, status=403)).records
    assert find_refused_share(records, 0, 10) == pytest.approx(0.5)
    assert find_refused_share(records, 5, 10) == 1
    assert find_refused_share(np.empty(0, records.dtype), 0, 10) == 0
