"""The peers' names, apart from all that it takes to run them."""

from enum import StrEnum


class PeerName(StrEnum):
    """What a drill can be played with instead of Holdfast."""

    HAPROXY = "haproxy"
    """Stick tables: a rate for each tenant and each of its clients."""
    FAIL2BAN = "fail2ban"
    """Addresses that send too much, read from nginx's log, are refused by nginx."""
    PROMETHEUS = "prometheus"
    """Burn-rate alerts on what HAProxy exports; nothing is done about them."""
