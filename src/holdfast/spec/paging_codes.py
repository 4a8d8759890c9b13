"""What can be wrong with a paging file, besides what can be wrong with any file, key or value."""

from typing import Final

from holdfast.spec.codes import Code, error, warning

_PEOPLE: Final = "paging: 1\npeople:\n  ann: {channels: {mail: {email: ann@example.com}}}\n"
_ROTATION: Final = "{people: [ann], begins: 2026-01-05}"
_TEAMS: Final = f"teams:\n  core: {{on_call: {{rotations: [{_ROTATION}]}}}}\n"

CHANNEL = error(
    "HF001",
    "a channel that leads nowhere",
    "A channel has exactly one of `email`, `webhook` and `apprise`, with an address of that kind behind it. What is "
    "written there isn't shown, since it is often a secret.",
    wrong="paging: 1\npeople:\n  ann: {channels: {mail: {email: ann}}}\n" + _TEAMS,
    right=_PEOPLE + _TEAMS,
    whole=True,
)
STRANGER = error(
    "HF002",
    "somebody who isn't there",
    "A person, team or policy is named that the file hasn't.",
    wrong=_PEOPLE + "teams:\n  core: {on_call: {rotations: [{people: [bob], begins: 2026-01-05}]}}\n",
    right=_PEOPLE + _TEAMS,
    whole=True,
)
RESERVED = error(
    "HF003",
    "a person called like a role",
    "`on-call`, `next-on-call` and `team` mean whoever has that role; nobody can be called so.",
    wrong="paging: 1\npeople:\n  team: {channels: {mail: {email: ann@example.com}}}\n"
    "teams:\n  core: {on_call: {rotations: [{people: [team], begins: 2026-01-05}]}}\n",
    right=_PEOPLE + _TEAMS,
    whole=True,
)
DEFAULT_TEAM = error(
    "HF004",
    "not one default team",
    "Where there are several teams, exactly one says `default: true`. It answers for what no other does, and while "
    "another has nobody on call.",
    wrong=_PEOPLE + "teams:\n" + "".join(f"  {name}: {{on_call: {{rotations: [{_ROTATION}]}}}}\n" for name in "ab"),
    right=_PEOPLE
    + f"teams:\n  a: {{default: true, on_call: {{rotations: [{_ROTATION}]}}}}\n"
    + f"  b: {{on_call: {{rotations: [{_ROTATION}]}}}}\n",
    whole=True,
)
TWO_TEAMS = error(
    "HF005",
    "two teams for one thing",
    "A service or component has one team: otherwise it would be chance who is woken.",
    wrong=_PEOPLE
    + f"teams:\n  a: {{default: true, services: [shop], on_call: {{rotations: [{_ROTATION}]}}}}\n"
    + f"  b: {{services: [shop], on_call: {{rotations: [{_ROTATION}]}}}}\n",
    right=_PEOPLE
    + f"teams:\n  a: {{default: true, services: [shop], on_call: {{rotations: [{_ROTATION}]}}}}\n"
    + f"  b: {{services: [site], on_call: {{rotations: [{_ROTATION}]}}}}\n",
    whole=True,
)
TIME_ZONE = error(
    "HF006",
    "an unknown time zone",
    "Time zones have the names of the IANA database, such as Europe/Berlin. Abbreviations such as CET mean other times "
    "to other people.",
    wrong=_PEOPLE
    + "teams:\n  core: {on_call: {rotations: [{people: [ann], begins: 2026-01-05, time_zone: Europe/Berlyn}]}}\n",
    right=_PEOPLE
    + "teams:\n  core: {on_call: {rotations: [{people: [ann], begins: 2026-01-05, time_zone: Europe/Berlin}]}}\n",
    whole=True,
)
GAP = error(
    "HF007",
    "nobody on call",
    "For a while within the next four weeks, neither a rotation nor an override has anybody. What happens then would "
    "wake nobody of this team.",
    wrong=_PEOPLE
    + "teams:\n  core: {on_call: {rotations: [{people: [ann], begins: 2026-01-05,\n"
    + "    hours: {begin: 08:00, until: 20:00}}]}}\n",
    right=_PEOPLE
    + "teams:\n  core: {on_call: {rotations: [{people: [ann], begins: 2026-01-05,\n"
    + "    hours: {begin: 08:00, until: 08:00}}]}}\n",
    whole=True,
)
EMPTY_TIME = error(
    "HF008",
    "a time that ends before it begins",
    "An override or a rotation ends at or before its beginning, or names a day that no calendar has.",
    wrong=_PEOPLE
    + f"teams:\n  core: {{on_call: {{rotations: [{_ROTATION}],\n"
    + "    overrides: [{who: ann, begin: 2026-12-27 09:00, until: 2026-12-24 09:00}]}}\n",
    right=_PEOPLE
    + f"teams:\n  core: {{on_call: {{rotations: [{_ROTATION}],\n"
    + "    overrides: [{who: ann, begin: 2026-12-24 09:00, until: 2026-12-27 09:00}]}}\n",
    whole=True,
)
NOBODY = error(
    "HF009",
    "a team without people",
    "A team has a feed, rotations or people; otherwise there is nobody to wake.",
    wrong=_PEOPLE + "teams:\n  core: {}\n",
    right=_PEOPLE + "teams:\n  core: {people: [ann]}\n",
    whole=True,
)
FEED = error(
    "HF010",
    "a feed that is nowhere",
    "A feed has either an http(s) `url` or the path of a `file`.",
    wrong=_PEOPLE + "teams:\n  core: {people: [ann], on_call: {feed: {}}}\n",
    right=_PEOPLE + 'teams:\n  core: {people: [ann], on_call: {feed: {file: "/etc/holdfast/core.ics"}}}\n',
    whole=True,
)
HEARTBEAT = error(
    "HF011",
    "a heartbeat that can't prove anything",
    "A heartbeat needs something to go to (`to`) or to ask for (`alive_url`), by an http(s) URL; it is overdue after "
    "longer than it takes from one to the next; and `confirm` needs `to`.",
    wrong=_PEOPLE + _TEAMS + "heartbeat: {to: {email: beat@example.com}, every: 15m, overdue_after: 5m}\n",
    right=_PEOPLE + _TEAMS + "heartbeat: {to: {email: beat@example.com}, every: 5m, overdue_after: 15m}\n",
    whole=True,
)
READABLE = error(
    "HF012",
    "a file that others can read",
    "The paging file holds secrets, so that only its owner may read it (mode 0600), and the owner is whoever runs "
    "Holdfast, or root.",
)
UNREADABLE = error("HF013", "a file that can't be read", "The paging file isn't there, is no file, or may not be read.")
NO_LINK = warning(
    "HF014",
    "pages without a link",
    "Without `link`, pages hold no link to acknowledge by: people have to use the command line or the console.",
    wrong=_PEOPLE + _TEAMS,
    right=_PEOPLE + _TEAMS + "link: https://holdfast.example.com\n",
    whole=True,
)

PAGING_CODES: Final[tuple[Code, ...]] = (
    CHANNEL, STRANGER, RESERVED, DEFAULT_TEAM, TWO_TEAMS, TIME_ZONE, GAP, EMPTY_TIME, NOBODY, FEED, HEARTBEAT,
    READABLE, UNREADABLE, NO_LINK,
)  # fmt: skip
"""Every code of the paging file's own, in order."""
