"""What is declared about the public: which components it knows, in which regions, and who decides what it reads."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.scalars import Flag, Name, Period
from holdfast.model.units import Share

Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Link = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=2048)]


class StatusComponent(Noun):
    """A part of the platform as its users know it, made of services. `group` puts it under a heading.

    `objective` is the share of the minutes of a month in which it is to be up.
    """

    title: Words
    services: Annotated[tuple[Name, ...], Field(min_length=1)]
    description: Annotated[str, StringConstraints(max_length=500)] = ""
    group: Words | None = None
    objective: Share = 0.999


class StatusRegion(Noun):
    """Locations under a name that users know."""

    title: Words
    locations: Annotated[tuple[Name, ...], Field(min_length=1)]


class Protections(Noun):
    """The public page of what protects every tenant. With `numbers`, it says limits too, which helps attackers."""

    publish: Flag = True
    numbers: Flag = False


class StatusSite(Noun):
    """The public status site. Without `regions`, every location is a region of its own name.

    `publish: auto` puts first words out by themselves, `approve` waits for somebody. `url` is where it is read,
    `subscribe_url` where control's page for subscribers is reached from outside. Unless `names` are allowed,
    no service's and no tenant's name is in any text that Holdfast writes. After `remind_after` without a new
    word on an open incident, somebody is reminded.
    """

    title: Words
    url: Link | None = None
    support_url: Link | None = None
    subscribe_url: Link | None = None
    publish: Literal["auto", "approve"] = "approve"
    names: Flag = False
    components: Annotated[dict[Name, StatusComponent], Field(min_length=1)]
    regions: dict[Name, StatusRegion] = Field(default_factory=dict)
    protections: Protections = Protections()
    remind_after: Period = 1_800.0
