"""What changed between two versions of a document, for those who call it: breaking or not, and the version it asks for.

What callers send may only grow wider, what they get only narrower; each row of ``CHANGES`` says which of these a
change is. Both documents may be of any version that has a grammar, and of different ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from openconnectors.engine.documents.document import Document
from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint.extensions import client_name, is_paged, trigger
from openconnectors.engine.lint.policies import policies
from openconnectors.engine.lint.properties import connection_parameters
from openconnectors.engine.lint.rules import Context, Rule
from openconnectors.engine.lint.table import RULES
from openconnectors.engine.lint.tree import Node, Tree
from openconnectors.engine.naming import snake
from openconnectors.engine.path_templates import without_names
from openconnectors.engine.values.codecs import essence

Bump = Literal["none", "patch", "minor", "major"]
BUMPS: tuple[Bump, ...] = ("none", "patch", "minor", "major")
Way = Literal["request", "answer"]

_SEVERITIES: Mapping[str, Any] = {"major": "error", "minor": "info", "patch": "info", "risk": "warning"}
CHANGES: Mapping[str, tuple[str, str]] = {
    "operation-removed": ("major", "Callers of the operation have nothing to call."),
    "operation-renamed": ("major", "Callers find the operation under its old name no more."),
    "operation-added": ("minor", "There is more to call."),
    "operation-moved": ("patch", "Callers do not see where an operation is found."),
    "operation-deprecated": ("minor", "Callers are asked to leave it."),
    "parameter-removed": ("major", "Callers that give it are refused."),
    "parameter-renamed": ("major", "Callers that give it by its old name are refused."),
    "parameter-added": ("minor", "Callers may give more."),
    "parameter-required": ("major", "Callers that do not give it are refused."),
    "parameter-optional": ("minor", "Callers may leave it out."),
    "parameter-moved": ("patch", "Callers do not see where a parameter travels."),
    "default-changed": ("risk", "Callers that leave it out get something else."),
    "body-removed": ("major", "Callers that give a body are refused."),
    "body-added": ("minor", "Callers may give a body."),
    "type-narrowed": ("major", "Values that were sent are refused."),
    "type-widened": ("major", "Values come that callers do not know how to read."),
    "type-changed": ("major", "Values are of another kind."),
    "type-relaxed": ("minor", "More values may be sent, or fewer kinds come."),
    "enum-narrowed": ("major", "Values that were sent are refused."),
    "enum-widened": ("major", "Values come that callers do not know."),
    "enum-relaxed": ("minor", "More values may be sent, or fewer come."),
    "limit-narrowed": ("major", "Values that were sent are refused."),
    "limit-widened": ("risk", "Values come that were not possible before."),
    "limit-relaxed": ("minor", "More values may be sent, or fewer come."),
    "format-changed": ("major", "Values are written, and read, as something else."),
    "pattern-changed": ("major", "Values that were sent may be refused."),
    "null-refused": ("major", "Null that was sent is refused."),
    "null-comes": ("major", "Null comes where callers do not expect it."),
    "null-relaxed": ("minor", "Null may be sent, or comes no more."),
    "property-removed": ("major", "Callers that give it, or read it, do not find it."),
    "property-added": ("minor", "There is more to give, or to read."),
    "property-required": ("major", "Callers that do not give it are refused."),
    "property-absent": ("major", "Callers that read it may not find it."),
    "property-relaxed": ("minor", "Callers may leave it out, or always find it."),
    "alternatives-changed": ("risk", "Values may be of other kinds."),
    "media-removed": ("major", "Callers that ask for it, or send it, are refused."),
    "media-added": ("minor", "Callers may ask for more, or send more."),
    "status-removed": ("risk", "Callers wait for an answer that does not come."),
    "status-added": ("risk", "An answer comes that callers do not know."),
    "answer-emptied": ("major", "Callers that read a value get none."),
    "answer-filled": ("minor", "There is a value to read."),
    "security-added": ("major", "Callers without the credential are refused."),
    "security-removed": ("minor", "Callers need fewer credentials."),
    "scope-added": ("major", "Callers whose token has not the scope are refused."),
    "connection-removed": ("major", "Saved connections hold what is known no more."),
    "connection-required": ("major", "Saved connections lack what is asked for."),
    "connection-added": ("minor", "Connections may hold more."),
    "connection-type": ("major", "Saved connections hold a value of another type."),
    "policy-changed": ("risk", "Requests or answers are changed in another way on their path."),
    "server-changed": ("risk", "Calls go to another place."),
    "paging-removed": ("major", "There are no further pages to ask for."),
    "paging-added": ("minor", "Further pages can be asked for."),
    "trigger-changed": ("major", "Events come in another way."),
    "version-behind": ("risk", "The version says less than what changed."),
}
"""Each kind of change: the version it asks for (``risk``: minor, and look at it), and what it means to callers."""

_FIXES = {
    "major": "Keep the old beside the new, or make it a new major version.",
    "risk": "See that callers know of it.",
}
for _id, (_level, _why) in CHANGES.items():
    _fix = _FIXES.get(_level, "Nothing to fix.")
    RULES.add(Rule(_id, _SEVERITIES[_level], profile="diff", reported_by="diff", why=_why, fix=_fix))


@dataclass
class Comparison:
    """What changed: findings at their place in the new document, with the place in the old one as ``related``."""

    found: list[Diagnostic] = field(default_factory=list)
    bump: Bump = "none"
    """What semantic versioning asks for."""
    declared: Bump = "none"
    """What the versions of the two documents say."""
    versions: tuple[str, str] = ("", "")

    @property
    def behind(self) -> bool:
        """Whether the version says less than what changed."""
        return BUMPS.index(self.declared) < BUMPS.index(self.bump)


def compare(
    old: Document, new: Document, old_properties: Document | None = None, new_properties: Document | None = None
) -> Comparison:
    """What changed from the old to the new document, and the properties beside them.

    ``InvalidDocument`` for what is not a mapping, and so says nothing of its version.
    """
    for document in (old, new):
        if not isinstance(document.root, Mapping):
            raise document.refuse("dialect", "a document is a mapping with swagger or openapi in it", "")
    before = Context(old, Tree(old), old_properties)
    after = Context(new, Tree(new), new_properties)
    made = _Comparer(before, after)
    made.run()
    versions = (_version(before), _version(after))
    bump = made.bump
    if bump == "major" and versions[0].startswith("0."):
        bump = "minor"  # semver.org, item 4: before 1.0.0 anything may change
    comparison = Comparison(made.found, bump, _declared(*versions), versions)
    if comparison.behind and bump != "patch":
        said = f"this asks for a {bump} version; the version goes from {versions[0] or '?'} to {versions[1] or '?'}"
        line, column = new.position("/info/version")
        row = RULES["version-behind"]
        comparison.found.append(
            Diagnostic(row.id, row.severity, said, new.file, line, column, "/info/version", "Raise the version.")
        )
    comparison.found.sort(key=lambda one: (one.file, one.line, one.column, one.rule))
    return comparison


def _version(context: Context) -> str:
    info = context.tree.root.get("info")
    return str(info.get("version", "")) if isinstance(info, Mapping) else ""


def _declared(old: str, new: str) -> Bump:
    first, second = ([int(part) for part in re.findall(r"\d+", one)[:3]] for one in (old, new))
    first, second = first + [0] * (3 - len(first)), second + [0] * (3 - len(second))
    if second <= first:
        return "none"
    changed = next(index for index, (a, b) in enumerate(zip(first, second, strict=True)) if a != b)
    return ("major", "minor", "patch")[changed]


_LOW = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_HIGH = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


@dataclass(frozen=True, slots=True)
class _Shape:
    """A schema with what it extends: its members, its properties, which of them are required."""

    node: Node
    members: Mapping[str, Any]
    properties: Mapping[str, Node]
    required: frozenset[str]


class _Comparer:
    def __init__(self, before: Context, after: Context) -> None:
        self._before, self._after = before, after
        self.found: list[Diagnostic] = []
        self.bump: Bump = "none"
        self._within: list[tuple[str, Node, Node, Way]] = []
        self._seen: set[tuple[str, str, Way]] = set()

    def _tell(self, rule: str, said: str, old: Node | str | None, new: Node | str | None, key: bool = True) -> None:
        row = RULES[rule]
        pointers = [one.pointer if isinstance(one, Node) else one for one in (old, new)]
        places = [
            None if pointer is None else (context.document.file, *context.document.position(pointer, key=key))
            for context, pointer in zip((self._before, self._after), pointers, strict=True)
        ]
        own, other = (places[1], places[0]) if places[1] is not None else (places[0], None)
        if own is None:
            return
        at = pointers[1] if pointers[1] is not None else pointers[0]
        self.found.append(Diagnostic(row.id, row.severity, said, *own, at or "", row.fix, other))
        self._ask(rule)

    def run(self) -> None:
        """Every change, by operation, then of the whole."""
        before, after = self._before.operations, self._after.operations
        places = {_place(one): name for name, one in after.items()}
        for name, one in before.items():
            if name in after:
                self._operation(one, after[name])
                continue
            renamed = places.get(_place(one))
            if renamed is not None and renamed not in before:
                said = f"the operation {name!r} is {renamed!r} now"
                self._tell("operation-renamed", said, one.at("operationId"), after[renamed].at("operationId"), False)
                self._operation(one, after[renamed])
            else:
                self._tell("operation-removed", f"the operation {name!r} is gone", one, None)
        known = {_place(one) for one in before.values()}
        for name, one in after.items():
            if name not in before and _place(one) not in known:
                self._tell("operation-added", f"there is a new operation {name!r}", None, one)
        self._whole()

    def _operation(self, old: Node, new: Node) -> None:
        name = str(old.get("operationId"))
        if _place(old) != _place(new):
            self._tell("operation-moved", f"{name} is {' '.join(_place(new))} now", old, new)
        if new.get("deprecated") is True and old.get("deprecated") is not True:
            self._tell("operation-deprecated", f"{name} is deprecated", old, new.at("deprecated"))
        self._parameters(name, old, new)
        self._body(name, old, new)
        self._answers(name, old, new)
        self._security(name, old, new)
        if is_paged(old) != is_paged(new):
            rule = "paging-removed" if is_paged(old) else "paging-added"
            self._tell(rule, f"{name} has {'no ' * is_paged(old)}further pages", old, new)
        if trigger(old) != trigger(new):
            self._tell("trigger-changed", f"the trigger of {name} is {trigger(new)!r} now", old, new)

    def _parameters(self, name: str, old: Node, new: Node) -> None:
        before, after = _parameters(self._before, old), _parameters(self._after, new)
        gone = [one for key, one in before.items() if key not in after]
        fresh = [one for key, one in after.items() if key not in before]
        for one in gone:
            twin = next((two for two in fresh if two.get("in") == one.get("in") and _alike(one, two)), None)
            said = f"the parameter {one.get('name')!r} of {name}"
            if twin is not None:
                fresh.remove(twin)
                self._tell(
                    "parameter-renamed", f"{said} is {twin.get('name')!r} now", one.at("name"), twin.at("name"), False
                )
            else:
                self._tell("parameter-removed", f"{said} is gone", one, None, False)
        for one in fresh:
            needed = one.get("required") is True and "default" not in _schema_of(self._after, one).value
            said = f"{name} has a new parameter {one.get('name')!r}{', which is required' * needed}"
            self._tell("parameter-required" if needed else "parameter-added", said, None, one, False)
        for key in before.keys() & after.keys():
            one, two = before[key], after[key]
            said = f"the parameter {one.get('name')!r} of {name}"
            if one.get("in") != two.get("in"):
                self._tell("parameter-moved", f"{said} travels in {two.get('in')} now", one, two, False)
            self._required(said, one, two)
            first, second = _schema_of(self._before, one), _schema_of(self._after, two)
            if first.get("default") != second.get("default"):
                told = f"{said} has the default {second.get('default')!r}; it was {first.get('default')!r}"
                self._tell("default-changed", told, first, second.at("default"))
            self._schemas(said, first, second, "request")

    def _required(self, said: str, one: Node, two: Node) -> None:
        if one.get("required") is not True and two.get("required") is True:
            self._tell("parameter-required", f"{said} is required now", one, two.at("required"), False)
        elif one.get("required") is True and two.get("required") is not True:
            self._tell("parameter-optional", f"{said} is optional now", one, two, False)

    def _body(self, name: str, old: Node, new: Node) -> None:
        before, after = _body(self._before, old), _body(self._after, new)
        said = f"the body of {name}"
        if before is None or after is None:
            if before is not None:
                self._tell("body-removed", f"{said} is gone", before[0], None, False)
            elif after is not None:
                needed = after[0].get("required") is True
                rule = "parameter-required" if needed else "body-added"
                self._tell(rule, f"{name} takes a body now{', which is required' * needed}", None, after[0], False)
            return
        self._required(said, before[0], after[0])
        self._media(said, before[1], after[1], before[0], after[0])
        first, second = (next(iter(one[1].values()), None) for one in (before, after))
        if first is not None and second is not None:
            self._schemas(said, first, second, "request")

    def _media(self, said: str, before: Mapping[str, Any], after: Mapping[str, Any], old: Node, new: Node) -> None:
        if not before or not after:
            return
        for media in before:
            if media not in after:
                self._tell("media-removed", f"{said} is {media} no more", old, new, False)
        for media in after:
            if media not in before:
                self._tell("media-added", f"{said} may be {media} too", old, new, False)

    def _answers(self, name: str, old: Node, new: Node) -> None:
        before, after = self._before.tree.responses(old), self._after.tree.responses(new)
        for status, one in before.items():
            if status not in after:
                self._tell("status-removed", f"{name} answers {status} no more", one, new.at("responses"))
        for status, two in after.items():
            if status not in before:
                self._tell("status-added", f"{name} may answer {status}", old.at("responses"), two)
        for status in before.keys() & after.keys():
            said = f"the answer {status} of {name}"
            first, second = _bodies(self._before, before[status], old), _bodies(self._after, after[status], new)
            self._media(said, first, second, before[status], after[status])
            was, now = (next(iter(each.values()), None) for each in (first, second))
            if was is not None and now is not None:
                self._schemas(said, was, now, "answer")
            elif was is not None:
                self._tell("answer-emptied", f"{said} has no value any more", was, after[status])
            elif now is not None:
                self._tell("answer-filled", f"{said} has a value now", before[status], now)

    def _security(self, name: str, old: Node, new: Node) -> None:
        before, after = _security(self._before, old), _security(self._after, new)
        if before == after or any(one in after for one in before if one):
            # A way to be authorised that callers have is still one, unless it asks for further scopes.
            if before != after and len(after) < len(before):
                self._tell("security-removed", f"{name} is authorised in other ways", old, new)
            return
        for one in after:
            for scheme, scopes in one.items():
                known = [way[scheme] for way in before if scheme in way]
                more = scopes - known[0] if known else frozenset[str]()
                if known and more:
                    self._tell(
                        "scope-added", f"{name} needs the scope {', '.join(sorted(more))} of {scheme!r}", old, new
                    )
                elif not known:
                    self._tell("security-added", f"{name} needs {scheme!r}", old, new)
        if not any(after) and any(before):
            self._tell("security-removed", f"{name} needs no credential any more", old, new)

    # Schemas

    def _schemas(self, said: str, old: Node, new: Node, way: Way) -> None:
        """Compares two schemas and those within them, in the order of the document; not recursively, as schemas refer
        to one another in chains longer than Python's own stack."""
        stack = [(said, old, new, way)]
        while stack:
            self._within = []
            self._schema(*stack.pop())
            stack += reversed(self._within)

    def _schema(self, said: str, old: Node, new: Node, way: Way) -> None:
        first, second = _shape(self._before, old), _shape(self._after, new)
        if first is None or second is None:
            return
        key = (first.node.pointer, second.node.pointer, way)
        if key in self._seen:
            return
        self._seen.add(key)
        if not self._types(said, first, second, way):
            return
        self._values(said, first, second, way)
        self._properties(said, first, second, way)
        for name in ("items", "additionalProperties"):
            one, two = (
                context.tree.nodes.get(shape.node.at(name))
                for context, shape in ((self._before, first), (self._after, second))
            )
            if one is not None and two is not None:
                self._within.append((f"{said}[]" if name == "items" else f"{said}.*", one, two, way))
        for name in ("oneOf", "anyOf"):
            if len(first.members.get(name) or ()) != len(second.members.get(name) or ()):
                self._tell("alternatives-changed", f"{said} has other alternatives", first.node, second.node)

    def _types(self, said: str, first: _Shape, second: _Shape, way: Way) -> bool:
        """Whether the two can be compared further."""
        old, new = _types(first), _types(second)
        if old == new:
            return True
        wider, narrower = _covers(new, old), _covers(old, new)
        told = f"{said} is {_spelled(new)} now; it was {_spelled(old)}"
        if wider or narrower:
            good = wider if way == "request" else narrower
            rule = "type-relaxed" if good else "type-narrowed" if way == "request" else "type-widened"
        else:
            rule = "type-changed"
        self._tell(rule, told, first.node.at("type"), second.node.at("type"))
        return bool(old & new)

    def _values(self, said: str, first: _Shape, second: _Shape, way: Way) -> None:
        self._enum(said, first, second, way)
        self._limits(said, first, second, way)
        if first.members.get("format") != second.members.get("format"):
            told = f"{said} has the format {second.members.get('format')!r}; it was {first.members.get('format')!r}"
            self._tell("format-changed", told, first.node.at("format"), second.node.at("format"))
        old, new = first.members.get("pattern"), second.members.get("pattern")
        if old != new and way == "request":
            rule = "limit-relaxed" if new is None else "pattern-changed"
            self._tell(
                rule,
                f"{said} has the pattern {new!r}; it was {old!r}",
                first.node.at("pattern"),
                second.node.at("pattern"),
            )
        nulls = [any(one.members.get(name) is True for name in _NULLABLE) for one in (first, second)]
        if nulls[0] != nulls[1]:
            bad = nulls[0] if way == "request" else nulls[1]
            rule = "null-relaxed" if not bad else "null-refused" if way == "request" else "null-comes"
            self._tell(rule, f"{said} may {'' if nulls[1] else 'not '}be null", first.node, second.node)

    def _enum(self, said: str, first: _Shape, second: _Shape, way: Way) -> None:
        old, new = first.members.get("enum"), second.members.get("enum")
        if old == new:
            return
        gone = [] if new is None else [one for one in old or [] if one not in new] if old is not None else ["any other"]
        fresh = (
            [] if old is None else [one for one in new or [] if one not in old] if new is not None else ["any other"]
        )
        bad, good = (gone, fresh) if way == "request" else (fresh, gone)
        words = {"gone": "no more", "fresh": "too"}
        for values, is_bad in ((bad, True), (good, False)):
            if values:
                rule = "enum-relaxed" if not is_bad else "enum-narrowed" if way == "request" else "enum-widened"
                word = words["gone" if values is gone else "fresh"]
                told = f"{said} may be {', '.join(map(repr, values))} {word}"
                self._tell(rule, told, first.node.at("enum"), second.node.at("enum"))

    def _limits(self, said: str, first: _Shape, second: _Shape, way: Way) -> None:
        for name in (*_LOW, *_HIGH):
            old, new = (one.members.get(name) for one in (first, second))
            if old == new or isinstance(old, bool) or isinstance(new, bool):
                continue
            narrower = old is None or (new is not None and ((new > old) if name in _LOW else (new < old)))
            if way == "request":
                rule = "limit-narrowed" if narrower else "limit-relaxed"
            else:
                rule = "limit-relaxed" if narrower else "limit-widened"
            told = f"{said} has {name} {new}; it was {old}"
            self._tell(rule, told, first.node.at(name), second.node.at(name))

    def _properties(self, said: str, first: _Shape, second: _Shape, way: Way) -> None:
        for name, one in first.properties.items():
            inside = f"{said}.{name}"
            if name not in second.properties:
                self._tell("property-removed", f"{inside} is gone", one, second.node)
                continue
            two = second.properties[name]
            if (name in first.required) != (name in second.required):
                now = name in second.required
                bad = now if way == "request" else not now
                rule = "property-relaxed" if not bad else "property-required" if way == "request" else "property-absent"
                self._tell(rule, f"{inside} is {'required' if now else 'optional'} now", one, two)
            self._within.append((inside, one, two, way))
        for name, two in second.properties.items():
            if name not in first.properties:
                needed = way == "request" and name in second.required
                said_so = f"{said} has a new property {name!r}{', which is required' * needed}"
                self._tell("property-required" if needed else "property-added", said_so, first.node, two)

    # The whole

    def _whole(self) -> None:
        before, after = (_server(case) for case in (self._before, self._after))
        if before[1] != after[1]:
            said = f"calls go to {after[1] or 'no place of its own'}; it was {before[1] or 'none'}"
            self._tell("server-changed", said, before[0], after[0], False)
        self._connection()
        old, new = (_policies(case) for case in (self._before, self._after))
        uses = [[use for _, use in each] for each in (old, new)]
        for sent, other, place in ((old, uses[1], "old"), (new, uses[0], "new")):
            for at, use in sent:
                if use not in other:
                    word = "gone or changed" if place == "old" else "new or changed"
                    said = f"the policy {use.get('templateId')!r} ({use.get('title', 'without a title')}) is {word}"
                    self._place("policy-changed", said, self._before if place == "old" else self._after, at)

    def _connection(self) -> None:
        from_, to = (_connection(case) for case in (self._before, self._after))
        for name, (at, one) in from_.items():
            if name not in to:
                self._place("connection-removed", f"the connection parameter {name!r} is gone", self._before, at)
            elif str(one.get("type")).lower() != str(to[name][1].get("type")).lower():
                types = (to[name][1].get("type"), one.get("type"))
                said = f"the connection parameter {name!r} is of type {types[0]} now; it was {types[1]}"
                self._place("connection-type", said, self._after, to[name][0])
        for name, (at, one) in to.items():
            if name not in from_:
                needed = _needed(one)
                said = f"there is a new connection parameter {name!r}{', which is required' * needed}"
                self._place("connection-required" if needed else "connection-added", said, self._after, at)

    def _place(self, rule: str, said: str, context: Context, at: str) -> None:
        """A change of what stands beside the document, or in it in that place."""
        document, row = context.properties or context.document, RULES[rule]
        line, column = document.position(at, key=True)
        self.found.append(Diagnostic(row.id, row.severity, said, document.file, line, column, at, row.fix))
        self._ask(rule)

    def _ask(self, rule: str) -> None:
        """Raises the version that is asked for to what a change asks for."""
        level = CHANGES[rule][0]
        self.bump = max(self.bump, "minor" if level == "risk" else level, key=BUMPS.index)  # type: ignore[arg-type]


