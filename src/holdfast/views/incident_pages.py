"""What pages of incidents show beside the incidents."""

from pydantic import Field

from holdfast.model.noun import Noun
from holdfast.model.platform import Platform
from holdfast.views.incidents import IncidentDocument, TimelineDocument


class PublicPlacesDocument(Noun):
    """What the public knows: titles of components and of regions, by name.

    Without a `site` nothing is published. `approve` says that somebody has to let first words out.
    """

    site: str | None = None
    approve: bool = True
    components: dict[str, str] = Field(default_factory=dict)
    regions: dict[str, str] = Field(default_factory=dict)


class IncidentPage(Noun):
    """An incident with what the journal saw of it."""

    document: IncidentDocument
    timeline: TimelineDocument


def show_public_places(platform: Platform | None) -> PublicPlacesDocument:
    """The components and regions of a platform, if one is in force."""
    if platform is None:
        return PublicPlacesDocument()
    status = platform.status
    return PublicPlacesDocument(
        site=status.title if status else None,
        approve=status is None or status.publish == "approve",
        components={name: each.title for name, each in status.components.items()} if status else {},
        regions={name: each.title for name, each in platform.each_region().items()},
    )
