"""The text of a feed to endpoints, or everything that is wrong with it."""

from ipaddress import ip_address
from typing import Annotated, Any, Final

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from holdfast.model.recovery import Endpoint, StatedEndpoint

ENDPOINTS_MAX: Final = 2_000
COMPLAINTS_MAX: Final = 20
_LIST: Final = TypeAdapter(Annotated[tuple[StatedEndpoint, ...], Field(max_length=ENDPOINTS_MAX)])


class FeedUnreadable(Exception):
    """A feed can't be used; the message says everything that is wrong with it."""


def read_endpoints(data: bytes) -> tuple[Endpoint, ...]:
    """The endpoints that a text lists: JSON or YAML, a list or a mapping with `endpoints`, as a platform file has them.

    FeedUnreadable unless each is well-formed, at an IP address that something can be sent to, and named once.
    """
    listed = _parse(data)
    if isinstance(listed, dict) and listed.keys() == {"endpoints"}:
        listed = listed["endpoints"]
    if not isinstance(listed, list):
        raise FeedUnreadable("it isn't a list of endpoints")
    try:
        endpoints = _LIST.validate_python(listed)
    except ValidationError as failure:
        errors = failure.errors(include_url=False, include_input=False)
        raise FeedUnreadable(_join([f"{_tell_place(each['loc'])}: {each['msg']}" for each in errors])) from None
    if complaints := _judge(endpoints):
        raise FeedUnreadable(_join(complaints))
    return endpoints


def _parse(data: bytes) -> Any:
    """Plain data. Aliases are refused: with them, a short text says endlessly much."""
    try:
        text = data.decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.CSafeLoader)):
            raise FeedUnreadable("it has aliases, which a feed doesn't use")
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise FeedUnreadable(f"it is neither JSON nor YAML: {type(error).__name__}") from None


def _judge(endpoints: tuple[Endpoint, ...]) -> list[str]:
    complaints, seen = [], set[str]()
    for endpoint in endpoints:
        why = _tell_unusable(endpoint.address)
        if endpoint.address in seen:
            why = "it is named twice"
        seen.add(endpoint.address)
        if why:
            complaints.append(f"{endpoint.address}: {why}")
    return complaints


def _tell_unusable(address: str) -> str:
    try:
        ip = ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return "it is a name, and a feed has addresses"
    return "nothing can be sent there" if ip.is_unspecified or ip.is_multicast else ""


def _tell_place(path: tuple[int | str, ...]) -> str:
    return ".".join(map(str, path)) or "the list"


def _join(complaints: list[str]) -> str:
    more = len(complaints) - COMPLAINTS_MAX
    return "; ".join(complaints[:COMPLAINTS_MAX]) + (f"; and {more} more" if more > 0 else "")
