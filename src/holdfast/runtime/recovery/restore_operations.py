"""What people may see of a restoration and do with it: start, hold, release, stop."""

import asyncio
from collections.abc import Iterable
from typing import Final

from holdfast.engine.command import AdjustMitigation, EndMitigation, Mitigate
from holdfast.engine.reason import check_reason
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Hold, Whom
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.recover.restoration.advance import HOLD_S
from holdfast.recover.restoration.ramp import start_rate
from holdfast.runtime.control import Control
from holdfast.runtime.recovery.restoring import Restorer, adjust_hold
from holdfast.views.restoration import RestorationDocument

RECORD_WAIT_S: Final = 2.0
AT_ONCE_MAX: Final = 500
"""Commands that are given at the same time: control has other things to do."""
Commands = Iterable[Mitigate | AdjustMitigation | EndMitigation]


class RestoreOperations:
    """Everything about restorations that the API offers, on a running `Control`."""

    def __init__(self, control: Control, restorer: Restorer) -> None:
        self._control = control
        self._restorer = restorer

    def show(self) -> RestorationDocument:
        """Who comes back when, and what they wait for."""
        return self._restorer.show()

    async def start(self, author: str, names: tuple[str, ...], reason: str) -> RestorationDocument | Refusal:
        """Hold these services, and all at these sites, and let them come back in their turns; no names: all services.

        Whoever is on the way back already goes on so.
        """
        intent = self._control.intent
        if intent is None:
            return Refusal(RefusalCode.NOTHING_IN_FORCE, "no revision is in force yet, so there is nothing to restore")
        services = _find_services(intent, names)
        if isinstance(services, Refusal):
            return services
        new = sorted(services - self._restorer.find_returning().keys())
        refusal = check_reason(reason)
        if refusal is None and not new:
            return Refusal(RefusalCode.UNCHANGED, "all of them are on their way back already")
        commands = (Mitigate(author, Hold(service=name), HOLD_S, reason) for name in new)
        return refusal or await self._decide_all(commands) or await self._look()

    async def hold(self, author: str, service: str, reason: str) -> RestorationDocument | Refusal:
        """Hold a service until people release it."""
        returning = self._restorer.find_returning().get(service)
        hold = Hold(service=service, pinned=True)
        if returning is None:
            return await self._decide(Mitigate(author, hold, HOLD_S, reason)) or await self._look()
        return (
            check_reason(reason)
            or await self._decide(adjust_hold(returning, hold, reason, author))
            or await self._look()
        )

    async def release(self, author: str, service: str, reason: str) -> RestorationDocument | Refusal:
        """Let a service in now, whatever it waits for; one that is let in for a part already, for all that comes."""
        returning = self._restorer.find_returning().get(service)
        if returning is None:
            return Refusal(RefusalCode.UNCHANGED, f"{service} isn't held")
        if returning.let_in_rps is not None:
            command = EndMitigation(author, returning.hold, reason)
            return await self._decide(command) or await self._look()
        hold = Hold(service=service, requests_per_s=start_rate(self._restorer.find_place(service)))
        return (
            check_reason(reason)
            or await self._decide(adjust_hold(returning, hold, reason, author))
            or await self._look()
        )

    async def stop(self, author: str, reason: str) -> RestorationDocument | Refusal:
        """Let everybody in at once, for all that comes."""
        returning = self._restorer.find_returning()
        if not returning:
            return Refusal(RefusalCode.UNCHANGED, "nobody is held")
        ends = (EndMitigation(author, each.hold, reason) for each in returning.values())
        return check_reason(reason) or await self._decide_all(ends) or await self._look()

    async def _look(self) -> RestorationDocument:
        await self._restorer.look_once()
        return self.show()

    async def _decide(self, command: Mitigate | AdjustMitigation | EndMitigation) -> Refusal | None:
        ticket = await self._control.submit(command, RECORD_WAIT_S)
        return ticket.refusal

    async def _decide_all(self, commands: Commands) -> Refusal | None:
        """The first refusal, if there is one; what was decided before it holds."""
        rest = list(commands)
        while rest:
            now, rest = rest[:AT_ONCE_MAX], rest[AT_ONCE_MAX:]
            for refusal in await asyncio.gather(*map(self._decide, now)):
                if refusal is not None:
                    return refusal
        return None


def _find_services(intent: Intent, names: tuple[str, ...]) -> frozenset[str] | Refusal:
    """The services that are meant; one that has the name of a site is meant rather than the site."""
    if not names:
        return frozenset(intent.services)
    found = set[str]()
    for name in names:
        if name in intent.services:
            found.add(name)
        elif name in intent.platform.sites or name in intent.at_sites:
            found |= intent.find_services(Whom(site=name))
        else:
            return Refusal(RefusalCode.SERVICE_UNKNOWN, f"the platform in force has no service and no site {name}")
    return frozenset(found)
