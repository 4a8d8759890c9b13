"""Which operations are called large or complex."""

from typing import Final

from holdfast.model.query import QueryFlag, QueryMeasures

DEPTH_FLAGGED: Final = 12
FIELDS_FLAGGED: Final = 300
COST_FLAGGED: Final = 5_000
ALIASES_FLAGGED: Final = 30
DIRECTIVES_FLAGGED: Final = 30


def find_flags(measures: QueryMeasures, *, cyclic: bool) -> tuple[QueryFlag, ...]:
    """What an operation is flagged for: whatever is above its threshold."""
    judged = (
        (QueryFlag.DEEP, measures.depth > DEPTH_FLAGGED),
        (QueryFlag.WIDE, measures.fields > FIELDS_FLAGGED),
        (QueryFlag.COSTLY, measures.cost > COST_FLAGGED),
        (QueryFlag.MANY_ALIASES, measures.aliases > ALIASES_FLAGGED),
        (QueryFlag.MANY_DIRECTIVES, measures.directives > DIRECTIVES_FLAGGED),
        (QueryFlag.CYCLIC, cyclic),
    )
    return tuple(flag for flag, is_so in judged if is_so)
