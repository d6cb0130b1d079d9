"""The expressions of policies: small paths into a connection, a request or a response, inside text.

Rule 1. ``@connectionParameters('x')`` and its like stand alone, within text (there they end with their parenthesis),
or in braces, ``@{body().x}`` or ``{@body().x}``. There are no conditions and no arithmetic.

Rule 2. An at sign before anything else is itself: ``@odata.nextLink``. An unknown function is ``Unsupported``, since
its text would be sent as it is.

Rule 3. What leads to nothing is MISSING, and null like it has the default. It never raises: responses are as they are.

Source: learn.microsoft.com, "Policy templates in custom connectors"; the expressions of the published connectors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct, field

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import Unsupported
from openconnectors.engine.masking import revealed
from openconnectors.engine.model import MISSING


class Scope(Struct, frozen=True):
    """What an expression may read. ``headers`` and ``query`` are the arguments of the call, by wire name; ``item`` is
    the item of a list that a policy is about to change."""

    connection: Mapping[str, Any] = field(default_factory=dict)
    method: str = ""
    headers: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = MISSING
    item: Any = MISSING


def _by_name(values: Mapping[str, Any], name: str) -> Any:
    """The value of a name, or of the name in another case; MISSING if there is none."""
    if name in values:
        return values[name]
    folded = name.lower()
    return next((value for key, value in values.items() if key.lower() == folded), MISSING)


ROOTS: Mapping[str, Callable[[Scope, str], Any]] = {
    "connectionparameters": lambda scope, name: revealed(_by_name(scope.connection, name)),
    "headers": lambda scope, name: _by_name(scope.headers, name),
    "queryparameters": lambda scope, name: _by_name(scope.query, name),
    "body": lambda scope, name: scope.body,
    "triggerbody": lambda scope, name: scope.body,
    "item": lambda scope, name: scope.item,
}
"""The functions that an expression begins with, by their names in lower case."""

ARGUMENTS = frozenset({"headers", "queryparameters", "body", "item"})
"""The roots whose values come from the caller, not from the connection."""

Step: TypeAlias = str | int


class Expression(Struct, frozen=True):
    """One path: a root, its argument, the default if there is no value, and the steps from there."""

    root: str
    name: str = ""
    default: Any = MISSING
    steps: tuple[Step, ...] = ()

    def value(self, scope: Scope) -> Any:
        """The value that it leads to; its default, which may be MISSING, if there is none."""
        value = ROOTS[self.root](scope, self.name)
        for step in self.steps:
            value = _member(value, step)
        return self.default if value is MISSING or value is None else value


def _member(value: Any, step: Step) -> Any:
    if isinstance(value, dict):
        return value.get(str(step), MISSING)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return MISSING


_QUOTED = r"'((?:[^']|'')*)'"
_CALL = rf"(\w+)\(\s*(?:{_QUOTED}\s*(?:,\s*{_QUOTED}\s*)?)?\)"
_STEPS = r"((?:\.[A-Za-z_$][\w$-]*|\[\s*'[^']*'\s*\]|\[\d+\])*)"
_STEP = pattern(r"\.([A-Za-z_$][\w$-]*)|\[\s*'([^']*)'\s*\]|\[(\d+)\]")
_WHOLE = pattern(rf"@?{_CALL}{_STEPS}\Z")
_EMBEDDED = pattern(rf"@\{{\s*{_CALL}{_STEPS}\s*\}}|\{{\s*@{_CALL}{_STEPS}\s*\}}|@{_CALL}")
METHOD = pattern(r"@request\.originalhttpmethod\Z", re.IGNORECASE)


def _expression(root: str, name: str | None, default: str | None, steps: str | None) -> Expression:
    if root.lower() not in ROOTS:
        raise Unsupported(f"the expression {root}() is not known; known are {', '.join(ROOTS)}")
    unquoted = default.replace("''", "'") if default is not None else MISSING
    return Expression(root.lower(), (name or "").replace("''", "'"), unquoted, _steps(steps or ""))


def _steps(text: str) -> tuple[Step, ...]:
    return tuple(int(index) if index else plain or quoted for plain, quoted, index in _STEP.findall(text))


def path(text: Any) -> Expression:
    """The expression that is the whole of a text. ``Unsupported`` for any other text."""
    whole = _WHOLE.match(str(text).strip())
    if whole is None:
        raise Unsupported(f"{text!r} is not a path such as @body().name")
    return _expression(*whole.groups())


def steps_of(text: str) -> tuple[Step, ...]:
    """The steps of a relative path: ``name``, ``a.b``, ``['@odata.id']``."""
    text = text.strip()
    relative = text if text.startswith("[") else f".{text}"
    if _STEP.sub("", relative):
        return (text,)  # a name that holds what a path cannot (a blank, an at sign)
    return _steps(relative)


class Template(Struct, frozen=True):
    """A text with expressions in it. ``alone``: it is one expression and nothing else."""

    parts: tuple[str | Expression, ...]
    alone: bool = False

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions, in their order."""
        return tuple(part for part in self.parts if isinstance(part, Expression))

    def text(self, scope: Scope, write: Callable[[Expression, Any], str] = lambda _, value: plain(value)) -> str | None:
        """The text with every expression written; None if one has no value."""
        texts = []
        for part in self.parts:
            if isinstance(part, str):
                texts.append(part)
                continue
            value = part.value(scope)
            if value is MISSING:
                return None
            texts.append(write(part, value))
        return "".join(texts)

    def value(self, scope: Scope) -> Any:
        """The value: that of an expression alone, that of JSON with expressions in it, else the text; MISSING if an
        expression has no value."""
        if self.alone:
            (only,) = self.expressions
            return only.value(scope)
        first = self.parts[0] if self.parts else ""
        if isinstance(first, str) and first.lstrip()[:1] in ("[", "{"):
            written = self.text(scope, lambda _, value: json.dumps(value))
            try:
                return MISSING if written is None else json.loads(written)
            except ValueError:
                pass
        text = self.text(scope)
        if text is None:
            return MISSING
        return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


def plain(value: Any) -> str:
    """A value as text within a text."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def template(text: Any) -> Template:
    """A text, compiled. ``Unsupported`` for an expression that is not known."""
    text = str(text)
    whole = _WHOLE.match(text.strip()) if text.strip().startswith("@") else None
    if whole is not None:
        return Template((_expression(*whole.groups()),), alone=True)
    parts: list[str | Expression] = []
    end = 0
    for match in _EMBEDDED.finditer(text):
        # The three spellings of _EMBEDDED, by their first group and the number of their groups.
        groups = next(
            match.groups()[start : start + size] for start, size in ((0, 4), (4, 4), (8, 3)) if match.group(start + 1)
        )
        parts += [text[end : match.start()], _expression(*groups, *([None] if len(groups) == 3 else []))]
        end = match.end()
    parts.append(text[end:])
    kept = tuple(part for part in parts if part != "")
    return Template(kept, alone=len(kept) == 1 and isinstance(kept[0], Expression))
