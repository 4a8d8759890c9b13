"""A platform in several files: read as one, and diagnosed file by file."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.diagnostic import Severity
from holdfast.spec import Checked, Content, Oddity, SourceMap, check_files, check_text
from holdfast.spec.events import NODES_MAX

MAIN = """\
holdfast: 1
name: demo
clients: {trusted_proxies: []}
locations:
  local:
    edges: [{name: edge-1, listen: "127.0.0.1:8080"}]
    capacity: {in_flight: 100, requests: 5000/s}
"""
ACME = """\
# The shop.
services:
  shop:
    hosts: [shop.example.com]
    upstream: {endpoints: ["127.0.0.1:9101"]}
"""
GLOBEX = ACME.replace("shop", "mail").replace("9101", "9102")
FILES = {"platform.yaml": MAIN, "tenants/acme.yaml": ACME, "tenants/globex.yaml": GLOBEX}


def check(files: Mapping[str, str | Content]) -> Checked:
    return check_files({name: text.encode() if isinstance(text, str) else text for name, text in files.items()}, "d")


def tell(checked: Checked) -> list[str]:
    return [f"{each.file}:{each.line}:{each.column} {each.code}" for each in checked.diagnostics]


def changed(**texts: str | Content) -> dict[str, str | Content]:
    return {**FILES, **{f"tenants/{name}.yaml": text for name, text in texts.items()}}


def test_a_directory_says_what_one_file_would() -> None:
    indented = {name: re.sub("^(?=.)", "    ", text, flags=re.MULTILINE) for name, text in FILES.items()}
    one = f"{MAIN}tenants:\n  acme:\n{indented['tenants/acme.yaml']}  globex:\n{indented['tenants/globex.yaml']}"
    checked, single = check(FILES), check_text(one, "f")
    assert checked.platform is not None
    assert checked.platform == single.platform
    assert tell(checked) == []


def test_what_the_journal_keeps_reads_the_same_and_a_person_finds_every_file_in_it() -> None:
    text = check(FILES).source_map.text
    assert check_text(text, "d").platform == check(FILES).platform
    assert re.findall("^--- # file: (.*)$", text, re.MULTILINE) == list(FILES)
    assert ACME in text


def test_tenants_may_also_stand_in_the_main_file() -> None:
    files = {name: text for name, text in FILES.items() if "globex" not in name}
    other = "tenants: {globex: {services: {mail: {hosts: [m.example.com], upstream: {endpoints: ['127.0.0.1:9']}}}}}\n"
    checked = check({**files, "platform.yaml": MAIN + other})
    assert checked.platform is not None
    assert list(checked.platform.tenants) == ["globex", "acme"]


def test_all_mistakes_of_all_files_are_told_each_where_it_is() -> None:
    found = check(
        changed(
            acme=ACME.replace("hosts:", "hostz:"),
            globex=GLOBEX.replace("mail.example.com", "no_host"),
            hooli="services: [\n",
            initech=b"services: \xff\n",
        )
        | {"platform.yaml": MAIN.replace("name: demo", "name: demo\nmod: observe")}
    )
    assert found.platform is None
    assert tell(found) == [
        "d/platform.yaml:3:1 HF201",
        "d/tenants/acme.yaml:3:3 HF202",
        "d/tenants/acme.yaml:4:5 HF201",
        "d/tenants/globex.yaml:4:13 HF212",
        "d/tenants/hooli.yaml:2:1 HF101",
        "d/tenants/initech.yaml:1:11 HF103",
    ]


def test_a_mistake_of_two_files_names_both() -> None:
    (found,) = check(changed(globex=GLOBEX.replace("mail.example", "shop.example"))).diagnostics
    assert (found.file, found.line, found.code) == ("d/tenants/globex.yaml", 4, "HF301")
    assert found.message.endswith("(d/tenants/acme.yaml, line 4, column 13)")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"tenants/acme.yaml": ACME}, ["d/platform.yaml:1:1 HF121"]),
        ({}, ["d/platform.yaml:1:1 HF121"]),
        (FILES | {"platform.yaml": MAIN + "tenants: {acme: {services: {}}}\n"}, ["d/tenants/acme.yaml:1:1 HF122"]),
        (FILES | {"tenants/acme.yml": ACME}, ["d/tenants/acme.yml:1:1 HF124"]),
        (FILES | {"tenants/a/b.yaml": ACME}, ["d/tenants/a/b.yaml:1:1 HF124"]),
        (changed(acme=f"tenants: {{acme: {{{ACME!r}: 1}}}}"), ["d/tenants/acme.yaml:1:1 HF125"]),
        (changed(acme="acme: {services: {}}"), ["d/tenants/acme.yaml:1:1 HF125"]),
        (changed(acme=Oddity.OUTSIDE), ["d/tenants/acme.yaml:1:1 HF126"]),
        (changed(acme=Oddity.NOT_A_FILE), ["d/tenants/acme.yaml:1:1 HF127"]),
        (changed(acme=Oddity.TOO_LARGE), ["d/tenants/acme.yaml:1:1 HF106"]),
        (changed(acme="# nothing\n"), ["d/tenants/acme.yaml:1:1 HF104"]),
        (changed(acme="- services\n"), ["d/tenants/acme.yaml:1:1 HF105"]),
        (changed(acme=f"{ACME}--- # file: tenants/globex.yaml\n{GLOBEX}"), ["d/tenants/acme.yaml:6:1 HF109"]),
        (changed(acme=f"{ACME}---\n{GLOBEX}"), ["d/tenants/acme.yaml:6:1 HF109"]),
        (FILES | {"platform.yaml": b"\xff"}, ["d/platform.yaml:1:1 HF103"]),
        (changed(Acme=ACME.replace("shop", "s2").replace("9101", "9103")), ["d/tenants/Acme.yaml:2:1 HF211"]),
    ],
)  # fmt: skip
def test_what_makes_no_platform(files: Mapping[str, str | Content], told: list[str]) -> None:
    checked = check(files)
    assert checked.platform is None
    assert tell(checked) == told
    assert all(each.fix for each in checked.diagnostics)


def test_a_file_that_is_sent_twice_is_no_way_around_the_first() -> None:
    text = check(FILES).source_map.text + f"--- # file: tenants/acme.yaml\n{GLOBEX}"
    checked = check_text(text, "d")
    assert checked.platform is None
    assert tell(checked) == ["d/tenants/acme.yaml:1:1 HF123"]


def test_aliases_are_counted_over_all_files_together() -> None:
    bomb = "a: &a [" + "1," * 199 + "]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [" + f"*{chr(97 + n)}," * 40 + "]\n" for n in range(2)
    )  # fmt: skip
    count = NODES_MAX // (200 * 40 * 40) + 1
    checked = check(FILES | {f"tenants/t{n}.yaml": bomb for n in range(count)})
    codes = [each.code for each in checked.diagnostics]
    assert "HF106" in codes


def test_places_are_found_by_file() -> None:
    source_map = check(FILES).source_map
    path = ("tenants", "globex", "services", "mail", "hosts", 0)
    assert (source_map.file_of(path), source_map.position(path)) == ("d/tenants/globex.yaml", (4, 13))
    assert source_map.lines_of("d/tenants/globex.yaml")[3] == "    hosts: [mail.example.com]"
    assert source_map.file_of(("name",)) == "d/platform.yaml"
    assert source_map.file_of(("tenants", "none", "contact")) == "d/platform.yaml"
    assert source_map.lines_of("elsewhere") == ()
    assert SourceMap("a: 1\nb: 2", "p.yaml").lines_of("p.yaml") == ("a: 1", "b: 2")


WORDS = st.sampled_from([MAIN, ACME, GLOBEX, "services: {}\n", "tenants: {}\n", "--- # file: x\n", "a: [", ""])
NAMES = st.sampled_from(["platform.yaml", "tenants/acme.yaml", "tenants/globex.yaml", "tenants/B.yaml", "tenants/x"])
CONTENTS = st.one_of(WORDS.map(str.encode), st.binary(max_size=30), st.sampled_from(Oddity))


@given(st.dictionaries(NAMES, CONTENTS, max_size=4))
@settings(max_examples=200)
def test_any_directory_is_diagnosed(files: dict[str, Content]) -> None:
    checked = check_files(files, "d")
    errors = [each for each in checked.diagnostics if each.severity is Severity.ERROR]
    assert (checked.platform is None) == bool(errors)
    for each in checked.diagnostics:
        assert each.file.startswith("d/")
        lines = checked.source_map.lines_of(each.file)
        assert not lines or 1 <= each.line <= len(lines) + 1
    if checked.platform is not None:
        assert check_text(checked.source_map.text, "d").platform == checked.platform


@given(st.lists(st.tuples(NAMES, st.text(max_size=20) | WORDS), max_size=4))
def test_any_text_of_files_is_diagnosed(files: list[tuple[str, str]]) -> None:
    text = "".join(f"--- # file: {name}\n{inner}\n" for name, inner in files)
    checked = check_text(text, "d")
    errors = [each for each in checked.diagnostics if each.severity is Severity.ERROR]
    assert (checked.platform is None) == bool(errors)
