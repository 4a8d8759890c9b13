"""A platform as nginx or HAProxy would be told it: what an operator would have written there, as far as it goes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from holdfast.model.effective import fill_service
from holdfast.model.platform import Mode
from holdfast.model.route import Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holdfast.model.effective import EffectiveService
    from holdfast.model.platform import Platform
    from holdfast.model.upstream import Upstream

_TEMPLATES: Final = Environment(
    loader=PackageLoader("holdfast.drills.bad_changes.peers"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - configuration, not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_EVERYTHING: Final = Route(name="everything")
HEADER_KIB_DEFAULT: Final = 60


@dataclass(frozen=True, slots=True)
class WrittenRoute:
    """A route, the upstream that it leads to (None if it leads to none that there is), and what it matches."""

    route: Route
    target: str
    upstream: Upstream | None
    path_regex: str
    rewrite: tuple[str, str] | None
    """What of a path is replaced, and by what; the rest, if any, is kept behind it."""

    @property
    def timeout_ms(self) -> int:
        """How long an answer may take."""
        upstream_s = self.upstream.timeouts.request if self.upstream else 15.0
        return round((self.route.timeout or upstream_s) * 1000)


@dataclass(frozen=True, slots=True)
class WrittenService:
    """A service with everything filled in, and its routes."""

    told: EffectiveService
    routes: Sequence[WrittenRoute]
    limited: bool

    @property
    def exact_hosts(self) -> list[str]:
        """Hosts that are no wildcards."""
        return [host for host in self.told.hosts if not host.startswith("*.")]

    @property
    def match_headers(self) -> list[str]:
        """Headers that routes look at."""
        return sorted({name.lower() for each in self.routes for name in each.route.match.headers})


def write_services(platform: Platform) -> list[WrittenService]:
    """All services, in the order of the file."""
    location = next(iter(platform.locations.values()))
    written = []
    for tenant_name, tenant in platform.tenants.items():
        for name, service in tenant.services.items():
            told = fill_service(platform, tenant_name, name, service, location)
            routes = tuple(_write_route(told, route) for route in told.routes or (_EVERYTHING,))
            written.append(WrittenService(told, routes, told.mode != Mode.OBSERVE))
    return written


def render(template: str, platform: Platform, folder: str, services: Sequence[WrittenService] | None = None) -> str:
    """A peer's configuration file."""
    services = write_services(platform) if services is None else services
    place = next(iter(platform.locations.values()))
    wildcards = sorted(((h, s) for s in services for h in s.told.hosts if h.startswith("*.")), key=lambda w: -len(w[0]))
    heads = [each.told.accept.header_max or HEADER_KIB_DEFAULT * 1024 for each in services]
    return _TEMPLATES.get_template(template).render(
        folder=folder,
        platform=platform,
        place=place,
        services=services,
        wildcards=[(host[1:], service) for host, service in wildcards],
        header_kib=math.ceil(max(heads, default=HEADER_KIB_DEFAULT * 1024) / 1024),
    )


def merge_in_conflict(ours: str, theirs: str) -> str:
    """Two versions of a file with the marks that a version control system leaves where they differ."""
    mine, yours = ours.splitlines(), theirs.splitlines()
    if mine == yours:
        return ours
    start = _count_common(mine, yours)
    tail = _count_common(mine[start:][::-1], yours[start:][::-1])
    parts = [*mine[:start], "<<<<<<< HEAD", *mine[start : len(mine) - tail], "======="]
    parts += [*yours[start : len(yours) - tail], ">>>>>>> change", *mine[len(mine) - tail :]]
    return "\n".join(parts) + "\n"


def _count_common(lines: Sequence[str], others: Sequence[str]) -> int:
    """How many lines both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(lines, others, strict=False)))


def _write_route(service: EffectiveService, route: Route) -> WrittenRoute:
    upstream = service.upstream if route.upstream is None else service.upstreams.get(route.upstream)
    target = service.name if route.upstream is None else f"{service.name}.{route.upstream}"
    return WrittenRoute(route, target, upstream, _write_path(route), _write_rewrite(route))


def _write_path(route: Route) -> str:
    path = route.match.path
    if path.exact is not None:
        return f"^{re.escape(path.exact)}$"
    if path.regex is not None:
        return f"^(?:{path.regex})$"
    prefix = path.prefix or "/"
    return f"^{re.escape(prefix)}" if prefix.endswith("/") else f"^{re.escape(prefix)}(?:/|$)"


def _write_rewrite(route: Route) -> tuple[str, str] | None:
    """What a prefix is rewritten to, by whole parts; an exact path or a pattern is replaced as a whole."""
    if route.rewrite is None or route.rewrite.prefix is None:
        return None
    path, instead = route.match.path, route.rewrite.prefix
    if path.exact is not None or path.regex is not None:
        return "^.*()$", instead
    prefix = path.prefix or "/"
    if prefix.endswith("/"):
        return f"^{re.escape(prefix)}(.*)$", instead if instead.endswith("/") else f"{instead}/"
    slashes = "/*" if instead.endswith("/") else ""
    return f"^{re.escape(prefix)}{slashes}(.*)$", instead


def _quote_nginx(text: Any) -> str:
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quote_haproxy(text: Any) -> str:
    return "'" + str(text).replace("'", "'\\''") + "'"


def _write_rate(per_s: float) -> str:
    return f"{round(per_s)}r/s" if per_s >= 1 or not per_s else f"{max(1, round(per_s * 60))}r/m"


def _write_conditions(written: WrittenRoute) -> str:
    return " ".join(_each_condition(written))


def _each_condition(written: WrittenRoute) -> Iterator[str]:
    match = written.route.match
    if written.path_regex != "^/":
        yield f"{{ path -m reg -- {_quote_haproxy(written.path_regex)} }}"
    if match.methods:
        yield f"{{ method {' '.join(match.methods)} }}"
    for name, value in match.headers.items():
        yield f"{{ req.hdr({name}) -m str -- {_quote_haproxy(value)} }}"


_TEMPLATES.filters.update(
    nginx=_quote_nginx,
    haproxy=_quote_haproxy,
    format=lambda text: str(text).replace("%", "%%"),
    rate=_write_rate,
    ceil=math.ceil,
    ms=lambda seconds: round(seconds * 1000),
    var=lambda name: re.sub(r"[^a-z0-9]", "_", str(name).lower()),
    escape_regex=lambda text: re.escape(str(text)),
    conditions=_write_conditions,
    types=lambda accepted: "|".join(re.escape(each).replace(r"\*", "[^/;,]+") for each in accepted),
)


def _match_headers(service: WrittenService, written: WrittenRoute) -> str:
    wanted = {name.lower(): value for name, value in written.route.match.headers.items()}
    return "".join(f"[|]{re.escape(wanted[name])}" if name in wanted else "[|][^|]*" for name in service.match_headers)


_TEMPLATES.globals.update(match_headers=_match_headers, names=lambda mapping: {str(name).lower() for name in mapping})
