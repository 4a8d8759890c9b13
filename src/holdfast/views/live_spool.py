"""The spool as people watch it: also what may be deferred and never was."""

from collections.abc import Mapping

from holdfast.model.noun import Noun
from holdfast.views.spool import SpoolDocument, SpooledServiceDocument


class LiveSpoolDocument(Noun):
    """The spool at a moment (Unix time, in seconds), its services by how much they want to be looked at."""

    now: float
    spool: SpoolDocument

    @property
    def waiting(self) -> int:
        """Messages that wait or are being delivered, of all services that are shown."""
        return sum(each.waiting for each in self.spool.services)

    @property
    def waiting_bytes(self) -> int:
        """What they take."""
        return sum(each.waiting_bytes for each in self.spool.services)

    @property
    def dead(self) -> int:
        """Dead letters of all services that are shown."""
        return sum(each.dead for each in self.spool.services)


def show_live_spool(
    spool: SpoolDocument, deferring: Mapping[str, str], tenant: str | None, now: float
) -> LiveSpoolDocument:
    """What one tenant may see of it, or all (None). `deferring` are tenants by service that defers."""
    known = {each.service: each for each in spool.services}
    for service, owner in deferring.items():
        known.setdefault(service, SpooledServiceDocument(service=service, tenant=owner, phase="direct"))
    mine = sorted((each for each in known.values() if tenant in {None, each.tenant}), key=_rank)
    return LiveSpoolDocument(now=now, spool=spool.model_copy(update={"services": tuple(mine)}))


def _rank(each: SpooledServiceDocument) -> tuple[bool, bool, float, str]:
    """Those whose requests don't go directly first, then those with dead letters, then by age."""
    return each.phase == "direct", not each.dead, each.oldest_at or float("inf"), each.service
