"""Incidents, promises and announced work to look at in the console: decided by the engine itself, over no platform."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fakes.ledger import make_suspect
from holdfast.engine.decide import decide
from holdfast.engine.evolve import evolve
from holdfast.engine.facts import Facts, PlatformFacts
from holdfast.engine.incident_command import (
    AcknowledgeIncident,
    ChangeIncident,
    DiscardPost,
    DraftPost,
    NoteIncident,
    NotePage,
    OpenIncident,
    PublishPost,
    SetFollowUp,
    SetMaintenance,
)
from holdfast.model.day import add_days, find_day
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.incident import Impact, IncidentId, Occasion, Phase
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.platform import Bounds
from holdfast.model.postmortem import PostmortemFormat
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State
from holdfast.views.findings import FindingDocument, FindingState
from holdfast.views.follow_ups import FollowUpDocument, FollowUpsDocument, show_follow_up, show_follow_ups
from holdfast.views.incident_pages import IncidentPage, PublicPlacesDocument
from holdfast.views.incidents import (
    IncidentDocument,
    IncidentsDocument,
    TimelineDocument,
    show_moment,
    show_row,
)
from holdfast.views.incidents_wanted import (
    FollowUpChangeWanted,
    FollowUpWanted,
    IncidentChangeWanted,
    IncidentWanted,
    MaintenanceChangeWanted,
    MaintenanceWanted,
    PostWanted,
    PublishWanted,
)
from holdfast.views.maintenance import MaintenanceDocument, MaintenancesDocument, show_maintenances
from holdfast.views.paging import (
    FeedDocument,
    GapDocument,
    HeartbeatDocument,
    LettersDocument,
    OnCallDocument,
    OnCallTeamDocument,
    ShiftDocument,
)

if TYPE_CHECKING:
    from holdfast.model.event import Event

COMPONENTS = {"shopping": "Shopping", "search": "Search", "accounts": "Accounts and sign-in"}
REGIONS = {"europe": "Europe", "america": "North America"}
PLACES = PublicPlacesDocument(site="Example", approve=True, components=COMPONENTS, regions=REGIONS)
HOSTILE = "<script>alert('seen')</script>"


class IncidentBook:
    """What was decided, and what may be; `now` is the clock's."""

    def __init__(self, clock: Callable[[], float], words: str = "") -> None:
        self.clock = clock
        self.now: float | None = None
        self.state = State()
        self.events: list[Event] = []
        self.refusal: Refusal | None = None
        self.words = words
        """Written into everything that people write."""

    def decide(self, command: Any) -> Refusal | None:
        """Have the engine decide."""
        if self.refusal is not None:
            return self.refusal
        known = PlatformFacts({}, Bounds(), components=frozenset(COMPONENTS), regions=frozenset(REGIONS))
        decided = decide(self.state, command, Facts(self.clock() if self.now is None else self.now, known))
        if isinstance(decided, Refusal):
            return decided
        for event in decided:
            self.state = evolve(self.state, event)
            self.events.append(event)
        return None

    def must(self, command: Any, ago_s: float = 0.0) -> None:
        """Have something decided so long ago."""
        self.now = self.clock() - ago_s
        refusal = self.decide(command)
        self.now = None
        assert refusal is None, refusal

    def fill(self) -> None:
        """Two open incidents, one with a draft that waits; a resolved one, promises, announced work."""
        words, now = self.words, self.clock()
        self.must(
            OpenIncident("ann", f"Search was slow after a deploy{words}", "Slow search", Impact.MINOR, Occasion.PERSON,
                         now - 90_000, ("search",), ("america",), ("globex-search",)), 89_900,
        )  # fmt: skip
        self.must(PublishPost("ann", "i-1", None, Phase.RESOLVED, f"Search answers as usual again.{words}"), 85_000)
        self.must(
            OpenIncident("holdfast", f"Surge of acme-shop in fra{words}", "Increased latency in Europe", Impact.MAJOR,
                         Occasion.FINDING, now - 620, ("shopping",), ("europe",), ("acme-shop",), ("f-3",)), 615,
        )  # fmt: skip
        self.must(NotePage("i-2", "ann", "sms", 1, f"the gateway doesn't answer{words}"), 612)
        self.must(NotePage("i-2", "ann", "mail", 1), 608)
        self.must(AcknowledgeIncident("ann", "i-2"), 540)
        first = f"We look into increased latency in Europe.\nWe tell you more within half an hour.{words}"
        self.must(PublishPost("ann", "i-2", None, Phase.INVESTIGATING, first), 590)
        self.must(NoteIncident("ann", "i-2", f"acme says that it is nobody of theirs{words}"), 300)
        self.must(DraftPost("holdfast", "i-2", Phase.IDENTIFIED, f"Too many requests come to one customer.{words}"), 60)
        self.must(
            OpenIncident("holdfast", f"An edge in iad doesn't report{words}", "Reduced service in North America",
                         Impact.NONE, Occasion.ALERT, now - 40, (), ("america",), alert=f"EdgeSilent{words}"), 35,
        )  # fmt: skip
        day = find_day(now)
        late = SetFollowUp(
            "ann", "i-1", None, f"deploys of search go out in waves{words}", "bob", add_days(day, -3),
            "bad-route-push", f"Changes reach few customers first{words}",
        )  # fmt: skip
        self.must(late, 80_000)
        self.must(SetFollowUp("ann", "i-1", None, "an alert for slow search", "ann", add_days(day, 20)), 80_000)
        storage = SetMaintenance(
            "ann", None, f"Storage is replaced{words}", f"Search may be slow.{words}", ("search",), (),
            now + 3_600, now + 10_800,
        )  # fmt: skip
        self.must(storage, 300)
        self.must(SetMaintenance("ann", None, "Network work", "", (), ("america",), now + 60, now + 7_200), 300)
        self.must(SetMaintenance("ann", "w-2", phase=MaintenancePhase.IN_PROGRESS))


