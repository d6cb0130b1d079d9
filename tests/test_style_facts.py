"""Facts of the table of styles: what each row writes, what it reads back, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import Encoding, Schema
from openconnectors.engine.urls import query_text
from openconnectors.engine.values.styles import STYLES, scalar, style_of, text

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
}
"""Items, and their texts without encoding, as a header field or a multipart form has them."""

IN_A_URL: dict[tuple[str, bool], tuple[list[str], list[str]]] = {
    ("form", False): (["a", "b,c"], ["a,b%2Cc"]),
    ("simple", False): (["a", "b,c"], ["a,b%2Cc"]),
    ("simple", True): (["a", "b,c"], ["a,b%2Cc"]),
    ("spaceDelimited", False): (["a", "b,c"], ["a%20b,c"]),
    ("tabDelimited", False): (["a", "b c"], ["a%09b%20c"]),
    ("pipeDelimited", False): (["a", "b c"], ["a%7Cb%20c"]),
    ("form", True): (["a", "b&c"], ["a", "b%26c"]),
}
"""Items, and their encoded texts in a query."""


def test_each_row_has_its_facts() -> None:
    """A new style comes with its facts on this page."""
    assert set(AS_TEXT) == set(IN_A_URL) == set(STYLES)


@pytest.mark.parametrize("name", STYLES, ids=str)
def test_a_list_is_written_with_the_delimiter(name: tuple[str, bool]) -> None:
    """Items are joined by the delimiter of their style; form with explode repeats the name instead."""
    items, texts = AS_TEXT[name]

    assert STYLES[name].write(items) == texts


@pytest.mark.parametrize("name", STYLES, ids=str)
def test_a_list_is_read_back(name: tuple[str, bool]) -> None:
    """What was written without encoding is read as the same items."""
    items, texts = AS_TEXT[name]

    assert STYLES[name].read(texts, STRINGS, resolved) == items


@pytest.mark.parametrize("name", STYLES, ids=str)
def test_a_list_is_encoded_in_a_url(name: tuple[str, bool]) -> None:
    """Items are percent-encoded one by one; the comma of csv stays, all other delimiters are encoded."""
    items, texts = IN_A_URL[name]

    assert STYLES[name].write(items, query_text) == texts


@pytest.mark.parametrize("name", STYLES, ids=str)
def test_a_list_in_a_url_is_read_back(name: tuple[str, bool]) -> None:
    """What was encoded is read as the same items."""
    items, texts = IN_A_URL[name]

    assert STYLES[name].read(texts, STRINGS, resolved, unquoted) == items


@pytest.mark.parametrize("name", [name for name, style in STYLES.items() if style.delimiter is not None], ids=str)
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


@pytest.mark.parametrize("name", [name for name, style in STYLES.items() if style.delimiter is not None], ids=str)
def test_a_single_empty_item_is_refused(name: tuple[str, bool]) -> None:
    """One empty item is the text of no item."""
    with pytest.raises(ValueError, match="cannot be read back"):
        STYLES[name].write([""])


@pytest.mark.parametrize("name", [name for name, style in STYLES.items() if style.delimiter is not None], ids=str)
def test_an_inexact_list_is_written_if_asked(name: tuple[str, bool]) -> None:
    """With exact=False an item with the delimiter is written all the same."""
    delimiter = STYLES[name].delimiter

    assert STYLES[name].write([f"b{delimiter}c"], exact=False) == [f"b{delimiter}c"]


@pytest.mark.parametrize("name", STYLES, ids=str)
def test_no_text_is_no_item(name: tuple[str, bool]) -> None:
    """An empty list is an empty text; in multi it is no field at all."""
    style = STYLES[name]

    assert style.read(style.write([]), STRINGS, resolved) == []


@pytest.mark.parametrize("name", STYLES, ids=str)
def test_a_scalar_is_the_same_in_every_style(name: tuple[str, bool]) -> None:
    """A style is about lists: a single value is its text."""
    assert STYLES[name].write(7) == ["7"]
    assert STYLES[name].read(["7"], INTEGER, resolved) == 7


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


def test_a_style_without_a_row_is_unsupported() -> None:
    """What no row writes is refused, not written in another style."""
    with pytest.raises(Unsupported, match="'deepObject' with explode"):
        style_of("deepObject", True, STRINGS, resolved)


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
