"""Components of Holdfast itself as documents: what they take, how far they are trusted, and why."""

from collections.abc import Sequence

from holdfast.model.component import Build, ComponentStatus, Phase
from holdfast.model.noun import Noun


class ComponentDocument(Noun):
    """A component. `since` is Unix time, in seconds; figures are of the process that runs now.

    `previous` is the version that a revert brings back, `versions` are all that can be run. What it says counts in
    the phase `on` only. `confined` says whether the kernel keeps it to its own files. `handed` and `dropped` count
    samples since control started.
    """

    name: str
    version: str
    previous: str | None
    versions: tuple[str, ...]
    checksum: str | None
    phase: Phase
    since: float
    why: str
    pid: int | None
    confined: bool
    cpu_share: float
    cpu_share_max: float
    memory_bytes: int
    memory_bytes_max: int
    lag_s: float
    lag_s_max: float
    handed: int
    dropped: int


class ComponentsDocument(Noun):
    """Every component that can be switched."""

    components: tuple[ComponentDocument, ...]


def show_component(status: ComponentStatus, versions: Sequence[Build], previous: str | None) -> ComponentDocument:
    """A component with the versions of it that are there."""
    return ComponentDocument(
        name=status.component,
        version=status.version,
        previous=previous,
        versions=tuple(build.version for build in versions),
        checksum=next((build.checksum for build in versions if build.version == status.version), None),
        phase=status.phase,
        since=status.since,
        why=status.why,
        pid=status.pid,
        confined=status.confined,
        cpu_share=status.usage.cpu_share,
        cpu_share_max=status.allowed.cpu_share,
        memory_bytes=status.usage.memory_bytes,
        memory_bytes_max=status.allowed.memory_bytes,
        lag_s=status.usage.lag_s,
        lag_s_max=status.allowed.lag_s,
        handed=status.usage.handed,
        dropped=status.usage.dropped,
    )
