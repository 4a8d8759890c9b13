"""YAML as platform files have it: anchors and merges work, and words mean one thing."""

import pytest

from holdfast.spec.document import FILE_SIZE_MAX, read_document


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1", 1),
        ("-2", -2),
        ("2.5", 2.5),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("010", "010"),
        ("1_000", "1_000"),
        ("0x1f", "0x1f"),
        ("22:22", "22:22"),
        ("2024-01-31", "2024-01-31"),
        ("1e3", "1e3"),
        (".nan", ".nan"),
        ("y", "y"),
        ('"no"', "no"),
        ("'1'", "1"),
    ],
)
def test_words_are_text_unless_plainly_something_else(word: str, value: object) -> None:
    document = read_document(f"key: {word}", "f")
    assert document.diagnostics == ()
    assert document.tree == {"key": value}
    assert type(document.tree["key"]) is type(value)


@pytest.mark.parametrize("word", ["yes", "No", "ON", "off"])
def test_words_that_readers_disagree_about_are_diagnosed(word: str) -> None:
    assert [each.code for each in read_document(f"key: {word}", "f").diagnostics] == ["HF108"]
    assert [each.code for each in read_document(f"{word}: 1", "f").diagnostics] == ["HF108"]


def test_numbers_as_keys_are_text() -> None:
    assert read_document("tenants: {010: 1, 2: 3}", "f").tree == {"tenants": {"010": 1, "2": 3}}


def test_aliases_and_merges_repeat_what_was_written() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [*a, {z: 4}]}\nd: *a"
    assert read_document(text, "f").tree == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2, "z": 4},
        "d": {"x": 1, "y": 2},
    }


def test_the_first_of_two_equal_keys_counts_and_both_are_named() -> None:
    document = read_document("a: 1\nb: {c: 1, c: 2}\na: 3", "f")
    assert document.tree == {"a": 1, "b": {"c": 1}}
    assert [(each.code, each.line, each.column) for each in document.diagnostics] == [("HF107", 2, 11), ("HF107", 3, 1)]


def test_mistakes_before_the_fatal_one_are_told_too() -> None:
    document = read_document("a: 1\na: 2\nb: [", "f")
    assert document.tree is None
    assert [each.code for each in document.diagnostics] == ["HF107", "HF101"]


@pytest.mark.parametrize("text", ["a: " + "x" * 301, "- " * 33 + "1", "a: [" * 40])
def test_what_is_too_large_is_refused(text: str) -> None:
    assert [each.code for each in read_document(text, "f").diagnostics] == ["HF106"]


def test_a_file_of_more_than_the_most_is_refused() -> None:
    assert [each.code for each in read_document("#" * (FILE_SIZE_MAX + 1), "f").diagnostics] == ["HF106"]


@pytest.mark.parametrize("text", ["a:\n\t- b", "\ta: 1", "a: 1\n\tb: 2"])
def test_tabs_are_named_as_such(text: str) -> None:
    assert [each.code for each in read_document(text, "f").diagnostics] == ["HF102"]
