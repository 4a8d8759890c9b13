"""Who may move to a site that can't carry everybody: the critical ones first, and none in place of a more critical one.

What a service brings is what it was sent before it was lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from holdfast.model.platform import Criticality
from holdfast.recover.failover.case import Burden, SiteCapacity, sum_burdens
from holdfast.recover.failover.moving import Wish

ORDER: Final = tuple(Criticality)
"""From the one that moves first to the one that waits longest."""


def admit(wishes: Iterable[Wish], sites: Mapping[str, SiteCapacity]) -> tuple[Sequence[Wish], Mapping[str, str]]:
    """Those that there is room for, most critical first; and by service, why others must wait.

    Where one finds no room at a site, nobody of a lesser class is let in there either.
    """
    let_in, waiting = list[Wish](), dict[str, str]()
    taken: dict[str, Burden] = {name: site.burden for name, site in sites.items()}
    closed: dict[str, Criticality] = {}
    for wish in sorted(wishes, key=_rank):
        name, case = wish.standby.site, wish.case
        site = sites.get(name) if name is not None else None
        if name is None or site is None:
            let_in.append(wish)
            continue
        more = sum_burdens((taken[name], wish.burden))
        if name in closed and closed[name] is not case.criticality:
            waiting[case.service] = f"{name} has no room for {closed[name]} services, which go first"
        elif _overflows(site, more):
            closed.setdefault(name, case.criticality)
            waiting[case.service] = f"{name} has no room for its {wish.burden.rps:.0f} requests/s"
        else:
            taken[name] = more
            let_in.append(wish)
    return let_in, waiting


def _rank(wish: Wish) -> tuple[int, float, str]:
    """Within a class the small ones first, so that most find room."""
    return ORDER.index(wish.case.criticality), wish.burden.rps, wish.case.service


def _overflows(site: SiteCapacity, burden: Burden) -> bool:
    too_many = site.requests is not None and burden.rps > site.requests
    return too_many or (site.in_flight is not None and burden.in_flight > site.in_flight)
