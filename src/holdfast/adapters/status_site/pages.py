"""Pages of the status site. Everything is escaped, unless a template or a drawing of ours made it."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from holdfast.adapters.status_site import wording
from holdfast.adapters.status_site.bars import draw_bars
from holdfast.adapters.status_site.page_set import LATEST_MAX, PageSource
from holdfast.model.day import find_day, format_iso
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.status_document import PublicComponent, StatusDocument

_STATIC: Final = files(__package__) / "static"
ASSETS: Final = {name: (_STATIC / name).read_bytes() for name in ("status.css", "mark.svg")}
"""Files that pages load, all from the site itself."""
STALE_SCRIPT: Final = (_STATIC / "stale.js").read_text(encoding="utf-8").strip()
"""The one script, in the page itself: marks a page whose time is long past. Nothing else needs it."""
STALE_MIN: Final = 5
_LINK: Final = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}]")


class PageRenderer:
    """Makes pages; what it made of a component on the first page is kept for as long as that is the same."""

    def __init__(self) -> None:
        self._environment = _make_environment()
        self._row = self._environment.get_template("component-row.html")
        self._rows: dict[str, tuple[PublicComponent, Markup]] = {}

    def render(self, page: PageSource, document: StatusDocument) -> bytes:
        """Any page but the first one."""
        return self._render(page.template, document, root=page.root, live=page.live, **page.subject)

    def render_index(self, document: StatusDocument) -> bytes:
        """The first page."""
        rows = {component.name: self._draw_row(component) for component in document.components}
        self._rows = {component.name: (component, rows[component.name]) for component in document.components}
        windows = [window for window in document.maintenances if not window.is_over]
        return self._render(
            "index.html",
            document,
            root="",
            live=True,
            groups=_group(document, rows),
            incidents=[incident for incident in document.incidents if incident.is_open],
            latest=[incident for incident in document.incidents if not incident.is_open][:LATEST_MAX],
            underway=[window for window in windows if window.phase is MaintenancePhase.IN_PROGRESS],
            scheduled=[w for w in reversed(windows) if w.phase is MaintenancePhase.SCHEDULED],
            kept=sum(promise.done_at is not None for promise in document.promises),
        )

    def _draw_row(self, component: PublicComponent) -> Markup:
        known = self._rows.get(component.name)
        if known is not None and known[0] == component:
            return known[1]
        return Markup(self._row.render(component=component))  # noqa: S704 - escaped by the environment

    def _render(self, template: str, document: StatusDocument, **subject: Any) -> bytes:
        text = self._environment.get_template(template).render(
            site=document.words,
            as_of=document.as_of,
            indicator=document.indicator,
            headline=document.headline,
            today=find_day(document.as_of),
            has_protections=document.protections is not None,
            has_promises=bool(document.promises),
            **subject,
        )
        return text.encode()


def show_text(text: str) -> Markup:
    """What people wrote: paragraphs and lines as they wrote them, links that can be followed."""
    paragraphs = (_show_lines(paragraph) for paragraph in text.split("\n\n"))
    return Markup().join(Markup("<p>{}</p>").format(paragraph) for paragraph in paragraphs)


def _show_lines(text: str) -> Markup:
    return Markup("<br>").join(map(_show_links, text.split("\n")))


def _show_links(line: str) -> Markup:
    shown, end = Markup(), 0
    for found in _LINK.finditer(line):
        link = Markup('<a href="{0}" rel="nofollow noopener">{0}</a>').format(found[0])
        shown, end = shown + escape(line[end : found.start()]) + link, found.end()
    return shown + escape(line[end:])


def _group(document: StatusDocument, rows: dict[str, Markup]) -> list[tuple[str | None, list[Markup]]]:
    """Components under their groups' headings, in the order of the file; those without a group first."""
    order = {group: place for place, group in enumerate(dict.fromkeys(c.group for c in document.components), 1)}
    ordered = sorted(document.components, key=lambda each: order[each.group] if each.group else 0)
    grouped = groupby(ordered, key=lambda each: each.group)
    return [(group, [rows[component.name] for component in members]) for group, members in grouped]


@cache
def _make_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        bars=draw_bars,
        text=show_text,
        time=wording.tell_time,
        iso=format_iso,
        day=wording.tell_day,
        uptime=wording.tell_uptime,
        told=wording.tell_history,
        minutes=wording.tell_minutes,
        duration=wording.tell_duration,
        troubled=wording.list_troubled,
        first_day=wording.tell_first_day,
    )
    digest = b64encode(sha256(STALE_SCRIPT.encode()).digest()).decode()
    environment.globals.update(
        words=wording,
        stale_min=STALE_MIN,
        script=Markup(STALE_SCRIPT),  # noqa: S704 - our own
        script_hash=f"sha256-{digest}",
        style_version=sha256(ASSETS["status.css"]).hexdigest()[:12],
    )
    return environment
