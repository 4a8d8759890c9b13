"""What became of a machine that its provider takes back."""

from holdfast.model.noun import Noun


class ReclaimedService(Noun):
    """A service's endpoints on the machine: those drained, and those kept because the others couldn't take over."""

    name: str
    drained: tuple[str, ...]
    kept: tuple[str, ...]


class ReclaimsDocument(Noun):
    """A machine, when it is taken back (Unix time, in seconds), and whose endpoints it has."""

    machine: str
    at: float
    services: tuple[ReclaimedService, ...]
