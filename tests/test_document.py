"""Documents as people write them, and as nobody should: positions, limits, and what plain text means."""

from __future__ import annotations

from typing import Any

import pytest

from openconnectors import InvalidDocument
from openconnectors.engine.documents import document


def test_plain_scalars_are_those_of_the_core_schema() -> None:
    """YAML 1.2.2 section 10.3.2; what YAML 1.1 and 1.2 read differently (012) is text."""
    text = """
    [no, yes, on, off, 012, -012, 2020-01-01, 12:30:00, 1_000, 0x, 0o9, +, ., e3, nULL, tRUE, inf, '1', "true", 1.5e3,
     -7, +1, -0, 0o14, 0x1F, .5, 5., -.5e3, 1E3, true, True, TRUE, false, False, FALSE, ~, null, Null, NULL]
    """
    assert document.parse(text, "x.yaml").root == [
        "no", "yes", "on", "off", "012", "-012", "2020-01-01", "12:30:00", "1_000", "0x", "0o9", "+", ".", "e3",
        "nULL", "tRUE", "inf", "1", "true", 1500.0, -7, 1, 0, 12, 31, 0.5, 5.0, -500.0, 1000.0, True, True, True,
        False, False, False, None, None, None, None,
    ]  # fmt: skip
    assert document.parse("a:\nb: ''\n", "x.yaml").root == {"a": None, "b": ""}


def test_json_knows_fewer_spellings() -> None:
    """YAML spellings of values in a JSON file are errors at their position."""
    for text in ('{"a": True}', '{"a": +1}', '{"a": .5}', '{"a": 0x1F}', '{"a": ~}'):
        with pytest.raises(InvalidDocument, match=r"1:7: error: .* is not a JSON value; put it in quotes"):
            document.parse(text, "x.json")


def test_tags_of_the_core_schema_say_what_a_scalar_is() -> None:
    """Explicit tags of the YAML core schema decide the type of a scalar."""
    text = "[!!int '3', !!int 0x10, !!float 3, !!bool 'true', !!null '', !!str 1, ! 2, !!map {a: 1}, !!seq [1]]"
    values = document.parse(text, "x.yaml").root
    assert values == [3, 16, 3.0, True, None, "1", "2", {"a": 1}, [1]]
    assert type(values[2]) is float


MERGED: dict[str, tuple[str, Any]] = {
    "an alias": ("a: &x {p: 1}\nb: {<<: *x, q: 2}\n", {"p": 1, "q": 2}),
    "its own members win, wherever they stand": ("a: &x {p: 1, q: 1}\nb: {p: 2, <<: *x}\n", {"p": 2, "q": 1}),
    "of a list the first": ("a: [&x {p: 1}, &y {p: 2, q: 2}]\nb: {<<: [*x, *y]}\n", {"p": 1, "q": 2}),
    "a list that has a name": ("a: &l [{p: 1}, {p: 2, q: 2}]\nb: {<<: *l}\n", {"p": 1, "q": 2}),
    "what is merged itself": ("a: &x {p: 1}\nc: &y {<<: *x, q: 2}\nb: {<<: *y}\n", {"p": 1, "q": 2}),
    "a mapping on the spot": ("b: {<<: {p: 1}, q: 2}\n", {"p": 1, "q": 2}),
    "nothing": ("b: {<<: {}, q: 2}\n", {"q": 2}),
    "a quoted key is a key": ("b: {'<<': {p: 1}}\n", {"<<": {"p": 1}}),
    "a value is a value": ("b: {p: <<}\n", {"p": "<<"}),
}


@pytest.mark.parametrize("case", MERGED)
def test_merge_keys_are_merged(case: str) -> None:
    """YAML merge keys (<<) are merged, with the node's own members first."""
    text, value = MERGED[case]
    assert document.parse(text, "x.yaml").root["b"] == value


