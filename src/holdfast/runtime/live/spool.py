"""What is known of the spool, as it is shown and counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.adapters.metrics.reading import SpooledReading, SpoolReading
from holdfast.model.intent import Intent
from holdfast.runtime.control import Control
from holdfast.runtime.recovery.spool_operations import SpoolOperations
from holdfast.spool.switching import Phase
from holdfast.views.live_spool import LiveSpoolDocument, show_live_spool
from holdfast.views.spool import SpoolDocument, SpooledServiceDocument

_OPEN = {Phase.OPENING, Phase.SPOOLING, Phase.CLOSING}


@dataclass(frozen=True, slots=True)
class Deferring:
    """A service that defers: whose it is, and the age at which the first of what it defers is a dead letter."""

    tenant: str
    age_max_s: float


class LiveSpool:
    """The spool under a running control. Who defers is found once for each platform that comes into force."""

    def __init__(self, control: Control, spool: SpoolOperations) -> None:
        self._control = control
        self._spool = spool
        self._deferring: tuple[object, Mapping[str, Deferring]] = (None, {})
        """Services that defer, with those that they were found among."""

    def read(self) -> SpoolReading:
        """What is known of it, as it is counted."""
        return read_spool(self._spool.show(), self._control.intent, self._find_deferring())

    def show(self, tenant: str | None) -> LiveSpoolDocument:
        """What one tenant may see of it, or all (None)."""
        owners = {name: each.tenant for name, each in self._find_deferring().items()}
        return show_live_spool(self._spool.show(), owners, tenant, self._control.world.clock())

    def _find_deferring(self) -> Mapping[str, Deferring]:
        intent = self._control.intent
        services = intent.services if intent else None
        if services is not self._deferring[0]:
            self._deferring = services, list_deferring(intent)
        return self._deferring[1]


def read_spool(spool: SpoolDocument, intent: Intent | None, deferring: Mapping[str, Deferring]) -> SpoolReading:
    """What is known of the spool, by the platform in force and its services that defer."""
    services = tuple(_read_service(each, deferring.get(each.service)) for each in spool.services)
    if not spool.running:
        return SpoolReading(running=not deferring, services=services)
    return SpoolReading(
        running=True,
        disk_bytes=spool.disk_bytes,
        free_bytes=spool.free_bytes,
        bounds=intent.platform.spool if intent else None,
        services=services,
    )


def list_deferring(intent: Intent | None) -> dict[str, Deferring]:
    """The services that defer, by name."""
    deferring = {}
    for name, owned in intent.services.items() if intent else ():
        ages = [route.deferred.age_max for route in owned.service.routes if route.deferred]
        if ages:
            deferring[name] = Deferring(owned.tenant, min(ages))
    return deferring


def _read_service(shown: SpooledServiceDocument, deferring: Deferring | None) -> SpooledReading:
    return SpooledReading(
        service=shown.service,
        tenant=shown.tenant,
        is_open=shown.phase in _OPEN,
        waiting=shown.waiting,
        waiting_bytes=shown.waiting_bytes,
        delivering=shown.delivering,
        dead=shown.dead,
        dead_bytes=shown.dead_bytes,
        delivered=shown.delivered,
        oldest_at=shown.oldest_at,
        age_max_s=deferring.age_max_s if deferring else None,
    )
