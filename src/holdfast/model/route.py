"""How a service's requests are told apart by what they ask for, and where each kind goes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.recovery import Deferral
from holdfast.model.scalars import Flag, Name, Period

UrlPath = Annotated[str, StringConstraints(pattern=r"^/[!-~]*$", max_length=1024)]
"""A path as it stands in a request: it begins with `/`, has no spaces, and is ASCII."""
Regex = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
"""A regular expression in the syntax of RE2, for a whole path without its query."""
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,127}$")]
"""The name of a header. Names that HTTP/2 reserves begin with a colon, and aren't for operators to set."""
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[ -~]*$", max_length=4096)]
"""The value of a header: printable ASCII."""
Method = Annotated[str, StringConstraints(pattern=r"^[A-Z]+$")]


class PathMatch(Noun):
    """Which paths are meant, by exactly one of these.

    `prefix` goes by whole parts: `/api` means `/api` and `/api/users`, not `/apiary`. With a slash at its end it means
    what is below only.
    """

    exact: UrlPath | None = None
    prefix: UrlPath | None = None
    regex: Regex | None = None

    @property
    def stated(self) -> tuple[str, ...]:
        """The kinds of match that are stated; a good match has one."""
        kinds = {"exact": self.exact, "prefix": self.prefix, "regex": self.regex}
        return tuple(kind for kind, value in kinds.items() if value is not None)


class RouteMatch(Noun):
    """Which requests a route is for: all that is stated must hold. `headers` are compared whole, with case."""

    path: PathMatch = PathMatch(prefix="/")
    methods: tuple[Method, ...] | None = None
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)


class Rewrite(Noun):
    """What an upstream is asked for instead: `prefix` takes the place of the matched prefix, `host` of the host."""

    prefix: UrlPath | None = None
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::[0-9]{1,5})?$")] | None = None


class HeaderEdits(Noun):
    """Headers that are set, in place of any of that name, and headers that are taken out."""

    set: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    remove: tuple[HeaderName, ...] = ()


class Redirect(Noun):
    """The edge answers that what was asked for is elsewhere: at another path, host or both."""

    path: UrlPath | None = None
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$")] | None = None
    status: Literal[301, 302, 303, 307, 308] = 302


class Answer(Noun):
    """The edge answers by itself, with a text."""

    status: Annotated[int, Field(ge=200, le=599, strict=True)]
    body: Annotated[str, StringConstraints(max_length=4096)] = ""


class Route(Noun):
    """One kind of a service's requests, and what becomes of them: sent to an upstream, redirected, or answered.

    The first route that matches is taken. `upstream` names one of the service's `upstreams`; None is its `upstream`.
    Of what is `static`, last good copies are kept, and served when no endpoint is left. What may be `deferred` is
    accepted and kept for later when no endpoint takes it.
    """

    name: Name
    match: RouteMatch = RouteMatch()
    upstream: Name | None = None
    rewrite: Rewrite | None = None
    request_headers: HeaderEdits = HeaderEdits()
    response_headers: HeaderEdits = HeaderEdits()
    timeout: Period | None = None
    redirect: Redirect | None = None
    answer: Answer | None = None
    static: Flag = False
    deferred: Deferral | None = None


class Probe(Noun):
    """A request that a service must answer with `expect` whatever is changed; it is sent by Holdfast."""

    path: UrlPath
    method: Method = "GET"
    host: str | None = None
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    expect: Annotated[int, Field(ge=100, le=599, strict=True)] = 200
