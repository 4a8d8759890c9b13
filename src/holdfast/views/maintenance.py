"""Announced work: what comes, what goes on, what was."""

from collections.abc import Iterable

from holdfast.model.incident import IncidentId
from holdfast.model.maintenance import Maintenance
from holdfast.model.noun import Noun


class MaintenanceDocument(Noun):
    """A window; `muted` are the open incidents that wake nobody because of it."""

    maintenance: Maintenance
    muted: tuple[IncidentId, ...] = ()


class MaintenancesDocument(Noun):
    """Windows that aren't over, the next first, and past ones, the newest first. `now` is a Unix time, in seconds."""

    now: float
    coming: tuple[MaintenanceDocument, ...]
    past: tuple[MaintenanceDocument, ...]


def show_maintenances(documents: Iterable[MaintenanceDocument], now: float) -> MaintenancesDocument:
    """All that are remembered."""
    ranked = sorted(documents, key=lambda each: each.maintenance.begins_at)
    return MaintenancesDocument(
        now=now,
        coming=tuple(each for each in ranked if not each.maintenance.is_over),
        past=tuple(each for each in reversed(ranked) if each.maintenance.is_over),
    )
