"""A status document as files: pages, JSON, feed, calendar, badges. What didn't change isn't made again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from holdfast.adapters.status_site.badge import draw_badge, draw_component_badge
from holdfast.adapters.status_site.calendar import make_calendar
from holdfast.adapters.status_site.feed import make_feed
from holdfast.adapters.status_site.page_set import list_pages
from holdfast.adapters.status_site.pages import ASSETS, PageRenderer
from holdfast.adapters.status_site.statuspage import list_answers
from holdfast.model.status_document import StatusDocument

INDEX: Final = "index.html"
FEED: Final = "history.atom"
CALENDAR: Final = "maintenance.ics"


@dataclass(frozen=True, slots=True)
class _Made:
    """A file, and all that it was made from."""

    source: Any
    content: bytes


class SiteRenderer:
    """Makes the files of one site, again and again."""

    def __init__(self) -> None:
        self._pages = PageRenderer()
        self._made: dict[str, _Made] = {}

    def render(self, document: StatusDocument) -> dict[str, bytes]:
        """All files by path. Those that say the same as at the last call are the same objects."""
        before, self._made = self._made, {}
        for path, source, make in self._list_files(document):
            known = before.get(path)
            same = known is not None and known.source == source
            self._made[path] = known if known is not None and same else _Made(source, make())
        return {path: made.content for path, made in self._made.items()}

    def _list_files(self, document: StatusDocument) -> Iterator[tuple[str, Any, Callable[[], bytes]]]:
        words = document.words
        for name, content in ASSETS.items():
            yield name, None, lambda content=content: content  # type: ignore[misc]
        for page in list_pages(document):
            source = (page, words, document.as_of if page.live else None, document.protections is None)
            yield page.path, source, lambda page=page: self._pages.render(page, document)  # type: ignore[misc]
        yield INDEX, document, lambda: self._pages.render_index(document)
        for path, answer in list_answers(document):
            yield path, document, answer
        about = (words, document.incidents, document.maintenances)
        yield FEED, about, lambda: make_feed(document)
        yield CALENDAR, (words, document.maintenances), lambda: make_calendar(document)
        yield "badge.svg", (words, document.indicator, document.headline), lambda: draw_badge(document)
        for component in document.components:
            seen = (component.title, component.status)
            yield f"badges/{component.name}.svg", seen, lambda seen=seen: draw_component_badge(*seen)  # type: ignore[misc]
