"""The expressions in the filters of queries: the part of JavaScript that rule sets use, evaluated without running any.

``@`` is the value that is judged, ``@property`` its key, ``@parent``, ``@parentProperty``, ``@path`` and ``@root`` what
they say. What JavaScript would throw for (a member of ``undefined``) is ``undefined`` here: the filter does not hold.
RFC 9535 has no keys, no calls and no regular expressions in filters, so its library cannot read these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from openconnectors.engine.deferred import pattern
from openconnectors.engine.lint.rulesets.patterns import Pattern, compiled
from openconnectors.engine.lint.rulesets.places import UNDEFINED, Place

Expression = Callable[[Place], Any]
"""The value of an expression for a place."""


class Unreadable(ValueError):
    """A query or an expression that cannot be read, and why."""


_TOKEN = pattern(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<place>@[A-Za-z]+|@)
  | (?P<name>[A-Za-z_$][\w$]*)
  | (?P<operator>===|!==|==|!=|<=|>=|&&|\|\||[-!<>()\[\].,+])
  | (?P<slash>/)
)""",
    re.VERBOSE,
)
_PATTERN = pattern(r"/((?:[^/\\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+)/([a-z]*)")


def truth(value: Any) -> bool:
    """Whether JavaScript takes a value for true: every collection is, also an empty one."""
    if isinstance(value, (Mapping, list, Pattern)):
        return True
    return value is not UNDEFINED and bool(value)


def parse(text: str) -> Expression:
    """The function of an expression; ``Unreadable`` says what is wrong with it."""
    parser = _Parser(text)
    expression = parser.any()
    if parser.token[0] != "end":
        raise Unreadable(f"{parser.token[1]!r} is not expected in the expression {text!r}")
    return expression


class _Parser:
    """Reads an expression from left to right, by the precedence of its operators."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self.token = ("", "")
        self._next(False)

    def _next(self, operand_before: bool) -> tuple[str, str]:
        """Go to the next token. A slash begins a pattern unless an operand stands before it."""
        before = self.token
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            if self._text[self._at :].strip():
                raise Unreadable(f"{self._text[self._at :].strip()!r} cannot be read in the expression {self._text!r}")
            self.token = ("end", "the end")
        elif match.lastgroup == "slash":
            pattern = None if operand_before else _PATTERN.match(self._text, match.start("slash"))
            if pattern is None:
                raise Unreadable(f"divisions are not read in the expression {self._text!r}")
            self.token, self._at = ("pattern", pattern[0]), pattern.end()
        else:
            self.token, self._at = (str(match.lastgroup), match[str(match.lastgroup)]), match.end()
        return before

    def _takes(self, *operators: str) -> str | None:
        if self.token[0] == "operator" and self.token[1] in operators:
            return self._next(self.token[1] in (")", "]"))[1]
        return None

    def _expect(self, operator: str) -> None:
        if self._takes(operator) is None:
            raise Unreadable(f"{operator!r} is expected, not {self.token[1]!r}, in the expression {self._text!r}")

    def any(self) -> Expression:
        """An expression of any kind."""
        left = self._all()
        while self._takes("||"):
            left = _either(left, self._all())
        return left

    def _all(self) -> Expression:
        left = self._compared()
        while self._takes("&&"):
            left = _both(left, self._compared())
        return left

    def _compared(self) -> Expression:
        left = self._sum()
        while operator := self._takes(*_COMPARISONS):
            left = _binary(_COMPARISONS[operator], left, self._sum())
        return left

    def _sum(self) -> Expression:
        left = self._unary()
        while operator := self._takes("+", "-"):
            left = _binary(_plus if operator == "+" else _minus, left, self._unary())
        return left

    def _unary(self) -> Expression:
        if self._takes("!"):
            operand = self._unary()
            return lambda place: not truth(operand(place))
        if self._takes("-"):
            operand = self._unary()
            return lambda place: _minus(0, operand(place))
        if self.token in (("name", "typeof"), ("name", "void")):
            _, word = self._next(False)
            operand = self._unary()
            return (lambda place: _type(operand(place))) if word == "typeof" else (lambda place: UNDEFINED)
        return self._members()

    def _members(self) -> Expression:
        value = self._operand()
        while True:
            if self._takes("."):
                kind, name = self._next(True)
                if kind != "name":
                    raise Unreadable(f"a name is expected after the dot, not {name!r}, in {self._text!r}")
                if self._takes("("):
                    value = _call(value, name, self._arguments(), self._text)
                else:
                    value = _binary(_member, value, _constant(name))
            elif self._takes("["):
                value = _binary(_member, value, self.any())
                self._expect("]")
            else:
                return value

    def _arguments(self) -> list[Expression]:
        arguments: list[Expression] = []
        while not self._takes(")"):
            arguments.append(self.any())
            if self._takes(",") is None and self.token != ("operator", ")"):
                raise Unreadable(f"')' is expected, not {self.token[1]!r}, in the expression {self._text!r}")
        return arguments

    def _operand(self) -> Expression:
        if self._takes("("):
            inner = self.any()
            self._expect(")")
            return inner
        kind, text = self._next(True)
        if kind == "number":
            return _constant(float(text) if "." in text else int(text))
        if kind == "text":
            return _constant(unquoted(text))
        if kind == "pattern":
            return _constant(compiled(text))
        if kind == "place" and text in _PLACES:
            return _PLACES[text]
        if kind == "name" and text in _CONSTANTS:
            return _constant(_CONSTANTS[text])
        raise Unreadable(f"{text!r} is not known in the expression {self._text!r}")


def unquoted(text: str) -> str:
    """The text in quotes of either kind."""
    if text[0] == "'":
        text = '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return re.sub(r"\\(.)", r"\1", text[1:-1])


_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}


def _parent(place: Place) -> Any:
    return UNDEFINED if place.above is None else place.above.value


def _path(place: Place) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f"['{step}']" for step in place.steps)


def _root(place: Place) -> Any:
    while place.above is not None:
        place = place.above
    return place.value


def _property(place: Place | None) -> Any:
    return UNDEFINED if place is None or place.name is None else place.name


_PLACES: Mapping[str, Expression] = {
    "@": lambda place: place.value,
    "@property": _property,
    "@parent": _parent,
    "@parentProperty": lambda place: _property(place.above),
    "@path": _path,
    "@root": _root,
}


def _constant(value: Any) -> Expression:
    return lambda place: value


def _either(left: Expression, right: Expression) -> Expression:
    def value(place: Place) -> Any:
        first = left(place)
        return first if truth(first) else right(place)

    return value


def _both(left: Expression, right: Expression) -> Expression:
    def value(place: Place) -> Any:
        first = left(place)
        return right(place) if truth(first) else first

    return value


def _binary(function: Callable[[Any, Any], Any], left: Expression, right: Expression) -> Expression:
    return lambda place: function(left(place), right(place))


def _type(value: Any) -> str:
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number" if isinstance(value, (int, float)) else "object"


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal and of one type; of collections, whether they are the same."""
    if isinstance(left, (Mapping, list)) or isinstance(right, (Mapping, list)):
        return left is right
    return _type(left) == _type(right) and bool(left == right)


