"""How users fared in an incident, from what was measured: told with its last word."""

from collections.abc import Callable, Sequence

from holdfast.model.downtime import Accounts, Standing, Stretch
from holdfast.model.incident import Incident
from holdfast.runtime.control import Control


class IncidentMeasure:
    """Asks the accounts, where there are any. Of several regions the one that was hit worst is told."""

    def __init__(self, control: Control, find_accounts: Callable[[], Accounts | None]) -> None:
        self._control = control
        self._find_accounts = find_accounts

    def __call__(self, incident: Incident, ended_at: float) -> Sequence[Stretch] | None:
        """The times in which its services were down or degraded; None where nothing is measured of them."""
        accounts, services = self._find_accounts(), incident.services or self._list_services(incident)
        if accounts is None or not services:
            return None
        by_region = [
            accounts.list_stretches(services, region, incident.began_at, ended_at)
            for region in incident.regions or (None,)
        ]
        return max(by_region, key=_weigh)

    def _list_services(self, incident: Incident) -> tuple[str, ...]:
        """Those of its components, where none is named."""
        intent = self._control.intent
        site = intent.platform.status if intent else None
        known = site.components if site else {}
        named = (known[name].services for name in incident.components if name in known)
        return tuple(dict.fromkeys(service for services in named for service in services))


def _weigh(stretches: Sequence[Stretch]) -> tuple[float, float]:
    """How long it was down, then how long it was degraded."""
    down_s = sum(each.ended_at - each.began_at for each in stretches if each.standing is Standing.DOWN)
    degraded_s = sum(each.ended_at - each.began_at for each in stretches if each.standing is Standing.DEGRADED)
    return down_s, degraded_s
