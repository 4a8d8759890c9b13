"""Which change is suspected of what, and why that is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.event import (
    ChangeNoted,
    ComponentSwitched,
    Event,
    MitigationEnded,
    MitigationStarted,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    RevisionRolledBack,
    RolloutBegan,
    WaveBegan,
)
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.ledger import LedgerKind
from holdfast.model.mitigation import Kill, Mitigation
from holdfast.model.note import NoteKind
from holdfast.model.ports import Recorded
from holdfast.model.revision import Revision
from holdfast.model.rollout import Wave
from holdfast.rollout.change_reach import Change, ChangeReader, Reach
from holdfast.rollout.suspects import (
    LOOK_BACK_S,
    SUSPECTS_MAX,
    Crowd,
    gather_crowd,
    rank_suspects,
    rule_out_changes,
)

ONSET = 100_000.0
ALL = frozenset(f"s{n}" for n in range(600))
DOZEN = frozenset(f"s{n}" for n in range(12))
COHORTS = "c" * 64


def find(service: str | None = "s0", kind: FindingKind = FindingKind.ERRORS, began_at: float = ONSET) -> Finding:
    return Finding(
        kind=kind,
        tier=Tier.HARMFUL,
        service=service,
        began_at=began_at,
        seen_at=began_at + 2,
        evidence=Evidence(now=0.4, usual=0.001),
    )


def change(
    title: str, lead_s: float, services: frozenset[str] | None, kind: LedgerKind = LedgerKind.REVISION
) -> Change:
    return Change(1, kind, title, title, "ann", "", (Reach(ONSET - lead_s, services),))


def rank(finding: Finding, *changes: Change, affected: frozenset[str] = DOZEN) -> dict[str, float]:
    crowd = Crowd(affected, len(ALL))
    return {each.title: each.weight for each in rank_suspects(finding, changes, ONSET + 5, crowd)}


def test_a_change_of_just_those_that_are_affected_is_the_first_suspect_and_says_why() -> None:
    suspects = rank_suspects(
        find(),
        (
            change("revision 7", 4, DOZEN),
            change("revision 6", 1_800, None),
            change("revision 5", 20, frozenset({"s400"})),
        ),
        ONSET + 5,
        Crowd(DOZEN, len(ALL)),
    )
    first = suspects[0]
    assert first.title == "revision 7"
    assert first.weight > 0.9
    assert (first.affected_having, first.affected, first.lead_s) == (12, 12, 4)
    assert first.evidence == (
        "revision 7 reached s0 4.0 s before it began",
        "12 of 12 affected services have it, 2 % of all do",
    )
    assert "revision 5" not in [each.title for each in suspects], "it never came near"


def test_a_change_after_the_onset_is_no_suspect() -> None:
    assert rank(find(), change("late", -3, DOZEN)) == {}
    assert rank(find(), change("long ago", LOOK_BACK_S + 1, DOZEN)) == {}


def test_what_everybody_has_weighs_less_than_what_the_affected_have() -> None:
    weights = rank(find(), change("narrow", 10, DOZEN), change("for all", 10, None))
    assert weights["narrow"] > 10 * weights.get("for all", 0.0)


def test_the_sooner_the_likelier() -> None:
    weights = rank(find(), change("soon", 5, DOZEN), change("earlier", 300, DOZEN))
    assert weights["soon"] > 10 * weights.get("earlier", 0.0)


def test_a_deploy_takes_its_time() -> None:
    alone = {kind: rank(find(), change("it", 600, DOZEN, kind)).get("it", 0.0) for kind in LedgerKind}
    assert alone[LedgerKind.DEPLOY] > alone[LedgerKind.REVISION]


def test_those_who_lack_it_speak_against_it() -> None:
    half = frozenset(sorted(DOZEN)[:6])
    having_all = rank(find("s0"), change("it", 10, DOZEN | half))
    having_half = rank(find("s0"), change("it", 10, half | frozenset(sorted(ALL - DOZEN)[:6])))
    assert having_half["it"] < having_all["it"]


def test_a_kind_of_which_there_are_many_is_a_likelier_coincidence() -> None:
    busy = [change(f"m-{n}", 60 * n + 30, None, LedgerKind.MITIGATION) for n in range(100)]
    alone = rank(find(), change("m", 30, None, LedgerKind.MITIGATION))["m"]
    assert rank(find(), *busy).get("m-0", 0.0) < alone / 10


def test_a_surge_is_mostly_made_by_clients_but_a_drill_is_such_clients() -> None:
    errors = rank(find(kind=FindingKind.ERRORS), change("it", 30, None))
    surge = rank(find(kind=FindingKind.SURGE), change("it", 30, None))
    drill = rank(find(kind=FindingKind.SURGE), change("it", 30, None, LedgerKind.DRILL))
    assert surge["it"] < errors["it"] < drill["it"]


def test_a_freeze_and_what_only_looks_on_are_hardly_suspects() -> None:
    assert rank(find(), change("freeze", 1, None, LedgerKind.FREEZE)) == {}
    assert rank(find(), change("analyser on", 20, None, LedgerKind.COMPONENT))["analyser on"] < 0.25


LEADS = st.floats(-100, 20_000)
SETS = st.one_of(st.none(), st.frozensets(st.sampled_from(sorted(ALL)[:40]), min_size=1))
CHANGES = st.lists(
    st.builds(change, st.sampled_from("abcdefgh"), LEADS, SETS, st.sampled_from(LedgerKind)), max_size=12
)


@given(CHANGES, st.frozensets(st.sampled_from(sorted(ALL)[:40])), st.sampled_from(FindingKind))
def test_weights_are_shares_of_one_and_evidence_is_true(
    changes: list[Change], affected: frozenset[str], kind: FindingKind
) -> None:
    service = min(affected, default="s0")
    crowd = Crowd(affected | {service}, len(ALL))
    suspects = rank_suspects(find(service, kind), changes, ONSET + 5, crowd)
    assert len(suspects) <= SUSPECTS_MAX
    assert sum(each.weight for each in suspects) < 1.0 + 1e-9
    assert [each.weight for each in suspects] == sorted((each.weight for each in suspects), reverse=True)
    for each in suspects:
        assert each.reached_at <= ONSET + 0.5
        assert each.affected_having >= 1, "the finding's own service has it"
        assert each.affected_having <= each.affected


def test_what_is_ruled_out_says_why_the_newest_first() -> None:
    waves = (Reach(ONSET - 90, frozenset({"s400"})), Reach(ONSET + 30, DOZEN))
    late = Change(1, LedgerKind.REVISION, "revision 8", "revision 8", "ann", "", waves)
    changes = (
        change("revision 7", 4, DOZEN),
        change("revision 6", 10_000, None),
        change("revision 5", 20, frozenset({"s400"})),
        change("the freeze", 10, None, LedgerKind.FREEZE),
        change("what came later", -60, DOZEN),
        late,
    )
    cleared = rule_out_changes(find(), changes, ONSET + 60, Crowd(DOZEN, len(ALL)))
    assert [(each.title, each.evidence) for each in cleared] == [
        ("revision 5", ("it never reached s0",)),
        ("revision 8", ("it reached s0 only 30 s after it began",)),
        ("revision 6", ("it had reached s0, but less than 1 % speaks for it",)),
    ]


@given(st.lists(st.tuples(st.floats(0.0, LOOK_BACK_S), st.booleans()), max_size=12))
def test_every_change_lately_made_is_either_suspected_or_ruled_out(made: list[tuple[float, bool]]) -> None:
    changes = [change(f"c{i}", lead_s, DOZEN if hits else ALL - DOZEN) for i, (lead_s, hits) in enumerate(made)]
    crowd = Crowd(DOZEN, len(ALL))
    suspects = [each.title for each in rank_suspects(find(), changes, ONSET + 5, crowd)]
    cleared = [each.title for each in rule_out_changes(find(), changes, ONSET + 5, crowd)]
    assert sorted(suspects + cleared) == sorted(each.title for each in changes)


def test_who_is_affected_with_it() -> None:
    others = (find("s1", began_at=ONSET + 20), find("s2", began_at=ONSET - 400), find(None, began_at=ONSET))
    assert gather_crowd(find("s0"), others, ALL, ("e1", "e2")) == Crowd(frozenset({"s0", "s1"}), 600)
    at_edge = find(None).model_copy(update={"edge": "e1"})
    assert gather_crowd(at_edge, (), ALL, ("e1", "e2")) == Crowd(frozenset({"e1"}), 2, "edge")


def test_a_mitigation_on_the_edge_that_suffers_is_suspected() -> None:
    at_edge = find(None, FindingKind.BLINDNESS).model_copy(update={"edge": "e1"})
    reached = {name: (Reach(ONSET - 5, None, None, frozenset({name})),) for name in ("e1", "e2")}
    on = [Change(1, LedgerKind.MITIGATION, name, name, "ann", "", reach) for name, reach in reached.items()]
    suspects = rank_suspects(at_edge, on, ONSET + 5, Crowd(frozenset({"e1"}), 10, "edge"))
    assert [each.title for each in suspects] == ["e1"]
    assert suspects[0].evidence[1] == "1 of 1 affected edge has it, 10 % of all do"


def record(*events: Event) -> list[Recorded]:
    return [Recorded(n, event) for n, event in enumerate(events, 1)]


def propose(number: int, at: float) -> RevisionProposed:
    revision = Revision(number=number, content="a" * 64, author="ann", reason="more room", proposed_at=at)
    return RevisionProposed(at=at, author="ann", revision=revision)


def read(*events: Event, touched: frozenset[str] | None = None) -> tuple[Change, ...]:
    cohorts = {COHORTS: (("a",), ("b", "c"))}
    return ChangeReader(cohorts, {7: touched}).read(record(*events))


WAVES = (
    Wave(cohort=0, services=1, locations=("east",)),
    Wave(cohort=0, services=1),
    Wave(cohort=1, services=2),
    Wave(cohort=None),
)
BEGAN = RolloutBegan(at=10, author="holdfast", number=7, cohorts=COHORTS, waves=WAVES)


def test_a_rollout_reaches_its_cohorts_wave_by_wave() -> None:
    waves = [WaveBegan(at=10 * (n + 1), author="holdfast", number=7, wave=n) for n in (1, 2)]
    (one,) = read(propose(7, 1), BEGAN, *waves)
    assert (one.title, one.author, one.why, one.sequence) == ("revision 7", "ann", "more room", 2)
    assert one.reaches == (
        Reach(10, frozenset("a"), frozenset({"east"})),
        Reach(20, frozenset("a")),
        Reach(30, frozenset("bc")),
    )


def test_those_that_were_skipped_are_reached_when_it_is_in_force_and_nobody_twice() -> None:
    (one,) = read(propose(7, 1), BEGAN, RevisionInForce(at=99, author="holdfast", number=7))
    assert [reach.at for reach in one.reaches] == [10, 99, 99, 99]
    assert one.reaches[-1].services is None, "what all share"


def test_a_rollback_is_a_change_of_those_who_had_it() -> None:
    rolled_back = RevisionRolledBack(at=15, author="holdfast", number=7, wave=0, why="errors")
    there, back = read(propose(7, 1), BEGAN, rolled_back)
    assert back.title == "rollback of revision 7"
    assert back.reaches == (Reach(15, frozenset("a"), frozenset({"east"})),)
    assert there.reaches[0].at == 10


def test_a_revision_without_waves_reaches_whom_it_touches() -> None:
    at_once = RevisionInForce(at=20, author="holdfast", number=7)
    (known,) = read(propose(7, 1), at_once, touched=frozenset({"a"}))
    (unknown,) = read(propose(7, 1), at_once)
    assert known.reaches == (Reach(20, frozenset({"a"})),)
    assert unknown.reaches == (Reach(20, None),)


def test_everything_else_that_is_changed_has_whom_it_reached() -> None:
    kill = Mitigation(id="m-1", measure=Kill(service="a"), reason="bad", author="ann", started_at=1, expires_at=9)
    changes = read(
        MitigationStarted(at=1, author="ann", mitigation=kill),
        MitigationEnded(at=9, author="holdfast", id="m-1", why="expired"),
        OwnerLimitsSet(at=2, author="bo", service="b", limits=None),
        ComponentSwitched(at=3, author="ann", component="analyser", on=False, why="x"),
        ChangeNoted(at=4, author="ci", kind=NoteKind.DEPLOY, services=("a", "c"), why="1.4.2"),
        ChangeNoted(at=5, author="ci", kind=NoteKind.CERTIFICATE, why="renewed"),
    )
    assert [(each.title, each.reaches[0].at, each.reaches[0].services) for each in changes] == [
        ("mitigation m-1", 1, frozenset("a")),
        ("end of m-1", 9, frozenset("a")),
        ("limits of b", 2, frozenset("b")),
        ("analyser switched off", 3, None),
        ("deploy told", 4, frozenset("ac")),
        ("certificate told", 5, None),
    ]


UNKNOWN = (
    WaveBegan(at=1, author="x", number=9, wave=1),
    RevisionRolledBack(at=1, author="x", number=9, wave=1, why="x"),
    MitigationEnded(at=1, author="x", id="m-9", why="x"),
)


@pytest.mark.parametrize("missing", UNKNOWN)
def test_what_began_before_the_journal_is_known_is_passed_over(missing: Event) -> None:
    assert read(missing) == ()
