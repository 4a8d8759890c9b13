"""Documents into HTML. Everything is escaped, unless a template made it."""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from holdfast.adapters.console import drawing, figures, wording
from holdfast.model.finding import FindingKind
from holdfast.model.incident import Impact, Phase
from holdfast.model.ledger import LedgerKind
from holdfast.model.source_rule import Dimension
from holdfast.model.token import SYSTEM

SHOWN_MAX: Final = 200
"""Of any list that isn't paged."""
_FILTERS: Final = {
    "rate": figures.tell_rate,
    "count": figures.tell_count,
    "bytes": figures.tell_bytes,
    "share": figures.tell_share,
    "latency": figures.tell_latency,
    "span": figures.tell_span,
    "time": figures.tell_time,
    "clock": figures.tell_clock,
    "iso": figures.tell_iso,
    "measure": wording.tell_measure,
    "spark": drawing.draw_spark,
    "spark_area": drawing.draw_spark_area,
    "verdict": wording.tell_verdict,
    "split": drawing.split_traffic,
    "waves": drawing.draw_waves,
    "fails_much": wording.fails_much,
}


class Templates:
    """The console's templates, with its filters and words. `root` is the path that it is mounted at."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader(__package__),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(_FILTERS)
        self._environment.filters["evidence"] = tell_evidence
        self._environment.filters["written"] = figures.tell_written
        self._environment.globals.update(
            words=wording,
            dimensions=list(Dimension),
            ledger_kinds=list(LedgerKind),
            phases=list(Phase),
            impacts=list(reversed(Impact)),
            shown_max=SHOWN_MAX,
            system=SYSTEM,
            spark_width=drawing.SPARK_WIDTH,
            spark_height=drawing.SPARK_HEIGHT,
        )

    def render(self, name: str, context: Mapping[str, Any]) -> Markup:
        """A template's HTML."""
        return Markup(self._environment.get_template(name).render(context))  # noqa: S704 - escaped by the environment


def tell_evidence(value: float | None, kind: FindingKind) -> str:
    """A number of a finding's evidence in its kind's unit."""
    match wording.UNITS[kind]:
        case "per_s":
            return f"{figures.tell_rate(value)}/s"
        case "share":
            return figures.tell_share(value)
        case _:
            return figures.tell_span(value)
