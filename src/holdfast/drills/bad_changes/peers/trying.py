"""One change of the corpus, pushed to a peer: is it refused, and if not, whom does it break?"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.bad_changes.editing import MAIN, BadEdit
from holdfast.drills.bad_changes.peers.asking import Answer, ask_all
from holdfast.drills.bad_changes.peers.expected import Asked, list_owners, list_probes, list_recorded
from holdfast.drills.bad_changes.peers.judging import tell_harm
from holdfast.drills.bad_changes.peers.lenient import Unreadable, read_leniently
from holdfast.drills.bad_changes.peers.peer import NotExpressible
from holdfast.drills.bad_changes.peers.placing import Places, each_upstream, place_platform
from holdfast.drills.bad_changes.peers.world import Stubs, merge_world
from holdfast.drills.peers.peer_process import PeerFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from holdfast.drills.bad_changes.corpus import Case
    from holdfast.drills.bad_changes.editing import Files
    from holdfast.drills.bad_changes.peers.peer import Peer
    from holdfast.model.platform import Platform
    from holdfast.model.upstream import HealthCheck

ANSWER_S_MAX: Final = 3.0
SLOW_ANSWER_S_MAX: Final = 45.0
_CHECKS_S_MAX: Final = 6.0
_ROUNDS: Final = 2
_PAUSE_S: Final = 1.0
_FEW: Final = 4
_OURS: Final = re.compile(r"^<<<<<<<.*\n((?:.*\n)*?)=======\n((?:.*\n)*?)>>>>>>>.*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a peer made of a case. `harmed` tells of each request answered otherwise: its service, itself, how."""

    case: Case
    said: str | None = None
    """In the peer's words, why it refused."""
    fell: str | None = None
    """What it said if, later in the case, it didn't come up again whole."""
    unsaid: str | None = None
    """Why the change can't be said in the peer's words."""
    failed: str | None = None
    """Why the case couldn't be tried."""
    harmed: tuple[tuple[str, str, str], ...] = ()
    asked: int = 0
    left_out: int = 0
    """Requests that the peer answered otherwise than recorded before any change: nothing is said of them."""

    @property
    def outcome(self) -> str:
        """`refused`, `broke`, `unseen` (taken, and no single request shows it), `not expressible`, or `broken`.

        Harmless: `refused`, `broke` or `passed`. `broken` is a case that couldn't be tried.
        """
        if self.failed is not None:
            return "broken"
        if self.unsaid is not None:
            return "not expressible"
        if self.said is not None:
            return "refused"
        if self.broken:
            return "broke"
        return "passed" if self.case.caught_by is None else "unseen"

    @property
    def broken(self) -> list[tuple[str, str, str]]:
        """What was harmed, without what a harmless change is allowed to do."""
        return [each for each in self.harmed if each[0] not in self.case.differs]


async def push_case(case: Case, peer: Peer) -> Pushed:
    """Take a peer from the platform before a case to the one after, as the case says, and ask it before and after."""
    places = Places()
    try:
        return await _push(case, peer, places)
    except NotExpressible as reason:
        return Pushed(case, unsaid=str(reason))
    except (BadEdit, PeerFailed, OSError) as failure:
        return Pushed(case, failed=str(failure))
    finally:
        await peer.stop()
        places.close()


async def _push(case: Case, peer: Peer, places: Places) -> Pushed:
    story = _Story(case, places)
    stubs = Stubs(places, story.world)
    try:
        await stubs.follow()
        await peer.start(story.before)
        port = story.port
        await asyncio.sleep(_settle_s(story.before) if story.checks_health else 0)
        before = await _ask(port, story, 1, lambda n, now: now.status == story.asked[n].expect)
        said, fell = await story.play(peer, stubs)
        await asyncio.sleep(story.settle_s)
        stubs.slow = story.is_slow
        owners = list_owners(case.before)
        after = await _ask(port, story, _ROUNDS, lambda n, now: tell_harm(before[n], now, owners) is None)
    finally:
        stubs.close()
    harmed, asked = _judge(story.asked, zip(before, after, strict=True), owners)
    return Pushed(case, said, fell, harmed=harmed, asked=asked, left_out=len(story.asked) - asked)


async def _ask(port: int, story: _Story, rounds: int, is_fine: Callable[[int, Answer], bool]) -> list[Answer]:
    """Ask all; then again, few at a time, what wasn't answered well: a machine that stalls for a moment is no harm."""
    answers = list(await ask_all(port, story.requests, story.answer_s_max))
    for _ in range(rounds):
        doubtful = [n for n, answer in enumerate(answers) if not is_fine(n, answer)]
        if not doubtful:
            break
        await asyncio.sleep(_PAUSE_S)
        again = await ask_all(port, [story.requests[n] for n in doubtful], story.answer_s_max, connections=_FEW)
        for n, answer in zip(doubtful, again, strict=True):
            answers[n] = answer
    return answers


