"""How publishing of the status site goes, as people are shown it."""

from holdfast.model.noun import Noun
from holdfast.model.status_document import PublishingStanding


class StatusSiteDocument(Noun):
    """Where the site is, when it was last written (Unix time, in seconds), and what is wrong with that, if anything.

    `serve` is what a web server is to serve; None where no site is declared. `changed` of the `files` were new.
    """

    now: float
    directory: str | None
    serve: str | None
    published_at: float | None
    files: int
    changed: int
    took_s: float
    error: str | None


def show_status_site(standing: PublishingStanding, now: float) -> StatusSiteDocument:
    """What people are shown of it."""
    return StatusSiteDocument(
        now=now,
        directory=standing.directory,
        serve=None if standing.directory is None else f"{standing.directory}/current",
        published_at=standing.published_at,
        files=standing.files,
        changed=standing.changed,
        took_s=standing.took_s,
        error=standing.error,
    )
