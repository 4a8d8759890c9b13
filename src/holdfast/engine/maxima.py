"""The most of everything that the engine keeps or accepts."""

from typing import Final

MITIGATIONS_MAX: Final = 10_000
"""Mitigations in force at one time."""
NETWORKS_MAX: Final = 100_000
"""Networks, and values of source rules, that all blocks and denials in force may name together."""
MITIGATION_S_MIN: Final = 1.0
MITIGATION_S_MAX: Final = 30 * 86_400.0
"""Thirty days: what must last longer belongs into the platform file."""
REASON_CHARACTERS_MAX: Final = 500
REVISIONS_KEPT_MAX: Final = 1_000
"""Revisions that one can look at or roll back to; the journal keeps them all."""
ENDED_KEPT_MAX: Final = 100
"""Ended mitigations that one can look at; the journal keeps them all."""
FINDINGS_MAX: Final = 1_000
"""Findings open at one time; each has one suggestion at most."""
CLOSED_KEPT_MAX: Final = 100
"""Closed findings that one can look at; the journal keeps them all."""
TOLD_KEPT_MAX: Final = 100
"""Messages to tenants that one can look at; the journal keeps them all."""
NOTED_SERVICES_MAX: Final = 1_000
"""Services that one note of a change may name."""
COMPONENTS_MAX: Final = 100
"""Components of Holdfast itself that may ever have been switched."""
INCIDENTS_OPEN_MAX: Final = 200
INCIDENTS_KEPT_MAX: Final = 1_000
"""Resolved incidents that one can look at; the journal keeps them all. Likewise below."""
POSTS_MAX: Final = 200
"""Public words about one incident, drafts included."""
NOTES_KEPT_MAX: Final = 200
PAGES_KEPT_MAX: Final = 200
NOTE_CHARACTERS_MAX: Final = 4_000
FOLLOW_UPS_OPEN_MAX: Final = 1_000
FOLLOW_UPS_KEPT_MAX: Final = 1_000
MAINTENANCES_OPEN_MAX: Final = 200
MAINTENANCES_KEPT_MAX: Final = 500
MAINTENANCE_S_MIN: Final = 1.0
MAINTENANCE_S_MAX: Final = 14 * 86_400.0
MAINTENANCE_AHEAD_S_MAX: Final = 366 * 86_400.0
