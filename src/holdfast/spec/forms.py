"""Texts that must have a certain form: names, hosts, addresses, and words of HTTP."""

import re
from collections.abc import Callable
from ipaddress import ip_interface
from typing import Any, Final, NamedTuple

from holdfast.spec.codes import Code, Finding, Path, error

BAD_NAME = error(
    "HF211",
    "not a name",
    "Names of platforms, locations, edges, tenants and services are like one part of a host name: lower case "
    "letters, digits and inner hyphens, at most 63.",
    wrong="name: My_Platform",
    right="name: my-platform",
)
BAD_HOST = error(
    "HF212",
    "not a host name",
    "A host is a name without scheme, port, path or trailing dot. `*.` may stand before it, for every name below.",
    wrong="tenants: {acme: {services: {shop: {hosts: ['https://shop.example.com/']}}}}",
    right="tenants: {acme: {services: {shop: {hosts: [shop.example.com]}}}}",
)
BAD_ADDRESS = error(
    "HF213",
    "not an address",
    "An address is a host or IP address, a colon, and a port from 1 to 65535. IPv6 addresses stand in brackets.",
    wrong="tenants: {acme: {services: {shop: {upstream: {endpoints: ['127.0.0.1']}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {endpoints: ['127.0.0.1:9101']}}}}}",
)
BAD_NETWORK = error(
    "HF214",
    "not an address range",
    "A range is an IPv4 or IPv6 address, a slash, and the length of its prefix. No bits may be set beyond the "
    "prefix, for then it isn't clear which range is meant.",
    wrong="clients: {trusted_proxies: [10.0.0.1/8]}",
    right="clients: {trusted_proxies: [10.0.0.0/8]}",
)
BAD_WORD = error(
    "HF215",
    "not a word of HTTP",
    "Methods are upper case letters, content types are like `application/json`, a health check's path begins "
    "with `/`, and an idempotency key is the name of a header.",
    wrong="tenants: {acme: {services: {shop: {accept: {methods: [get]}}}}}",
    right="tenants: {acme: {services: {shop: {accept: {methods: [GET]}}}}}",
)


class Form(NamedTuple):
    """A form of text: the code for a text without it, and what to say of one."""

    code: Code
    explain: Callable[[str], tuple[str, str]]


def explain_address(path: Path, value: str, reason: str = "") -> Finding:
    """The finding for a text that looks like an address and isn't one."""
    message, fix = _explain_address(value)
    return BAD_ADDRESS.at(path, f"{message}: {reason}" if reason else message, fix)


def explain_network(path: Path, value: Any) -> Finding:
    """The finding for what isn't an address range."""
    fix = "write for example 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32"
    message = f"`{value}` isn't an address range"
    try:
        network = ip_interface(value).network if isinstance(value, str) else None
    except ValueError:
        network = None
    if network:
        message, fix = f"`{value}` has bits set beyond its prefix", f"write {network}"
    return BAD_NETWORK.at(path, message, fix)


def _explain_name(value: str) -> tuple[str, str]:
    name = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:63].strip("-")
    fix = f"write {name}" if name else "write for example acme"
    return f"`{value}` isn't a name of lower case letters, digits and inner hyphens, at most 63", fix


def _explain_host(value: str) -> tuple[str, str]:
    if value == "*":
        return "`*` alone would take every host there is", "write the hosts one by one, or *.example.com"
    host = re.sub(r"[/?#].*$", "", re.sub(r"^[A-Za-z][A-Za-z0-9+]*://", "", value))
    host = re.sub(r":[0-9]*$", "", host).strip().rstrip(".")
    host = host if host.isascii() else _to_ascii(host)
    label = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    good = re.fullmatch(rf"(?:\*\.)?(?:{label}\.)*{label}", host) is not None and len(host) <= 255
    return (
        f"`{value}` isn't a host name: no scheme, port, path, underscore, empty part or trailing dot",
        f"write {host}" if good and host != value else "write for example shop.example.com or *.example.com",
    )


