from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.diagnostic import Severity
from holdfast.spec.codes import Code
from holdfast.spec.paging import check_paging
from holdfast.spec.paging_codes import NO_LINK, PAGING_CODES

BAD = Path(__file__).parent / "bad_paging"
FILES = sorted(BAD.glob("*.yaml"))
NOW = 1_795_000_000.0
"""Wednesday, 18 November 2026, 11:06:40 UTC."""
WITH_EXAMPLE = [code for code in PAGING_CODES if code.wrong]
SECRET = "c0rrect-h0rse"


def show_diagnostics(file: Path) -> str:
    """What is found in a file, as it is recorded beside it."""
    return "\n".join(
        f"{each.file}:{each.line}:{each.column} {each.severity.value} {each.code} {each.message}\n"
        f"  path: {each.path}\n  fix: {each.fix}\n"
        for each in check_paging(file.read_bytes(), file.name, NOW).diagnostics
    )


@pytest.mark.parametrize("code", WITH_EXAMPLE, ids=lambda code: code.name)
def test_the_wrong_example_makes_this_mistake_and_the_right_one_doesnt(code: Code) -> None:
    wrong, right = (check_paging(text.encode(), "f", NOW) for text in (code.wrong, code.right))
    assert [each.severity for each in wrong.diagnostics if each.code == code.name] == [code.severity]
    assert (wrong.paging is None) is (code.severity is Severity.ERROR)
    assert right.paging is not None
    assert {each.code for each in right.diagnostics} <= {NO_LINK.name}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_bad_file_gets_its_diagnostics(file: Path) -> None:
    assert show_diagnostics(file) == file.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_mistake_in_a_file_has_a_bad_file() -> None:
    recorded = "".join(file.with_suffix(".txt").read_text(encoding="utf-8") for file in FILES)
    assert [code.name for code in WITH_EXAMPLE if f" {code.name} " not in recorded] == []


def test_a_gap_is_named_from_when_until_when() -> None:
    text = """
people: {ann: {channels: {mail: {email: ann@example.com}}}, bob: {channels: {mail: {email: bob@example.com}}}}
teams: {core: {on_call: {rotations: [
  {people: [ann], begins: 2026-01-05, time_zone: Europe/Berlin, hours: {begin: 07:00, until: 19:00}},
  {people: [bob], begins: 2026-01-05, time_zone: America/New_York, hours: {begin: 13:00, until: 00:00}}]}}}
"""
    (gap,) = (each for each in check_paging(text.encode(), "f", NOW).diagnostics if each.code == "HF007")
    assert "from 2026-11-19 05:00:00 UTC until 2026-11-19 06:00:00 UTC" in gap.message


def test_what_was_good_once_isnt_refused_since_time_went_on() -> None:
    text = (
        b"people: {ann: {channels: {mail: {email: ann@example.com}}}}\n"
        b"teams: {core: {on_call: {rotations: [{people: [ann], begins: 2026-01-05, ends: 2026-02-05}]}}}\n"
    )
    assert check_paging(text, "f", NOW).paging is None
    assert check_paging(text, "f", None).paging is not None


@pytest.mark.parametrize(
    "channel",
    [f"{{email: {SECRET}}}", f"{{webhook: 'ftp://{SECRET}'}}", f"{{apprise: '{SECRET}'}}", f"{{webhook: [{SECRET}]}}",
     f"{{webhook: 'https://x/{SECRET}', apprise: 'a://{SECRET}'}}",
     f"{{webhook: 'https://ann:{SECRET}@x/'}}", f"{{webhok: '{SECRET}'}}"],
)  # fmt: skip
def test_no_diagnostic_shows_what_stands_behind_a_channel(channel: str) -> None:
    text = f"people: {{ann: {{channels: {{x: {channel}}}}}}}\nteams: {{core: {{people: [ann]}}}}\n"
    checked = check_paging(text.encode(), "f", NOW)
    assert checked.paging is None
    assert SECRET not in repr(checked)


def test_a_file_that_is_read_shows_no_secret() -> None:
    text = (
        f"people: {{ann: {{channels: {{x: {{webhook: 'https://x/{SECRET}'}}}}}}}}\nteams: {{core: {{people: [ann]}}}}"
    )
    checked = check_paging(text.encode(), "f", NOW)
    assert checked.paging is not None
    assert SECRET not in repr(checked) + checked.paging.model_dump_json()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["ann", "2026-01-05", "09:00"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["people", "teams", "policies", "ann", "channels", "x", "email", "on_call", "rotations", "begins", "steps",
             "overrides", "who", "begin", "until", "heartbeat", "to", "feed", "url", "impacts", "alerts"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.binary(max_size=200) | values.map(lambda value: repr(value).encode()))
def test_whatever_is_read_ends_in_a_paging_file_or_in_diagnostics(data: bytes) -> None:
    checked = check_paging(data, "f", NOW)
    errors = [each for each in checked.diagnostics if each.severity is Severity.ERROR]
    assert (checked.paging is None) is bool(errors)


if __name__ == "__main__":
    for bad in FILES:
        bad.with_suffix(".txt").write_text(show_diagnostics(bad), encoding="utf-8")
