"""Public words: what they say, and that they never say whose services they are about."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.drafting import draft_resolved, draft_word
from holdfast.incidents.drafting_titles import list_titles, make_public_title, make_title
from holdfast.incidents.impact import find_components, find_regions
from holdfast.incidents.opening.phases import Course
from holdfast.incidents.opening.signs import Layout, Sign, show_finding
from holdfast.model.downtime import Standing, Stretch
from holdfast.model.finding import Finding, FindingKind
from holdfast.model.incident import POST_CHARACTERS_MAX, TITLE_CHARACTERS_MAX, Incident, Phase
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Deny, FailOver, Kill, Limit, Measure, Mitigation, ReadOnly
from holdfast.model.platform import Platform
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from holdfast.model.status_site import StatusComponent
from incidents.scenes import NOW, make_finding, make_incident, make_platform

SOURCE = SourceRule(matches=(SourceMatch(dimension=Dimension.USER_AGENT_FAMILY, values=("zzcurl",)),))
TOLD = st.sampled_from([Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.MONITORING])


def show_all(findings: Sequence[Finding], platform: Platform) -> tuple[Sign, ...]:
    intent = Intent(platform)
    return tuple(show_finding(f"f-{n}", each, None, intent) for n, each in enumerate(findings, 1))


def put_in_force(*measures: Measure) -> tuple[Mitigation, ...]:
    return tuple(
        Mitigation(id=f"m-{n}", measure=each, reason="zzwhy", author="zzann", started_at=NOW, expires_at=NOW + 60)
        for n, each in enumerate(measures, 1)
    )


def describe(findings: Sequence[Finding], platform: Platform, *measures: Measure) -> tuple[Incident, Course, str]:
    """An incident as it would be opened for these findings, with its public title."""
    signs, layout = show_all(findings, platform), Layout.of(Intent(platform))
    components, regions = find_components(signs, layout), find_regions(signs, layout.intent)
    services = tuple(sorted({name for sign in signs for name in sign.services}))
    incident = make_incident(components=components, regions=regions, services=services, title=make_title(signs))
    title = make_public_title(signs, components, regions, platform)
    return incident, Course(signs, put_in_force(*measures), ()), title


def tell(findings: Sequence[Finding], platform: Platform, *measures: Measure, phase: Phase = Phase.IDENTIFIED) -> str:
    incident, course, _ = describe(findings, platform, *measures)
    return draft_word(incident, course, phase, platform, is_first=True)


def test_it_says_what_users_see_and_what_is_not_known() -> None:
    told = tell([make_finding(FindingKind.ERRORS, share=0.95)], make_platform(), phase=Phase.INVESTIGATING)
    assert told == (
        "Web has been affected since 1970-01-01 02:46:40 UTC. We don't know yet which regions are affected. "
        "Nearly all requests fail. The cause is not known yet. We will tell more as soon as we know it."
    )


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        (FailOver(service="shop", read_only=True), "reading works, changes aren't accepted there"),
        (FailOver(service="shop", read_only=False), "Requests are served from a standby."),
        (ReadOnly(service="shop"), "Reading works; changes aren't accepted for now."),
        (Kill(service="shop"), "Some of it is switched off for now"),
        (Limit(service="shop", requests_per_s=5.0), "The number of requests is limited for now."),
    ],
)
def test_it_says_what_is_done(measure: Measure, told: str) -> None:
    assert told in tell([make_finding(FindingKind.LOSS)], make_platform(), measure)


def test_what_a_standby_serves_is_not_said_to_fail() -> None:
    lost = make_finding(FindingKind.LOSS, share=1.0)
    assert "requests may fail" in tell([lost], make_platform())
    moved = tell([lost], make_platform(), FailOver(service="shop", read_only=False))
    assert "fail" not in moved
    assert "not known" not in moved.replace("other regions are not known", "")


def test_once_it_is_over_it_is_not_said_to_go_on() -> None:
    incident, course, _ = describe([make_finding()], make_platform())
    over = Course((), (), ())
    told = draft_word(incident, over, Phase.MONITORING, make_platform(), is_first=False)
    assert told.startswith("Web was affected from 1970-01-01 02:46:40 UTC on")
    assert "Nothing is wrong with it any more. We keep watching it." in told
    killed = Course((), put_in_force(Kill(service="shop")), ())
    told = draft_word(incident, killed, Phase.MONITORING, make_platform(), is_first=False)
    assert told.startswith("Web is still affected, since 1970-01-01 02:46:40 UTC")
    assert "What caused it is over; what we do about it isn't yet." in told
    assert course.signs


def test_what_only_attackers_notice_is_not_told() -> None:
    without = tell([make_finding()], make_platform())
    assert tell([make_finding()], make_platform(), Deny(service="shop", source=SOURCE)) == without


def test_one_place_is_told_apart_from_all() -> None:
    here = tell([make_finding(FindingKind.SATURATION, None, "fra")], make_platform())
    assert here.startswith("Web and Mail have been affected since 1970-01-01 02:46:40 UTC in Europe; other regions")
    both = [make_finding(FindingKind.SATURATION, None, place) for place in ("fra", "iad")]
    assert "in all regions." in tell(both, make_platform())


def test_the_last_word_says_how_long_and_what_was_measured() -> None:
    incident, course, _ = describe([make_finding()], make_platform())
    stretches = [
        Stretch(NOW, NOW + 1_200.0, Standing.DOWN, 100.0, 90.0),
        Stretch(NOW + 1_200.0, NOW + 4_920.0, Standing.DEGRADED, 100.0, 10.0),
    ]
    told = draft_resolved(incident, course, NOW + 5_000.0, stretches, make_platform())
    assert "from 1970-01-01 02:46:40 UTC to 1970-01-01 04:10:00 UTC, 1 hour and 23 minutes." in told
    assert "it was down for 20 minutes and degraded for 1 hour and 2 minutes." in told
    assert "We measured no time" in draft_resolved(incident, course, NOW + 5.0, [], make_platform())
    assert "easured" not in draft_resolved(incident, course, NOW + 5.0, None, make_platform())


def test_names_are_told_where_that_is_allowed() -> None:
    assert "Affected services: shop." in tell([make_finding()], make_platform(names=True))


def test_few_are_named_and_the_rest_counted() -> None:
    assert list_titles([], "components") == ""
    assert list_titles(["A"], "components") == "A"
    assert list_titles(["A", "B", "C"], "components") == "A, B and C"
    assert list_titles(["A", "B", "C", "D"], "components") == "A, B and 2 more components"


NAMES = st.lists(st.from_regex(r"zq[a-z0-9]{1,40}", fullmatch=True), min_size=3, max_size=6, unique=True)
KINDS = st.lists(st.sampled_from(list(FindingKind)), min_size=1, max_size=6)


@given(NAMES, KINDS, TOLD, st.data())
def test_no_word_names_a_service_a_tenant_or_a_source(
    names: list[str], kinds: list[FindingKind], phase: Phase, data: st.DataObject
) -> None:
    *services, tenant = names
    platform = make_platform(tuple(services), {"web": (services[0],)}, tenants=(tenant,))
    drawn = st.sampled_from(services)
    findings = [
        make_finding(kind, data.draw(drawn), data.draw(st.sampled_from([None, "fra"]))).model_copy(
            update={"source": SOURCE, "traffic_class": f"POST /{tenant}"}
        )
        for kind in kinds
    ]
    measures = (Limit(service=services[0], requests_per_s=5.0), Deny(service=services[0], source=SOURCE))
    incident, course, title = describe(findings, platform, *measures)
    texts = [title, draft_word(incident, course, phase, platform, is_first=data.draw(st.booleans()))]
    texts.append(draft_resolved(incident, course, NOW + 60.0, None, platform))
    for text in texts:
        assert not any(name in text for name in names)
        assert "zz" not in text


TITLES = st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=12)


@given(TITLES, KINDS, TOLD)
def test_whatever_components_are_called_bounds_hold_and_lines_are_printable(
    titles: list[str], kinds: list[FindingKind], phase: Phase
) -> None:
    platform = make_platform()
    assert platform.status is not None
    components = {f"c{n}": StatusComponent(title=title, services=("shop",)) for n, title in enumerate(titles)}
    site = platform.status.model_copy(update={"components": components, "names": True})
    platform = platform.model_copy(update={"status": site})
    incident, course, title = describe([make_finding(kind) for kind in kinds], platform)
    text = draft_word(incident, course, phase, platform, is_first=True)
    assert 0 < len(title) <= TITLE_CHARACTERS_MAX
    assert 0 < len(incident.title) <= TITLE_CHARACTERS_MAX
    assert 0 < len(text) <= POST_CHARACTERS_MAX
    assert title.isprintable()
    assert text.isprintable()
