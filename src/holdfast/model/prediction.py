"""What a mitigation would do, computed from recent traffic before it is put in force."""

from enum import StrEnum

from holdfast.model.noun import Noun


class Verdict(StrEnum):
    """Whether a mitigation may be put in force without being forced."""

    HARMLESS = "harmless"
    HARMFUL = "harmful"
    UNKNOWN = "unknown"
    """Too little traffic was seen to tell: allowed, and watched."""


class Prediction(Noun):
    """The effect on traffic of the last minutes. Shares are of requests (0 to 1)."""

    verdict: Verdict
    why: str
    samples: int
    """Sampled requests it rests on."""
    refused_share: float
    """Of all traffic of the services concerned, now."""
    normal_refused_share: float
    """Of their normal traffic: what came before anything unusual began."""
    clients_refused: int
    """Distinct clients among the samples that would be refused something."""
    clients: int
    refused_per_s: float