def _to_ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _explain_address(value: str) -> tuple[str, str]:
    message = f"`{value}` isn't an address with a port"
    if re.fullmatch(r"[0-9a-fA-F:]*::?[0-9a-fA-F:.]*", value) and value.count(":") > 1:
        return message, f"put the IPv6 address in brackets and add the port: [{value}]:8080"
    if re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]", value):
        return message, f"add the port, such as {value}:8080"
    bare = re.sub(r"/.*$", "", re.sub(r"^[a-z]+://", "", value))
    if bare != value and re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]{1,5}", bare):
        return message, f"write {bare}"
    return message, "write host:port, such as 127.0.0.1:8080 or [::1]:8080"


def _explain_method(value: str) -> tuple[str, str]:
    fix = f"write {value.upper()}" if value.isascii() and value.isalpha() else "write for example GET or POST"
    return f"`{value}` isn't a method in upper case letters", fix


def _explain_content_type(value: str) -> tuple[str, str]:
    bare = value.lower().split(";")[0].strip()
    good = re.fullmatch(r"[a-z0-9.+*-]+/[a-z0-9.+*-]+", bare)
    return (
        f"`{value}` isn't a content type in lower case, without parameters",
        f"write {bare}" if good else "write for example application/json or image/*",
    )


def _explain_url_path(value: str) -> tuple[str, str]:
    return f"`{value}` isn't a path that begins with /", "write for example /healthz"


def _explain_route_path(value: str) -> tuple[str, str]:
    fix = f"write /{value}" if re.fullmatch(r"[!-~]*", value) else "write it in ASCII, with %20 for a space"
    return f"`{value}` isn't a path that begins with / and has no spaces", fix


def _explain_header_value(value: str) -> tuple[str, str]:
    return f"`{value}` isn't the value of a header: printable ASCII", "take out line breaks and letters beyond ASCII"


def _explain_rewritten_host(value: str) -> tuple[str, str]:
    bare = re.sub(r"/.*$", "", re.sub(r"^[A-Za-z]+://", "", value))
    good = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?", bare)
    return f"`{value}` isn't a host", f"write {bare}" if good and bare != value else "write for example shop.internal"


def _explain_header(value: str) -> tuple[str, str]:
    return f"`{value}` isn't the name of a header", "write for example Idempotency-Key"


NAME: Final = Form(BAD_NAME, _explain_name)
_HOST: Final = Form(BAD_HOST, _explain_host)
_ADDRESS: Final = Form(BAD_ADDRESS, _explain_address)
_HEADER: Final = Form(BAD_WORD, _explain_header)
_HEADER_VALUE: Final = Form(BAD_WORD, _explain_header_value)
_ROUTE_PATH: Final = Form(BAD_WORD, _explain_route_path)

FORMS: Final = {
    "name": NAME,
    "hosts": _HOST,
    "endpoints": _ADDRESS,
    "address": _ADDRESS,
    "listen": _ADDRESS,
    "methods": Form(BAD_WORD, _explain_method),
    "content_types": Form(BAD_WORD, _explain_content_type),
    "method": Form(BAD_WORD, _explain_method),
    "path": Form(BAD_WORD, _explain_url_path),
    "exact": _ROUTE_PATH,
    "prefix": _ROUTE_PATH,
    "host": Form(BAD_WORD, _explain_rewritten_host),
    "remove": _HEADER,
    "idempotency_key": _HEADER,
    "header": _HEADER,
    "json_pointer": Form(
        BAD_WORD, lambda value: (f"`{value}` isn't a JSON pointer (RFC 6901)", "write for example /replication/lag_s")
    ),
    "ports": Form(BAD_WORD, lambda value: (f"`{value}` isn't a range of ports", "write for example 8080-8089")),
}
"""The form of the texts under each key."""

KEY_FORMS: Final = {"set": _HEADER, "headers": _HEADER}
"""The form of the keys that people choose, under each key; all others are names."""

VALUE_FORMS: Final = {"set": _HEADER_VALUE, "headers": _HEADER_VALUE}
"""The form of the texts under keys that people chose, by the key above."""
