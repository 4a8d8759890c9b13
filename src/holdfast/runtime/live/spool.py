"""What is known of the spool, as it is shown and counted."""

from holdfast.adapters.metrics.reading import SpooledReading, SpoolReading
from holdfast.model.intent import Intent
from holdfast.spool.switching import Phase
from holdfast.views.spool import SpoolDocument, SpooledServiceDocument

_OPEN = {Phase.OPENING, Phase.SPOOLING, Phase.CLOSING}


def read_spool(spool: SpoolDocument, intent: Intent | None) -> SpoolReading:
    """What is known of the spool, by the platform in force."""
    ages = _list_ages(intent)
    services = tuple(_read_service(each, ages.get(each.service)) for each in spool.services)
    if not spool.running:
        return SpoolReading(running=not ages, services=services)
    return SpoolReading(
        running=True,
        disk_bytes=spool.disk_bytes,
        free_bytes=spool.free_bytes,
        bytes_max=intent.platform.spool.bytes_max if intent else None,
        services=services,
    )


def list_deferring(intent: Intent | None) -> dict[str, str]:
    """Tenants by service that defers."""
    owned = intent.services.items() if intent else ()
    return {name: each.tenant for name, each in owned if any(route.deferred for route in each.service.routes)}


def _list_ages(intent: Intent | None) -> dict[str, float]:
    """By service that defers, the age in seconds at which the first of what it defers is a dead letter."""
    owned = intent.services.items() if intent else ()
    deferring = {name: [r.deferred.age_max for r in each.service.routes if r.deferred] for name, each in owned}
    return {name: min(ages) for name, ages in deferring.items() if ages}


def _read_service(shown: SpooledServiceDocument, age_max_s: float | None) -> SpooledReading:
    return SpooledReading(
        service=shown.service,
        tenant=shown.tenant,
        is_open=shown.phase in _OPEN,
        waiting=shown.waiting,
        waiting_bytes=shown.waiting_bytes,
        delivering=shown.delivering,
        dead=shown.dead,
        delivered=shown.delivered,
        oldest_at=shown.oldest_at,
        age_max_s=age_max_s,
    )
