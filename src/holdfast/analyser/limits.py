"""The most that the analyser reads, keeps and spends."""

from typing import Final

DOCUMENT_CHARACTERS_MAX: Final = 8_192
NESTING_MAX: Final = 64
"""Brackets within brackets, of all kinds: what a recursive parser can take without going deep."""
TOKENS_MAX: Final = 4_096
COMMENTS_MAX: Final = 500
DOCUMENT_CPU_S_MAX: Final = 0.1

ITEMS_ASSUMED: Final = 10
"""Items of a list whose number is in a variable without default."""
ITEMS_MAX: Final = 1_000
SIZE_MAX: Final = 1_000_000_000
NAME_CHARACTERS_MAX: Final = 64
"""A name's characters beyond these aren't looked at."""

SERVICES_MAX: Final = 500
OPERATIONS_MAX: Final = 50
"""Of each service: with SERVICES_MAX, 25,000 operations of about 1 KB, 25 MB."""
KNOWN_DOCUMENTS_MAX: Final = 2_000
"""Documents that needn't be parsed again, by hash: about 3 MB."""
FLAGGED_MAX: Final = 10
"""Newly flagged operations told at once; more wait for nobody and are only in the table."""

CPU_SHARE: Final = 0.1
"""Of one core, for documents that weren't seen before; known ones are counted even beyond it."""
CPU_BURST_S: Final = 0.4
HALF_LIFE_S: Final = 600.0
