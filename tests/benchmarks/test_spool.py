from pathlib import Path

from bench.samples import Samples
from bench.spool import OURS, _latency_rows, _rate_rows, measure_sync_ms


def test_the_ratio_is_to_the_better_peer_of_each_round() -> None:
    ours, *peers = _rate_rows(
        {OURS: Samples((6_000, 8_000)), "nats": Samples((1_000, 4_000)), "rabbitmq": Samples((3_000, 2_000))}
    )
    assert (ours.ratio, ours.ok) == (2.0, True)
    assert [row.ratio for row in peers] == [None, None]


def test_goals_are_missed_by_too_few_accepts_too_little_lead_or_too_long_waits() -> None:
    assert _rate_rows({OURS: Samples((4_999,))})[0].ok is False
    assert _rate_rows({OURS: Samples((6_000,)), "nats": Samples((5_000,))})[0].ok is False
    assert _rate_rows({OURS: Samples((6_000,))})[0].ok is True
    assert _latency_rows({OURS: Samples((50.1,))})[0].ok is False


def test_the_disk_is_timed(tmp_path: Path) -> None:
    assert measure_sync_ms(tmp_path / "sync").least > 0
