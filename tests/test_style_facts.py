"""Facts of the table of styles: what each row writes, what it reads back, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import MISSING, Encoding, Schema
from openconnectors.engine.urls import path_text, query_text
from openconnectors.engine.values.deep_objects import tree_of
from openconnectors.engine.values.scalars import scalar, text
from openconnectors.engine.values.styles import STYLES, style_of

STRING, INTEGER = Schema(types=("string",)), Schema(types=("integer",))
STRINGS, INTEGERS = Schema(types=("array",), items=STRING), Schema(types=("array",), items=INTEGER)


def resolved(schema: Schema) -> Schema:
    """A schema without references is resolved."""
    return schema


def unquoted(encoded: str) -> str:
    """What ``query_text`` encoded."""
    return unquote(encoded)


AS_TEXT: dict[tuple[str, bool], tuple[list[str], list[str]]] = {
    ("form", False): (["a", "b c"], ["a,b c"]),
    ("simple", False): (["a", "b c"], ["a,b c"]),
    ("simple", True): (["a", "b c"], ["a,b c"]),
    ("spaceDelimited", False): (["a", "b,c"], ["a b,c"]),
    ("tabDelimited", False): (["a", "b c"], ["a\tb c"]),
    ("pipeDelimited", False): (["a", "b,c"], ["a|b,c"]),
    ("form", True): (["a", "b,c"], ["a", "b,c"]),
    ("spaceDelimited", True): (["a", "b,c"], ["a", "b,c"]),
    ("pipeDelimited", True): (["a", "b,c"], ["a", "b,c"]),
    ("cookie", False): (["a", "b c"], ["a,b c"]),
    ("cookie", True): (["a", "b,c"], ["a", "b,c"]),
    ("label", False): (["a", "b c"], [".a,b c"]),
    ("label", True): (["a", "b c"], [".a.b c"]),
    ("matrix", False): (["a", "b c"], [";v=a,b c"]),
    ("matrix", True): (["a", "b c"], [";v=a;v=b c"]),
}
"""Items, and their texts without encoding, as a header field or a multipart form has them; the name is ``v``."""

IN_A_URL: dict[tuple[str, bool], tuple[list[str], list[str]]] = {
    ("form", False): (["a", "b,c"], ["a,b%2Cc"]),
    ("simple", False): (["a", "b,c"], ["a,b%2Cc"]),
    ("simple", True): (["a", "b,c"], ["a,b%2Cc"]),
    ("spaceDelimited", False): (["a", "b,c"], ["a%20b,c"]),
    ("tabDelimited", False): (["a", "b c"], ["a%09b%20c"]),
    ("pipeDelimited", False): (["a", "b c"], ["a%7Cb%20c"]),
    ("form", True): (["a", "b&c"], ["a", "b%26c"]),
    ("spaceDelimited", True): (["a", "b&c"], ["a", "b%26c"]),
    ("pipeDelimited", True): (["a", "b&c"], ["a", "b%26c"]),
    ("cookie", False): (["a", "b,c"], ["a,b%2Cc"]),
    ("cookie", True): (["a", "b&c"], ["a", "b%26c"]),
    ("label", False): (["a", "b,c"], [".a,b%2Cc"]),
    ("label", True): (["a", "b.c"], [".a.b%2Ec"]),
    ("matrix", False): (["a", "b,c"], [";v=a,b%2Cc"]),
    ("matrix", True): (["a", "b;c"], [";v=a;v=b%3Bc"]),
}
"""Items, and their encoded texts in a URL."""
LISTS = list(AS_TEXT)
DELIMITED = [name for name in LISTS if STYLES[name].delimiter is not None]
NOT_LISTS = {("deepObject", False), ("deepObject", True), ("text", False)}
"""The rows that do not write lists as texts."""


def test_each_row_has_its_facts() -> None:
    """A new style comes with its facts on this page."""
    assert set(AS_TEXT) == set(IN_A_URL) == set(STYLES) - NOT_LISTS


@pytest.mark.parametrize("name", LISTS, ids=str)
def test_a_list_is_written_with_the_delimiter(name: tuple[str, bool]) -> None:
    """Items are joined by the delimiter of their style; form with explode repeats the name instead."""
    items, texts = AS_TEXT[name]

    assert STYLES[name].write(items, name="v") == texts


@pytest.mark.parametrize("name", LISTS, ids=str)
def test_a_list_is_read_back(name: tuple[str, bool]) -> None:
    """What was written without encoding is read as the same items."""
    items, texts = AS_TEXT[name]

    assert STYLES[name].read(texts, STRINGS, resolved, name="v") == items


@pytest.mark.parametrize("name", LISTS, ids=str)
def test_a_list_is_encoded_in_a_url(name: tuple[str, bool]) -> None:
    """Items are percent-encoded one by one; the comma of csv stays, all other delimiters are encoded."""
    items, texts = IN_A_URL[name]

    assert STYLES[name].write(items, query_text, name="v") == texts


@pytest.mark.parametrize("name", LISTS, ids=str)
def test_a_list_in_a_url_is_read_back(name: tuple[str, bool]) -> None:
    """What was encoded is read as the same items."""
    items, texts = IN_A_URL[name]

    assert STYLES[name].read(texts, STRINGS, resolved, unquoted, name="v") == items


@pytest.mark.parametrize("name", DELIMITED, ids=str)
def test_an_item_that_holds_the_delimiter_is_refused(name: tuple[str, bool]) -> None:
    """Without encoding an item with the delimiter would be read back as two."""
    with pytest.raises(ValueError, match="cannot be read back"):
        STYLES[name].write(["a", f"b{STYLES[name].delimiter}c"])


@pytest.mark.parametrize(
    "name", [name for name, style in STYLES.items() if not style.literal and style.delimiter], ids=str
)
def test_encoding_does_not_save_an_item_from_an_encoded_delimiter(name: tuple[str, bool]) -> None:
    """If the delimiter is encoded like the items, an item with it is refused in a URL too."""
    with pytest.raises(ValueError, match="cannot be read back"):
        STYLES[name].write(["a", f"b{STYLES[name].delimiter}c"], query_text)


@pytest.mark.parametrize("name", DELIMITED, ids=str)
def test_a_single_empty_item_is_refused(name: tuple[str, bool]) -> None:
    """One empty item is the text of no item."""
    with pytest.raises(ValueError, match="cannot be read back"):
        STYLES[name].write([""])


@pytest.mark.parametrize("name", DELIMITED, ids=str)
def test_an_inexact_list_is_written_if_asked(name: tuple[str, bool]) -> None:
    """With exact=False an item with the delimiter is written all the same."""
    style = STYLES[name]
    before = f"{style.prefix}v=" if style.named else style.prefix

    assert style.write([f"b{style.delimiter}c"], exact=False, name="v") == [f"{before}b{style.delimiter}c"]


@pytest.mark.parametrize("name", LISTS, ids=str)
def test_no_text_is_no_item(name: tuple[str, bool]) -> None:
    """An empty list is an empty text; in multi it is no field at all."""
    style = STYLES[name]

    assert style.read(style.write([], name="v"), STRINGS, resolved, name="v") == []


@pytest.mark.parametrize("name", LISTS, ids=str)
def test_a_scalar_is_the_same_in_every_style(name: tuple[str, bool]) -> None:
    """A style is about lists and objects: a single value is its text, after what the style begins with."""
    style = STYLES[name]
    text = f"{style.prefix}v=7" if style.named else f"{style.prefix}7"

    assert style.write(7, name="v") == [text]
    assert style.read([text], INTEGER, resolved, name="v") == 7


def test_the_last_of_several_texts_counts() -> None:
    """A parameter that is a scalar and comes twice has the last value."""
    assert STYLES["form", False].read(["1", "2"], INTEGER, resolved) == 2


def test_items_have_the_type_of_their_schema() -> None:
    """Items are read as their schema says; one that does not fit stays text."""
    assert STYLES["form", False].read(["1,x,3"], INTEGERS, resolved) == [1, "x", 3]


def test_a_list_of_lists_has_two_delimiters() -> None:
    """The style of the inner lists is their own collectionFormat."""
    inner = Schema(types=("array",), items=INTEGER, encoding=Encoding(style="pipeDelimited"))
    outer = Schema(types=("array",), items=inner)
    style = style_of("form", False, outer, resolved)

    assert style.write([[1, 2], [3]]) == ["1|2,3"]
    assert style.read(["1|2,3"], outer, resolved) == [[1, 2], [3]]


def test_a_list_of_lists_with_one_delimiter_is_refused() -> None:
    """With the same delimiter inside and outside, the lists could not be read back."""
    style = style_of("form", False, Schema(types=("array",), items=INTEGERS), resolved)

    with pytest.raises(ValueError, match="another collectionFormat"):
        style.write([[1, 2], [3]])


OBJECT = Schema(types=("object",), additional=STRING)
OBJECTS_AS_TEXT: dict[tuple[str, bool], str] = {
    ("form", False): "a,1,b%2Cc,d%3D%2C%3B.",
    ("cookie", False): "a,1,b%2Cc,d%3D%2C%3B.",
    ("simple", False): "a,1,b%2Cc,d%3D%2C%3B.",
    ("simple", True): "a=1,b%2Cc=d%3D%2C%3B.",
    ("label", False): ".a,1,b%2Cc,d%3D%2C%3B.",
    ("label", True): ".a=1.b%2Cc=d%3D%2C%3B%2E",
    ("matrix", False): ";v=a,1,b%2Cc,d%3D%2C%3B.",
    ("matrix", True): ";a=1;b%2Cc=d%3D%2C%3B.",
    ("spaceDelimited", False): "a%201%20b%2Cc%20d%3D%2C%3B.",
    ("pipeDelimited", False): "a%7C1%7Cb%2Cc%7Cd%3D%2C%3B.",
    ("tabDelimited", False): "a%091%09b%2Cc%09d%3D%2C%3B.",
}
"""The text of the object ``{a: 1, "b,c": "d=,;."}`` in a URL."""


@pytest.mark.parametrize("name", DELIMITED, ids=str)
def test_an_object_is_a_text_and_read_back(name: tuple[str, bool]) -> None:
    """Names and texts alternate, or are equations with explode; delimiters within them are encoded."""
    value = {"a": "1", "b,c": "d=,;."}
    texts = STYLES[name].write(value, path_text, name="v")

    assert texts == [OBJECTS_AS_TEXT[name]]
    assert STYLES[name].read(texts, OBJECT, resolved, unquoted, name="v") == value


@pytest.mark.parametrize("name", [name for name, style in STYLES.items() if style.delimiter is None], ids=str)
def test_an_object_of_pairs_has_no_text(name: tuple[str, bool]) -> None:
    """What a style writes as several pairs is refused where there is room for a text alone."""
    with pytest.raises(ValueError, match="an object cannot be written here"):
        STYLES[name].write({"a": 1})


def test_a_member_that_is_null_is_left_out() -> None:
    """RFC 6570 section 2.3: what is undefined is not written."""
    assert STYLES["simple", False].write({"a": None, "b": "1"}) == ["b,1"]
    assert STYLES["form", True].pairs("v", {"a": None, "b": "1"}) == [("b", "1")]


def test_members_without_a_partner_stay_text() -> None:
    """A text that is not names and texts by turns is left to validation."""
    assert STYLES["simple", False].read(["a,1,b"], OBJECT, resolved) == "a,1,b"
    assert STYLES["simple", True].read(["a=1,b"], OBJECT, resolved) == "a=1,b"


def test_a_list_in_a_member_repeats_the_name_of_the_member() -> None:
    """An exploded object whose member is a list is as several parameters would be."""
    schema = Schema(types=("object",), properties={"a": INTEGERS, "b": STRING})
    style, pairs = STYLES["form", True], [("a", "1"), ("a", "2"), ("b", "x")]

    assert style.pairs("v", {"a": [1, 2], "b": "x"}) == pairs
    assert style.read_pairs("v", pairs, schema, resolved) == {"a": [1, 2], "b": "x"}


def test_members_are_what_no_other_parameter_is() -> None:
    """Of an exploded object without a list of members, all pairs but those of other parameters are members."""
    pairs, style = [("a", "1"), ("limit", "5")], STYLES["form", True]

    assert style.read_pairs("v", pairs, OBJECT, resolved, others=frozenset({"limit"})) == {"a": "1"}
    assert style.read_pairs("v", [("limit", "5")], OBJECT, resolved, others=frozenset({"limit"})) is MISSING


DEEP: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"a": "1", "b": "x y"}, [("v[a]", "1"), ("v[b]", "x y")]),
    ({"a": {"b": {"c": "1"}}}, [("v[a][b][c]", "1")]),
    ({"a": ["1", "2"]}, [("v[a][0]", "1"), ("v[a][1]", "2")]),
    ({"a": [{"b": "1", "c": "2"}, {"b": "3"}]}, [("v[a][0][b]", "1"), ("v[a][0][c]", "2"), ("v[a][1][b]", "3")]),
    (["1", "2"], [("v[0]", "1"), ("v[1]", "2")]),
]
"""Values, and their pairs in the style deepObject."""


@pytest.mark.parametrize(("value", "pairs"), DEEP, ids=str)
def test_an_object_in_the_names_of_pairs(value: Any, pairs: list[tuple[str, str]]) -> None:
    """Each scalar is a pair whose name has the way to it in brackets; lists are written by index."""
    style = STYLES["deepObject", True]
    schema = Schema(types=("array",) if isinstance(value, list) else ("object",))

    assert style.pairs("v", value) == pairs
    assert style.read_pairs("v", [("other", "x"), *pairs], schema, resolved) == value


def test_lists_of_other_writers_are_read_too() -> None:
    """A list may come as the same name again, or with empty brackets."""
    schema = Schema(types=("object",), properties={"a": INTEGERS})
    style = STYLES["deepObject", True]

    assert style.read_pairs("v", [("v[a]", "1"), ("v[a]", "2")], schema, resolved) == {"a": [1, 2]}
    assert style.read_pairs("v", [("v[a][]", "1"), ("v[a][]", "2")], schema, resolved) == {"a": [1, 2]}


@pytest.mark.parametrize("key", ["", "a[b", "a]"])
def test_a_key_that_is_brackets_is_refused(key: str) -> None:
    """In the style deepObject a key with brackets could not be read back."""
    with pytest.raises(ValueError, match="cannot be read back"):
        STYLES["deepObject", True].pairs("v", {key: 1})


@pytest.mark.parametrize("name", ["v", "v[", "v]a[", "v[a]b", "v[a][", "w[a]", "v" + "[a]" * 51])
def test_other_names_are_no_members(name: str) -> None:
    """Only the name with whole pairs of brackets after it, 50 at most, is read as a member."""
    assert tree_of("v", [(name, "1")]) == {}


def test_a_value_of_several_shapes_is_read_by_its_text() -> None:
    """Of alternatives the one that the text has the shape of counts: a list has delimiters, a number is alone."""
    either = Schema(any_of=(INTEGER, INTEGERS))

    assert STYLES["form", False].read(["5"], either, resolved) == 5
    assert STYLES["form", False].read(["5,6"], either, resolved) == [5, 6]
    assert STYLES["deepObject", True].read_pairs("v", [("v", "5")], Schema(any_of=(OBJECT, INTEGER)), resolved) == 5


def test_empty_text_is_null_where_only_that_is_allowed() -> None:
    """Empty text is a text if the schema has texts, else null if it has null."""
    assert STYLES["form", True].read([""], Schema(types=("integer",), nullable=True), resolved) is None
    assert STYLES["form", True].read([""], Schema(types=("string",), nullable=True), resolved) == ""


def test_alternatives_that_hold_themselves_come_to_an_end() -> None:
    """A schema may be its own alternative."""
    loop = Schema(ref="#/loop")
    schemas = {"#/loop": Schema(any_of=(loop, INTEGER))}

    def resolve(schema: Schema) -> Schema:
        return schemas[schema.ref] if schema.ref else schema

    assert STYLES["form", True].read(["5"], loop, resolve) == 5


def test_a_style_without_a_row_is_unsupported() -> None:
    """What no row writes is refused, not written in another style."""
    with pytest.raises(Unsupported, match="'tabDelimited' with explode"):
        style_of("tabDelimited", True, STRINGS, resolved)


def test_repeated_names_inside_a_list_are_commas() -> None:
    """Swagger 2.0, "Items Object": only a parameter itself can repeat its name."""
    inner = Schema(types=("array",), items=STRING, encoding=Encoding(explode=True))
    style = style_of("pipeDelimited", False, Schema(types=("array",), items=inner), resolved)

    assert style.items == STYLES["form", False]


TEXTS: list[tuple[Any, str]] = [
    ("", ""),
    ("a b", "a b"),
    (True, "true"),
    (False, "false"),
    (None, ""),
    (-1, "-1"),
    (1.0, "1"),
    (0.1, "0.1"),
    (1e15, "1000000000000000.0"),
    (Decimal("1.50"), "1.50"),
    (Decimal("1E+3"), "1000"),
]


@pytest.mark.parametrize(("value", "written"), TEXTS, ids=repr)
def test_a_scalar_is_written_as_json_writes_it(value: Any, written: str) -> None:
    """Booleans are true and false, whole numbers have no point, a decimal has all its digits, null is empty."""
    assert text(value) == written


@pytest.mark.parametrize(
    "value", [{}, [], b"x", object(), float("nan"), float("inf")], ids=lambda value: str(type(value))
)
def test_what_is_not_a_scalar_has_no_text(value: Any) -> None:
    """Objects, lists, bytes and infinite numbers are refused."""
    with pytest.raises(ValueError, match="written"):
        text(value)


READ: list[tuple[str, str, Any]] = [
    ("integer", "7", 7),
    ("integer", " +7 ", 7),
    ("integer", "7.0", "7.0"),
    ("integer", "seven", "seven"),
    ("number", "7", 7),
    ("number", ".5", 0.5),
    ("number", "1e3", 1000.0),
    ("number", "1e999", "1e999"),
    ("number", "NaN", "NaN"),
    ("boolean", "true", True),
    ("boolean", "0", False),
    ("boolean", "yes", "yes"),
    ("string", "7", "7"),
]


@pytest.mark.parametrize(("json_type", "written", "value"), READ)
def test_text_is_read_as_the_type_of_the_schema(json_type: str, written: str, value: Any) -> None:
    """Text that fits the type is of that type; any other stays text, for validation to judge."""
    assert scalar(written, Schema(types=(json_type,))) == value


def test_a_number_with_all_its_digits() -> None:
    """A number of the format decimal is read as a Decimal."""
    assert scalar("0.10", Schema(types=("number",), format="decimal")) == Decimal("0.10")