def test_a_merged_node_stands_where_its_anchor_does() -> None:
    """A merged member has the position of its anchor, an overridden member its own."""
    parsed = document.parse("a: &x\n  p: {r: 1}\n  q: 1\nb:\n  <<: *x\n  q: 2\nc: {<<: {<<: *x}}\n", "x.yaml")
    assert parsed.position("/b/p", key=True) == (2, 3)
    assert parsed.position("/b/p/r") == (2, 6)
    assert parsed.position("/b/q") == (6, 6)
    assert parsed.position("/c/p", key=True) == (2, 3)


def test_keys_are_text() -> None:
    """Mapping keys are text, whatever YAML would read them as."""
    assert document.parse("200: a\ntrue: b\nno: c\n", "x.yaml").root == {"200": "a", "true": "b", "no": "c"}


def test_every_node_has_its_place_in_yaml_and_in_json() -> None:
    """Every key and value has a line and column; an unknown pointer has those of its nearest ancestor."""
    yaml = document.parse("a:\n  - b: 1\n    c/d: {e: 2}\n", "x.yaml")
    assert yaml.position("/a/0/b") == (2, 8)
    assert yaml.position("/a/0/b", key=True) == (2, 5)
    assert yaml.position("/a/0/c~1d/e") == (3, 14)
    assert yaml.position("/a/0/nowhere") == (2, 5)
    json = document.parse('{\n  "a": [\n    {"b": 1}\n  ]\n}', "x.json")
    assert json.position("/a/0/b") == (3, 11)
    assert json.position("/a/0/b", key=True) == (3, 6)


def test_aliases_are_values_used_twice() -> None:
    """An alias is the value of its anchor, at the position of the alias."""
    parsed = document.parse("a: &x {b: [1]}\nc: *x\n", "x.yaml")
    assert parsed.root["c"] == {"b": [1]}
    assert parsed.position("/c") == (2, 4)


REFUSED: dict[str, tuple[Any, str, str]] = {
    "an alias bomb": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
        "6:",
        "aliases expanded",
    ),
    "an anchor that holds itself": ("a: &a [*a]\n", "1:8", "no anchor before it"),
    "a tag": ("a: !!python/object/apply:os.system [id]\n", "1:4", "only plain data"),
    "a timestamp by its tag": ("a: !!timestamp 2020-01-01\n", "1:4", "'!!timestamp' is not read"),
    "octets by their tag": ("a: !!binary aGk=\n", "1:4", "'!!binary' is not read"),
    "a set": ("a: !!set {b: }\n", "1:4", "'!!set' is not read"),
    "a scalar that is no mapping": ("a: !!map 3\n", "1:4", "'!!map' is not read"),
    "a mapping that is no text": ("a: !!str {}\n", "1:4", "'!!str' is not read"),
    "an integer that is none": ("a: !!int three\n", "1:4", "not an integer"),
    "a boolean that is none": ("a: !!bool yes\n", "1:4", "neither true nor false"),
    "an infinite number": ("a: 1\nb: -.inf\n", "2:4", "JSON does not have"),
    "not a number": ("a: 1\nb: .NaN\n", "2:4", "JSON does not have"),
    "a scalar merged": ("a:\n  <<: 3\n", "2:7", "takes a mapping"),
    "a list of scalars merged": ("a:\n  <<: [{}, 3]\n", "2:12", "takes a mapping"),
    "an alias of a scalar merged": ("a: &x 1\nb:\n  <<: *x\n", "3:7", "takes a mapping"),
    "two merge keys": ("a:\n  <<: {}\n  <<: {}\n", "3:3", "is already used on line 2"),
    "deep aliases": (
        "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{x: *a{n - 1}}}\n" for n in range(1, 300)),
        "200:",
        "200 levels",
    ),
    "half a character in JSON": ('{"a": "\\ud83d\\ude00", "b": "\\ud83d"}', "1:29", "half of a character"),
    "JSON one level too deep": ('{"a":' * 201 + "1" + "}" * 201, "1:", "200 levels"),
    "too many items in JSON": ("[" + "1," * 1_000_000 + "1]", "1:", "1,000,000 nodes"),
    "too many items": ("[" + "1," * 1_000_000 + "1]", "1:", "1,000,000 nodes"),
    "a deep tree": ("[" * 100_000, "1:", "200 levels"),
    "deep JSON": ('{"a":' * 5000 + "1" + "}" * 5000, "1:", "200 levels"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", "3:1", "is already used on line 1"),
    "a key twice in JSON": ('{\n"a": 1,\n"a": 2}', "3:1", "is already used on line 2"),
    "two documents": ("a: 1\n---\nb: 2\n", "2:1", "a second document"),
    "a number of a million digits": ("a: " + "9" * 1_000_000, "1:4", "1000000 characters"),
    "a number beyond doubles": ('{"a": 1e999}', "1:7", "too large"),
    "NaN in JSON": ('{"a": NaN}', "1:7", "not a JSON value"),
    "a key that is no text": ("[1]: a\n", "1:1", "a key must be text"),
    "no UTF-8": (b"a: b\nc: \xff\n", "2:4", "UTF-8"),
    "nothing": ("", "1:1", "empty"),
    "a tab": ("a:\n\tb: 1\n", "2:1", "not YAML"),
}


