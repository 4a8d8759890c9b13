"""The made-up world: sites with their machines' addresses, locations with their edges, and who runs where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from holdfast.model.platform import Criticality

PRIMARY: Final = "us-east"
STANDBY: Final = "us-west"
ELSEWHERE: Final = "eu-central"
SITES: Final = (PRIMARY, STANDBY, ELSEWHERE)
LOCATIONS: Final = {"us": ("us-1", "us-2"), "eu": ("eu-1", "eu-2")}
"""The edges of each location."""
EDGES: Final = tuple(edge for edges in LOCATIONS.values() for edge in edges)


@dataclass(frozen=True, slots=True)
class Served:
    """A service: at which location it is asked for, where it runs, and who takes over there."""

    name: str
    location: str
    site: str
    standby: str | None
    criticality: Criticality
    takes_mail: bool = False


SHOP: Final = Served("shop", "us", PRIMARY, STANDBY, Criticality.CRITICAL)
MAIL: Final = Served("mail", "us", PRIMARY, STANDBY, Criticality.CRITICAL, takes_mail=True)
REPORTS: Final = Served("reports", "us", PRIMARY, STANDBY, Criticality.SHEDDABLE)
SHOP_EU: Final = Served("shop-eu", "eu", ELSEWHERE, None, Criticality.CRITICAL)
SERVICES: Final = (SHOP, MAIL, REPORTS, SHOP_EU)


def name_machine(site: str, number: int) -> str:
    """A machine of a site, counted from 0."""
    return f"{site}-{number + 1}"


def find_address(site: str, number: int) -> str:
    """The machine's address, its own: nothing else on loopback is lost with it."""
    return f"127.1.{SITES.index(site) + 1}.{number + 1}"
