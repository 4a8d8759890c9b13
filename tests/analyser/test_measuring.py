"""What an operation is reckoned to cost."""

import pytest

from holdfast.analyser.analysis import analyse
from holdfast.analyser.limits import ITEMS_MAX, SIZE_MAX
from holdfast.analyser.table import Shape
from holdfast.model.query import QueryFlag, QueryMeasures


def shape_of(document: str) -> Shape:
    shape = analyse(document)
    assert isinstance(shape, Shape), shape
    return shape


@pytest.mark.parametrize(
    ("document", "depth", "fields", "cost"),
    [
        ("{a}", 1, 1, 1),
        ("{a b c}", 1, 3, 3),
        ("{a{b{c}}}", 3, 3, 3),
        ("{a{b} ...on T{c{d}}}", 2, 4, 4),
        ("{a(first:10){b}}", 2, 2, 11),
        ("{a(last:10){b c}}", 2, 3, 21),
        ("{a(limit:5){b(first:20){c}}}", 3, 3, 106),
        ("{a(first:10,last:3){b}}", 2, 2, 11),
        ("{a(first:0){b}}", 2, 2, 2),
        ("{a(first:-5){b}}", 2, 2, 2),
        ('{a(first:"9"){b}}', 2, 2, 2),
        ("query($n:Int){a(first:$n){b}}", 2, 2, 11),
        ("query($n:Int=50){a(first:$n){b}}", 2, 2, 51),
        ("{a(first:999999999999){b}}", 2, 2, 1 + ITEMS_MAX),
        ("{...F}fragment F on T{a{b}}", 2, 2, 2),
        ("{a{...F} b{...F}}fragment F on T{c}", 2, 4, 4),
        ("{a(first:9){...F}}fragment F on T{...G}fragment G on T{b}", 2, 2, 10),
        ("{a ...Unknown}", 1, 1, 1),
        ("query A{a} query B{a{b}}", 2, 2, 2),
    ],
)
def test_depth_fields_and_cost(document: str, depth: int, fields: int, cost: int) -> None:
    measures = shape_of(document).measures
    assert (measures.depth, measures.fields, measures.cost) == (depth, fields, cost)


def test_aliases_and_directives_are_counted_through_fragments() -> None:
    document = "query @a{x:b ...F ...F @include(if:$v)}fragment F on T @skip{y:c @d}"
    assert shape_of(document).measures == QueryMeasures(depth=1, fields=3, aliases=3, directives=6, cost=3)


def test_what_doubles_forty_times_ends_at_a_maximum() -> None:
    doubling = "".join(f"fragment a{i} on T{{...a{i + 1} ...a{i + 1}}}" for i in range(40))
    measures = shape_of("{...a0}" + doubling + "fragment a40 on T{x}").measures
    assert measures.fields == measures.cost == SIZE_MAX


def test_an_ordinary_operation_is_not_flagged() -> None:
    assert shape_of("query Q{user(id:1){name posts(first:20){title comments(first:10){text}}}}").flags == ()


@pytest.mark.parametrize(
    ("document", "flag"),
    [
        ("{a" * 13 + "}" * 13, QueryFlag.DEEP),
        ("{" + " ".join(f"a{i}" for i in range(301)) + "}", QueryFlag.WIDE),
        ("{a(first:100){b(first:100){c}}}", QueryFlag.COSTLY),
        ("{" + " ".join(f"a{i}:b" for i in range(31)) + "}", QueryFlag.MANY_ALIASES),
        ("{a" + "@b" * 31 + "}", QueryFlag.MANY_DIRECTIVES),
        ("{...F}fragment F on T{a{...F}}", QueryFlag.CYCLIC),
    ],
)
def test_what_is_large_or_complex_is_flagged(document: str, flag: QueryFlag) -> None:
    assert shape_of(document).flags == (flag,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{a(id:"1"){b c}}', "{ x:a(id:$v) { c, b } } # comment"),
        ("query{a}", "{a}"),
        ("{x:a y:a z:a}", "{a}"),
        ("{a(b:1,c:2)}", "{a(c:{d:[1]},b:ENUM)}"),
        ("{a @include(if:$x) @skip(if:$y)}", "{a @skip(if:true) @include(if:false)}"),
        ("query Q{...F} fragment F on T{a}", "fragment F on T{a} query Q($v:Int=1){...F}"),
    ],
)
def test_operations_that_are_one(one: str, other: str) -> None:
    assert shape_of(one).fingerprint == shape_of(other).fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{a}", "{b}"),
        ("{a}", "mutation{a}"),
        ("query A{a}", "query B{a}"),
        ("{a(b:1)}", "{a(c:1)}"),
        ("{a{b}}", "{a b}"),
        ("{a}", "{a @skip(if:true)}"),
        ("{...on A{a}}", "{...on B{a}}"),
    ],
)
def test_operations_that_are_two(one: str, other: str) -> None:
    assert shape_of(one).fingerprint != shape_of(other).fingerprint


def test_a_fingerprint_is_the_same_in_every_version() -> None:
    shape = shape_of('query Cart{cart(id:"c-1"){items(first:5){name}}}')
    assert (shape.text, shape.fingerprint) == ("query Cart{cart(id:?){items(first:?){name}}}", "62ac9c0f887755c3")
