"""Templates of letters and pages. In HTML everything is escaped, unless a template made it."""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from holdfast.model.day import format_utc
from holdfast.model.subscriber import Notice, NoticeStatus, SubscribedSite

STATUS_WORDS: Final = {
    NoticeStatus.INVESTIGATING: "Investigating",
    NoticeStatus.IDENTIFIED: "Identified",
    NoticeStatus.MONITORING: "Monitoring",
    NoticeStatus.RESOLVED: "Resolved",
    NoticeStatus.SCHEDULED: "Maintenance planned",
    NoticeStatus.RESCHEDULED: "Maintenance moved",
    NoticeStatus.REMINDER: "Maintenance soon",
    NoticeStatus.IN_PROGRESS: "Maintenance begun",
    NoticeStatus.COMPLETED: "Maintenance over",
    NoticeStatus.CANCELLED: "Maintenance cancelled",
}


class Templates:
    """All of them, from the folder beside this."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader(__package__),
            autoescape=select_autoescape(("html",), default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters["time"] = format_utc
        self._environment.globals.update(words=STATUS_WORDS, link_to=link_to, name_affected=name_affected)

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """What a template says."""
        return self._environment.get_template(name).render(context)


def link_to(url: str | None, notice: Notice) -> str | None:
    """Where the site tells of it."""
    folder = "incidents" if notice.begins_at is None else "maintenance"
    return f"{url.rstrip('/')}/{folder}/{notice.about}.html" if url else None


def name_affected(site: SubscribedSite, notice: Notice) -> str:
    """What it is about, by the titles that readers know."""
    components = (site.components.get(name, name) for name in notice.interest.components)
    regions = (site.regions.get(name, name) for name in notice.interest.regions)
    return ", ".join((*components, *regions))
