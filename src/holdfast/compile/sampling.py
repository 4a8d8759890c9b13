"""The samples of requests that an edge's agent is sent, in shares that the agent sets while Envoy runs.

Two of them, told apart by their names: of all services, and a larger one of those that are looked into. No request is
in both, so each sample stands for as many as its own share says.
"""

from typing import Final

from holdfast.compile import names
from holdfast.compile.logging import Form, both, drawn, has_metadata, logger
from holdfast.model.inner import CAUSE_HEADER

SAMPLE_BASE: Final = "holdfast.sample.base"
SAMPLE_WATCHED: Final = "holdfast.sample.watched"
"""Names of the samples, and the runtime keys of their shares: how many of a million requests are drawn."""
ROUTE_TAG: Final = "route"
"""What a sample calls the name of the route that the request took."""
_ROUTE_NAME: Final = {"kind": {"route": {}}, "metadata_key": {"key": names.METADATA, "path": [{"key": "route"}]}}
FLUSH: Final = "0.2s"
BUFFER_BYTES: Final = 65_536
"""Sent when so much has come, or so long after the first."""


def compile_sampling() -> list[Form]:
    """Access loggers that sample, as their JSON form; nothing is drawn until the agent says how much."""
    marked = {"string_match": {"prefix": names.WATCHED_METADATA_PREFIX}}
    other = {"string_match": {"safe_regex": {"regex": _other_than(names.WATCHED_METADATA_PREFIX)}}}
    return [
        _sample(SAMPLE_BASE, both(drawn(SAMPLE_BASE), _metadata(other, or_none=True))),
        _sample(SAMPLE_WATCHED, both(_metadata(marked), drawn(SAMPLE_WATCHED))),
    ]


def _metadata(value: Form, *, or_none: bool = False) -> Form:
    return has_metadata(names.WATCHED_METADATA_NAMESPACE, names.WATCHED_METADATA_KEY, value, or_none=or_none)


def _other_than(prefix: str) -> str:
    """A pattern for all that doesn't begin so: RE2 has no look-ahead."""
    alternatives = (f"{prefix[:n]}(?:[^{letter}].*)?" for n, letter in enumerate(prefix))
    return "|".join(alternatives)


def _sample(name: str, when: Form) -> Form:
    common = {
        "log_name": name,
        "transport_api_version": "V3",
        "grpc_service": {"envoy_grpc": {"cluster_name": names.TELEMETRY_CLUSTER}},
        "buffer_flush_interval": FLUSH,
        "buffer_size_bytes": BUFFER_BYTES,
        "custom_tags": [{"tag": ROUTE_TAG, "metadata": _ROUTE_NAME}],
    }
    return logger(
        "http_grpc", "grpc.v3.HttpGrpcAccessLogConfig", when,
        common_config=common,
        additional_request_headers_to_log=["content-type", "accept"],
        additional_response_headers_to_log=[CAUSE_HEADER, names.MITIGATION_HEADER],
    )  # fmt: skip
