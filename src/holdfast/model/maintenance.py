"""Work that is announced, done, and over: what users are told of it, and what keeps quiet meanwhile."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from holdfast.model.incident import POST_CHARACTERS_MAX, Title
from holdfast.model.noun import Noun
from holdfast.model.scalars import Name

MaintenanceId = Annotated[str, StringConstraints(pattern=r"^w-[1-9][0-9]{0,17}$")]
"""`w-17`: numbered in order, never reused."""


class MaintenancePhase(StrEnum):
    """How far it is."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Maintenance(Noun):
    """A window. Times are Unix times, in seconds; `title` and `text` are public.

    Without components it is about all of them, without regions about all regions. `reminders` is how many reminders
    went out.
    """

    id: MaintenanceId
    title: Title
    text: Annotated[str, StringConstraints(max_length=POST_CHARACTERS_MAX)] = ""
    components: tuple[Name, ...] = ()
    regions: tuple[Name, ...] = ()
    begins_at: float
    ends_at: float
    phase: MaintenancePhase = MaintenancePhase.SCHEDULED
    announced_at: float
    reminders: Annotated[int, Field(ge=0)] = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing follows any more."""
        return self.phase in (MaintenancePhase.COMPLETED, MaintenancePhase.CANCELLED)

    @property
    def reminded(self) -> bool:
        """Whether any reminder went out."""
        return self.reminders > 0

    def covers(self, component: str | None, region: str | None) -> bool:
        """Whether it is about a component in a region; None stands for what is known of neither."""
        of_component = not self.components or component in self.components
        return of_component and (not self.regions or region in self.regions)
