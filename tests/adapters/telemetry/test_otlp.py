"""What isn't an export is refused, and what is unknown in one is passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.telemetry.otlp import read_export


def field(number: int, body: bytes) -> bytes:
    return bytes([number << 3 | 2, len(body)]) + body


def metric(name: str, kind: int, point: bytes) -> bytes:
    return field(1, field(2, field(2, field(1, name.encode()) + field(kind, field(1, point)))))


def fixed(number: int, value: int) -> bytes:
    return bytes([number << 3 | 1]) + value.to_bytes(8, "little")


def test_an_export() -> None:
    times = fixed(2, 1_000_000_000) + fixed(3, 1_250_000_000)
    export = read_export(
        metric("rose", 7, times + fixed(6, 5))
        + metric("stands", 5, fixed(3, 1_250_000_000) + fixed(6, 9))
        + metric("unknown", 11, times)
        + field(15, b"unknown too")
    )
    assert (export.began_at, export.ended_at) == (1.0, 1.25)
    assert (export.counters, export.gauges, export.histograms) == ({"rose": 5}, {"stands": 9}, {})


def test_a_beginning_that_is_none() -> None:
    export = read_export(metric("rose", 7, fixed(2, 77) + fixed(6, 5)) + metric("g", 5, fixed(3, 2**60)))
    assert export.began_at is None


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        export = read_export(data)
    except ValueError:
        return
    assert export.ended_at >= 0


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="not an export"):
        read_export(b"\x0a\xff")