class FakeIncidents:
    """The part of `adapters.console.port.LiveSource` about incidents."""

    clock: Callable[[], float]
    hostile: bool

    @property
    def book(self) -> IncidentBook:
        """What was decided; made anew once everything that outsiders send is hostile."""
        words = f" {HOSTILE}" if self.hostile else ""
        known: IncidentBook | None = getattr(self, "_book", None)
        if known is None or known.words != words:
            known = IncidentBook(self.clock, words)
            known.fill()
            self._book = known
        return known

    def incidents(self, resolved_max: int) -> IncidentsDocument:
        records = list(self.book.state.incidents.values())[::-1]
        late = {"i-2": ("tell the public more: the last word is 10 minutes old",)}
        rows = [show_row(each, late.get(each.incident.id, ()), muted=each.incident.id == "i-3") for each in records]
        resolved = tuple(row for row in rows if not row.incident.is_open)
        return IncidentsDocument(
            now=self.clock(),
            open=tuple(row for row in rows if row.incident.is_open),
            resolved=resolved[:resolved_max],
        )

    def incident(self, id_: IncidentId) -> IncidentPage | None:
        record = self.book.state.incidents.get(id_)
        if record is None:
            return None
        incident, day = record.incident, find_day(self.clock())
        listed = self.incidents(100)
        row = next(row for row in (*listed.open, *listed.resolved) if row.incident.id == id_)
        promised = (each for each in self.book.state.follow_ups.values() if each.incident == id_)
        document = IncidentDocument(
            now=self.clock(),
            row=row,
            posts=record.posts,
            notes=record.notes,
            pages=record.pages,
            findings=tuple(self._find(name) for name in incident.findings),
            mitigations=("m-7", "m-6") if incident.findings else (),
            suggested=Phase.IDENTIFIED if incident.findings and incident.phase is Phase.INVESTIGATING else None,
            suggested_why="the source of the excess is known",
            follow_ups=tuple(show_follow_up(each, day) for each in promised),
        )
        mine = (event for event in self.book.events if id_ in event.model_dump_json())
        events = sorted(mine, key=lambda event: event.at)
        timeline = tuple(show_moment(i, event, own=True) for i, event in enumerate(events, 1))
        return IncidentPage(document=document, timeline=TimelineDocument(id=id_, entries=timeline))

    def follow_ups(self) -> FollowUpsDocument:
        return show_follow_ups(self.book.state.follow_ups.values(), find_day(self.clock()))

    def maintenances(self) -> MaintenancesDocument:
        windows = self.book.state.maintenances.values()
        muted = {"w-2": ("i-3",)}
        documents = [MaintenanceDocument(maintenance=each, muted=muted.get(each.id, ())) for each in windows]
        return show_maintenances(documents, self.clock())

    def on_call(self) -> OnCallDocument:
        return show_on_call(self.clock(), self.book.words)

    def public_places(self) -> PublicPlacesDocument:
        return PLACES

    def _find(self, name: str) -> FindingDocument:
        at = self.clock() - 620
        finding = Finding(
            kind=FindingKind.SURGE,
            tier=Tier.HARMFUL,
            service="acme-shop",
            tenant="acme",
            began_at=at,
            seen_at=at + 2,
            evidence=Evidence(now=2_400.0, usual=400.0, capacity=1_000.0, score=3.9, threshold=0.84),
        )
        return FindingDocument(
            id=name, finding=finding, state=FindingState.OPEN, since=at, mitigations=("m-7",),
            suspects=(make_suspect(at),),
        )  # fmt: skip


