"""JSONPath queries (RFC 9535), by the library jsonpath-rfc9535.

It passes the 703 cases of the compliance test suite as it is, and gives the place of each node. Its functions
``match`` and ``search`` are replaced: they backtrack, and a pattern may keep them busy for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from msgspec import Struct

from openconnectors.engine.documents.scalars import MAX_DEPTH
from openconnectors.engine.extras import require

if TYPE_CHECKING:
    from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathQuery

MAX_QUERY = 10_000
"""Characters of a query."""


class Selected(Struct, frozen=True):
    """A node: its value, the collection that holds it and its key there; the root has neither."""

    value: Any
    holder: Any = None
    key: Any = None


class Unusable(Exception):
    """A query that is not JSONPath, or asks for too much."""


def select(query: str, root: Any) -> list[Selected]:
    """The nodes that a query selects, each once, in the order of the query. ``Unusable`` says what is wrong with it."""
    compiled = _compiled(query)
    from jsonpath_rfc9535.exceptions import JSONPathError  # which is there now

    try:
        nodes = {node.location: node for node in compiled.find(root)}
    except JSONPathError as error:
        raise Unusable(str(error)) from None
    except RecursionError:
        raise Unusable("the query is nested too deeply") from None
    return [
        Selected(node.value, node.parent.value, location[-1]) if node.parent is not None else Selected(node.value)
        for location, node in nodes.items()
    ]


def query_fault(query: str) -> str:
    """What is wrong with a query; empty if nothing is."""
    try:
        _compiled(query)
    except Unusable as error:
        return str(error)
    return ""


def _compiled(query: str) -> JSONPathQuery:
    environment = _environment()
    from jsonpath_rfc9535.exceptions import JSONPathError  # which is there now

    if len(query) > MAX_QUERY:
        raise Unusable(f"the query has more than {MAX_QUERY:,} characters")
    try:
        return environment.compile(query)
    except JSONPathError as error:
        raise Unusable(f"{query!r} is not a JSONPath query (RFC 9535): {error}") from None
    except RecursionError:
        raise Unusable("the query is nested too deeply") from None


@cache
def _environment() -> JSONPathEnvironment:
    require("an overlay", "overlays")
    from jsonpath_rfc9535 import JSONPathEnvironment  # for documents with overlays
    from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

    class Pattern(FilterFunction):
        """``match`` of a whole text, or ``search`` within it."""

        def __init__(self, whole: bool) -> None:
            self._whole = whole

        @property
        def arg_types(self) -> list[ExpressionType]:
            """Two values."""
            return [ExpressionType.VALUE, ExpressionType.VALUE]

        @property
        def return_type(self) -> ExpressionType:
            """True or false."""
            return ExpressionType.LOGICAL

        def __call__(self, text: object, pattern: object) -> bool:
            if not isinstance(text, str) or not isinstance(pattern, str):
                return False
            validator = _pattern(pattern, self._whole)
            try:
                return validator is not None and bool(validator.is_valid(text))
            except ValueError:  # half of a surrogate pair, which no pattern matches
                return False

    environment = JSONPathEnvironment()
    environment.max_recursion_depth = MAX_DEPTH + 1
    environment.function_extensions |= {"match": Pattern(True), "search": Pattern(False)}
    return environment


@cache
def _pattern(pattern: str, whole: bool) -> jsonschema_rs.Validator | None:
    """What is valid against a pattern (RFC 9485, I-Regexp); None for a text that is no such pattern."""
    from iregexp_check import check  # which jsonpath-rfc9535 brings

    if not check(pattern):
        return None
    written = "".join(_dots(pattern))
    try:
        return jsonschema_rs.validator_for(
            {"pattern": f"^(?:{written})$" if whole else written}, pattern_options=jsonschema_rs.RegexOptions()
        )
    except ValueError:  # beyond the size that the engine compiles
        return None


def _dots(pattern: str) -> Iterator[str]:
    """The pattern with its dots as classes: a dot is no line feed and no carriage return (RFC 9485 section 5.3)."""
    escaped, in_class = False, False
    for character in pattern:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in "[]":
            in_class = character == "["
        elif character == "." and not in_class:
            yield r"[^\n\r]"
            continue
        yield character
