"""A measure that a page carries along comes back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.console.drafts import MEASURE, Draft, read_draft
from holdfast.adapters.console.wording import tell_measure
from holdfast.model.mitigation import Block, Deny, Kill, Limit, Measure, ReadOnly
from holdfast.model.platform import ClientLimits
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from holdfast.model.units import format_duration

NAMES = st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True)
RATES = st.floats(0.1, 1e6)
MATCHES = st.builds(
    SourceMatch,
    dimension=st.sampled_from((Dimension.USER_AGENT, Dimension.REFERER)),
    values=st.lists(st.text(max_size=40), min_size=1, max_size=5).map(tuple),
)
MEASURES: st.SearchStrategy[Measure] = st.one_of(
    st.builds(Kill, service=NAMES),
    st.builds(ReadOnly, service=NAMES),
    st.builds(
        Limit, service=NAMES, requests_per_s=RATES, per_client=st.none() | st.builds(ClientLimits, requests=RATES)
    ),
    st.builds(
        Block,
        service=st.none() | NAMES,
        networks=st.lists(st.ip_addresses().map(str), min_size=1, max_size=5).map(tuple),
    ),
    st.builds(Deny, service=NAMES, source=st.builds(SourceRule, matches=st.tuples(MATCHES))),
)


@given(measure=MEASURES, for_s=st.integers(1, 86_400))
def test_a_measure_survives_its_preview(measure: Measure, for_s: int) -> None:
    carried = {"measure": MEASURE.dump_json(measure).decode(), "for": format_duration(for_s), "reason": "flood"}
    assert read_draft(carried) == Draft(measure, float(for_s), "flood")
    assert tell_measure(measure)


@given(fields=st.dictionaries(st.sampled_from(("kind", "service", "for", "reason", "networks", "measure")), st.text()))
def test_any_form_is_read_or_told_what_is_wrong(fields: dict[str, str]) -> None:
    read = read_draft(fields)
    assert isinstance(read, Draft) or all(read.values())
