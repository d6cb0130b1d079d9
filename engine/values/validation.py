"""Validation of contract values: jsonschema-rs accepts, jsonschema explains.

Rule 1. The verdict is jsonschema-rs's: a compiled validator that is about a hundred times faster. Only a value that it
refuses is given to jsonschema, which knows each place and keyword, for the text of the problems.

Rule 2. What jsonschema-rs cannot decide (infinity, an unpaired surrogate, a value nested too deep) is judged by what
jsonschema finds. What neither can decide is accepted: the service will say what it thinks of it.

Rule 3. Time is bounded by the value's size: patterns by ``patterns``, the explanation by ``explaining`` and the number
of problems (``MAX_PROBLEMS``).

Rule 4. jsonschema is imported when the first value is refused: it is a tenth of what a first call imports.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from openconnectors.engine.deferred import module
from openconnectors.engine.errors import UNPAIRED_SURROGATE, Path, Problem, nearest, short_repr
from openconnectors.engine.values.judges import judge_of

if TYPE_CHECKING:
    from openconnectors.engine.values import explaining
else:
    explaining = module("openconnectors.engine.values.explaining")

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


class Validator:
    """Judges plain JSON values by one JSON Schema."""

    def __init__(self, json_schema: Mapping[str, Any]) -> None:
        self.json_schema = dict(json_schema)
        self._judge = judge_of(self.json_schema)
        self._explainer: explaining.Explainer | None = None

    def accepts(self, value: Any) -> bool:
        """Return True if a value is valid; False also if jsonschema-rs cannot decide it."""
        try:
            return self._judge is not None and self._judge.is_valid(value)
        except ValueError:
            return False

    def finds_valid(self, value: Any) -> bool:
        """Return True if a value has no problems: an explanation is made only where jsonschema-rs cannot decide."""
        judge = self._judge
        try:
            if judge is not None and (judge.is_valid(value) or not _has_infinity(value)):
                return judge.is_valid(_with_doubles(value))
        except ValueError:
            pass
        return not self.problems(value)

    def problems(self, value: Any, path: Path = ()) -> list[Problem]:
        """The problems of a value that is at a path, in the order of their places; none: it is valid."""
        judge = self._judge
        try:
            if judge is not None and judge.is_valid(value):
                return []
        except ValueError:
            judge = None  # undecided: not plain JSON, or too deep; the explainer says where
        problems = self._explain(value, path)
        if problems or judge is None or _has_infinity(value):  # jsonschema-rs reads infinity as null
            return problems
        if judge.is_valid(_with_doubles(value)):
            return []  # an enum of a document holds doubles, which never equal a decimal with more digits
        # The two libraries differ only where jsonschema reads a keyword less strictly.
        return [Problem(path, "does not match its schema")]

    def _explain(self, value: Any, path: Path) -> list[Problem]:
        if self._explainer is None:
            self._explainer = explaining.Explainer(self.json_schema, judge_of)
        problems: list[Problem] = []
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for error in self._explainer.errors(_with_doubles(value)):
                    problems += problems_of(error, path)
        except RecursionError:
            problems += self._problems_of_deep(value, path)
        except Exception:  # noqa: BLE001, S110 - a remainder of infinity; an object of the caller's that has no text
            pass  # the problems until then are reported
        return list(dict.fromkeys(problems))

    def _problems_of_deep(self, value: Any, path: Path) -> list[Problem]:
        """What jsonschema-rs itself says of a value that is, or whose schema is, too deep for jsonschema. Of branches
        it says nothing in bounded time."""
        try:
            bounded = self._judge is not None and not _has_branches(self.json_schema)
            errors = list(self._judge.iter_errors(value)) if bounded and self._judge is not None else []
        except ValueError:
            errors = []
        problems = [Problem((*path, *error.instance_path), str(error.message)) for error in errors]
        return problems or [Problem(path, "is nested too deep")]


# Problems in our words


def problems_of(error: ValidationError, path: Path) -> list[Problem]:
    """The problems that one error of jsonschema is, for a value at a path."""
    here = (*path, *error.absolute_path)
    keyword, limit = str(error.validator), error.validator_value
    instance: Any = error.instance
    if keyword == "required":
        required: Any = limit
        return [Problem((*here, name), "is missing") for name in required if name not in instance]
    if keyword == "additionalProperties" and limit is False:
        schema: Any = error.schema
        known = schema.get("properties", {})
        return [
            Problem((*here, name), f"is not known{nearest(name, known)}")
            for name in explaining.unknown(schema, instance)
        ]
    if keyword in ("anyOf", "oneOf") and error.context:
        return [problem for reason in error.context for problem in _of_nearest(reason, path, error.message)]
    if keyword == "dependentRequired":
        needed: Any = limit
        return [
            Problem((*here, name), f"is missing, {member} needs it")
            for member, names in needed.items()
            if member in instance
            for name in names
            if name not in instance
        ]
    message = _MESSAGES.get(keyword)
    return [Problem(here, message(limit, instance) if message else error.message)]


def _of_nearest(reason: ValidationError, path: Path, nearest_branch: str) -> list[Problem]:
    """The problems of one error of the nearest branch. Of branches within branches the innermost is named."""
    problems = problems_of(reason, path)
    if not nearest_branch or reason.context:
        return problems
    return [replace(problem, message=f"{problem.message} (of {nearest_branch})") for problem in problems]


_MESSAGES: Mapping[str, Callable[[Any, Any], str]] = {
    "type": lambda limit, value: f"must be {_type_names(limit)}, not {short_repr(value)}{_hint(limit, value)}",
    "enum": lambda limit, value: f"must be one of {', '.join(map(repr, limit))}, not {short_repr(value)}",
    "minimum": lambda limit, value: f"must be at least {limit}, not {short_repr(value)}",
    "maximum": lambda limit, value: f"must be at most {limit}, not {short_repr(value)}",
    "exclusiveMinimum": lambda limit, value: f"must be more than {limit}, not {short_repr(value)}",
    "exclusiveMaximum": lambda limit, value: f"must be less than {limit}, not {short_repr(value)}",
    "multipleOf": lambda limit, value: f"must be a multiple of {limit}, not {short_repr(value)}",
    "minLength": lambda limit, value: f"must have at least {limit} characters, it has {len(value)}",
    "maxLength": lambda limit, value: f"must have at most {limit} characters, it has {len(value)}",
    "minItems": lambda limit, value: f"must have at least {limit} items, it has {len(value)}",
    "maxItems": lambda limit, value: f"must have at most {limit} items, it has {len(value)}",
    "uniqueItems": lambda limit, value: "must not hold the same item twice",
    "minProperties": lambda limit, value: f"must have at least {limit} members, it has {len(value)}",
    "maxProperties": lambda limit, value: f"must have at most {limit} members, it has {len(value)}",
    "pattern": lambda limit, value: f"must match {limit}, {short_repr(value)} does not",
    "additionalProperties": lambda limit, value: "has members that are not known",
    "const": lambda limit, value: f"must be {limit!r}, not {short_repr(value)}",
    "None": lambda limit, value: "is not allowed",
}
"""The message for each keyword of JSON Schema, from its limit and the value. For a keyword without a row it is
jsonschema's."""


