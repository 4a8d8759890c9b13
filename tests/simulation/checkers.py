"""What must hold after every single step."""

from fakes.compiler import read_mitigations, read_services
from fakes.platforms import LOCATIONS
from holdfast.engine.command import Protective
from holdfast.engine.evolve import replay
from holdfast.model.event import Event
from holdfast.model.revision import RevisionStatus
from simulation.control import SimulatedControl


def check_everything(control: SimulatedControl) -> None:
    check_state_is_journal_and_unrecorded(control)
    check_answers(control)
    check_revisions(control)
    check_findings(control)
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


def check_snapshots(control: SimulatedControl) -> None:
    """What edges should have is the revision in force, under the mitigations and owners' limits of now."""
    state, outside = control.core.state, control.outside
    if state.in_force is None:
        assert not outside.fleet.wanted
        return
    services = set(outside.journal.texts[state.revisions[state.in_force].revision.content].split())
    active = sorted(m.id for m in state.mitigations.values() if m.measure.service in {None, *services})
    chosen = {name: limits.requests for name, limits in state.owner_limits.items()}
    assert set(chosen) <= services
    assert set(outside.fleet.wanted) == set(LOCATIONS)
    for wanted in outside.fleet.wanted.values():
        assert read_mitigations(wanted) == active
        assert read_services(wanted) == {name: chosen.get(name, 500.0) for name in services}


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
