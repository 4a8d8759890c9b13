"""A platform against the world around it, as far as that was looked into."""

from collections.abc import Iterator

from holdfast.model.platform import Platform
from holdfast.spec.codes import Finding, error
from holdfast.spec.facts import Facts
from holdfast.spec.rules.addresses import each_listen, split_address
from holdfast.spec.rules.walk import each_backend

UNRESOLVED = error(
    "HF701",
    "a name without an address",
    "The host name of an endpoint has no address, as seen from the machine that checks. Requests to it would fail. "
    "`holdfast check --offline` doesn't look names up.",
)
PORT_IN_USE = error(
    "HF702",
    "a port in use",
    "Something else listens on an address that an edge is to listen on.",
)


def check_facts(platform: Platform, facts: Facts) -> Iterator[Finding]:
    """Names resolve, and ports are free."""
    for path, edge, listen in each_listen(platform):
        if listen in facts.ports_in_use:
            message = f"edge {edge} can't listen on {listen}: something else does"
            yield PORT_IN_USE.at(path, message, "stop what listens there, or choose another port")
    for sent in each_backend(platform) if facts.unresolved else ():
        for index, endpoint in enumerate(sent.standby.addresses):
            host = split_address(endpoint)[0]
            if host in facts.unresolved:
                message = f"{host}, an endpoint of {sent.name}, has no address"
                yield UNRESOLVED.at(
                    (*sent.path, "endpoints", index),
                    message,
                    "check the spelling and the DNS record, or write an IP address",
                )
