"""Events as older versions wrote them, brought up to date one step at a time."""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from holdfast.model.event import EVENT, Event
from holdfast.model.ports import JournalFromNewerVersion

Body = Mapping[str, Any]
"""An event as JSON."""
Steps = Mapping[tuple[str, int], Callable[[Body], Body]]
"""By type and version: what makes an event of that version one of the next."""

STEPS: Final[Steps] = {}
"""Every step there has ever been. None is ever taken out: journals live long."""
VERSIONS: Final[Mapping[str, int]] = {
    kind.model_fields["type"].default: kind.model_fields["version"].default for kind in get_args(get_args(Event)[0])
}
"""The version of each type of event that this Holdfast writes."""


def upgrade_event(body: Body, steps: Steps = STEPS, versions: Mapping[str, int] = VERSIONS) -> Body:
    """The same event as this version would have written it.

    Raises JournalFromNewerVersion for a type or version that this version doesn't know.
    """
    kind, version = body["type"], body["version"]
    if kind not in versions or version > versions[kind]:
        raise JournalFromNewerVersion(f"the journal holds an event {kind} of version {version}, which is unknown here")
    while version < versions[kind]:
        body = {**steps[kind, version](body), "version": version + 1}
        version += 1
    return body


def read_event(body: Body) -> Event:
    """An event out of its JSON, of any version so far; JournalFromNewerVersion for one from the future."""
    return EVENT.validate_python(upgrade_event(body))
