"""What a tenant's owner changed and may not, as diagnostics of the text in which it did."""

from collections.abc import Iterable
from typing import Final

from holdfast.model.diagnostic import Diagnostic
from holdfast.spec.check import locate_findings
from holdfast.spec.codes import Path, error
from holdfast.spec.source import SourceMap

NOT_YOURS: Final = error(
    "HF131",
    "not yours to change",
    "A tenant's owner may change its own file: its services, contact and consent. It takes no host, endpoint or share "
    "of capacity from others, and asks for nothing laxer than the platform's defaults or what it was granted. "
    "`holdfast check` doesn't know who asks, so this is told when a change is handed in.",
)
_FIX: Final = "leave it as it is in force, or ask an operator"


def show_trespasses(places: Iterable[tuple[Path, str]], source_map: SourceMap) -> tuple[Diagnostic, ...]:
    """A diagnostic for each place and what is to be said of it, in the order of the text."""
    return locate_findings((NOT_YOURS.at(path, message, _FIX) for path, message in places), source_map)
