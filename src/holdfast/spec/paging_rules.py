"""What a paging file must hold to beyond the form of each value."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from holdfast.model.day import format_utc
from holdfast.model.on_call import Gap
from holdfast.model.paging import ROLES, Heartbeat, OnCall, Override, Paging, Rotation, WrittenChannel
from holdfast.spec.codes import Finding, Path
from holdfast.spec.paging_codes import (
    CHANNEL,
    DEFAULT_TEAM,
    EMPTY_TIME,
    FEED,
    GAP,
    HEARTBEAT,
    NO_LINK,
    NOBODY,
    RESERVED,
    STRANGER,
    TIME_ZONE,
    TWO_TEAMS,
)
from holdfast.spec.paging_shifts import knows_zone, list_schedule, read_moment
from holdfast.spec.suggest import nearest

FORESEEN_S: Final = 28 * 86_400.0
"""How far ahead gaps are looked for."""
_YEARS: Final = range(2000, 2200)
_APPRISE: Final = re.compile(r"[a-z0-9+]{2,20}://[!-~]{1,2000}")
_EMAIL: Final = re.compile(r"[!#-'*+\-./0-9=?A-Z^-~]{1,64}@[A-Za-z0-9.-]{1,255}")


def check_paging_rules(paging: Paging, now: float | None) -> Iterator[Finding]:
    """Everything wrong with a paging file as a whole; gaps from a Unix time (in seconds) on, if one is given."""
    yield from _check_people(paging)
    yield from _check_default(paging)
    yield from _check_answering(paging)
    for name in paging.teams:
        yield from _check_team(paging, name, now)
    for name, policy in paging.policies.items():
        for number, step in enumerate(policy.steps):
            if step.page not in ROLES:
                yield from _check_person(paging, step.page, ("policies", name, "steps", number, "page"))
    if paging.heartbeat is not None:
        yield from _check_heartbeat(paging.heartbeat)
    if paging.link is None:
        fix = "add `link: https://...`, the address at which people's browsers reach control"
        yield NO_LINK.at((), "pages hold no link to acknowledge by", fix)


def _check_people(paging: Paging) -> Iterator[Finding]:
    for name, person in paging.people.items():
        if name in ROLES:
            yield RESERVED.at(
                ("people", name), f"`{name}` is a role, and not a person", "use another name", on_key=True
            )
        for channel, written in person.channels.items():
            yield from _check_channel(written, ("people", name, "channels", channel))


def _check_channel(channel: WrittenChannel, path: Path) -> Iterator[Finding]:
    set_keys = [key for key in WrittenChannel.model_fields if getattr(channel, key) is not None]
    if len(set_keys) != 1:
        which = " and ".join(set_keys) or "none"
        fix = "keep one of email, webhook and apprise; make another channel of the other"
        yield CHANNEL.at(path, f"a channel has one way to somebody, and this has {which}", fix, on_key=True)
        return
    key = set_keys[0]
    address = getattr(channel, key).get_secret_value()
    fix = {
        "email": "write an address such as ann@example.com",
        "webhook": "write a URL such as https://example.com/page",
        "apprise": "write a URL in Apprise's form, such as pover://USER@TOKEN",
    }[key]
    if not _is_address(key, address):
        yield CHANNEL.at((*path, key), f"this is no address for {key}", fix, on_key=True)


def _is_address(kind: str, address: str) -> bool:
    """Whether something can be sent there; a webhook's URL has no user and password, which aren't sent."""
    if kind == "webhook":
        return _is_http(address) and urlsplit(address).username is None
    form = _EMAIL if kind == "email" else _APPRISE
    return form.fullmatch(address) is not None


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and len(url) <= 2048
    except ValueError:
        return False


def _check_person(paging: Paging, name: str, path: Path) -> Iterator[Finding]:
    if name not in paging.people:
        near = nearest(name, paging.people)
        known = ", ".join(list(paging.people)[:5])
        fix = f"write `{near}`" if near else f"add `{name}` to `people`, or name one of {known}"
        yield STRANGER.at(path, f"there is no person `{name}`", fix)


def _check_default(paging: Paging) -> Iterator[Finding]:
    defaults = [name for name, team in paging.teams.items() if team.default]
    if len(defaults) > 1:
        message = f"`{defaults[0]}` is the default team already"
        yield DEFAULT_TEAM.at(("teams", defaults[1], "default"), message, "keep one of them")
    elif not defaults and len(paging.teams) > 1:
        fix = "add `default: true` to the team that answers for everything else"
        yield DEFAULT_TEAM.at(("teams",), "no team is the default team", fix, on_key=True)


def _check_answering(paging: Paging) -> Iterator[Finding]:
    for key in ("services", "components"):
        owners: dict[str, Path] = {}
        for name, team in paging.teams.items():
            for number, each in enumerate(getattr(team, key)):
                path = ("teams", name, key, number)
                if each in owners:
                    message = f"`{each}` is team `{owners[each][1]}`'s already"
                    yield TWO_TEAMS.at(path, message, "leave it to one of them", first=owners[each])
                owners.setdefault(each, path)


def _check_team(paging: Paging, name: str, now: float | None) -> Iterator[Finding]:
    team, path = paging.teams[name], ("teams", name)
    if team.policy is not None and team.policy not in paging.policies:
        near = nearest(team.policy, paging.policies)
        fix = f"write `{near}`" if near else f"add `{team.policy}` to `policies`"
        yield STRANGER.at((*path, "policy"), f"there is no policy `{team.policy}`", fix)
    for number, person in enumerate(team.people):
        yield from _check_person(paging, person, (*path, "people", number))
    on_call = team.on_call
    if on_call.feed is None and not on_call.rotations and not team.people:
        yield NOBODY.at(path, f"team `{name}` has nobody", "add `people: [...]` or `on_call:`", on_key=True)
    mistakes = list(_check_on_call(paging, on_call, (*path, "on_call")))
    yield from mistakes
    if on_call.rotations and on_call.feed is None and not mistakes and now is not None:
        yield from _check_gaps(on_call, (*path, "on_call", "rotations"), now)


def _check_on_call(paging: Paging, on_call: OnCall, path: Path) -> Iterator[Finding]:
    for number, rotation in enumerate(on_call.rotations):
        here = (*path, "rotations", number)
        for turn, person in enumerate(rotation.people):
            yield from _check_person(paging, person, (*here, "people", turn))
        yield from _check_zone(rotation.time_zone, (*here, "time_zone"))
        yield from _check_rotation(rotation, here)
    for number, override in enumerate(on_call.overrides):
        here = (*path, "overrides", number)
        yield from _check_person(paging, override.who, (*here, "who"))
        yield from _check_zone(override.time_zone, (*here, "time_zone"))
        yield from _check_override(override, here)
    feed = on_call.feed
    if feed is not None and ((feed.url is None) is (feed.file is None) or not _is_feed_url(feed.url)):
        yield FEED.at((*path, "feed"), "a feed has a URL or a file", "write one of `url` and `file`", on_key=True)


def _is_feed_url(url: object) -> bool:
    return url is None or _is_http(url.get_secret_value())  # type: ignore[attr-defined]


def _check_zone(name: str, path: Path) -> Iterator[Finding]:
    if not knows_zone(name):
        fix = "write a name of the IANA database, such as Europe/Berlin or America/New_York"
        yield TIME_ZONE.at(path, f"`{name}` is no time zone that is known here", fix)


def _check_rotation(rotation: Rotation, path: Path) -> Iterator[Finding]:
    days = [day for day in (rotation.begins, rotation.ends) if day is not None]
    if any(day.year not in _YEARS for day in days):
        yield EMPTY_TIME.at((*path, "begins"), "this is too far from now", "write a day such as 2026-01-05")
    elif rotation.ends is not None and rotation.ends <= rotation.begins:
        message = f"the rotation ends on {rotation.ends}, and begins on {rotation.begins}"
        yield EMPTY_TIME.at((*path, "ends"), message, "let it end later, or take `ends` out")


def _check_override(override: Override, path: Path) -> Iterator[Finding]:
    try:
        begins, ends = (read_moment(each, "UTC") for each in (override.begin, override.until))
    except ValueError:
        yield EMPTY_TIME.at(
            (*path, "begin"), "no calendar has one of these days", "write a day such as 2026-12-24 09:00"
        )
        return
    if ends <= begins:
        message = f"the override ends at {override.until}, and begins at {override.begin}"
        yield EMPTY_TIME.at((*path, "until"), message, "let it end later")


def _check_gaps(on_call: OnCall, path: Path, now: float) -> Iterator[Finding]:
    schedule = list_schedule(on_call, (), now, now + FORESEEN_S)
    gaps = schedule.list_gaps(now, now + FORESEEN_S)
    if gaps:
        more = f", and {len(gaps) - 1} times more within four weeks" if len(gaps) > 1 else ""
        message = f"nobody is on call {show_gap(gaps[0])}{more}"
        fix = "let the rotations cover this time, or add a rotation or an override for it"
        yield GAP.at(path, message, fix, on_key=True)


def show_gap(gap: Gap) -> str:
    """From when until when nobody is on call."""
    return f"from {format_utc(gap.begins_at)} until {format_utc(gap.ends_at)}"


def _check_heartbeat(heartbeat: Heartbeat) -> Iterator[Finding]:
    path: Path = ("heartbeat",)
    if heartbeat.to is not None:
        yield from _check_channel(heartbeat.to, (*path, "to"))
    if heartbeat.to is None and heartbeat.alive_url is None:
        yield HEARTBEAT.at(path, "this heartbeat goes nowhere", "add `to`, or `alive_url`", on_key=True)
    if heartbeat.confirm is not None and heartbeat.to is None:
        yield HEARTBEAT.at((*path, "confirm"), "nothing is sent that could be confirmed", "add `to`", on_key=True)
    for key in ("confirm", "alive_url"):
        url = getattr(heartbeat, key)
        if url is not None and not _is_http(url.get_secret_value()):
            yield HEARTBEAT.at((*path, key), "this is no http(s) URL", "write https://...", on_key=True)
    if heartbeat.to is not None and heartbeat.overdue_after <= heartbeat.every:
        message = "it would be overdue before the next one is sent"
        yield HEARTBEAT.at((*path, "overdue_after"), message, "let it be overdue after two or three of `every`")
