"""A directory as one text, and back."""

from hypothesis import example, given
from hypothesis import strategies as st

from holdfast.spec.bundle import BEGIN, Part, join_parts, split_text, tenant_of

NAMES = st.sampled_from(["platform.yaml", "tenants/acme.yaml", "tenants/b c.yaml", "x"])
TEXTS = st.text().filter(lambda text: not BEGIN.search(text))


@given(st.lists(st.builds(Part, NAMES, TEXTS), min_size=1, max_size=4))
@example([Part("platform.yaml", ""), Part("tenants/acme.yaml", "a: 1")])
@example([Part("platform.yaml", "a: 1\r"), Part("tenants/acme.yaml", "\n\n")])
def test_what_is_joined_can_be_split(parts: list[Part]) -> None:
    back = split_text(join_parts(parts))
    assert [part.name for part in back] == [part.name for part in parts]
    assert [part.text for part in back] == [
        part.text if part.text.endswith("\n") or not part.text else f"{part.text}\n" for part in parts
    ]


@given(TEXTS)
def test_a_text_of_one_file_is_left_as_it_is(text: str) -> None:
    assert split_text(text) == (Part("", text),)


def test_a_marker_counts_only_where_a_file_can_begin() -> None:
    text = "a: 1\n--- # file: platform.yaml\nb: 1\n"
    assert split_text(text) == (Part("", text),)
    assert split_text(f"--- # file: p\n{text}") == (Part("p", "a: 1\n"), Part("platform.yaml", "b: 1\n"))


def test_whose_file_it_is() -> None:
    assert tenant_of("tenants/acme.yaml") == "acme"
    for name in (
        "platform.yaml",
        "tenants/acme.yml",
        "tenants/.yaml",
        "tenants/a/b.yaml",
        "acme.yaml",
        "tenants/a\n.yaml",
    ):
        assert tenant_of(name) is None, name


def test_what_is_printed_of_a_name_steers_no_terminal() -> None:
    assert Part("tenants/\x1b[31m.yaml", "").label("dir/") == "dir/tenants/\N{REPLACEMENT CHARACTER}[31m.yaml"
    assert [Part("platform.yaml", "").label(path) for path in ("", "-", "a", "a/")] == [
        "platform.yaml", "platform.yaml", "a/platform.yaml", "a/platform.yaml",
    ]  # fmt: skip
    assert Part("", "").label("-") == "-"
