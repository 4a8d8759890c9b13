"""What a drill leaves behind: incidents that opened by themselves, what the public was told, and their postmortems."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from holdfast.drills.stage.control_api import ControlClient, ControlUnreachable
from holdfast.model.incident import Impact
from holdfast.model.postmortem import Postmortem
from holdfast.model.status_site import StatusComponent, StatusSite
from holdfast.views.incidents import IncidentsDocument

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holdfast.drills.sheet import Sheet
    from holdfast.model.incident import Incident
    from holdfast.model.platform import Platform
    from holdfast.runtime.state_dir import StateDir

ANSWER_S_MAX: Final = 60.0
TOLD_S_MAX: Final = 15.0
"""The longest that a first word is waited for once the drill is over."""
LOOK_S: Final = 0.2
_WORD: Final = re.compile(r"[\w.-]*\w")
"""Names have dashes within them, and what ends a sentence isn't of them."""
COMPONENTS_MAX: Final = 50
"""Of a drill's status site: each stands for one service, or for a few where there are more."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Of one Holdfast: its incidents, those that users suffered of, those of them that the public was told of, and
    those whose postmortem is whole.
    """

    incidents: int
    suffered: int
    told: int
    publishable: int
    missing: tuple[str, ...] = ()
    """What keeps postmortems from being whole."""


def add_status_site(platform: Platform) -> Platform:
    """The same platform with a site that publishes by itself, and says nothing of whose its components are."""
    services = [name for tenant in platform.tenants.values() for name in tenant.services]
    few = -(-len(services) // COMPONENTS_MAX)
    components = dict(_make_component(services, first, few) for first in range(0, len(services), few))
    return platform.model_copy(update={"status": StatusSite(title="Drill", publish="auto", components=components)})


def _make_component(services: Sequence[str], first: int, few: int) -> tuple[str, StatusComponent]:
    number, own = first // few + 1, services[first : first + few]
    title = f"Service {number}" if few == 1 else f"Services {first + 1} to {first + len(own)}"
    return f"part-{number}", StatusComponent(title=title, services=tuple(own))


@contextmanager
def look_afterwards(places: StateDir, into: list[Aftermath], *, protected: bool) -> Iterator[None]:
    """At the end of the block, while Holdfast still runs, look at what is left; not where it only passes traffic.

    Raises ControlUnreachable.
    """
    yield
    if protected:
        into.append(read_aftermath(places))


def read_aftermath(places: StateDir) -> Aftermath:
    """Look at what is left, while Holdfast still runs. Raises ControlUnreachable."""
    with _Reader(places) as reader:
        deadline = time.monotonic() + TOLD_S_MAX
        incidents = reader.list_incidents()
        while any(is_untold(each, told_at) for each, told_at in incidents) and time.monotonic() < deadline:
            time.sleep(LOOK_S)
            incidents = reader.list_incidents()
        missing = [_find_missing(each, reader.read_postmortem(each.id, names=each.services)) for each, _ in incidents]
    suffered = sum(each.impact is not Impact.NONE for each, _ in incidents)
    untold = sum(is_untold(*each) for each in incidents)
    lacking = tuple(sorted({each for found in missing for each in found}))
    return Aftermath(len(incidents), suffered, suffered - untold, sum(not found for found in missing), lacking)


def is_untold(incident: Incident, told_at: float | None) -> bool:
    """Whether users suffer, and nobody tells them."""
    return incident.impact is not Impact.NONE and told_at is None


def measure_aftermath(sheet: Sheet[Any], aftermaths: Sequence[Aftermath]) -> None:
    """That there is an incident, that the public was told, and that every postmortem could be published.

    A short form has no time to learn what is usual, nor for all that is told afterwards: there it is only printed.
    """
    if not aftermaths:
        return
    count = sum(each.incidents for each in aftermaths)
    if sheet.short:
        sheet.add("incidents_opened", count, "incidents", len(aftermaths))
        sheet.add("incidents_told", sum(each.told for each in aftermaths), "incidents", count)
        sheet.add("incidents_publishable", sum(each.publishable for each in aftermaths), "incidents", count)
        return
    least = len(aftermaths)
    sheet.demand("incidents_opened", count, "incidents", f"at least {least}", least, ok=count >= least)
    told, suffered = sum(each.told for each in aftermaths), sum(each.suffered for each in aftermaths)
    goal = f"{suffered} of {suffered}"
    sheet.demand("incidents_told", told, "incidents", goal, suffered, ok=told == suffered)
    whole = sum(each.publishable for each in aftermaths)
    sheet.demand("incidents_publishable", whole, "incidents", f"{count} of {count}", count, ok=whole == count)


def names_any(postmortem: Postmortem, names: Sequence[str]) -> bool:
    """Whether any of these is a word of it."""
    texts = _list_texts(postmortem.model_dump(mode="json"))
    return any(not frozenset(_WORD.findall(text)).isdisjoint(names) for text in texts)


def _list_texts(tree: object) -> Iterator[str]:
    """What is told, not what it is called."""
    match tree:
        case str():
            yield tree
        case dict():
            yield from (text for each in tree.values() for text in _list_texts(each))
        case list():
            yield from (text for each in tree for text in _list_texts(each))


class _Reader(ControlClient):
    """Reads incidents and their postmortems."""

    def __init__(self, places: StateDir) -> None:
        super().__init__(places, ANSWER_S_MAX)

    def list_incidents(self) -> list[tuple[Incident, float | None]]:
        """All of them, each with when users were last told."""
        told = IncidentsDocument.model_validate_json(self._get("/v1/incidents"))
        return [(row.incident, row.told_at) for row in (*told.open, *told.resolved)]

    def read_postmortem(self, incident: str, names: Sequence[str]) -> tuple[Postmortem, bool]:
        """The postmortem, and whether its public form names any of these."""
        path = f"/v1/incidents/{incident}/postmortem"
        whole, public = (Postmortem.model_validate_json(self._get(f"{path}{more}")) for more in ("", "?public=true"))
        return whole, names_any(public, names)

    def _get(self, path: str) -> bytes:
        answer = self._ask("GET", path)
        if not answer.is_success:
            raise ControlUnreachable(f"GET {path}: {answer.status_code} {answer.text[:300]}")
        return answer.content


def _find_missing(incident: Incident, read: tuple[Postmortem, bool]) -> list[str]:
    """What can't be published without: when it was seen and told, the traffic, what happened; and no names."""
    postmortem, leaks = read
    needed = () if incident.impact is Impact.NONE else ("tell",)
    if incident.findings:
        needed = (*needed, "detect")
    measured = {moment.name for moment in postmortem.moments if moment.at is not None}
    missing = [f"time to {name}" for name in needed if name not in measured]
    traffic = postmortem.chart.traffic
    if traffic is None or not traffic.is_measured:
        missing.append("traffic")
    elif traffic.usual_mean is None:
        missing.append("usual mean")
    if not postmortem.timeline:
        missing.append("timeline")
    return [*missing, "public form names services"] if leaks else missing