_NULLABLE = ("nullable", "x-nullable")


def _place(operation: Node) -> tuple[str, str]:
    path = operation.parent.name if operation.parent is not None else ""
    return operation.name.upper(), without_names(path)


def _parameters(context: Context, operation: Node) -> dict[str, Node]:
    """The parameters by the name that callers give them, but bodies."""
    found: dict[str, Node] = {}
    for one in context.tree.parameters(operation):
        if one.get("in") != "body":
            found[snake(client_name(one))] = one
    return found


def _schema_of(context: Context, parameter: Node) -> Node:
    return context.tree.schema_of(parameter) or parameter


def _alike(one: Node, two: Node) -> bool:
    words = ("name", "description", "summary")
    first, second = (
        {key: value for key, value in each.value.items() if key not in words and not key.startswith("x-")}
        for each in (one, two)
    )
    return bool(first == second)


def _body(context: Context, operation: Node) -> tuple[Node, dict[str, Node | None]] | None:
    """What holds the body, and its schema by media type."""
    for one in context.tree.parameters(operation):
        if one.get("in") == "body":
            return one, _typed(context, one, operation, "consumes")
    body = context.tree.nodes.get(operation.at("requestBody"))
    own = context.tree.resolve(body) if body is not None else None
    return None if own is None else (own, _bodies(context, own, operation))


