"""Pages as a browser takes them apart."""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

_SPOKEN = frozenset({"p", "br", "a"})
"""What people's words may be made into."""


@dataclass
class PageReader(HTMLParser):
    """The elements of a page, its links, its ids, and its text."""

    tags: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = " ".join(sorted(name for name, _ in attrs))
        if tag not in _SPOKEN:
            self.tags[f"{tag} {names}"] += 1
        given = dict(attrs)
        if given.get("href") and tag == "a":
            self.links.append(given["href"] or "")
        self.loads += [given[name] or "" for name in ("href", "src") if given.get(name) and tag != "a"]
        self.ids += [given["id"] or ""] if given.get("id") else []

    def handle_data(self, data: str) -> None:
        self.text += data


def read_page(content: bytes) -> PageReader:
    reader = PageReader()
    reader.feed(content.decode())
    reader.close()
    return reader
