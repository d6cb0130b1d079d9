"""The expressions of policies: small paths into a connection, a request or an answer, inside text.

``@connectionParameters('x')`` and its like stand alone, within text (there they end with their parenthesis), or
in braces, ``@{body().x}`` or ``{@body().x}``. There are no conditions and no arithmetic. An at sign before
anything else is itself: ``@odata.nextLink``.

Source: learn.microsoft.com, "Policy templates in custom connectors"; the expressions of the published connectors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from openconnectors.engine.credentials import revealed
from openconnectors.engine.errors import Unsupported
from openconnectors.engine.model import MISSING


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may look at. ``headers`` and ``query`` are the arguments of the call, by wire name;
    ``item`` is the member of a list that a policy is about to change."""

    connection: Mapping[str, Any] = field(default_factory=dict)
    method: str = ""
    headers: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = MISSING
    item: Any = MISSING


def _named(values: Mapping[str, Any], name: str) -> Any:
    """A value by its name, or by its name in another case."""
    if name in values:
        return values[name]
    folded = name.lower()
    return next((value for key, value in values.items() if key.lower() == folded), MISSING)


ROOTS: Mapping[str, Callable[[Scope, str], Any]] = {
    "connectionparameters": lambda scope, name: revealed(_named(scope.connection, name)),
    "headers": lambda scope, name: _named(scope.headers, name),
    "queryparameters": lambda scope, name: _named(scope.query, name),
    "body": lambda scope, name: scope.body,
    "triggerbody": lambda scope, name: scope.body,
    "item": lambda scope, name: scope.item,
}
"""Where an expression begins, by its name in lower case."""

ARGUMENTS = frozenset({"headers", "queryparameters", "body", "item"})
"""The roots that whoever calls fills in."""

Step: TypeAlias = str | int


@dataclass(frozen=True, slots=True)
class Expression:
    """One path: a root, its argument, what stands for it where it has no value, and the steps from there."""

    root: str
    name: str = ""
    default: Any = MISSING
    steps: tuple[Step, ...] = ()

    def value(self, scope: Scope) -> Any:
        """What it leads to; its default, or MISSING, where there is nothing."""
        found = ROOTS[self.root](scope, self.name)
        for step in self.steps:
            found = _stepped(found, step)
        return self.default if found is MISSING or found is None else found


def _stepped(value: Any, step: Step) -> Any:
    if isinstance(value, dict):
        return value.get(str(step), MISSING)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return MISSING


_QUOTED = r"'((?:[^']|'')*)'"
_CALL = rf"(\w+)\(\s*(?:{_QUOTED}\s*(?:,\s*{_QUOTED}\s*)?)?\)"
_STEPS = r"((?:\.[A-Za-z_$][\w$-]*|\[\s*'[^']*'\s*\]|\[\d+\])*)"
_STEP = re.compile(r"\.([A-Za-z_$][\w$-]*)|\[\s*'([^']*)'\s*\]|\[(\d+)\]")
_WHOLE = re.compile(rf"@?{_CALL}{_STEPS}\Z")
_HOLE = re.compile(rf"@\{{\s*{_CALL}{_STEPS}\s*\}}|\{{\s*@{_CALL}{_STEPS}\s*\}}|@{_CALL}")
METHOD = re.compile(r"@request\.originalhttpmethod\Z", re.IGNORECASE)


def _expression(root: str, name: str | None, default: str | None, steps: str | None) -> Expression:
    if root.lower() not in ROOTS:
        raise Unsupported(f"the expression {root}() is not known; known are {', '.join(ROOTS)}")
    found = tuple(int(index) if index else plain or quoted for plain, quoted, index in _STEP.findall(steps or ""))
    given = default.replace("''", "'") if default is not None else MISSING
    return Expression(root.lower(), (name or "").replace("''", "'"), given, found)


def path(text: Any) -> Expression:
    """One expression that is the whole of a text; ``Unsupported`` for any other text."""
    found = _WHOLE.match(str(text).strip())
    if found is None:
        raise Unsupported(f"{text!r} is no path such as @body().name")
    return _expression(*found.groups())


def steps_of(text: str) -> tuple[Step, ...]:
    """The steps of a relative path: ``name``, ``a.b``, ``['@odata.id']``."""
    found = text.strip()
    if not found.startswith("["):
        found = f".{found}"
    if _STEP.sub("", found):
        return (text.strip(),)  # a name that is no path
    return tuple(int(index) if index else plain or quoted for plain, quoted, index in _STEP.findall(found))


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions in it; ``alone`` tells that it is nothing but one."""

    parts: tuple[str | Expression, ...]
    alone: bool = False

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions, in their order."""
        return tuple(part for part in self.parts if isinstance(part, Expression))

    def text(self, scope: Scope, write: Callable[[Expression, Any], str] = lambda _, value: plain(value)) -> str | None:
        """The text with every expression written; None where one has no value."""
        found = []
        for part in self.parts:
            if isinstance(part, str):
                found.append(part)
                continue
            value = part.value(scope)
            if value is MISSING:
                return None
            found.append(write(part, value))
        return "".join(found)

    def value(self, scope: Scope) -> Any:
        """The value: of an expression alone what it leads to, of JSON with expressions in it what that is, else the
        text; MISSING where an expression has no value."""
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
    """A text compiled; ``Unsupported`` for an expression that is not known."""
    given = str(text)
    whole = _WHOLE.match(given.strip()) if given.strip().startswith("@") else None
    if whole is not None:
        return Template((_expression(*whole.groups()),), alone=True)
    parts: list[str | Expression] = []
    place = 0
    for hole in _HOLE.finditer(given):
        groups = next(
            hole.groups()[start : start + size] for start, size in ((0, 4), (4, 4), (8, 3)) if hole.group(start + 1)
        )
        parts += [given[place : hole.start()], _expression(*groups, *([None] if len(groups) == 3 else []))]
        place = hole.end()
    parts.append(given[place:])
    kept = tuple(part for part in parts if part != "")
    return Template(kept, alone=len(kept) == 1 and isinstance(kept[0], Expression))
