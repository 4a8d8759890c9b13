"""Findings as people follow them."""

from holdfast.model.finding import Finding
from holdfast.model.noun import Noun
from holdfast.views.findings import FindingDocument


class LiveFindingsDocument(Noun):
    """What goes on: harmful findings (tier 2) and merely unusual ones (tier 1), which aren't recorded; what is over.

    Each the newest first. `now` is Unix time, in seconds.
    """

    now: float
    open: tuple[FindingDocument, ...] = ()
    unusual: tuple[Finding, ...] = ()
    closed: tuple[FindingDocument, ...] = ()
