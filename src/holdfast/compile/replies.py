"""Answers that an edge gives itself: problem+json (RFC 9457) with a request id and a machine-readable cause."""

from dataclasses import dataclass
from typing import Any, Final

from holdfast.compile.names import METADATA, MITIGATION_HEADER
from holdfast.model.inner import CAUSE_HEADER

_RBAC = "rbac_access_denied_matched_policy[{}"
_SERVICE = f"%METADATA(ROUTE:{METADATA}:service)%"
_ACCEPTS = f"%METADATA(ROUTE:{METADATA}:accepts)%"
_ALLOW = f"%METADATA(ROUTE:{METADATA}:allow)%"
_RULE = "%RESPONSE_CODE_DETAILS%"
_UNROUTED = (
    f"response.code_details == 'direct_response' && xds.route_metadata.filter_metadata['{METADATA}']['route'] == ''"
)
_LIMITING = f"%RESP({MITIGATION_HEADER})%"


@dataclass(frozen=True, slots=True)
class _Reply:
    """One kind of refusal, told by one thing.

    `details` is how Envoy's response code details begin for it, `when` an expression in CEL, `code` a status and `flag`
    Envoy's response flags.
    """

    cause: str
    status: int
    title: str
    details: str = ""
    when: str = ""
    code: int = 0
    flag: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


_RETRY = (("retry-after", "30"),)
_SOON = (("retry-after", "1"),)
_SPREAD = (("retry-after", "2%START_TIME(%1f)%"),)
"""20 to 29 s, by the tenth of the second that a request came in: those refused in one second come back over ten."""
_ACCEPTED = (("accepts", _ACCEPTS),)

REPLIES: Final = (
    _Reply("%RESP(x-holdfast-cause)%", 429, "Too many requests", code=429, extra=(("mitigation", _LIMITING),)),
    _Reply("limit.location", 503, "This location is short of capacity", "local_rate_limited", headers=_SOON),
    _Reply("kill", 503, "This service is switched off for now", _RBAC.format("kill."), headers=_RETRY),
    _Reply("hold", 503, "This service is being brought back", _RBAC.format("hold."), headers=_SPREAD),
    _Reply(
        "read-only", 503, "This service is read-only for now; reading works", _RBAC.format("read-only."), headers=_RETRY
    ),
    _Reply("block", 403, "Requests from this address are refused", _RBAC.format("block.")),
    _Reply("deny", 403, "Requests like this one are refused for now", _RBAC.format("deny.")),
    _Reply(
        "accept.methods",
        405,
        "This method is not accepted",
        _RBAC.format("accept.methods"),
        headers=(("allow", _ALLOW),),
        extra=_ACCEPTED,
    ),
    _Reply(
        "accept.content_types",
        415,
        "This content type is not accepted",
        _RBAC.format("accept.content_types"),
        extra=_ACCEPTED,
    ),
    _Reply("accept.url_max", 414, "The URL is too long", _RBAC.format("accept.url_max"), extra=_ACCEPTED),
    _Reply("accept.header_max", 431, "The headers are too large", _RBAC.format("accept.header_max"), extra=_ACCEPTED),
    _Reply("accept.body_max", 413, "The body is too large", _RBAC.format("accept.body_max"), extra=_ACCEPTED),
    _Reply("accept.body_max", 413, "The body is too large", "request_payload_too_large", extra=_ACCEPTED),
    _Reply(
        "accept.graphql",
        400,
        "No GraphQL request that is accepted",
        _RBAC.format("accept.graphql"),
        extra=_ACCEPTED,
    ),
    _Reply("no-route", 404, "Nothing answers for this path here", when=_UNROUTED),
    _Reply("unknown-host", 421, "No service here has this host name", flag="NR"),
    _Reply("upstream.unhealthy", 503, "This service has no healthy endpoint", flag="UH", headers=_SOON),
    _Reply("upstream.timeout", 504, "The service did not answer in time", flag="UT"),
    _Reply("upstream.unreachable", 503, "This service can't be reached", flag="UF", headers=_SOON),
    _Reply("upstream.broken", 502, "The service broke off its answer", flag="UC UR UPE"),
    _Reply(
        "bulkhead",
        503,
        "As many requests as may be are in flight",
        flag="UO",
        headers=(("retry-after", "1"),),
    ),
)
"""Every kind of refusal, the most frequent under a flood first; the first that fits is given.

Envoy sets UO also where a try failed and there was no budget for another: that is the upstream's doing, and no wall's.
"""


def compile_local_replies() -> dict[str, Any]:
    """`local_reply_config` of the connection manager, as its JSON form."""
    return {
        "mappers": [*(_mapper(reply) for reply in REPLIES), _answer(), _catch_all(), _catch_early()],
    }


def _mapper(reply: _Reply) -> dict[str, Any]:
    headers = [
        ("x-request-id", "%REQ(X-REQUEST-ID)%"),
        *reply.headers,
        *(() if reply.code else ((CAUSE_HEADER, reply.cause),)),
    ]
    return {
        "filter": _filter(reply),
        "status_code": reply.status,
        "headers_to_add": [_header(name, value) for name, value in headers],
        "body_format_override": _body(reply.cause, reply.title, reply.status, **dict(reply.extra)),
    }


def _filter(reply: _Reply) -> dict[str, Any]:
    if reply.code:
        value = {"default_value": reply.code, "runtime_key": "holdfast.unused"}
        return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}
    if reply.flag:
        return {"response_flag_filter": {"flags": reply.flag.split()}}
    return _when(reply.when or f"response.code_details.startsWith('{reply.details}')")


def _when(expression: str) -> dict[str, Any]:
    return {
        "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
                "expression": expression,
            },
        }
    }


def _answer() -> dict[str, Any]:
    """What a route says that the edge is to answer, word for word."""
    return {
        "filter": _when("response.code_details == 'direct_response'"),
        "body_format_override": {
            "content_type": "text/plain; charset=utf-8",
            "text_format_source": {"inline_string": "%LOCAL_REPLY_BODY%"},
        },
    }


def _catch_all() -> dict[str, Any]:
    """What Envoy refuses of itself, such as a head that is too large."""
    had = {"header_filter": {"header": {"name": "x-request-id", "present_match": True}}}
    return {
        "filter": had,
        "headers_to_add": [_header("x-request-id", "%REQ(X-REQUEST-ID)%"), _header(CAUSE_HEADER, "edge")],
        "body_format_override": _body("edge", "%LOCAL_REPLY_BODY%", "%RESPONSE_CODE%"),
    }


def _catch_early() -> dict[str, Any]:
    """What is refused before the edge gave it an id, such as what isn't HTTP."""
    return {
        "filter": {"not_health_check_filter": {}},
        "headers_to_add": [_header("x-request-id", "%UNIQUE_ID%"), _header(CAUSE_HEADER, "edge")],
        "body_format_override": _body(
            "edge", "%LOCAL_REPLY_BODY%", "%RESPONSE_CODE%", request_id="%RESP(X-REQUEST-ID)%"
        ),
    }


def _body(cause: str, title: str, status: int | str, **extra: str) -> dict[str, Any]:
    return {
        "content_type": "application/problem+json",
        "json_format": {
            "type": "about:blank",
            "title": title,
            "status": status,
            "cause": cause,
            "rule": _RULE,
            "service": _SERVICE,
            "request_id": "%REQ(X-REQUEST-ID)%",
            **extra,
        },
        "omit_empty_values": True,
        "json_format_options": {"sort_properties": False},
    }


def _header(name: str, value: str) -> dict[str, Any]:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
