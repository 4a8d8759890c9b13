"""The status site: made of what there is, and nothing on it looks like something else."""

from collections.abc import Iterable, Iterator
from typing import Final

from holdfast.model.platform import Platform
from holdfast.model.status_site import StatusSite
from holdfast.spec.codes import Code, Finding, Path, error, warning
from holdfast.spec.rules.walk import each_service
from holdfast.spec.suggest import nearest

UNKNOWN_SERVICE: Final = error(
    "HF351",
    "a component of a service that isn't there",
    "How a component does is measured at the services that it is made of; these are services of this platform, of any "
    "tenant.",
    wrong="status: {title: Acme, components: {store: {title: Store, services: [shopp]}}}",
    right="status: {title: Acme, components: {store: {title: Store, services: [shop]}}}",
)
UNKNOWN_LOCATION: Final = error(
    "HF352",
    "a region of a location that isn't there",
    "A region is made of the platform's own locations.",
    wrong="""
status:
  title: Acme
  components: {store: {title: Store, services: [shop]}}
  regions: {europe: {title: Europe, locations: [local, berlin]}}
""",
    right="""
status:
  title: Acme
  components: {store: {title: Store, services: [shop]}}
  regions: {europe: {title: Europe, locations: [local]}}
""",
)
LOCATION_TWICE: Final = error(
    "HF353",
    "one location, two regions",
    "What happens at a location is told of the region that it is in, and would be told twice.",
    wrong="""
status:
  title: Acme
  components: {store: {title: Store, services: [shop]}}
  regions:
    europe: {title: Europe, locations: [local]}
    world: {title: World, locations: [local]}
""",
    right="""
status:
  title: Acme
  components: {store: {title: Store, services: [shop]}}
  regions:
    europe: {title: Europe, locations: [local]}
""",
)
TITLE_TWICE: Final = error(
    "HF354",
    "one title, two things",
    "Readers know components and regions by their titles alone. Under different headings two components may have the "
    "same one.",
    wrong="""
status:
  title: Acme
  components:
    store: {title: Store, services: [shop]}
    till: {title: store, services: [shop]}
""",
    right="""
status:
  title: Acme
  components:
    store: {title: Store, services: [shop]}
    till: {title: Till, services: [shop]}
""",
)
LOCATION_LEFT_OUT: Final = warning(
    "HF355",
    "a location in no region",
    "Where regions are declared, what happens at a location that is in none of them isn't on the status site.",
    wrong="""
locations:
  remote: {edges: [{name: edge-9, listen: "127.0.0.1:8089"}], capacity: {in_flight: 100, requests: 1000/s}}
status:
  title: Acme
  components: {store: {title: Store, services: [shop]}}
  regions: {europe: {title: Europe, locations: [local]}}
""",
    right="""
locations:
  remote: {edges: [{name: edge-9, listen: "127.0.0.1:8089"}], capacity: {in_flight: 100, requests: 1000/s}}
status:
  title: Acme
  components: {store: {title: Store, services: [shop]}}
  regions: {europe: {title: Europe, locations: [local, remote]}}
""",
)
NOT_SHOWN: Final = error(
    "HF356",
    "words that can't be shown as they are",
    "Titles, headings and descriptions are one line of visible characters: they stand in pages, feeds and calendars.",
    wrong='status: {title: "Acme\\u202e", components: {store: {title: Store, services: [shop]}}}',
    right="status: {title: Acme, components: {store: {title: Store, services: [shop]}}}",
)


def check_status(platform: Platform) -> Iterator[Finding]:
    """Everything that the status site is made of."""
    site = platform.status
    if site is None:
        return
    yield from _check_services(platform, site)
    yield from _check_locations(platform, site)
    yield from _check_titles(site)
    yield from _check_words(site)


def _check_services(platform: Platform, site: StatusSite) -> Iterator[Finding]:
    services = {owned.name for owned in each_service(platform)}
    for name, component in site.components.items():
        path: Path = ("status", "components", name, "services")
        yield from _check_known(UNKNOWN_SERVICE, f"component {name}", component.services, services, path)


def _check_locations(platform: Platform, site: StatusSite) -> Iterator[Finding]:
    seen: dict[str, Path] = {}
    for name, region in site.regions.items():
        path: Path = ("status", "regions", name, "locations")
        yield from _check_known(UNKNOWN_LOCATION, f"region {name}", region.locations, platform.locations, path)
        for index, location in enumerate(region.locations):
            first = seen.setdefault(location, (*path, index))
            if first != (*path, index):
                message = f"location {location} is also in region {first[2]}"
                yield LOCATION_TWICE.at((*path, index), message, "leave it in one of them", first=first)
    for location in platform.locations if site.regions else ():
        if location not in seen:
            message = f"location {location} is in no region of the status site"
            fix = f"put {location} into a region, or declare one for it"
            yield LOCATION_LEFT_OUT.at(("locations", location), message, fix, on_key=True)


def _check_known(code: Code, whose: str, names: Iterable[str], known: Iterable[str], path: Path) -> Iterator[Finding]:
    there = set(known)
    what = path[-1]
    for index, name in enumerate(names):
        if name not in there:
            near = nearest(name, there)
            fix = f"write `{near}`" if near else f"name one of the platform's {what}, or take it out"
            yield code.at((*path, index), f"{whose} is made of {name}, which isn't one of the platform's {what}", fix)


def _check_titles(site: StatusSite) -> Iterator[Finding]:
    titled = [(("component", each.group), each.title, ("components", n)) for n, each in site.components.items()]
    titled += [(("region", None), each.title, ("regions", n)) for n, each in site.regions.items()]
    seen: dict[tuple[tuple[str, str | None], str], Path] = {}
    for kind, title, where in titled:
        path: Path = ("status", *where, "title")
        first = seen.setdefault((kind, title.casefold()), path)
        if first is not path:
            message = f"{kind[0]} {first[2]} has the title {title} too"
            yield TITLE_TWICE.at(path, message, "give one of them a title that tells them apart", first=first)


def _check_words(site: StatusSite) -> Iterator[Finding]:
    written: list[tuple[Path, str | None]] = [(("title",), site.title)]
    for name, component in site.components.items():
        keys = ("title", "group", "description")
        written += [(("components", name, key), getattr(component, key)) for key in keys]
    written += [(("regions", name, "title"), region.title) for name, region in site.regions.items()]
    for path, words in written:
        if words and not (words.isprintable() and words.strip()):
            message = f"`{path[-1]}` has characters that can't be seen, or nothing else"
            yield NOT_SHOWN.at(("status", *path), message, "write one line of visible characters")
