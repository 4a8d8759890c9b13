"""Components of Holdfast itself: switched on, off, or to another version."""

from holdfast.engine.command import SwitchComponent
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.maxima import COMPONENTS_MAX
from holdfast.engine.reason import check_reason
from holdfast.model.event import ComponentSwitched
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State


def switch_component(state: State, command: SwitchComponent, facts: Facts) -> Decision:
    """Note that a component is on or off from now on; which components there are is known to whoever runs them."""
    if refusal := check_reason(command.why):
        return refusal
    before = state.components.get(command.name)
    if before and (before.on, before.version) == (command.on, command.version):
        return Refusal(RefusalCode.UNCHANGED, f"{command.name} is switched so already")
    if before is None and len(state.components) >= COMPONENTS_MAX:
        return Refusal(RefusalCode.COMPONENTS_FULL, f"{COMPONENTS_MAX} components were switched, which is the most")
    return (
        ComponentSwitched(
            at=facts.now,
            author=command.author,
            component=command.name,
            on=command.on,
            component_version=command.version,
            why=command.why.strip(),
        ),
    )