SLOW = "too many items"  # of YAML, whose reader takes seconds for them
CASES = [pytest.param(case, marks=[pytest.mark.long] if case == SLOW else []) for case in REFUSED]


@pytest.mark.parametrize("case", CASES)
def test_what_is_no_document_is_refused_at_its_place(case: str) -> None:
    """Text that is not a document raises InvalidDocument at its line and column."""
    text, place, expected = REFUSED[case]
    with pytest.raises(InvalidDocument) as caught:
        document.parse(text, "x.json" if "JSON" in case else "x.yaml")
    message = str(caught.value)
    assert expected in message
    assert message.split(":", 1)[1].startswith(place), message[:200]


def test_utf16_and_a_byte_order_mark_are_read() -> None:
    """UTF-16 and UTF-8 with a byte order mark are read."""
    assert document.parse("a: ü".encode("utf-16"), "x.yaml").root == {"a": "ü"}
    assert document.parse("a: ü".encode("utf-8-sig"), "x.yaml").root == {"a": "ü"}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"a": [1, 2,\n ],\n}', ["1:12", "2:3"]),
        ('// x\n{"a": "//, ]", /* ,\n } */ "b": 1 # , }\n}', ["1:1", "2:16", "3:14"]),
        ("{'a': 1}", ["1:2"]),
        ("a: 1\n", ["1:1"]),
    ],
)
def test_almost_json_is_an_error_where_it_is_not(text: str, places: list[str]) -> None:
    """Comments, commas too many and YAML in a .json file are errors, each in its place; what else it says is read, and
    a published file gets warnings."""
    file = document.parse(text, "x.json")

    assert [f"{fault.line}:{fault.column}" for fault in file.findings] == places
    assert {(fault.rule, fault.severity) for fault in file.findings} == {("syntax", "error")}
    assert {fault.severity for fault in document.parse(text, "x.json", tolerant=True).findings} == {"warning"}
    assert "a" in file.root
    if not text.startswith(("/", "{'")):
        assert document.parse(text, "x.yaml").findings == ()


def test_comments_of_json_move_nothing() -> None:
    """Nodes after a comment are where they are written, and the text stays what it is."""
    text = '{"a": 1, // one\n "b": {"c": 2,},\n}'
    file = document.parse(text, "x.json")

    assert (file.place("/b/c", False), file.text) == ((2, 13), text)


def test_much_of_what_json_lacks_costs_little() -> None:
    """A text of nothing but beginnings of comments and commas is read once, not once for each of them."""
    for text in ("{" + "/*," * 20_000, "[" + ", " * 20_000, "{" + '"' * 20_001 + ",}", "{" + "// , \n" * 10_000):
        with pytest.raises(InvalidDocument):
            document.parse(text, "x.json")
