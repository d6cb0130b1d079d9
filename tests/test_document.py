"""Documents as people write them, and as nobody should: positions, limits, and what plain text means."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import InvalidDocument
from engine import document


def test_plain_text_means_what_json_would_make_of_it() -> None:
    """YAML 1.2's core schema: no, on, 012, dates and sexagesimals stay text."""
    text = (
        "a: no\nb: on\nc: 012\nd: 2020-01-01\ne: 12:30:00\nf: 1_000\ng: 0x1F\nh: 1.5e3\n"
        "i: -7\nj: true\nk: ~\nl: null\nm: '1'\nn: .inf\n"
    )
    assert document.parse(text, "x.yaml").root == {
        "a": "no", "b": "on", "c": "012", "d": "2020-01-01", "e": "12:30:00", "f": "1_000", "g": "0x1F",
        "h": 1500.0, "i": -7, "j": True, "k": None, "l": None, "m": "1", "n": ".inf",
    }  # fmt: skip


def test_keys_are_text() -> None:
    assert document.parse("200: a\ntrue: b\nno: c\n", "x.yaml").root == {"200": "a", "true": "b", "no": "c"}


def test_every_node_has_its_place_in_yaml_and_in_json() -> None:
    yaml = document.parse("a:\n  - b: 1\n    c/d: {e: 2}\n", "x.yaml")
    assert yaml.position("/a/0/b") == (2, 8)
    assert yaml.position("/a/0/b", key=True) == (2, 5)
    assert yaml.position("/a/0/c~1d/e") == (3, 14)
    assert yaml.position("/a/0/nowhere") == (2, 5)
    json = document.parse('{\n  "a": [\n    {"b": 1}\n  ]\n}', "x.json")
    assert json.position("/a/0/b") == (3, 11)
    assert json.position("/a/0/b", key=True) == (3, 6)


def test_aliases_are_values_used_twice() -> None:
    found = document.parse("a: &x {b: [1]}\nc: *x\n", "x.yaml")
    assert found.root["c"] == {"b": [1]}
    assert found.position("/c") == (2, 4)


REFUSED: dict[str, tuple[Any, str, str]] = {
    "an alias bomb": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
        "6:",
        "aliases expanded",
    ),
    "an anchor that holds itself": ("a: &a [*a]\n", "1:8", "no anchor before it"),
    "a tag": ("a: !!python/object/apply:os.system [id]\n", "1:4", "only plain data"),
    "a deep tree": ("[" * 100_000, "1:", "200 levels"),
    "deep JSON": ('{"a":' * 5000 + "1" + "}" * 5000, "1:", "200 levels"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", "3:1", "in line 1"),
    "a key twice in JSON": ('{\n"a": 1,\n"a": 2}', "3:1", "in line 2"),
    "two documents": ("a: 1\n---\nb: 2\n", "2:1", "a second document"),
    "a number of a million digits": ("a: " + "9" * 1_000_000, "1:4", "1000000 characters"),
    "a number beyond doubles": ('{"a": 1e999}', "1:7", "too large"),
    "NaN in JSON": ('{"a": NaN}', "1:7", "no JSON value"),
    "a key that is no text": ("[1]: a\n", "1:1", "a key must be text"),
    "no UTF-8": (b"a: b\nc: \xff\n", "2:4", "UTF-8"),
    "nothing": ("", "1:1", "empty"),
    "a tab": ("a:\n\tb: 1\n", "2:1", "not YAML"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_document_is_refused_at_its_place(case: str) -> None:
    text, place, said = REFUSED[case]
    with pytest.raises(InvalidDocument) as caught:
        document.parse(text, "x.json" if "JSON" in case else "x.yaml")
    told = str(caught.value)
    assert said in told
    assert told.split(":", 1)[1].startswith(place), told[:200]


def test_utf16_and_a_byte_order_mark_are_read() -> None:
    assert document.parse("a: ü".encode("utf-16"), "x.yaml").root == {"a": "ü"}
    assert document.parse("a: ü".encode("utf-8-sig"), "x.yaml").root == {"a": "ü"}
