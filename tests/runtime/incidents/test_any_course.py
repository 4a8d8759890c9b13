"""Whatever is found, done and decided, in whatever order: incidents come to rest, and every finding is in one."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.engine import Play
from holdfast.engine.command import CloseFinding, EndMitigation, Mitigate, OpenFinding, Tick
from holdfast.engine.decide import decide
from holdfast.engine.facts import Facts, PlatformFacts
from holdfast.engine.incident_command import ChangeIncident, PublishPost
from holdfast.incidents.opening.belonging import LINGER_S
from holdfast.incidents.opening.plan import plan_incidents
from holdfast.incidents.opening.signs import Layout, Scene
from holdfast.model.finding import FindingKind
from holdfast.model.incident import Impact, Phase, PostStatus
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Kill, Limit
from holdfast.model.platform import Platform
from holdfast.model.refusal import Refusal
from holdfast.model.token import SYSTEM
from holdfast.runtime.incidents.opening.commands import to_command
from holdfast.runtime.incidents.opening.opener import ROUNDS_MAX
from incidents.scenes import make_finding, make_platform

SERVICES = ("shop", "cart", "mail", "docs", "feed")
COMPONENTS = {"web": ("shop", "cart"), "mail": ("mail",), "docs": ("docs",)}
KINDS = (FindingKind.SURGE, FindingKind.ERRORS, FindingKind.SLOWNESS, FindingKind.SATURATION)


@dataclass
class Desk:
    """The engine with an opener at its side, in virtual time."""

    platform: Platform
    play: Play = field(default_factory=Play)

    def __post_init__(self) -> None:
        self.layout = Layout.of(Intent(self.platform))
        self.play.put_in_force("a", PlatformFacts.of(self.layout.intent))

    def look(self) -> None:
        """What the driver does in one look; nothing that Holdfast does by itself may be refused."""
        for _ in range(ROUNDS_MAX):
            intent = self.layout.intent.under(tuple(self.play.state.mitigations.values()))
            scene = Scene(self.play.state, Layout(intent, self.layout.by_service), self.play.now)
            steps = plan_incidents(scene, lambda _incident, _ended_at: None)
            if not steps:
                return
            for step in steps:
                self.play.do(to_command(step, self.play.state))
        raise AssertionError("it doesn't come to rest")

    def attempt(self, command: object) -> None:
        """What people try may be refused."""
        facts = Facts(self.play.now, self.play.platform)
        if not isinstance(decide(self.play.state, command, facts), Refusal):  # type: ignore[arg-type]
            self.play.do(command)  # type: ignore[arg-type]

    def check(self) -> None:
        state = self.play.state
        records = state.incidents.values()
        held = [id_ for record in records for id_ in record.incident.findings]
        assert len(held) == len(set(held))
        resolved = [r.incident.resolved_at for r in records if r.incident.resolved_at is not None]
        may_be_left_over = any(self.play.now < at + LINGER_S for at in resolved)
        assert may_be_left_over or set(state.findings) <= set(held)
        for record in records:
            incident, system = record.incident, [p for p in record.posts if p.author == SYSTEM]
            if not incident.is_open and incident.led_by is None:
                assert not set(incident.findings) & set(state.findings)
            gone_s = self.play.now - incident.opened_at
            assert sum(post.status is PostStatus.PUBLISHED for post in system) <= 4 + gone_s / 900.0
            if self.platform.status and self.platform.status.publish == "approve":
                assert all(p.status is not PostStatus.PUBLISHED for p in system)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["find", "find", "close", "wait", "wait", "limit", "kill", "end", "lead", "post", "resolve"]),
        st.integers(0, 9),
        st.sampled_from([None, "fra", "iad"]),
    ),
    max_size=40,
)


@settings(max_examples=100)
@given(ACTS, st.sampled_from(["auto", "approve"]))
def test_it_comes_to_rest_and_every_finding_is_in_one(acts: list[tuple[str, int, str | None]], publish: str) -> None:
    desk = Desk(make_platform(SERVICES, COMPONENTS, publish=publish))
    for act, number, place in acts:
        do(desk, act, number, place)
        desk.look()
        desk.check()
    for id_ in list(desk.play.state.findings):
        desk.play.do(CloseFinding(id_, "over"))
    for _ in range(60):
        desk.play.now += 60.0
        desk.attempt(Tick())
        desk.look()
    desk.check()
    waiting = [r.incident for r in desk.play.state.incidents.values() if r.incident.is_open and not r.incident.led_by]
    assert publish == "approve" or not waiting


def do(desk: Desk, act: str, number: int, place: str | None) -> None:  # noqa: C901 - one for each act
    state, service, now = desk.play.state, SERVICES[number % len(SERVICES)], desk.play.now
    finding, incident = f"f-{number}", f"i-{number}"
    match act:
        case "find":
            kind = KINDS[number % len(KINDS)]
            about = None if kind is FindingKind.SATURATION else service
            found = make_finding(kind, about, place or ("fra" if about is None else None), began_at=now)
            desk.attempt(OpenFinding(found))
        case "close" if finding in state.findings:
            desk.play.do(CloseFinding(finding, "over"))
        case "wait":
            desk.play.now += (1.0, 31.0, 61.0, 301.0, 2_000.0)[number % 5]
            desk.attempt(Tick())
        case "limit":
            desk.attempt(Mitigate(SYSTEM, Limit(service=service, requests_per_s=5.0), 600.0, "x", finding=finding))
        case "kill":
            desk.attempt(Mitigate("ann", Kill(service=service), 600.0, "x"))
        case "end":
            desk.attempt(EndMitigation("ann", f"m-{number}"))
        case "lead":
            desk.attempt(ChangeIncident("ann", incident, "so it is", impact=list(Impact)[number % 4]))
        case "post":
            desk.attempt(PublishPost("ann", incident, None, None, "We know."))
        case "resolve":
            desk.attempt(ChangeIncident("ann", incident, "I say so", phase=Phase.RESOLVED))
