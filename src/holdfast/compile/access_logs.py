"""The access log that an edge writes to a file of its own, without queries and credentials.

Whatever was refused or failed is in it, up to so many lines a second, and a share of the rest. The names of its values
are those of `LoggedRequest`, in JSON as in what follows the combined format.
"""

from typing import Any, Final

from envoy.type.v3 import token_bucket_pb2

from holdfast.compile import names
from holdfast.compile.logging import Form, both, drawn, either, logger, passing, status_below, status_from
from holdfast.compile.message import seconds, to_resource, uint32
from holdfast.model.inner import CAUSE_HEADER
from holdfast.model.platform import AccessLog
from holdfast.model.resource import Resource, ResourceType

ACCESS_LOG: Final = "access.log"
"""The file, below Envoy's working directory."""
LOGGED_SHARE: Final = "holdfast.log.share"
"""The runtime key of the share of ordinary requests."""
LIMITED_BUCKET: Final = "holdfast.log.limited"
REFUSED_BUCKET: Final = "holdfast.log.refused"
LINES_PER_S_MAX: Final = 50
"""Of requests that were limited, and again of others that were refused or failed: a flood doesn't drown the rest."""
LINES_BURST: Final = 500
_TEXT_BYTES: Final = 1024

_WITHOUT_QUERY: Final = {
    "name": "envoy.formatter.req_without_query",
    "typed_config": {"@type": "type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery"},
}
_REFERER: Final = f"%REQ_WITHOUT_QUERY(REFERER):{_TEXT_BYTES}%"
_PATH: Final = f"%REQ_WITHOUT_QUERY(:PATH):{_TEXT_BYTES}%"
_USER_AGENT: Final = f"%REQ(USER-AGENT):{_TEXT_BYTES}%"
_CLIENT: Final = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
_SAID_AT_LENGTH: Final = {
    "host": "%REQ(:AUTHORITY):255%",
    "service": "%ROUTE_NAME%",
    "tenant": f"%METADATA(ROUTE:{names.METADATA}:tenant)%",
    "request_id": "%REQ(X-REQUEST-ID):128%",
    "cause": f"%RESP({CAUSE_HEADER})%",
    "rule": f"%RESP({names.MITIGATION_HEADER})%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "duration_ms": "%DURATION%",
    "upstream_ms": "%RESPONSE_DURATION%",
    "upstream": "%UPSTREAM_HOST%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "request_bytes": "%BYTES_RECEIVED%",
}


def compile_access_log(settings: AccessLog, edge: str) -> list[Form]:
    """Access loggers that write to the file, as their JSON form."""
    form = _json_form(edge) if settings.format == "json" else _combined_form()
    refused = both(status_from(400), either(status_below(429), status_from(430)), passing(REFUSED_BUCKET))
    limited = both(status_from(429), status_below(430), passing(LIMITED_BUCKET))
    ordinary = both(status_below(400), drawn(LOGGED_SHARE, round(settings.share * 1_000_000)))
    loggers = [_write(form, refused), _write(form, limited)]
    return [*loggers, _write(form, ordinary)] if settings.share else loggers


def compile_log_buckets() -> tuple[Resource, ...]:
    """How many lines may be written of what was refused; what is beyond is left out of the file, not of any count."""
    bucket = token_bucket_pb2.TokenBucket(
        max_tokens=LINES_BURST, tokens_per_fill=uint32(LINES_PER_S_MAX), fill_interval=seconds(1)
    )
    return tuple(to_resource(ResourceType.TOKEN_BUCKET, name, bucket) for name in (LIMITED_BUCKET, REFUSED_BUCKET))


def _write(form: dict[str, Any], when: Form) -> Form:
    log_format = {**form, "formatters": [_WITHOUT_QUERY]}
    return logger("file", "file.v3.FileAccessLog", when, path=ACCESS_LOG, log_format=log_format)


def _json_form(edge: str) -> dict[str, Any]:
    values = {
        "at": "%START_TIME(%s.%6f)%",
        "edge": edge,
        "client": _CLIENT,
        "method": "%REQ(:METHOD):32%",
        "path": _PATH,
        "protocol": "%PROTOCOL%",
        "status": "%RESPONSE_CODE%",
        **_SAID_AT_LENGTH,
        "answer_bytes": "%BYTES_SENT%",
        "user_agent": _USER_AGENT,
        "referer": _REFERER,
    }
    return {"json_format": values, "omit_empty_values": True}


def _combined_form() -> dict[str, Any]:
    """Apache's, with more behind it that its readers pass over."""
    combined = (
        f'{_CLIENT} - - [%START_TIME(%d/%b/%Y:%H:%M:%S %z)%] "%REQ(:METHOD):32% {_PATH} %PROTOCOL%" %RESPONSE_CODE%'
        f' %BYTES_SENT% "{_REFERER}" "{_USER_AGENT}"'
    )
    rest = " ".join(f'{name}="{value}"' for name, value in _SAID_AT_LENGTH.items())
    return {"text_format_source": {"inline_string": f"{combined} {rest}\n"}}
