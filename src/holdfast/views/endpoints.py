"""The machines behind services as documents: where they are, what they are, and where that is known from."""

from holdfast.model.noun import Noun


class MachineDocument(Noun):
    """One endpoint, and whether nothing new is sent to it."""

    address: str
    zone: str | None = None
    ephemeral: bool = False
    drained: bool = False


class FeedDocument(Noun):
    """A feed: when it was read well for the last time, and what is wrong with it since when (Unix, in seconds)."""

    source: str
    read_at: float | None
    problem: str = ""
    problem_at: float | None = None


class ClusterDocument(Noun):
    """One upstream's or standby's endpoints, by the name of its cluster; `feed` is None where they are written down."""

    cluster: str
    service: str
    endpoints: tuple[MachineDocument, ...]
    feed: FeedDocument | None = None


class EndpointsDocument(Noun):
    """The endpoints of services, by cluster."""

    clusters: tuple[ClusterDocument, ...]
    more: bool = False
    """Whether there are others, after these."""
