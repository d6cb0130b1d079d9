"""JSON that is read at the speed of C: what is accepted has the value that a careful reader gives.

300 examples; 20,000 with LONG=1 (``make long``).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openconnectors.engine.errors import Problem
from openconnectors.engine.values.codecs.json import decode
from openconnectors.engine.values.codecs.regular_json import DEPTHS, Irregular, decode_regular
from tests.examples import examples

EXAMPLES = examples(300, 20_000)

NAMES = ['"a"', '"b"', '"\\u0061"', '"\\""', '"\\u0022"', '"\\\\"', '"\\\\u0022"', '""', '"é"', '"\\u00e9"', '"a\\/"']
STRINGS = [
    *NAMES,
    '"\\ud800"',
    '"\\udc00x"',
    '"\\ud83d\\ude00"',
    '"\t"',
    '"\x00"',
    '"\x7f"',
    '"\\x"',
    '"\\u12"',
    '"😀"',
]
NUMBERS = [
    *("0", "-0", "1", "-1", "01", "1.", ".5", "+1", "-", "0.10", "-0.0", "1E5", "1e-400", "1e400", "1e", "0e99999"),
    *(
        str(2**63 - 1),
        str(2**63),
        str(-(2**63)),
        str(-(2**63) - 1),
        "9" * 301,
        "9" * 400,
        "9" * 5000,
        "1.7976931348623159e308",
    ),
]
WORDS = ["null", "true", "false", "NaN", "Infinity", "-Infinity", "nul", "True", "undefined", "/**/1", "'a'", ""]
BLANKS = st.sampled_from(["", "", "", " ", "\n", "\t\r", "\x0b", "\x0c", "\u00a0", "\ufeff"])
NUMBER = st.floats().map(repr) | st.integers().map(str) | st.decimals(allow_nan=False).map(str)
SCALARS = st.sampled_from([*STRINGS, *NUMBERS, *WORDS]) | NUMBER | st.text(max_size=4).map(json.dumps)


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    item = st.tuples(BLANKS, inner, BLANKS).map("".join)
    member = st.tuples(BLANKS, st.sampled_from(NAMES), BLANKS, st.just(":"), item).map("".join)
    comma = st.sampled_from([",", ",", ",", ",", ",,", " "])
    return st.builds(lambda between, items: f"[{between.join(items)}]", comma, st.lists(item, max_size=4)) | st.builds(
        lambda between, members: f"{{{between.join(members)}}}", comma, st.lists(member, max_size=4)
    )


TEXTS = st.recursive(SCALARS, containers, max_leaves=12)
ENCODINGS = st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32-le", "latin-1"])


def _members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(members)) < len(members):
        raise ValueError("a member twice")
    return dict(members)


def _constant(text: str) -> Any:
    raise ValueError(text)


def careful(data: bytes) -> Any:
    """The value of JSON text by the standard library; ``ValueError`` if readers may disagree."""
    value = json.loads(data.decode("utf-8"), object_pairs_hook=_members, parse_constant=_constant)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")  # no infinity, no unpaired surrogate
    return value


@pytest.mark.law
@given(TEXTS, ENCODINGS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_text_that_is_accepted_has_the_value_that_a_careful_reader_gives(text: str, encoding: str) -> None:
    """Whatever is read at once has the same value, with the same types, and no problem."""
    data = text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")
    try:
        value = decode_regular(data)
    except Irregular:
        return
    problems: list[Problem] = []
    assert repr(value) == repr(careful(data)) == repr(decode(data, {}, problems))
    assert problems == []


@pytest.mark.law
@given(TEXTS, st.binary(max_size=3), st.integers(0, 1000))
@settings(max_examples=EXAMPLES, deadline=None)
def test_bytes_that_are_no_text_are_never_misread(text: str, noise: bytes, place: int) -> None:
    """Bytes in the midst of a text are refused, or read as a careful reader does."""
    data = text.encode("utf-8", "surrogatepass")
    at = place % (len(data) + 1)
    data = data[:at] + noise + data[at + len(noise) // 2 :]
    try:
        value = decode_regular(data)
    except Irregular:
        return
    assert repr(value) == repr(careful(data))


@pytest.mark.parametrize(
    "text",
    [
        *('{"a":1,"a":1}', '{"\\u0022":1,"a":2,"a":3}', '{"a":"\\u0022","a":"x"}', '{"a":1,"\\u0061":2}'),
        *('[{"b":[],"b":[]}]', "9" * 400, "1e400", '"\\ud800"', "NaN", "\ufeff1", "[" * 9 + "]" * 9),
    ],
)
def test_what_readers_disagree_about_is_not_regular(text: str) -> None:
    """Members twice, numbers beyond a double, unpaired surrogates and deep nesting are left to another reader."""
    with pytest.raises(Irregular):
        decode_regular(text.encode())


def test_values_nested_no_deeper_than_the_limit_are_regular() -> None:
    """Lists and objects of the depth that is read at once, and of one level more."""
    assert repr(decode_regular(b'{"a":' * DEPTHS[-1] + b"1" + b"}" * DEPTHS[-1])).count("a") == DEPTHS[-1]
    with pytest.raises(Irregular):
        decode_regular(b"[" * DEPTHS[-1] + b"{}" + b"]" * DEPTHS[-1])


@pytest.mark.parametrize("size", [100, 3_000])
def test_large_texts_are_checked_for_members_that_are_left_out(size: int) -> None:
    """What is written of a large value goes to memory that is used again; the check is the same."""
    items = [{"a": f"x\u00fc{index}", "b": None} for index in range(size)]
    for text in (json.dumps(items), json.dumps(items, ensure_ascii=False, indent=1)):
        assert decode_regular(text.encode()) == items
        with pytest.raises(Irregular):
            decode_regular(text.replace(": null", ': 1, "a": null', 1).encode())