def _bodies(context: Context, holder: Node, operation: Node) -> dict[str, Node | None]:
    if context.tree.swagger2:
        return _typed(context, holder, operation, "produces")
    content = holder.get("content")
    found = {}
    for name in content if isinstance(content, Mapping) else ():
        media = context.tree.nodes.get(holder.at("content", name))
        found[essence(str(name))[0]] = context.tree.schema_of(media) if media is not None else None
    return found


def _typed(context: Context, holder: Node, operation: Node, member: str) -> dict[str, Node | None]:
    schema = context.tree.schema_of(holder) if "schema" in holder.value else None
    if schema is None:
        return {}
    given = operation.get(member, context.tree.root.get(member)) or ["application/json"]
    return {essence(str(one))[0]: schema for one in given} if isinstance(given, list) else {}


def _security(context: Context, operation: Node) -> list[dict[str, frozenset[str]]]:
    given = operation.get("security", context.tree.root.get("security"))
    return [
        {str(name): frozenset(map(str, scopes or ())) for name, scopes in one.items()}
        for one in (given if isinstance(given, list) else ())
        if isinstance(one, Mapping)
    ]


def _shape(context: Context, node: Node) -> _Shape | None:
    """A schema together with what its ``allOf`` names."""
    own = context.tree.resolve(node)
    if own is None or not isinstance(own.value, Mapping):
        return None
    members: dict[str, Any] = {}
    properties: dict[str, Node] = {}
    required: set[str] = set()
    waiting, seen = [own], set()
    while waiting:
        one = waiting.pop()
        if one.pointer in seen or not isinstance(one.value, Mapping):
            continue
        seen.add(one.pointer)
        for name, value in one.value.items():
            members.setdefault(name, value)
        given = one.get("required")
        required |= {str(name) for name in given} if isinstance(given, list) else set()
        for inner in context.tree.children.get(one.pointer, ()):
            if inner.pointer == one.at("properties", inner.name):
                properties.setdefault(inner.name, inner)
            elif "/allOf/" in inner.pointer[len(one.pointer) :]:
                resolved = context.tree.resolve(inner)
                waiting += [resolved] if resolved is not None else []
    return _Shape(own, members, properties, frozenset(required))


