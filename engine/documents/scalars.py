"""The limits of what is read, and scalars: those of the core schema (YAML 1.2.2 section 10.3.2), or those of JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openconnectors.engine.deferred import pattern

# Twenty times the largest document of the corpora (3.4 MB), and low enough that a hostile document costs seconds, not
# the process. A short text has few nodes, aliases expanded; published documents have a node for 10 to 35 bytes.
MAX_BYTES = 64 * 1024 * 1024
MAX_NODES = 1_000_000
NODE_BYTES = 10
MAX_DEPTH = 200
MAX_DIGITS = 300
TOO_DEEP = f"more than {MAX_DEPTH} levels of nesting"


class Unreadable(Exception):
    """A text that is not a document, or what was let pass in one; line and column count from 1."""

    def __init__(self, rule: str, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.rule, self.message, self.line, self.column = rule, message, line, column


class NotYaml(Unreadable):
    """A text that breaks the syntax of YAML, which may be meant to be JSON."""


def fault_at(text: str, offset: int, message: str) -> Unreadable:
    """A fault of the syntax at an offset of the text."""
    return Unreadable("syntax", message, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def max_nodes(text: str) -> int:
    """How many nodes the tree of a text may have."""
    return max(MAX_NODES, len(text) // NODE_BYTES)


_NULLS: Mapping[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {word: kind == "true" for kind in ("true", "false") for word in (kind, kind.title(), kind.upper())}
_INTEGER = pattern(r"[-+]?(0|[1-9][0-9]*)\Z")
_BASED = pattern(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = pattern(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
_NOT_A_NUMBER = pattern(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")
_JSON_NUMBER = pattern(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_JSON_WORDS: Mapping[str, Any] = {"null": None, "true": True, "false": False}
TAG = "tag:yaml.org,2002:"


def number(text: str) -> int | float:
    """The number of a text; ``ValueError`` for one beyond the limits."""
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} characters; at most {MAX_DIGITS} are read")
    if _INTEGER.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text} is too large for a double")
    return value


def _plain(text: str) -> Any:
    """The value of a plain scalar in the core schema."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _FLOAT.match(text) or _BASED.match(text):
        return number(text)
    if _NOT_A_NUMBER.match(text):
        raise ValueError(f"{text} is a number that JSON does not have; put it in quotes if text is meant")
    return text


def _integer(text: str) -> int:
    if not _INTEGER.match(text) and not _BASED.match(text):
        raise ValueError(f"{text!r} is not an integer, which its tag !!int asks for")
    return int(number(text))


def _float(text: str) -> float:
    if not _FLOAT.match(text):
        raise ValueError(f"{text!r} is not a number of JSON, which its tag !!float asks for")
    return float(number(text))


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(f"{text!r} is neither true nor false, which its tag !!bool asks for")
    return _BOOLEANS[text]


def _null(text: str) -> None:
    if text not in _NULLS:
        raise ValueError(f"{text!r} is not null, which its tag !!null asks for")


_TAGS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": _integer,
    "float": _float,
    "bool": _boolean,
    "null": _null,
}
"""The value of a scalar's text by its tag, if that is one of the core schema."""


def scalar(event: Any, json_only: bool) -> Any:
    """The value of a scalar event; ``ValueError`` for one that is not of the schema, or beyond the limits."""
    text: str = event.value
    if event.tag == "!":  # the non-specific tag: text, whatever it looks like (YAML 1.2.2 section 6.9.1)
        return text
    if event.tag is not None:
        convert = _TAGS.get(event.tag.removeprefix(TAG))
        if convert is None:
            raise unknown_tag(event.tag)
        return convert(text)
    if event.style:  # of a plain scalar libyaml says "", the pure reader None
        return text
    if not json_only:
        return _plain(text)
    if text in _JSON_WORDS:
        return _JSON_WORDS[text]
    if _JSON_NUMBER.match(text):
        return number(text)
    raise ValueError(f"{text!r} is not a JSON value; put it in quotes")


def unknown_tag(tag: str) -> ValueError:
    """The error for a tag that is not read."""
    return ValueError(f"the tag {tag.replace(TAG, '!!')!r} is not read; only plain data is")
