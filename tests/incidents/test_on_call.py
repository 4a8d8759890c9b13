from holdfast.incidents.escalation import PageOrder
from holdfast.incidents.on_call import choose_team, list_members, make_finder, read_entries
from holdfast.incidents.paging_words import name_alert, read_alert_team, write_page
from holdfast.model.incident import Impact, Incident, Occasion
from holdfast.model.on_call import CalendarEntry, Schedule, Shift
from holdfast.model.paging import Loudness, Paging, Person, WrittenChannel
from paging.book import TEXT, read_text

PAGING: Paging = read_text(TEXT)
CHANNELS = {"mail": WrittenChannel.model_validate({"email": "a@example.com"})}
PEOPLE = {
    "ann": Person(name="Ann Lee", email="ann@example.com", channels=CHANNELS),
    "annabel": Person(name="Ann Lee Smith", channels=CHANNELS),
    "bob": Person(email="bob@example.com", channels=CHANNELS),
}


def who(summary: str, *attendees: str) -> str | None:
    read = read_entries([CalendarEntry(summary, attendees, 0.0, 10.0)], PEOPLE)
    return read.shifts[0].person if read.shifts else None


def test_an_event_means_whom_it_invites_or_whom_its_title_names() -> None:
    assert who("anything", "BOB@example.com") == "bob"
    assert who("On call: Ann Lee") == "ann"
    assert who("Primary - ann lee smith (weekend)") == "annabel"
    assert who("bob") == "bob"
    assert who("bobby") is None
    assert who("ann@example.com") == "ann"
    assert who("bob takes over", "ann@example.com", "bob@example.com") == "bob"
    assert who("") is None


def test_events_that_name_nobody_are_told_once() -> None:
    entries = [CalendarEntry("lunch", (), at, at + 1.0) for at in (0.0, 5.0)]
    assert read_entries(entries, PEOPLE).strange == ("lunch",)


def test_the_team_of_what_an_incident_is_about_answers() -> None:
    assert choose_team(PAGING, None, ("mail", "shop"), ()) == "shop"
    assert choose_team(PAGING, None, (), ("store",)) == "shop"
    assert choose_team(PAGING, None, ("mail",), ()) == "core"
    assert choose_team(PAGING, "core", ("shop",), ()) == "core"
    assert choose_team(PAGING, "strangers", ("shop",), ()) == "shop"


def find(page: str, schedules: dict[str, Schedule], team: str = "shop") -> list[str]:
    return [each.person for each in make_finder(PAGING, schedules, team, Loudness.PAGE)(page, 5.0)]


def test_while_a_team_has_nobody_the_default_team_is_paged() -> None:
    core = Schedule(((Shift("bob", 0.0, 10.0), Shift("ann", 10.0, 20.0)),), 0.0, 20.0)
    shop = Schedule(((Shift("cat", 0.0, 10.0),),), 0.0, 20.0)
    assert find("on-call", {"shop": shop, "core": core}) == ["cat"]
    assert find("on-call", {"core": core}) == ["bob"]
    assert find("next-on-call", {"core": core}) == ["ann"]
    assert find("on-call", {}) == ["bob", "ann"], "everybody of the default team, if nobody is on call at all"
    assert find("next-on-call", {}) == []
    assert find("team", {}) == ["cat"]
    assert find("ann", {}) == ["ann"]


def test_where_nobody_takes_turns_everybody_of_the_team_is_on_call() -> None:
    turns = "on_call: {rotations: [{people: [cat], begins: 2026-01-05}]}}"
    paging = read_text(TEXT.replace(",\n         " + turns, "}"))
    core = Schedule(((Shift("bob", 0.0, 10.0),),), 0.0, 20.0)
    find_one = make_finder(paging, {"core": core, "shop": Schedule()}, "shop", Loudness.PAGE)
    assert [each.person for each in find_one("on-call", 5.0)] == ["cat"]
    assert find_one("next-on-call", 5.0) == ()


def test_everybody_of_a_team_is_listed_once() -> None:
    assert list_members(PAGING, "shop") == ("cat",)
    assert list_members(PAGING, "core") == ("bob", "ann")


def test_by_mail_only_means_people_and_channels_with_mail() -> None:
    found = make_finder(PAGING, {}, "core", Loudness.EMAIL)("team", 0.0)
    assert [(each.person, each.channels) for each in found] == [("ann", ("mail",))]
    assert make_finder(PAGING, {}, "core", Loudness.NOBODY)("ann", 0.0) == ()


def test_the_team_of_an_alert_is_found_again() -> None:
    assert read_alert_team(name_alert("core", "0ab")) == "core"
    assert read_alert_team(name_alert(None, "0ab")) is None
    assert read_alert_team(None) is None
    assert read_alert_team("something/else") is None


def test_a_page_of_thousands_of_services_stays_small() -> None:
    services = tuple(f"service-{n}" for n in range(5_000))
    incident = Incident(
        id="i-1", title="t" * 200, public_title="t", occasion=Occasion.PERSON, impact=Impact.MAJOR, began_at=0.0,
        opened_at=0.0, services=services,
    )  # fmt: skip
    order = PageOrder("page/i-1/first/1/ann/mail", "ann", "mail", 1)
    letter = write_page(incident, order, CHANNELS["mail"], None, 0.0)
    assert "and 4990 more" in letter.text
    assert len(letter.body or "") < 10_000
    assert "Acknowledge" not in letter.text