class _Story:
    """What happens in a case, in order, each platform placed on this machine."""

    def __init__(self, case: Case, places: Places) -> None:
        self._case = case
        self._places = places
        self.world = merge_world(case.base.world["endpoints"], case.raw.get("world", {}).get("endpoints", {}))
        if "names" in case.raw.get("world", {}):
            raise NotExpressible("its endpoints are names, and no names are resolved here")
        self.before = place_platform(read_leniently(case.before), places)
        self._afters = [(files, *_read_marred(files, case, places)) for files in self._list_files()]
        last = self._afters[-1][1]
        self.is_slow = any(last_s != had_s for had_s, last_s in _pair_periods(self.before, last))
        self.checks_health = _list_checks(self.before) != _list_checks(last)
        self.asked = [*list_recorded(case), *list_probes(self.before, _name_services(last))]
        self.requests = [each.request for each in self.asked]
        self.answer_s_max = SLOW_ANSWER_S_MAX if self.is_slow else ANSWER_S_MAX
        self.settle_s = _settle_s(last) if self.checks_health else 0.0

    @property
    def port(self) -> int:
        """Where clients come to, whatever is changed."""
        return int(next(iter(self.before.locations.values())).edges[0].listen.rpartition(":")[2])

    async def play(self, peer: Peer, stubs: Stubs) -> tuple[str | None, str | None]:
        """Push every change and let the rest of the story happen.

        Gives the first refusal in the peer's words, and what it said if it didn't start again whole.
        """
        said, fell, unsaid = None, None, []
        afters = iter(self._afters)
        for event in ({"change": None}, *self._case.raw.get("meanwhile", ())):
            if "change" in event and said is None:
                _, platform, marred = next(afters)
                await stubs.follow()
                try:
                    said = await peer.push(platform, marred)
                except NotExpressible as reason:
                    unsaid.append(str(reason))
            if "world" in event:
                self.world = merge_world(self.world, event["world"].get("endpoints", {}))
                await stubs.follow(self.world)
            if event.get("restart_edges"):
                fell = await peer.restart()
        if len(unsaid) == len(self._afters):
            raise NotExpressible(unsaid[0])
        return said, fell

    def _list_files(self) -> list[Files]:
        return [after for _, after in self._case.each_step()]


def _read_marred(files: Files, case: Case, places: Places) -> tuple[Platform, Platform | int | None]:
    """A platform, and the mistake of the text, if it is one, that would stand in a peer's own file too."""
    copies = [int(edit["repeat_text"]) for edit in case.raw["change"] if "repeat_text" in edit]
    if b"<<<<<<<" in files[MAIN]:
        text = files[MAIN].decode()
        ours, theirs = ({**files, MAIN: _OURS.sub(side, text).encode()} for side in (r"\1", r"\2"))
        return place_platform(read_leniently(ours), places), place_platform(read_leniently(theirs), places)
    try:
        return place_platform(read_leniently(files), places), copies[0] if copies else None
    except Unreadable as failure:
        raise NotExpressible(f"nobody could read it: {failure}"[:200]) from failure


def _judge(
    asked: Sequence[Asked], answers: Iterable[tuple[Answer, Answer]], owners: Mapping[str, frozenset[str]]
) -> tuple[tuple[tuple[str, str, str], ...], int]:
    """The requests that were harmed, and how many could be judged: those that were answered as recorded before."""
    judged = [(each, was, now) for each, (was, now) in zip(asked, answers, strict=True) if was.status == each.expect]
    harmed = (
        (each.service, f"{each.request.method} {each.request.host}{each.request.path}", harm)
        for each, was, now in judged
        if (harm := tell_harm(was, now, owners)) is not None
    )
    return tuple(harmed), len(judged)


def _name_services(platform: Platform) -> frozenset[str]:
    return frozenset(name for tenant in platform.tenants.values() for name in tenant.services)


def _pair_periods(before: Platform, after: Platform) -> Iterator[tuple[object, object]]:
    """Everything that says how long something may take, where both platforms say it."""
    had, has = _name_periods(before), _name_periods(after)
    return ((had[key], has[key]) for key in had.keys() & has.keys())


def _name_periods(platform: Platform) -> dict[tuple[str, str, str], object]:
    named: dict[tuple[str, str, str], object] = {}
    for tenant in platform.tenants.values():
        for name, service in tenant.services.items():
            upstreams = {"": service.upstream, **service.upstreams}
            named |= {(name, "upstream", key): (u.timeouts, u.retries.attempts_max) for key, u in upstreams.items()}
            named |= {(name, "route", route.name): route.timeout for route in service.routes}
    return named


def _list_checks(platform: Platform) -> list[HealthCheck | None]:
    services = (service for tenant in platform.tenants.values() for service in tenant.services.values())
    return [upstream.health_check for service in services for upstream in each_upstream(service)]


def _settle_s(platform: Platform) -> float:
    """How long until endpoints that fail their checks are known to."""
    times = [each.interval * (each.unhealthy_after + 1) + each.timeout for each in _list_checks(platform) if each]
    return min(_CHECKS_S_MAX, max(times, default=0.0))