def _types(shape: _Shape) -> frozenset[str]:
    given = shape.members.get("type")
    names = given if isinstance(given, list) else [given] if isinstance(given, str) else []
    if not names and shape.properties:
        names = ["object"]
    return frozenset(map(str, names))


def _covers(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """Whether every value of the narrow types is one of the wide ones."""
    if not wide:
        return True
    return bool(narrow) and all(one in wide or (one == "integer" and "number" in wide) for one in narrow)


def _spelled(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "anything"


def _server(context: Context) -> tuple[str, str]:
    root = context.tree.root.value
    if context.tree.swagger2:
        given = root.get("schemes")
        scheme = "https" if not isinstance(given, list) or "https" in given or not given else given[0]
        return "/host", f"{scheme}://{root['host']}{root.get('basePath') or ''}" if root.get("host") else ""
    servers = root.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    return "/servers/0/url", str(first.get("url", "")) if isinstance(first, Mapping) else ""


def _connection(context: Context) -> dict[str, tuple[str, Mapping[str, Any]]]:
    return {
        place.name: (place.pointer, place.value)
        for place in connection_parameters(context)
        if isinstance(place.value, Mapping)
    }


def _policies(context: Context) -> list[tuple[str, Mapping[str, Any]]]:
    return [(place.pointer, place.value) for place in policies(context)]


def _needed(one: Mapping[str, Any]) -> bool:
    ui = one.get("uiDefinition")
    limits = ui.get("constraints") if isinstance(ui, Mapping) else None
    required = limits.get("required", True) if isinstance(limits, Mapping) else True
    return str(required).lower() == "true" and "default" not in one and "defaultValue" not in one
