"""How bad it is, and for which of the components and regions that the public knows."""

from collections.abc import Collection, Iterable
from typing import Final

from holdfast.incidents.opening.signs import Layout, Sign
from holdfast.model.finding import Finding, FindingKind
from holdfast.model.incident import Impact, Occasion
from holdfast.model.intent import Intent
from holdfast.model.mitigation import FailOver
from holdfast.model.platform import Criticality

RANK: Final = tuple(Impact)
"""From nothing to the worst."""
CORE: Final = frozenset({Criticality.CRITICAL_PLUS, Criticality.CRITICAL})
FAILING: Final = frozenset({FindingKind.ERRORS, FindingKind.LOSS})
UNNOTICED: Final = frozenset({Occasion.ROLLOUT, Occasion.DEFERRAL, Occasion.COMPONENT})
"""What users needn't notice: if they do, something is found too."""
MOST: Final = 0.5
"""Of a service's requests, or of all services: beyond it, it is worse."""
MANY_SERVICES_MIN: Final = 4
"""Of fewer services than these it takes all to be most."""


def suggest_impact(signs: Collection[Sign], intent: Intent) -> Impact:
    """The worst of the signs, one degree worse if more than half of all services are concerned."""
    worst = max((_weigh(sign, intent) for sign in signs), key=RANK.index, default=Impact.NONE)
    concerned = frozenset[str]().union(*(sign.services for sign in signs if not sign.is_warning))
    if worst is Impact.NONE or not _is_most(len(concerned), len(intent.services)):
        return worst
    return RANK[min(RANK.index(worst) + 1, len(RANK) - 1)]


def _is_most(concerned: int, known: int) -> bool:
    return concerned > MOST * known if known >= MANY_SERVICES_MIN else concerned == known > 1


def _weigh(sign: Sign, intent: Intent) -> Impact:
    if sign.is_warning or sign.occasion in UNNOTICED:
        return Impact.NONE
    if sign.occasion is Occasion.MITIGATION:
        return Impact.MINOR
    if sign.mitigation is not None:
        return _weigh_failover(sign)
    return _weigh_finding(sign, sign.finding, intent) if sign.finding is not None else Impact.MINOR


def _weigh_finding(sign: Sign, finding: Finding, intent: Intent) -> Impact:
    kind, share = finding.kind, finding.evidence.now
    if kind is FindingKind.SATURATION:
        everywhere = len(intent.platform.locations) == 1
        return Impact.CRITICAL if everywhere and share >= 1.0 else Impact.MAJOR
    if kind not in FAILING:
        return Impact.MINOR if kind in {FindingKind.SURGE, FindingKind.SLOWNESS} else Impact.NONE
    classes = {intent.services[name].criticality for name in sign.services if name in intent.services}
    if Criticality.CRITICAL_PLUS in classes and share > MOST:
        return Impact.CRITICAL
    return Impact.MAJOR if classes & CORE or sign.is_wide else Impact.MINOR


def _weigh_failover(sign: Sign) -> Impact:
    """Nobody notices a standby that takes writes; unless it is said to, one mayn't."""
    measure = sign.mitigation.measure if sign.mitigation else None
    is_whole = isinstance(measure, FailOver) and measure.read_only is False
    return Impact.NONE if is_whole else Impact.MINOR


def find_components(signs: Iterable[Sign], layout: Layout) -> tuple[str, ...]:
    """The components with a service that a sign is about; all of them, if one is about everything somewhere."""
    site = layout.intent.platform.status
    if site is None:
        return ()
    signs = tuple(sign for sign in signs if not sign.is_warning)
    if any(sign.is_wide and not sign.services and sign.locations for sign in signs):
        return tuple(site.components)
    services = frozenset[str]().union(*(sign.services for sign in signs))
    concerned = frozenset[str]().union(*(layout.by_service.get(name, frozenset()) for name in services))
    return tuple(name for name in site.components if name in concerned) if concerned else ()


def find_regions(signs: Iterable[Sign], intent: Intent) -> tuple[str, ...]:
    """The regions with a location that a sign is about; none if nobody knows, the only one if there is but one."""
    regions = intent.platform.each_region()
    if len(regions) == 1:
        return tuple(regions)
    known = frozenset[str]().union(*(sign.locations for sign in signs))
    return tuple(name for name, each in regions.items() if not known.isdisjoint(each.locations))
