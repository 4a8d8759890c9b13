"""The state of everything on one page."""

from collections.abc import Collection, Sequence

from holdfast import __version__
from holdfast.model.edge import EdgeStatus
from holdfast.model.intent import Intent
from holdfast.model.mitigation import MitigationId
from holdfast.model.noun import Noun
from holdfast.model.platform import Mode
from holdfast.model.state import State
from holdfast.views.edges import EdgeDocument, Reach, count_reach, show_edge
from holdfast.views.mitigations import MitigationDocument, show_mitigation
from holdfast.views.observation import Observation
from holdfast.views.revisions import RevisionDocument, find_revision
from holdfast.views.rollout import FreezeDocument, RolledBackDocument, RolloutDocument, RolloutsDocument

MITIGATIONS_SHOWN_MAX = 50


class JournalDocument(Noun):
    """Whether decisions can be recorded, and how many that take effect already are not."""

    writable: bool
    unrecorded: int


class StatusDocument(Noun):
    """What is in force, on which edges, since when. Times are Unix times, in seconds.

    `mitigations` holds the oldest of them; `mitigation_count` counts all. `rolled_back` is what went back since the
    revision in force came in force.
    """

    version: str
    now: float
    started_at: float
    platform: str | None
    mode: Mode | None
    in_force: RevisionDocument | None
    proving: RevisionDocument | None
    rollout: RolloutDocument | None
    rolled_back: RolledBackDocument | None
    freeze: FreezeDocument | None
    tenant_count: int
    service_count: int
    edges: tuple[EdgeDocument, ...]
    reach: Reach
    mitigation_count: int
    mitigations: tuple[MitigationDocument, ...]
    journal: JournalDocument


def show_status(
    state: State,
    intent: Intent | None,
    edges: Sequence[EdgeStatus],
    unrecorded: Collection[MitigationId],
    journal: JournalDocument,
    rollouts: RolloutsDocument,
    started_at: float,
) -> StatusDocument:
    """One page of everything, at the moment that `rollouts` is of."""
    now, reach, observation = rollouts.now, count_reach(edges), Observation(intent)
    mitigations = list(state.mitigations.values())
    return StatusDocument(
        version=__version__,
        now=now,
        started_at=started_at,
        platform=intent.platform.name if intent else None,
        mode=intent.platform.mode if intent else None,
        in_force=find_revision(state, state.in_force),
        proving=find_revision(state, state.proving),
        rollout=rollouts.rollout,
        rolled_back=rollouts.rolled_back,
        freeze=rollouts.freeze,
        tenant_count=len(intent.platform.tenants) if intent else 0,
        service_count=len(intent.services) if intent else 0,
        edges=tuple(show_edge(edge, now) for edge in edges),
        reach=reach,
        mitigation_count=len(mitigations),
        mitigations=tuple(
            show_mitigation(m, now, reach, observation, recorded=m.id not in unrecorded)
            for m in mitigations[:MITIGATIONS_SHOWN_MAX]
        ),
        journal=journal,
    )
