"""Measures, and what is foretold of them, on one line each."""

from typing import Final

from holdfast.cli.output import print_line
from holdfast.model.mitigation import Block, Deny, Drain, Limit, Measure, Shed
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.units import format_rate
from holdfast.views.measures import describe_measure

_STYLES: Final = {Verdict.HARMLESS: "green", Verdict.HARMFUL: "red", Verdict.UNKNOWN: "yellow"}
_NAMED_MAX: Final = 3


def tell_measure(measure: Measure) -> str:
    """A measure on one line."""
    match measure:
        case Limit():
            return f"limit {measure.service}: {', '.join(_tell_limits(measure))}"
        case Block(networks=networks):
            return f"block {_list(list(map(str, networks)))} for {measure.service or 'the whole platform'}"
        case Deny(source=source):
            told = (f"{m.dimension} {_list([value or '(none)' for value in m.values])}" for m in source.matches)
            return f"deny {measure.service}: {' and '.join(told)}"
        case Drain(endpoints=endpoints):
            return f"drain {measure.service}: {_list(list(endpoints))}"
        case Shed():
            return describe_measure(measure)
        case _:
            return f"{measure.kind} {measure.service}"


def show_prediction(prediction: Prediction) -> None:
    """What a measure does or would do to the traffic of the last minutes."""
    print_line("Foretold: ", (prediction.verdict.value, _STYLES[prediction.verdict]), f", {prediction.why}")
    if prediction.samples:
        print_line(
            f"  of recent requests {prediction.refused_share:.1%}, {prediction.refused_per_s:,.1f}/s; "
            f"{prediction.clients_refused:,} of {prediction.clients:,} clients; from {prediction.samples:,} samples"
        )


def _tell_limits(measure: Limit) -> list[str]:
    told = []
    if measure.requests_per_s is not None:
        told.append(format_rate(measure.requests_per_s))
    if measure.per_client is not None:
        client = "client" if measure.client_prefix == 32 else f"/{measure.client_prefix} network of clients"
        told.append(f"{format_rate(measure.per_client.requests)} per {client}")
    if measure.in_flight is not None:
        told.append(f"{measure.in_flight} in flight")
    return told


def _list(values: list[str]) -> str:
    rest = len(values) - _NAMED_MAX
    return ", ".join(values[:_NAMED_MAX]) + (f" and {rest} more" if rest > 0 else "")
