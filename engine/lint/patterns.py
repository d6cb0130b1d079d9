"""Regular expressions: whether ECMA-262 has them, and whether they can take exponential time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from re import _parser  # type: ignore[attr-defined]  # a pattern as Python itself parses it
from typing import Any

import jsonschema_rs

from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import Node


@check("pattern-invalid")
def _pattern(node: Node, context: Context) -> Iterator[Finding]:
    for pattern, pointer in _patterns(node):
        reason = not_ecma(pattern)
        if reason:
            message = f"{pattern!r} is not a regular expression of ECMA-262: {reason}"
            yield Finding(pointer, message, key=pointer != node.at("pattern"))


def _patterns(node: Node) -> Iterator[tuple[str, str]]:
    """The patterns of a schema, with their pointers: of strings, and of the names of properties."""
    if isinstance(node.get("pattern"), str):
        yield node.get("pattern"), node.at("pattern")
    for pattern in node.mapping("patternProperties"):
        yield pattern, node.at("patternProperties", pattern)


@check("pattern-delimiters")
def _delimiters(node: Node, context: Context) -> Iterator[Finding]:
    for pattern, pointer in _patterns(node):
        if _DELIMITED.match(pattern):
            message = f"the slashes of {pattern!r} are part of the pattern"
            yield Finding(pointer, message, key=pointer != node.at("pattern"))


_DELIMITED = re.compile(r"/(\^.*|.*\$)/[a-z]*\Z", re.DOTALL)
"""A pattern between slashes, as source text of JavaScript has it, which only an anchor inside shows for sure."""


_OTHER_SYNTAXES = (
    (r"\\[AZz](?![a-zA-Z])", "\\A and \\Z are Python's; write ^ and $"),
    (r"\(\?P[<=]", "(?P<name>…) is Python's; write (?<name>…)"),
    (r"\(\?#", "it has no comments"),
    (r"\(\?>", "it has no atomic groups"),
    (r"\(\?[aiLmsux]+\)", "it has no flags inside a pattern"),
    (r"(?<!\\)[*+?}]\+", "it has no possessive quantifiers"),
    (r"\[\[:\w+:\]\]", "it has no POSIX classes"),
)
"""Syntax of other engines, and what to say about it."""


def not_ecma(pattern: str) -> str | None:
    """The reason why a text is not a regular expression of ECMA-262; None if it is one."""
    without_backslashes = re.sub(r"\\\\", "", pattern)
    without_classes = re.sub(r"\[\^?\]?(\\.|[^\]\\])*\]", "x", without_backslashes)
    for syntax, reason in _OTHER_SYNTAXES:
        if re.search(syntax, without_backslashes if ":" in syntax else without_classes):
            return reason
    try:
        jsonschema_rs.validator_for({"pattern": pattern})
    except ValueError as error:
        reason = str(error).splitlines()[-1].strip()
        try:
            _parsed(pattern.replace("\\/", "/"))
        except re.error as other:
            return str(other)
        except (RecursionError, OverflowError):
            return reason
        # What Python reads and this engine does not (lookaround, backreferences), ECMA-262 has.
        return None
    return None


def _parsed(pattern: str) -> Any:
    """A pattern as Python parses it, which warns of what another dialect might mean by it: not of what is wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _parser.parse(re.sub(r"\(\?<(?![=!])", "(?P<", pattern))


@check("pattern-slow")
def _pattern_slow(node: Node, context: Context) -> Iterator[Finding]:
    for pattern, pointer in _patterns(node):
        if backtracks(pattern):
            message = f"{pattern!r} repeats a repetition, which can take exponential time"
            yield Finding(pointer, message, key=pointer != node.at("pattern"))


def backtracks(pattern: str) -> bool:
    """Return True if a pattern has an unbounded repetition inside another that can match the same text."""
    try:
        parsed = _parsed(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return _is_nested(parsed, False)


def _is_nested(items: Any, inside: bool) -> bool:
    """Return True if a repetition can split its text in more than one way: all of it repeats, or alternatives overlap.
    ``inside`` tells that the items are themselves repeated."""
    for operator, argument in items:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = argument
            unbounded = most == _parser.MAXREPEAT
            if unbounded and inside and _is_alone(items):
                return True
            if unbounded and _overlaps(body):
                return True
            if _is_nested(body, unbounded or (inside and _is_alone(items))):
                return True
        elif name == "SUBPATTERN":
            if _is_nested(argument[-1], inside and _is_alone(items)):
                return True
        elif name == "BRANCH" and any(_is_nested(branch, inside and _is_alone(items)) for branch in argument[1]):
            return True
    return False


def _is_alone(items: Any) -> bool:
    """Return True if nothing fixed is beside a repetition, which would mark where it ends."""
    return all(str(operator) in ("MAX_REPEAT", "MIN_REPEAT", "SUBPATTERN", "BRANCH", "AT") for operator, _ in items)


def _overlaps(body: Any) -> bool:
    """Return True if two alternatives of a repetition begin alike, so that one text can be read in several ways."""
    for operator, argument in body:
        if str(operator) == "SUBPATTERN" and len(body) == 1:
            return _overlaps(argument[-1])
        if str(operator) == "BRANCH":
            starts = [str(list(branch)[:1]) for branch in argument[1]]
            return len(set(starts)) < len(starts)
    return False
