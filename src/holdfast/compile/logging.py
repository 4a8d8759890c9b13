"""Small spellings for access loggers, and for the filters that decide what they are told of, as their JSON form."""

from typing import Any

_LOGGERS = "type.googleapis.com/envoy.extensions.access_loggers."
Form = dict[str, Any]


def logger(name: str, message: str, when: Form, **config: Any) -> Form:
    """An access logger that is told of what passes a filter."""
    typed = {"@type": _LOGGERS + message, **config}
    return {"name": f"envoy.access_loggers.{name}", "filter": when, "typed_config": typed}


def both(*filters: Form) -> Form:
    """What passes all of these, asked in this order."""
    return {"and_filter": {"filters": list(filters)}}


def either(*filters: Form) -> Form:
    """What passes any of these."""
    return {"or_filter": {"filters": list(filters)}}


def passing(bucket: str) -> Form:
    """As many as a token bucket lets through, of all workers together; none while Envoy wasn't given that bucket."""
    return {
        "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.process_ratelimit",
            "typed_config": {
                "@type": _LOGGERS + "filters.process_ratelimit.v3.ProcessRateLimitFilter",
                "dynamic_config": {
                    "resource_name": bucket,
                    "config_source": {"ads": {}, "resource_api_version": "V3"},
                },
            },
        }
    }


def status_from(status: int) -> Form:
    """Answers of at least this status."""
    return {"status_code_filter": {"comparison": _compare("GE", status)}}


def status_below(status: int) -> Form:
    """Answers of less than this status; also where there was none."""
    return {"status_code_filter": {"comparison": _compare("LE", status - 1)}}


def slower_than(seconds: float) -> Form:
    """Requests that took at least so long."""
    return {"duration_filter": {"comparison": _compare("GE", round(seconds * 1000))}}


def drawn(runtime_key: str, millionths: int = 0) -> Form:
    """A share of all, drawn by lot: so many of a million, or as many as a runtime key says."""
    share = {"numerator": millionths, "denominator": "MILLION"}
    return {
        "runtime_filter": {
            "runtime_key": runtime_key, "percent_sampled": share, "use_independent_randomness": True
        }
    }  # fmt: skip


def has_metadata(namespace: str, key: str, value: Form, *, or_none: bool = False) -> Form:
    """Requests whose dynamic metadata has a value under this key that matches; with `or_none` also those without."""
    matcher = {"filter": namespace, "path": [{"key": key}], "value": value}
    return {"metadata_filter": {"matcher": matcher, "match_if_key_not_found": or_none}}


def _compare(how: str, value: int) -> Form:
    return {"op": how, "value": {"default_value": value, "runtime_key": "holdfast.unused"}}