def _alike(left: Any, right: Any) -> bool:
    if left is None or left is UNDEFINED:
        return right is None or right is UNDEFINED
    if {_type(left), _type(right)} <= {"string", "number", "boolean"} and _type(left) != _type(right):
        try:
            return float(left) == float(right)
        except ValueError:
            return False
    return same(left, right)


def _less(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    try:
        return float(left) < float(right)
    except (TypeError, ValueError):
        return False


def _at_most(left: Any, right: Any) -> bool:
    return _less(left, right) or (_type(left) in ("string", "number") and _alike(left, right))


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "===": same,
    "!==": lambda left, right: not same(left, right),
    "==": _alike,
    "!=": lambda left, right: not _alike(left, right),
    "<": _less,
    ">": lambda left, right: _less(right, left),
    "<=": _at_most,
    ">=": lambda left, right: _at_most(right, left),
}


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return f"{left}{right}"
    return left + right if _type(left) == _type(right) == "number" else UNDEFINED


def _minus(left: Any, right: Any) -> Any:
    return left - right if _type(left) == _type(right) == "number" else UNDEFINED


def _member(value: Any, name: Any) -> Any:
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
    elif name == "length" and isinstance(value, (str, list)):
        return len(value)
    elif isinstance(value, (str, list)) and isinstance(name, int) and 0 <= name < len(value):
        return value[name]
    if name == "constructor" and value is not None and value is not UNDEFINED:
        kind = "Array" if isinstance(value, list) else _type(value).capitalize()
        return {"name": kind}
    return UNDEFINED


def _call(value: Expression, name: str, arguments: list[Expression], text: str) -> Expression:
    if name not in _CALLS:
        raise Unreadable(f"the function {name!r} is not known in the expression {text!r}")
    if len(arguments) > 1 or (not arguments and name not in _ALONE):
        raise Unreadable(f"{name!r} takes {0 if name in _ALONE else 1} value in the expression {text!r}")
    function = _CALLS[name]
    argument = arguments[0] if arguments else _constant(UNDEFINED)
    return lambda place: function(value(place), argument(place))


def _texts(function: Callable[[str, str], Any]) -> Callable[[Any, Any], Any]:
    """A function of two texts, which is undefined for anything else."""
    return lambda value, other: function(value, other) if isinstance(value, str) and isinstance(other, str) else (
        UNDEFINED
    )  # fmt: skip


def _match(value: Any, pattern: Any) -> Any:
    pattern = compiled(pattern) if isinstance(pattern, str) else pattern
    return isinstance(value, str) and isinstance(pattern, Pattern) and pattern.finds(value)


def _includes(value: Any, other: Any) -> Any:
    if isinstance(value, list):
        return any(same(item, other) for item in value)
    return isinstance(value, str) and isinstance(other, str) and other in value


def _index(value: Any, other: Any) -> Any:
    if isinstance(value, list):
        return next((index for index, item in enumerate(value) if same(item, other)), -1)
    return value.find(other) if isinstance(value, str) and isinstance(other, str) else UNDEFINED


_ALONE = ("toLowerCase", "toUpperCase", "trim", "toString")
_CALLS: Mapping[str, Callable[[Any, Any], Any]] = {
    "match": _match,
    "test": lambda pattern, value: _match(value, pattern),
    "includes": _includes,
    "indexOf": _index,
    "startsWith": _texts(str.startswith),
    "endsWith": _texts(str.endswith),
    "hasOwnProperty": lambda value, name: isinstance(value, Mapping) and name in value,
    "toLowerCase": lambda value, _: value.lower() if isinstance(value, str) else UNDEFINED,
    "toUpperCase": lambda value, _: value.upper() if isinstance(value, str) else UNDEFINED,
    "trim": lambda value, _: value.strip() if isinstance(value, str) else UNDEFINED,
    "toString": lambda value, _: str(value),
}