class FakeDesk:
    """`adapters.console.incident_port.IncidentDesk` over fake incidents: commands go to the engine."""

    def __init__(self, live: FakeIncidents) -> None:
        self._live = live
        self.rendered: list[tuple[str, PostmortemFormat, bool]] = []

    async def open(self, author: str, wanted: IncidentWanted) -> IncidentDocument | Refusal:
        given = wanted.model_dump() | {"public_title": wanted.public_title or "Reduced service"}
        return self._decide(OpenIncident(author, **given), None)

    async def change(self, author: str, id_: str, wanted: IncidentChangeWanted) -> IncidentDocument | Refusal:
        given = wanted.model_dump(exclude={"reason"})
        return self._decide(ChangeIncident(author, id_, wanted.reason, **given), id_)

    async def acknowledge(self, author: str, id_: str) -> IncidentDocument | Refusal:
        return self._decide(AcknowledgeIncident(author, id_), id_)

    async def note(self, author: str, id_: str, text: str) -> IncidentDocument | Refusal:
        return self._decide(NoteIncident(author, id_, text), id_)

    async def say(self, author: str, id_: str, wanted: PostWanted) -> IncidentDocument | Refusal:
        phase = wanted.phase or Phase.INVESTIGATING
        if wanted.draft:
            return self._decide(DraftPost(author, id_, phase, wanted.text), id_)
        return self._decide(PublishPost(author, id_, None, phase, wanted.text), id_)

    async def publish(self, author: str, id_: str, number: int, wanted: PublishWanted) -> IncidentDocument | Refusal:
        return self._decide(PublishPost(author, id_, number, wanted.phase, wanted.text), id_)

    async def discard(self, author: str, id_: str, number: int) -> IncidentDocument | Refusal:
        return self._decide(DiscardPost(author, id_, number), id_)

    async def render(self, id_: str, form: PostmortemFormat, *, public: bool = False) -> str | Refusal:
        if id_ not in self._live.book.state.incidents:
            return Refusal(RefusalCode.INCIDENT_UNKNOWN, f"there is no incident {id_}")
        self.rendered.append((id_, form, public))
        return f"<!doctype html><title>Postmortem</title><style>p{{color:red}}</style><p>{id_}</p>"

    def _decide(self, command: Any, id_: str | None) -> IncidentDocument | Refusal:
        refusal = self._live.book.decide(command)
        page = self._live.incident(id_ or list(self._live.book.state.incidents)[-1])
        return refusal or (page.document if page else Refusal(RefusalCode.FAILED, "it can't be shown"))


class FakePromises:
    """The desk's promises."""

    def __init__(self, live: FakeIncidents) -> None:
        self._live = live

    async def add(self, author: str, wanted: FollowUpWanted) -> FollowUpDocument | Refusal:
        return self._decide(SetFollowUp(author, **wanted.model_dump()))

    async def change(self, author: str, id_: str, wanted: FollowUpChangeWanted) -> FollowUpDocument | Refusal:
        given = wanted.model_dump(exclude={"reason"})
        return self._decide(SetFollowUp(author, id=id_, why=wanted.reason, **given))

    def _decide(self, command: SetFollowUp) -> FollowUpDocument | Refusal:
        book = self._live.book
        refusal = book.decide(command)
        known = book.state.follow_ups
        return refusal or show_follow_up(known[command.id or list(known)[-1]], find_day(book.clock()))


class FakeWork:
    """The desk's announced work."""

    def __init__(self, live: FakeIncidents) -> None:
        self._live = live

    async def announce(self, author: str, wanted: MaintenanceWanted) -> MaintenanceDocument | Refusal:
        return self._decide(SetMaintenance(author, **wanted.model_dump()))

    async def change(self, author: str, id_: str, wanted: MaintenanceChangeWanted) -> MaintenanceDocument | Refusal:
        given = wanted.model_dump(exclude={"reason"})
        return self._decide(SetMaintenance(author, id=id_, why=wanted.reason, **given))

    def _decide(self, command: SetMaintenance) -> MaintenanceDocument | Refusal:
        book = self._live.book
        refusal = book.decide(command)
        known = book.state.maintenances
        return refusal or MaintenanceDocument(maintenance=known[command.id or list(known)[-1]])


def show_on_call(now: float, words: str) -> OnCallDocument:
    """A team with somebody on call, and one whose calendar has a gap."""

    def team(name: str, on_call: str | None, gaps: Sequence[GapDocument] = ()) -> OnCallTeamDocument:
        return OnCallTeamDocument(
            name=name,
            default=name == "platform",
            on_call=on_call,
            next_on_call=ShiftDocument(person="bob", begins_at=now + 7_200, ends_at=now + 40_000),
            members=("ann", "bob"),
            gaps=tuple(gaps),
            feed=FeedDocument(
                source=f"https://calendar.example/{name}.ics", age_s=310.0, problem="", strange=(f"Zoe{words}",)
            ),
        )

    return OnCallDocument(
        now=now,
        file="paging.yaml",
        read_at=now - 9_000,
        teams=(team("platform", "ann"), team("shop", None, (GapDocument(begins_at=now, ends_at=now + 3_600),))),
        heartbeat=HeartbeatDocument(
            sent_s=40.0, proved_s=38.0, broken_since=None, problem="", alive_s=12.0, alive_problem=""
        ),
        letters=LettersDocument(waiting=1, oldest_s=4.0, failed={"webhook": 1}),
        exhausted=("i-3",),
    )
