"""What must hold after every single step."""

from collections.abc import Mapping
from functools import cache

from fakes.compiler import ReadableCompiler, read_mitigations, read_services
from fakes.platforms import LOCATIONS, check_names
from holdfast.engine.command import Protective
from holdfast.engine.evolve import replay
from holdfast.model.event import Event
from holdfast.model.incident import PostStatus
from holdfast.model.intent import Intent, Walls
from holdfast.model.platform import Platform
from holdfast.model.resource import Resource, ResourceKey, ResourceType
from holdfast.model.revision import RevisionStatus
from holdfast.model.rollout import Cohorts
from simulation.control import SimulatedControl

COMPILER = ReadableCompiler()


def check_everything(control: SimulatedControl) -> None:
    check_state_is_journal_and_unrecorded(control)
    check_answers(control)
    check_revisions(control)
    check_rollout(control)
    check_findings(control)
    check_incidents(control)
    check_snapshots(control)
    check_edges(control)


def check_state_is_journal_and_unrecorded(control: SimulatedControl) -> None:
    """What takes effect is what is durable, and what the next writes will make durable: in whatever order."""
    durable = [recorded.event for recorded in control.outside.journal.read()]
    if not control.batch or durable[-len(control.batch) :] != list(control.batch):
        assert replay([*durable, *control.core.unrecorded]) == control.core.state


def check_answers(control: SimulatedControl) -> None:
    """Recorded is in the journal, refused is not, and what protects and isn't refused takes effect at once."""
    durable = {_name(recorded.event) for recorded in control.outside.journal.read()}
    pending = {_name(event) for event in control.core.unrecorded}
    for ticket in control.tickets:
        names = {_name(event) for event in ticket.events}
        if ticket.settled and ticket.refusal is not None:
            assert not names & pending
        elif ticket.recorded:
            assert names <= durable
        elif isinstance(ticket.command, Protective):
            assert names <= durable | pending


def check_revisions(control: SimulatedControl) -> None:
    statuses = [entry.status for entry in control.core.state.revisions.values()]
    assert statuses.count(RevisionStatus.IN_FORCE) == (control.core.state.in_force is not None)
    assert statuses.count(RevisionStatus.PROVING) == (control.core.state.proving is not None)


def check_findings(control: SimulatedControl) -> None:
    """One finding of a kind and subject is open at a time; what is suggested is suggested for an open one."""
    state = control.core.state
    keys = [finding.key for finding in state.findings.values()]
    assert len(set(keys)) == len(keys)
    assert set(state.suggestions) <= set(state.findings)
    assert not set(state.findings) & {closed.id for closed in state.closed}


def check_incidents(control: SimulatedControl) -> None:
    """One that is resolved says when; no number is given twice; at most one draft waits."""
    state = control.core.state
    for id_, record in state.incidents.items():
        incident, numbers = record.incident, [post.number for post in record.posts]
        assert (incident.resolved_at is None) == incident.is_open
        assert int(id_.removeprefix("i-")) < state.incident_next
        assert numbers == list(range(1, len(numbers) + 1))
        assert sum(post.status is PostStatus.DRAFT for post in record.posts) <= 1
    assert all(each.incident in state.incidents for each in state.follow_ups.values())


def check_snapshots(control: SimulatedControl) -> None:
    """What edges should have is the revision in force, under the mitigations and owners' limits of now."""
    state, outside = control.core.state, control.outside
    if state.in_force is None:
        assert not outside.fleet.wanted
        return
    chosen = {name: limits.requests for name, limits in state.owner_limits.items()}
    assert set(outside.fleet.wanted) == set(LOCATIONS)
    for location, wanted in outside.fleet.wanted.items():
        services = _expect_services(control, location)
        active = sorted(m.id for m in state.mitigations.values() if m.measure.service in {None, *services})
        assert read_mitigations(wanted) == active
        assert read_services(wanted) == {name: chosen.get(name, 500.0) for name in services}
        assert {name: wanted[ResourceKey(ResourceType.CLUSTER, name)] for name in services} == services


def _expect_services(control: SimulatedControl, location: str) -> dict[str, Resource]:
    """What edges of a location should have, told from the state alone: so it is after whatever happened before."""
    state, texts = control.core.state, control.outside.journal.texts
    assert state.in_force is not None
    rollout = state.rollout
    base = _make_intent(control, state.in_force, state.settled)
    services = {r.key.name: r for r in COMPILER.compile_services(base, location, base.services)}
    if rollout is None:
        return services
    cohorts = Cohorts.model_validate_json(texts[rollout.cohorts]).cohorts
    begun = [w for w in rollout.waves[: rollout.wave + 1] if w.locations is None or location in w.locations]
    reached = {name for wave in begun if wave.cohort is not None for name in cohorts[wave.cohort]}
    coming = _make_intent(control, rollout.number, rollout.settled)
    left = {name: resource for name, resource in services.items() if name not in reached}
    newer = COMPILER.compile_services(coming, location, reached & coming.services.keys())
    return left | {resource.key.name: resource for resource in newer}


def _make_intent(control: SimulatedControl, number: int, settled: Mapping[str, Walls]) -> Intent:
    state = control.core.state
    platform = _read_platform(control.outside.journal.texts[state.revisions[number].revision.content])
    return Intent(platform, owner_limits=state.owner_limits, settled=settled)


@cache
def _read_platform(text: str) -> Platform:
    platform = check_names(text, "").platform
    assert platform is not None
    return platform


def check_rollout(control: SimulatedControl) -> None:
    """A rollout is of the one revision that is rolling out, and it begins from the one in force."""
    state = control.core.state
    rolling = [n for n, entry in state.revisions.items() if entry.status is RevisionStatus.ROLLING_OUT]
    assert rolling == ([] if state.rollout is None else [state.rollout.number])
    if state.rollout is not None:
        assert state.rollout.base == state.in_force
        assert state.proving is None
        assert 0 <= state.rollout.wave < len(state.rollout.waves)


def check_edges(control: SimulatedControl) -> None:
    """An edge that says it has everything has it, and nothing else."""
    fleet = control.outside.fleet
    for edge, status in zip(fleet.edges, fleet.statuses(), strict=True):
        if fleet.wanted and status.programmed:
            assert edge.has == fleet.wanted[edge.location]


def check_expiries(control: SimulatedControl) -> None:
    """After a tick nothing is in force that should have expired."""
    assert all(m.expires_at > control.outside.now for m in control.core.state.mitigations.values())


def _name(event: Event) -> str:
    return event.model_dump_json()
