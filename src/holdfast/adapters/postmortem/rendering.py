"""A postmortem as Markdown or HTML. Whatever people wrote is escaped: it is text, in either."""

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from holdfast.adapters.postmortem.drawing import draw_chart
from holdfast.model.day import format_iso, format_span, format_utc
from holdfast.model.postmortem import Postmortem, PostmortemFormat

UNKNOWN: Final = "not measured"
MOMENTS: Final[Mapping[str, str]] = {
    "detect": "To detect",
    "page": "To page",
    "acknowledge": "To acknowledge",
    "name": "To name the cause",
    "tell": "To tell the public",
    "mitigate": "To mitigate",
    "contain": "To contain",
    "resolve": "To resolve",
}
_ANYWHERE: Final = re.compile(r"([\\`*_\[\]|~$])")
_AT_FIRST: Final = re.compile(r"^(#|[-+=]|[0-9]{1,9}(?=[.)](?:\s|$)))")
"""What may mean something in Markdown, anywhere or at the beginning of a line."""


def render_postmortem(postmortem: Postmortem, form: PostmortemFormat) -> str:
    """The whole document in one text that needs nothing beside it."""
    match form:
        case PostmortemFormat.JSON:
            return postmortem.model_dump_json(indent=2) + "\n"
        case PostmortemFormat.HTML:
            return render_html(postmortem)
        case PostmortemFormat.MARKDOWN:
            return render_markdown(postmortem, embed_chart(draw_chart(postmortem.chart)))


def render_html(postmortem: Postmortem) -> str:
    """A page with its style and its chart inside, and no script."""
    chart = Markup(draw_chart(postmortem.chart))  # noqa: S704 - escaped where it is written
    return _environment().get_template("postmortem.html").render(p=postmortem, chart=chart, moments=MOMENTS)


def render_markdown(postmortem: Postmortem, chart: str | None) -> str:
    """Markdown as GitHub and GitLab read it. `chart` is the address of its picture; None leaves the words alone."""
    return _environment().get_template("postmortem.md").render(p=postmortem, chart=chart, moments=MOMENTS)


def embed_chart(svg: str) -> str:
    """An address that is the picture itself."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def escape_markdown(text: str) -> str:
    """Text in one line that means nothing to Markdown, nor to HTML within it."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    escaped = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _AT_FIRST.sub(_escape_first, _ANYWHERE.sub(r"\\\1", escaped))


def _escape_first(match: re.Match[str]) -> str:
    """A number isn't escaped by itself: what follows it is, by way of an entity for its last digit."""
    found = match[0]
    return f"{found[:-1]}&#{ord(found[-1])};" if found.isdecimal() else f"\\{found}"


def tell_count(count: float | None) -> str:
    """A number of things."""
    return UNKNOWN if count is None else f"{count:,.0f}"


def tell_share(share: float | None) -> str:
    """A share in percent; never rounded to none or to all."""
    if share is None:
        return ""
    if 0 < share < 0.0001:
        return "< 0.01 %"
    return "> 99.99 %" if 0.9999 < share < 1 else f"{share:.2%}".replace("%", " %")


def tell_minutes(seconds: float) -> str:
    """Minutes, to the tenth."""
    return f"{seconds / 60:,.1f}".removesuffix(".0")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = {
        "utc": format_utc,
        "iso": format_iso,
        "span": format_span,
        "count": tell_count,
        "share": tell_share,
        "minutes": tell_minutes,
        "percent": lambda share: f"{share:.0%}".replace("%", " %"),
        "md": escape_markdown,
    }
    environment.filters.update(filters)
    return environment
