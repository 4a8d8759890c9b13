"""What people and machines ask about endpoints, and tell of them."""

from collections.abc import Mapping

from holdfast.compile import list_clusters, list_drained, list_endpoints
from holdfast.model.intent import Intent
from holdfast.model.refusal import Refusal
from holdfast.model.upstream import Standby
from holdfast.runtime.control import Control
from holdfast.runtime.recovery.endpoints import EndpointFeeds, FeedStanding
from holdfast.runtime.recovery.reclaims import ReclaimWatch
from holdfast.views.endpoints import ClusterDocument, EndpointsDocument, FeedDocument, MachineDocument
from holdfast.views.reclaims import ReclaimsDocument


class Machines:
    """Answers for what feeds say and for what is taken back."""

    def __init__(self, control: Control, feeds: EndpointFeeds, reclaims: ReclaimWatch) -> None:
        self._control = control
        self._feeds = feeds
        self._reclaims = reclaims

    @property
    def feeds(self) -> Mapping[str, FeedStanding]:
        """How each cluster's feed is."""
        return self._feeds.standing

    def list_endpoints(self, service: str | None, after: str, count_max: int) -> EndpointsDocument:
        """At most `count_max` clusters after a name, of one service or of all."""
        intent = self._control.intent
        if intent is None:
            return EndpointsDocument(clusters=())
        names = [service] if service is not None and service in intent.services else []
        found = [
            (cluster, name, stated)
            for name in (names if service is not None else intent.services)
            for cluster, stated in list_clusters(intent, name).items()
            if cluster > after
        ]
        found.sort(key=lambda each: each[0])
        standing = self._feeds.standing
        shown = tuple(_show(intent, *each, standing.get(each[0])) for each in found[:count_max])
        return EndpointsDocument(clusters=shown, more=len(found) > count_max)

    async def report(
        self, author: str, host: str, address: str | None, at: float | None, tenant: str | None
    ) -> ReclaimsDocument | Refusal:
        """Somebody says that a machine is taken back."""
        return await self._reclaims.report(author, host, address, at, tenant)


def _show(intent: Intent, cluster: str, service: str, stated: Standby, feed: FeedStanding | None) -> ClusterDocument:
    drained = list_drained(intent, service)
    return ClusterDocument(
        cluster=cluster,
        service=service,
        endpoints=tuple(
            MachineDocument(
                address=each.address, zone=each.zone, ephemeral=each.ephemeral, drained=each.address in drained
            )
            for each in list_endpoints(stated, intent.discovered.get(cluster))
        ),
        feed=feed
        and FeedDocument(source=feed.source, read_at=feed.read_at, problem=feed.problem, problem_at=feed.problem_at),
    )
