"""Arguments and values as the JSON Schemas of tools: what clients and models accept, and no longer than it must be.

Rule 1. A schema has no reference and is not recursive: clients refuse both, or send them on to models that do. What
refers to itself ends at its second level, what is deeper than the detail allows in its type.

Rule 2. A list always says what its items are: Visual Studio Code refuses a tool without that.

Rule 3. A schema guides a model. The engine judges the arguments, by the document: what is left out here is judged
there.

Rule 4. What describes results asserts nothing below the type of the whole: services deviate from their documents, and
clients drop a result that differs from its schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.errors import printable
from openconnectors.engine.model import Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.formats import format_of
from openconnectors.engine.values.patterns import engine_of


class Detail(Struct, frozen=True):
    """How much the schemas of a tool show: levels of objects within objects, schemas, characters of a description,
    values of an enumeration, whether bounds and the shape of results are there."""

    levels: int
    schemas: int
    text: int
    values: int
    bounds: bool
    results: bool


DETAILS = (
    Detail(levels=6, schemas=150, text=300, values=60, bounds=True, results=True),
    Detail(levels=4, schemas=80, text=160, values=30, bounds=True, results=False),
    Detail(levels=3, schemas=50, text=80, values=15, bounds=False, results=False),
    Detail(levels=2, schemas=30, text=40, values=8, bounds=False, results=False),
    Detail(levels=0, schemas=0, text=0, values=8, bounds=False, results=False),
)
"""From the most to the least: a budget takes the first that it has room for."""

_FORMATS = frozenset({"date-time", "date", "time", "duration", "uuid", "email", "uri", "ipv4", "ipv6", "hostname"})
"""The formats that JSON Schema has, too."""
_BOUNDS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("minItems", "maxItems", "uniqueItems"),
)
_LONGEST_PATTERN = 120
_BRANCHES = 8
_PLAIN = (str, int, float, bool)
_MARKUP = pattern(r"<[a-zA-Z/][^<>]{0,200}>|!?\[([^\[\]]*)\]\([^()\s]*\)|[*_`#]{2,}")


def shortened(text: str, longest: int) -> str:
    """A description in one line of at most so many characters, without markup, cut at the end of a sentence or word."""
    if longest <= 0:
        return ""
    line = printable(_MARKUP.sub(lambda match: match[1] or " ", text[: longest * 8]), longest * 8)
    if len(line) <= longest:
        return line
    head = line[:longest]
    sentence = max(head.rfind(". "), head.rfind("! "), head.rfind("? "))
    if sentence >= longest // 3:
        return head[: sentence + 1]
    return f"{head[: longest - 1].rsplit(' ', 1)[0].rstrip(' ,;:')}…"


Listed: TypeAlias = Sequence[tuple[Any, str]]
"""Values that a service lists, each with its title."""


def arguments_schema(
    plan: Plan, arguments: Mapping[str, Argument], detail: Detail, listed: Mapping[str, Listed | None]
) -> dict[str, Any]:
    """The schema of the arguments of a tool, by the names that they have there. ``listed`` are those whose values the
    service lists, with the values, or None if they are to be asked for."""

    def properties(writer: _Writer) -> dict[str, Any]:
        return {
            name: writer.listed(argument, listed[name]) if name in listed else writer.argument(argument)
            for name, argument in arguments.items()
        }

    required = [name for name, argument in arguments.items() if argument.needed]
    written: dict[str, Any] = {"type": "object", "properties": _within(plan, detail, properties)}
    return {**written, **({"required": required} if required else {}), "additionalProperties": False}


def results_schema(plan: Plan, schema: Schema, detail: Detail) -> dict[str, Any]:
    """The schema of a result: an object whose member ``value`` has this one."""
    contract = plan.contract(schema)
    kind = contract.types[0]

    def members(writer: _Writer) -> dict[str, Any]:
        return writer.shape(contract)

    items: dict[str, Any] = {"items": {}} if kind == "array" else {}
    value = {"type": [kind, "null"], **items, **_within(plan, detail, members)}
    return {"type": "object", "properties": {"value": value}, "required": ["value"]}


def _within(plan: Plan, detail: Detail, write: Any) -> dict[str, Any]:
    """What is written with as many levels as fit into the number of schemas."""
    for levels in range(detail.levels, 0, -1):
        writer = _Writer(plan, detail, levels)
        try:
            written: dict[str, Any] = write(writer)
        except _TooMany:
            continue
        return written
    last: dict[str, Any] = write(_Writer(plan, detail, 0))
    return last


class _TooMany(Exception):
    """More schemas than the detail allows."""


class _Writer:
    """Writes the schemas of one operation."""

    def __init__(self, plan: Plan, detail: Detail, levels: int) -> None:
        self._plan = plan
        self._detail = detail
        self._levels = levels
        self._count = 0

    # What is sent

    def listed(self, argument: Argument, values: Listed | None) -> dict[str, Any]:
        """The schema of an argument whose values the service lists: they are its enumeration, if they are known."""
        plain = [(value, title) for value, title in values or () if isinstance(value, _PLAIN)]
        if not plain or len(plain) > self._detail.values:
            return self.argument(argument, "list_choices lists the values.")
        titles = [f"{value}: {title}" for value, title in plain if str(value) != title]
        written = self.argument(argument, shortened("; ".join(titles), self._detail.text * 2))
        inner = written["items"] if isinstance(written.get("items"), dict) else written
        inner["enum"] = list(dict.fromkeys(value for value, _ in plain))
        return written

    def argument(self, argument: Argument, note: str = "") -> dict[str, Any]:
        """The schema of an argument; its description ends with a note."""
        written = self._write(argument.schema, self._levels, frozenset(), argument.description or argument.title)
        described = " ".join(part for part in (written.pop("description", ""), note) if part)
        if isinstance(argument.default, _PLAIN) and self._detail.bounds:
            written["default"] = argument.default
        return {**written, "description": described} if described else written

    def _write(self, schema: Schema, levels: int, above: frozenset[int], text: str = "") -> dict[str, Any]:
        self._count += 1
        if self._levels and self._count > self._detail.schemas:
            raise _TooMany
        contract = self._plan.contract(schema)
        is_closed = id(contract) in above or levels < 0
        written = _outline(contract) if is_closed else self._shape(contract, levels, above | {id(contract)})
        nullable = schema.nullable or contract.nullable
        if nullable and isinstance(written.get("type"), str):
            written["type"] = [written["type"], "null"]
            if "enum" in written:
                written["enum"] = [*written["enum"], None]
        text = text or schema.description or contract.description or schema.title or contract.title
        texts = (shortened(text, self._detail.text), written.pop("description", ""))
        described = " ".join(part for part in texts if part)
        return {**written, "description": described} if described else written

    def _shape(self, contract: Schema, levels: int, above: frozenset[int]) -> dict[str, Any]:
        if contract.dynamic is not None:
            return {"type": "object", "description": "describe_operation gives its members."}
        format_row = format_of(contract)
        if "file" in contract.types or (format_row is not None and format_row.raw):
            return {"type": "string", "contentEncoding": "base64", "description": "Bytes, in base64."}
        values = [contract.keywords["const"]] if "const" in contract.keywords else contract.enum
        if values is not None and not contract.open_enum:
            return self._enumeration(contract, values)
        branches = contract.one_of or contract.any_of
        if branches and not contract.properties:
            return self._branches(branches, levels, above)
        variants = self._plan.compiler.contract.variants(contract)
        if 0 < len(variants) <= _BRANCHES and levels > 0:
            return self._branches(variants.values(), levels, above)
        written = _outline(contract)
        kinds = written.get("type")
        if kinds == "array" or "array" in (kinds or ()):
            written["items"] = self._write(contract.items, levels - 1, above) if contract.items is not None else {}
        if kinds == "object" or "object" in (kinds or ()):
            written |= self._members(contract, levels, above)
        return {**written, **self._bounds(contract)}

    def _enumeration(self, contract: Schema, values: Iterable[Any]) -> dict[str, Any]:
        plain = [value for value in values if isinstance(value, _PLAIN)]
        written = _outline(contract)
        if len(plain) <= self._detail.values and plain:
            return {**written, "enum": plain}
        listed = ", ".join(str(value) for value in plain[: self._detail.values])
        return {**written, "description": printable(f"One of {len(plain)} values: {listed}, …")} if plain else written

    def _branches(self, branches: Iterable[Schema], levels: int, above: frozenset[int]) -> dict[str, Any]:
        if levels <= 0:
            return {}
        written = [self._write(branch, levels - 1, above) for branch in list(branches)[:_BRANCHES]]
        distinct = [branch for index, branch in enumerate(written) if branch not in written[:index]]
        return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}

    def _members(self, contract: Schema, levels: int, above: frozenset[int]) -> dict[str, Any]:
        if levels <= 0:
            names = ", ".join(contract.properties)
            return {"description": shortened(f"Members: {names}", max(self._detail.text, 80))} if names else {}
        sent = self._plan.service.read_only_sent
        members = {
            name: self._write(member, levels - 1, above)
            for name, member in contract.properties.items()
            if (sent and name in contract.required) or not (member.read_only or self._plan.contract(member).read_only)
        }
        written: dict[str, Any] = {"properties": members} if members else {}
        required = [name for name in contract.required if name in members]
        if required:
            written["required"] = required
        if isinstance(contract.additional, Schema):
            written["additionalProperties"] = self._write(contract.additional, levels - 1, above)
        return written

    def _bounds(self, contract: Schema) -> dict[str, Any]:
        if not self._detail.bounds:
            return {}
        written = {name: contract.keywords[name] for name in _BOUNDS if name in contract.keywords}
        expression = contract.keywords.get("pattern")
        if isinstance(expression, str) and len(expression) <= _LONGEST_PATTERN and _is_common(expression):
            written["pattern"] = expression
        if contract.format in _FORMATS:
            written["format"] = contract.format
        return written

    # What is received

    def shape(self, contract: Schema, levels: int | None = None) -> dict[str, Any]:
        """What a value holds, without an assertion: the names of its members, and of those of its items."""
        levels = min(self._levels, 2) if levels is None else levels
        if contract.items is not None and levels > 0:
            inner = self.shape(self._plan.contract(contract.items), levels - 1)
            return {"items": inner} if inner else {}
        if not contract.properties or levels < 0:
            return {}
        return {
            "properties": {
                name: self._received(member, levels - 1)
                for name, member in contract.properties.items()
                if not (member.write_only or self._plan.contract(member).write_only)
            }
        }

    def _received(self, member: Schema, levels: int) -> dict[str, Any]:
        self._count += 1
        if self._levels and self._count > self._detail.schemas:
            raise _TooMany
        contract = self._plan.contract(member)
        written = self.shape(contract, levels) if levels > 0 else {}
        text = shortened(member.description or contract.description, self._detail.text // 3)
        return {**written, "description": text} if text else written


def _outline(contract: Schema) -> dict[str, Any]:
    """The type of a value alone; items may be anything."""
    kinds = list(contract.types)
    if not kinds and contract.properties:
        kinds = ["object"]
    if not kinds and contract.items is not None:
        kinds = ["array"]
    kinds = ["string" if kind == "file" else kind for kind in kinds]
    if not kinds:
        return {}
    written: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    return {**written, "items": {}} if "array" in kinds else written


def _is_common(expression: str) -> bool:
    """Whether a pattern means the same to Python and to JavaScript, as far as can be seen: clients compile it."""
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError):
        return False
    return engine_of(expression) is not None and not re.search(r"\\[AZzpPQE]|\(\?[^:=!]", expression)


def is_described(plan: Plan, schema: Schema | None) -> bool:
    """Whether a result can be described: it is an object or a list, whatever else the service sends."""
    if schema is None:
        return False
    contract = plan.contract(schema)
    return contract.dynamic is None and contract.types in (("object",), ("array",))
