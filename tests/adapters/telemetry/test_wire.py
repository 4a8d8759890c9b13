"""What agents and control tell each other arrives as it was said, and nonsense is refused."""

from __future__ import annotations

from dataclasses import fields

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.telemetry import wire
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import METRICS, UPSTREAM_METRICS, EdgeFigures, EdgeReport, Latencies, UpstreamFigures

names = st.text("abcdefgh-", min_size=1, max_size=8)


@st.composite
def upstreams(draw: st.DrawFn) -> UpstreamFigures:
    clusters = tuple(draw(st.lists(names, unique=True, max_size=4)))
    numbers = draw(st.lists(st.integers(0, 2**62), min_size=len(clusters), max_size=len(clusters)))
    column = np.array(numbers, np.int64).reshape(len(clusters), 1)
    return UpstreamFigures(clusters, np.repeat(column, UPSTREAM_METRICS, axis=1), np.repeat(column // 2, 2, axis=1))


@st.composite
def reports(draw: st.DrawFn) -> EdgeReport:
    services = tuple(draw(st.lists(names, unique=True, max_size=8)))
    numbers = st.integers(0, 2**62)
    counts = draw(st.lists(numbers, min_size=len(services) * METRICS, max_size=len(services) * METRICS))
    return EdgeReport(
        edge="e",
        process="1-2",
        sequence=draw(st.integers(0, 2**62)),
        began_at=draw(st.floats(0, 2e9)),
        ended_at=draw(st.floats(0, 2e9)),
        services=services,
        counts=np.array(counts, np.int64).reshape(len(services), METRICS),
        in_flight=np.array(draw(st.lists(numbers, min_size=len(services), max_size=len(services))), np.int64),
        whole=EdgeFigures(requests=3, latencies=Latencies((0.1, float("inf")), (1, 2))),
        sampled_share=draw(st.floats(0, 1)),
        degraded=tuple(draw(st.lists(names, max_size=3))),
        upstreams=draw(upstreams()),
    )


@given(st.lists(reports(), max_size=4))
def test_reports_arrive_as_they_were_made(made: list[EdgeReport]) -> None:
    writer, reader = wire.ReportWriter(), wire.ReportReader("e")
    for report in made:
        message = wire.read_from_agent(writer.write(report))
        assert isinstance(message, wire.Report)
        read = reader.read(message)
        for field in fields(EdgeReport):
            assert_equal(getattr(report, field.name), getattr(read, field.name))


def assert_equal(before: object, after: object) -> None:
    if isinstance(before, UpstreamFigures) and isinstance(after, UpstreamFigures):
        assert before.names == after.names
        assert np.array_equal(before.counts, after.counts)
        assert np.array_equal(before.endpoints, after.endpoints)
    else:
        assert np.array_equal(before, after) if isinstance(before, np.ndarray) else before == after  # type: ignore[arg-type]


def test_an_agent_from_before_there_were_standbys_is_understood() -> None:
    message = msgspec.msgpack.decode(spoil(counts=np.ones((1, 12), "<i8").tobytes()))
    del message["upstreams"], message["metrics"]
    report = read_report(msgspec.msgpack.encode(message))
    assert report.upstreams.names == ()
    assert report.counts.tolist() == [[1] * 12 + [0] * (METRICS - 12)]


def test_of_an_agent_that_counts_more_the_rest_is_left_out() -> None:
    counts = np.arange(METRICS + 3, dtype="<i8").tobytes()
    assert read_report(spoil(counts=counts, metrics=METRICS + 3)).counts.tolist() == [list(range(METRICS))]


def test_a_service_is_named_once() -> None:
    writer = wire.ReportWriter()
    report = EdgeReport("e", "p", 1, 0, 1, ("shop",), np.ones((1, METRICS), np.int64), np.ones(1, np.int64))
    assert b"shop" in writer.write(report)
    assert b"shop" not in writer.write(report)


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (wire.read_from_agent, wire.read_from_control):
        try:
            assert read(data) is not None
        except ValueError:
            continue


def spoil(**changes: object) -> bytes:
    good = {
        "new_names": ("a",),
        "process": "p",
        "sequence": 1,
        "began_at": 0.0,
        "ended_at": 1.0,
        "services": np.array([0], "<u4").tobytes(),
        "counts": np.ones((1, METRICS), "<i8").tobytes(),
        "in_flight": np.ones(1, "<i8").tobytes(),
        "whole": EdgeFigures(),
        "sampled_share": 0.1,
        "degraded": (),
    }
    return wire.write(wire.Report(**{**good, **changes}))  # type: ignore[arg-type]  # spoilt on purpose


@pytest.mark.parametrize(
    "changes",
    [
        {"services": np.array([1], "<u4").tobytes()},
        {"services": b"xyz"},
        {"counts": b""},
        {"counts": np.ones((2, METRICS), "<i8").tobytes()},
        {"in_flight": b""},
        {"sequence": -1},
        {"process": "p" * 300},
        {"new_names": ("a" * 300,)},
        {"counts": -np.ones((1, METRICS), "<i8")},
        {"upstreams": wire.Upstreams(np.array([1], "<u4").tobytes(), b"", b"")},
        {"upstreams": wire.Upstreams(np.array([0], "<u4").tobytes(), b"", np.ones((1, 2), "<i8").tobytes())},
        {"upstreams": wire.Upstreams(b"", b"", np.ones((1, 2), "<i8").tobytes())},
    ],
    ids=str,
)
def test_reports_whose_parts_do_not_fit_are_refused(changes: dict[str, object]) -> None:
    if isinstance(changes.get("counts"), np.ndarray):
        changes = {"counts": changes["counts"].tobytes()}  # type: ignore[attr-defined]  # an array
    with pytest.raises(ValueError):  # noqa: PT011 - the decoder's words are its own
        read_report(spoil(**changes))


def read_report(data: bytes) -> EdgeReport:
    message = wire.read_from_agent(data)
    assert isinstance(message, wire.Report)
    return wire.ReportReader("e").read(message)


def test_samples_and_answers_arrive_as_they_were_made() -> None:
    sample = SampledRequest(1.0, "e", "shop", "id", "::1", "GET", "/", "x", "", 200, "", 0.5, 4.0, "{a}")
    message = wire.read_from_agent(wire.write(wire.Samples((sample,))))
    assert isinstance(message, wire.Samples)
    assert message.requests == (sample,)
    found = LoggedRequest(at=1.0, edge="e", request_id="id", upstream_s=None)
    answer = wire.read_from_agent(wire.write_found(7, [found]))
    assert isinstance(answer, wire.Found)
    assert (answer.query, wire.read_found(answer)) == (7, (found,))
