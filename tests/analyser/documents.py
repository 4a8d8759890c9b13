"""Documents that somebody wrote to do harm, and any others."""

from hypothesis import strategies as st

from holdfast.analyser.limits import DOCUMENT_CHARACTERS_MAX

HALF = DOCUMENT_CHARACTERS_MAX // 2

HOSTILE = {
    "nothing": "",
    "opening braces": "{" * DOCUMENT_CHARACTERS_MAX,
    "opening brackets": "{a(b:" + "[" * (DOCUMENT_CHARACTERS_MAX - 5),
    "deep selections": "{a" * (DOCUMENT_CHARACTERS_MAX // 3) + "}" * (DOCUMENT_CHARACTERS_MAX // 3),
    "deep lists": "{a(b:" + "[" * 4_000 + "]" * 4_000 + ")}",
    "deep objects": "{a(b:" + "{c:" * 2_000 + "1" + "}" * 2_000 + ")}",
    "deep types": "query($a:" + "[" * 4_000 + "Int" + "]" * 4_000 + "){b}",
    "deep inline fragments": "{" + "...{" * 1_600 + "a" + "}" * 1_600 + "}",
    "alias bomb": "{" + " ".join(f"a{i}:b" for i in range(1_100)) + "}",
    "directive bomb": "{a " + "@b" * 2_000 + "}",
    "argument bomb": "{a(" + " ".join(f"b{i}:1" for i in range(900)) + ")}",
    "fragment bomb": "{...a0}" + " ".join(f"fragment a{i} on T{{...a{i + 1} ...a{i + 1}}}" for i in range(150))
    + "fragment a150 on T{x}",
    "cyclic fragments": "{...a}fragment a on T{b{...c}}fragment c on T{d{...a}}",
    "fragment that spreads itself": "{...a}fragment a on T{...a}",
    "long chain of fragments": "{...a0}" + " ".join(f"fragment a{i} on T{{...a{i + 1}}}" for i in range(240)),
    "huge number": "{a(first:" + "9" * 8_000 + "){b}}",
    "huge string": '{a(b:"' + "x" * 8_000 + '")}',
    "open string": '{a(b:"' + "x" * 8_000,
    "open block string": '{a(b:"""' + '"' * 8_000,
    "escaped quotes": '{a(b:"' + '\\"' * 4_000,
    "quotes": '"' * DOCUMENT_CHARACTERS_MAX,
    "comments": "#\n" * HALF,
    "commas": "," * DOCUMENT_CHARACTERS_MAX,
    "huge name": "{" + "a" * (DOCUMENT_CHARACTERS_MAX - 2) + "}",
    "too long": "{" + " a" * DOCUMENT_CHARACTERS_MAX + "}",
    "bytes that are no text": b'{a(b:"\xff\xfe\x00")}'.decode("utf-8", "surrogateescape"),
    "nulls": "\0" * DOCUMENT_CHARACTERS_MAX,
    "a schema": "type A { b: Int } ",
    "many operations": " ".join(f"query a{i}{{b}}" for i in range(700)),
}  # fmt: skip
"""By what is in them."""

NAMES = st.sampled_from(["a", "b", "user", "first", "on", "query", "fragment", "__typename"])
_PIECES = st.sampled_from(
    [*'{}()[]:!=@|&$,#"\\ \n\0', "...", '"""', "query", "mutation", "fragment", "on", "a", "b", "first", "1", "-9e9"]
)
PIECES = st.lists(_PIECES, max_size=400).map("".join)
"""Anything made of what GraphQL is made of."""

_VALUES = st.sampled_from(["1", "-1", '"s3cret"', "true", "null", "ENUM", "$v", "[1,2]", '{k:"s3cret"}'])


@st.composite
def _fields(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    alias = draw(st.sampled_from(["", "x:", "y:"]))
    arguments = draw(st.lists(st.tuples(NAMES, _VALUES), max_size=2, unique_by=lambda pair: pair[0]))
    told = "(" + ",".join(f"{name}:{value}" for name, value in arguments) + ")" if arguments else ""
    directive = draw(st.sampled_from(["", "@a", "@include(if:true)"]))
    return f"{alias}{draw(NAMES)}{told}{directive}{draw(st.one_of(st.just(''), inner))}"


_SETS = st.recursive(
    st.just("{id}"),
    lambda inner: st.lists(
        st.one_of(_fields(inner), inner.map(lambda s: f"...on T{s}"), st.sampled_from(["...F", "...G"])),
        min_size=1, max_size=4,
    ).map(lambda selections: "{" + " ".join(selections) + "}"),
    max_leaves=12,
)  # fmt: skip
WELL_FORMED = st.builds(
    lambda head, main, f, g: f"{head}{main} fragment F on T{f} fragment G on T{g}",
    st.sampled_from(["", "query", "query Q", "mutation M($v:Int=3)", "subscription"]), _SETS, _SETS, _SETS,
)  # fmt: skip
"""Documents that parse, with two fragments that may spread each other."""
