"""What an incident is called: by those who work on it, and by the public."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from holdfast.incidents.opening.signs import Sign
from holdfast.model.finding import FindingKind
from holdfast.model.incident import TITLE_CHARACTERS_MAX, Occasion
from holdfast.model.platform import Platform

NAMED_MAX: Final = 3
"""So many are named; of the others it is said that they are."""
KINDS: Final = {
    FindingKind.LOSS: "Disruption",
    FindingKind.SATURATION: "Degraded service",
    FindingKind.ERRORS: "Errors",
    FindingKind.SURGE: "Unusually high traffic",
    FindingKind.SLOWNESS: "Slow responses",
}
"""What the public calls it, the gravest first."""
OTHERWISE: Final = "Reduced service"


def make_title(signs: Sequence[Sign]) -> str:
    """For those who work on it, such as `surge of shop, and 2 more`."""
    named = list(dict.fromkeys(map(_tell, signs)))
    more = len(named) - NAMED_MAX
    return shorten("; ".join(named[:NAMED_MAX]) + (f"; and {more} more" if more > 0 else ""), TITLE_CHARACTERS_MAX)


def make_public_title(
    signs: Collection[Sign], components: Sequence[str], regions: Sequence[str], platform: Platform
) -> str:
    """For everybody, such as `Errors: Web shop (Europe)`; it names what the status site does, and nothing else."""
    kinds = {sign.finding.kind for sign in signs if sign.finding is not None}
    what = next((words for kind, words in KINDS.items() if kind in kinds), OTHERWISE)
    places = name_regions(regions, platform)
    about = list_titles(list(name_components(components, platform)), "components")
    where = f" ({list_titles(places, 'regions')})" if places and len(places) < len(platform.each_region()) else ""
    return shorten(f"{what}{f': {about}' if about else ''}{where}", TITLE_CHARACTERS_MAX)


def name_components(names: Sequence[str], platform: Platform) -> Iterator[str]:
    """As the public knows them; those it doesn't know any more are left out."""
    known = platform.status.components if platform.status else {}
    return (clean(known[name].title) for name in names if name in known)


def name_regions(names: Sequence[str], platform: Platform) -> tuple[str, ...]:
    """Likewise."""
    known = platform.each_region()
    return tuple(clean(known[name].title) for name in names if name in known)


def list_titles(titles: Sequence[str], noun: str) -> str:
    """Some of them, and how many more there are: `Shop, Mail and 3 more components`."""
    titles = [shorten(title, 60) for title in titles]
    if len(titles) > NAMED_MAX:
        return f"{', '.join(titles[: NAMED_MAX - 1])} and {len(titles) - NAMED_MAX + 1} more {noun}"
    return " and ".join(filter(None, (", ".join(titles[:-1]), *titles[-1:])))


def shorten(text: str, characters_max: int) -> str:
    """A text that is no longer than it may be."""
    return text if len(text) <= characters_max else f"{text[: characters_max - 1].rstrip()}…"


def clean(text: str) -> str:
    """One line without what could steer a terminal or a page."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _tell(sign: Sign) -> str:
    if sign.finding is not None:
        found = sign.finding
        about = found.service or found.edge or found.location or found.site or "the platform"
        return f"{about} reaches its capacity soon" if sign.is_warning else f"{found.kind} of {about}"
    if sign.revision is not None:
        return f"revision {sign.revision} was taken back"
    if sign.occasion is Occasion.COMPONENT:
        return f"{sign.key.split(':')[1]} was switched off"
    if sign.occasion is Occasion.MITIGATION:
        return f"{sign.key} did harm and was taken back"
    services = sorted(sign.services)
    whom = services[0] if len(services) == 1 else f"{len(services)} services"
    return f"what {whom} may defer is kept" if sign.occasion is Occasion.DEFERRAL else f"failover of {whom}"
