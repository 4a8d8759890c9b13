"""One change after another, through the stages that Holdfast has before any edge sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.bad_changes.corpus import STAGES, Case
from holdfast.drills.bad_changes.editing import MAIN, BadEdit, Files
from holdfast.model.diagnostic import Severity
from holdfast.model.intent import Intent
from holdfast.rollout.changes import ChangeKind
from holdfast.spec import Checked, check_bytes, check_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.model.platform import Platform
    from holdfast.rollout.outcomes import Difference
    from holdfast.rollout.plan import Plan
    from holdfast.runtime.planning import Planner

BROKEN: Final = "broken"
"""What a case is called that can't be tried: its base isn't sound here, or its edits can't be made."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a case: the stage that caught it, if any did, and what that said."""

    case: Case
    stage: str | None
    said: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    """Services that a harmless change treats differently, without its saying so."""

    @property
    def outcome(self) -> str:
        """`caught` or `late` or `missed` for a bad change, `passed` or `refused` for a harmless one, or `broken`."""
        if self.stage == BROKEN:
            return BROKEN
        if self.case.caught_by is None:
            return "refused" if self.stage or self.strangers else "passed"
        if self.stage is None:
            return "missed"
        return "late" if STAGES.index(self.stage) > STAGES.index(self.case.caught_by) else "caught"


async def try_case(case: Case, planner: Planner) -> Tried:
    """Take every change of a case through the stages, until one is caught."""
    try:
        steps = list(case.each_step())
    except BadEdit as failure:
        return Tried(case, BROKEN, (str(failure),))
    strangers: set[str] = set()
    for before, after in steps:
        old, new = _check(before), _check(after)
        if old.platform is None:
            return Tried(case, BROKEN, _list_errors(old))
        if new.platform is None:
            return Tried(case, "check", _list_errors(new))
        plan = await planner.plan(
            Intent(old.platform),
            new.platform,
            case.requests,
            usage=case.base.usage,
            dead=_find_dead(case, new.platform),
        )
        if plan.nacks:
            return Tried(case, "cold_start", tuple(nack.message for nack in plan.nacks))
        if plan.dangers:
            return Tried(case, "plan", tuple(f"{danger.code}: {danger.message}" for danger in plan.dangers))
        strangers |= {d.service or "" for d in plan.differences if _is_noticed(d, plan)} - case.differs
    return Tried(case, None, strangers=tuple(sorted(strangers)) if case.caught_by is None else ())


def _is_noticed(difference: Difference, plan: Plan) -> bool:
    """Whether clients are answered otherwise: another server of the same service is no difference, nor is a probe."""
    if difference.request.expect is not None:
        return False
    changed = plan.changes.services.get(difference.service or "")
    is_new = changed is not None and changed.kind is ChangeKind.ADDED
    return not is_new and not set(difference.aspects) <= {"upstream", "service"}


def _check(files: Files) -> Checked:
    return check_files(files, "") if len(files) > 1 else check_bytes(files[MAIN], MAIN)


def _list_errors(checked: Checked) -> tuple[str, ...]:
    errors = (each for each in checked.diagnostics if each.severity is Severity.ERROR)
    return tuple(f"{each.code} {each.message}" for each in errors)


def _find_dead(case: Case, platform: Platform) -> frozenset[str]:
    """Endpoints where nothing answers in the case's world: those that a connection would have shown to be dead."""
    world: dict[str, Mapping[str, object]] = {**case.base.world["endpoints"]}
    for address, more in case.raw.get("world", {}).get("endpoints", {}).items():
        world[address] = {**world.get(address, {}), **more}
    upstreams = (
        upstream
        for tenant in platform.tenants.values()
        for service in tenant.services.values()
        for upstream in (service.upstream, *service.upstreams.values())
    )
    endpoints = {endpoint for upstream in upstreams for endpoint in upstream.addresses}
    return frozenset(e for e in endpoints if e not in world or world[e].get("down") or world[e].get("silent"))