def _type_names(limit: str | list[str]) -> str:
    return limit if isinstance(limit, str) else " or ".join(limit)


def _hint(limit: object, value: object) -> str:
    """How to make plain JSON of a Python object, for those that callers give most."""
    if isinstance(value, (bytes, bytearray, memoryview)) and "string" in str(limit):
        return "; give it as text, such as base64.b64encode(value).decode()"
    if hasattr(value, "__next__"):
        return "; give a list"
    if hasattr(value, "isoformat"):
        return "; give value.isoformat()"
    if hasattr(value, "__dataclass_fields__"):
        return "; give dataclasses.asdict(value)"
    return "; give value.model_dump()" if hasattr(value, "model_dump") else ""


def not_plain_data(value: object, path: Path) -> Iterator[Problem]:
    """The problems of a value that holds what is not JSON data, about which a schema says nothing."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from not_plain_data(inside, (*path, str(name)))
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from not_plain_data(inside, (*path, index))
    elif isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            yield Problem(path, UNPAIRED_SURROGATE)
    elif value is not None and not isinstance(value, (bool, int, float, Decimal)):
        message = f"must be plain data (dict, list, text, a number, true or false), not {short_repr(value)}"
        yield Problem(path, f"{message}{_hint('string', value)}")


def _has_branches(json_schema: object) -> bool:
    """Return True if a JSON Schema has ``anyOf`` or ``oneOf`` at any depth."""
    stack = [json_schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if "anyOf" in node or "oneOf" in node:
                return True
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return False


def _with_doubles(value: Any) -> Any:
    """A value with its decimals as doubles: jsonschema cannot calculate with decimals and floats together."""
    if isinstance(value, dict):
        return {name: _with_doubles(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [_with_doubles(inside) for inside in value]
    return float(value) if isinstance(value, Decimal) else value


def _has_infinity(value: object) -> bool:
    """Return True if a value holds a number beyond a double."""
    if isinstance(value, dict):
        return any(map(_has_infinity, value.values()))
    if isinstance(value, list):
        return any(map(_has_infinity, value))
    return isinstance(value, (float, Decimal)) and abs(value) == float("inf")
