"""Envoy's response flags in plain words (its documentation of access logs, "Response flags")."""

from typing import Final

from holdfast.views.explanation import FlagDocument

FLAGS: Final = {
    "DC": "The client closed its connection before the answer was complete.",
    "DF": "The name of the endpoint couldn't be resolved.",
    "DI": "The answer was delayed on purpose, by fault injection.",
    "DO": "Something on the way dropped the request for overload.",
    "DPE": "The client didn't keep to HTTP.",
    "DR": "The client reset its request.",
    "DT": "The request or its connection took longer than it may in all.",
    "FI": "The request was ended on purpose, by fault injection.",
    "IH": "A header that must be strict had a value that isn't valid.",
    "LH": "The edge failed a health check of its own.",
    "LR": "The edge itself reset the stream.",
    "NC": "The upstream that the route names isn't known to the edge.",
    "NFCF": "No filter chain of the edge's listener fitted the connection.",
    "NR": "No route, and so no service, fitted the request.",
    "OM": "The edge's overload protection ended the request.",
    "RFCF": "What the upstream asked for instead couldn't be fetched.",
    "RL": "A rate limit of the edge refused the request.",
    "RLSE": "A rate limit service failed.",
    "SI": "The stream was idle for too long.",
    "UAEX": "The request wasn't authorised by what the edge asks about it.",
    "UC": "The upstream closed the connection before its answer was complete.",
    "UF": "The edge couldn't connect to the upstream.",
    "UH": "No endpoint of the upstream is healthy.",
    "UMSDR": "The upstream's stream lasted longer than it may.",
    "UO": "A wall (in flight, pending or connections) was full.",
    "UPE": "The upstream didn't keep to HTTP.",
    "UR": "The upstream reset the stream.",
    "URX": "All tries that are allowed were used up.",
    "UT": "The upstream didn't answer in time.",
}
"""Each flag's meaning, one sentence."""
CLIENT_GONE: Final = frozenset({"DC", "DR"})


def split_flags(flags: str) -> tuple[str, ...]:
    """The flags of a log line, which are separated by commas; `-` is none."""
    return tuple(flag for part in flags.split(",") if (flag := part.strip()) and flag != "-")


def tell_flags(flags: str) -> tuple[FlagDocument, ...]:
    """A log line's flags, each with its meaning."""
    unknown = "Envoy says so; this version of Holdfast has no words for it."
    return tuple(FlagDocument(flag=flag[:32], meaning=FLAGS.get(flag, unknown)) for flag in split_flags(flags)[:16])
