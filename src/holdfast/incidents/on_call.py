"""Whom a calendar means, and whom a step of an escalation means."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from holdfast.incidents.escalation import Reachable
from holdfast.model.on_call import CalendarEntry, Schedule, Shift
from holdfast.model.paging import NEXT_ON_CALL, ON_CALL, WHOLE_TEAM, Loudness, Paging, Person

Schedules = Mapping[str, Schedule]
"""Who is on call, by team."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a calendar says: shifts, and what those events are called that name nobody who is known."""

    shifts: tuple[Shift, ...]
    strange: tuple[str, ...]


def read_entries(entries: Iterable[CalendarEntry], people: Mapping[str, Person]) -> Read:
    """The shifts that a calendar's events are."""
    shifts, strange = list[Shift](), list[str]()
    for entry in sorted(entries, key=lambda each: (each.begins_at, each.ends_at, each.summary)):
        person = _find_person(entry, people)
        if person is None:
            strange.append(entry.summary)
        elif entry.ends_at > entry.begins_at:
            shifts.append(Shift(person, entry.begins_at, entry.ends_at))
    return Read(tuple(shifts), tuple(dict.fromkeys(strange)))


def _find_person(entry: CalendarEntry, people: Mapping[str, Person]) -> str | None:
    """By an address that is invited; else by the longest name that the event's title holds as words of its own."""
    invited = {address.lower() for address in entry.attendees}
    by_address = [key for key, person in people.items() if person.email and person.email.lower() in invited]
    if len(by_address) == 1:
        return by_address[0]
    title = f" {_fold(entry.summary)} "
    found = [
        (len(words), key)
        for key, person in people.items()
        for spelling in (key, person.name, person.email)
        if spelling and (words := _fold(spelling)) and f" {words} " in title
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


def _fold(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def choose_team(paging: Paging, named: str | None, services: Sequence[str], components: Sequence[str]) -> str:
    """Who answers: the team that is named, else that of the first service or component with one, else the default."""
    if named is not None and named in paging.teams:
        return named
    for name, team in paging.teams.items():
        if any(service in team.services for service in services):
            return name
    for name, team in paging.teams.items():
        if any(component in team.components for component in components):
            return name
    return paging.default_team


def list_members(paging: Paging, team: str) -> tuple[str, ...]:
    """Everybody of a team, once, in the order of the file."""
    found = paging.teams[team]
    turns = (person for rotation in found.on_call.rotations for person in rotation.people)
    return tuple(dict.fromkeys((*turns, *found.people)))


def make_finder(
    paging: Paging, schedules: Schedules, team: str, loudness: Loudness
) -> Callable[[str, float], Sequence[Reachable]]:
    """How the words of a policy's steps are read for a team's incident of some loudness."""

    def find(page: str, at: float) -> Sequence[Reachable]:
        if loudness is Loudness.NOBODY:
            return ()
        names = _find_names(paging, schedules, team, page, at)
        found = (Reachable(name, _list_channels(paging.people[name], loudness)) for name in names)
        return tuple(person for person in found if person.channels)

    return find


def _find_names(paging: Paging, schedules: Schedules, team: str, page: str, at: float) -> tuple[str, ...]:
    if page in paging.people:
        return (page,)
    for asked in dict.fromkeys((team, paging.default_team)):
        if found := _find_role(paging, schedules, asked, page, at):
            return found
    return () if page == NEXT_ON_CALL else list_members(paging, paging.default_team)


def _find_role(paging: Paging, schedules: Schedules, team: str, page: str, at: float) -> tuple[str, ...]:
    """Whom a role means in one team. Where nobody takes turns, everybody is on call."""
    if page == WHOLE_TEAM:
        return list_members(paging, team)
    schedule, on_call = schedules.get(team, Schedule()), paging.teams[team].on_call
    later = schedule.find_next(at) if page == NEXT_ON_CALL else None
    found = schedule.find(at) if page == ON_CALL else later.person if later else None
    if found in paging.people:
        return (str(found),)
    takes_turns = on_call.feed is not None or bool(on_call.rotations)
    return list_members(paging, team) if page == ON_CALL and not takes_turns else ()


def _list_channels(person: Person, loudness: Loudness) -> tuple[str, ...]:
    by_email = loudness is Loudness.EMAIL
    return tuple(name for name, channel in person.channels.items() if not by_email or channel.email is not None)
