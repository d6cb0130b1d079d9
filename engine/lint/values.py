"""Schemas, and the values that documents hold against them: defaults, examples, enums, patterns, names in XML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from re import _parser  # type: ignore[attr-defined]  # what a pattern means, as Python itself reads it
from typing import Any

import jsonschema_rs

from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import nearest
from openconnectors.engine.lint.rules import Case, Finding
from openconnectors.engine.lint.table import check
from openconnectors.engine.lint.tree import Node
from openconnectors.engine.values.codecs import essence

_DOCUMENT = "urn:document"


class Values:
    """Judges values by the schemas of one document; schemas that cannot be compiled judge nothing."""

    def __init__(self, case: Case) -> None:
        version = case.tree.version
        newer = version.startswith(("3.1", "3.2"))
        self._draft = jsonschema_rs.Draft202012Validator if newer else jsonschema_rs.Draft4Validator
        self._number = jsonschema_rs.Draft202012 if newer else jsonschema_rs.Draft4
        self._nullable = ("x-nullable",) if case.tree.swagger2 else ("nullable",) if version.startswith("3.0") else ()
        self._root = case.document.root
        self._registry: Any = None
        self._made: dict[str, Any] = {}

    def problem(self, node: Node, value: Any) -> tuple[list[str | int], str] | None:
        """Where within a value its schema is broken first, and how; None where it is not."""
        if value is None and any(node.get(name) for name in self._nullable):
            return None
        validator = self._validator(node)
        error = next(iter(validator.iter_errors(value)), None) if validator is not None else None
        while error is not None and (inner := [one for group in getattr(error.kind, "context", ()) for one in group]):
            error = max(inner, key=lambda one: len(one.instance_path))
        return None if error is None else (list(error.instance_path), error.message)

    def _validator(self, node: Node) -> Any:
        if node.pointer not in self._made:
            try:
                if _is_plain(node.value):
                    own = {name: one for name, one in node.value.items() if name in _KEYWORDS}
                    own |= _RANGES.get(str(own.get("format")), {}) if own.get("type") == "integer" else {}
                    self._made[node.pointer] = self._draft(own, validate_formats=True) if own else None
                else:
                    self._made[node.pointer] = self._whole(node)
            except (ValueError, jsonschema_rs.ReferencingError):
                self._made[node.pointer] = None
        return self._made[node.pointer]

    def _whole(self, node: Node) -> Any:
        if self._registry is None:
            rewritten = _nullable(self._root, self._nullable) if self._nullable else self._root
            self._registry = jsonschema_rs.Registry([(_DOCUMENT, rewritten)], draft=self._number)
        schema = {"$ref": f"{_DOCUMENT}#{_quoted(node.pointer)}"}
        return self._draft(schema, registry=self._registry)


_KEYWORDS = {"type", "enum", "const", "pattern", "format", "minLength", "maxLength", "multipleOf"}
_KEYWORDS |= {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_RANGES = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
}


def _is_plain(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") in ("string", "integer", "number", "boolean")


def _quoted(pointer: str) -> str:
    return pointer.replace("%", "%25").replace(" ", "%20").replace('"', "%22").replace("^", "%5E")


def _nullable(value: Any, names: tuple[str, ...]) -> Any:
    """A document whose schemas say by `type` and `enum` that null is one of their values."""
    if isinstance(value, list):
        return [_nullable(one, names) for one in value]
    if not isinstance(value, Mapping):
        return value
    made = {name: _nullable(one, names) for name, one in value.items()}
    if any(value.get(name) is True for name in names):
        if isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        if isinstance(made.get("enum"), list):
            made["enum"] = [*made["enum"], None]
    return made


def _values(case: Case) -> Values:
    if "values" not in case.notes:
        case.notes["values"] = Values(case)
    found: Values = case.notes["values"]
    return found


def _told(node: Node, case: Case, value: Any, at: str, what: str) -> Iterator[Finding]:
    found = _values(case).problem(node, value)
    if found is not None:
        steps, message = found
        pointer = at + "".join(f"/{escape(step)}" for step in steps)
        yield Finding(pointer, f"the {what} breaks its own schema: {message[:200]}")


@check("default-invalid")
def _default(node: Node, case: Case) -> Iterator[Finding]:
    if "default" in (node.value if isinstance(node.value, Mapping) else ()) and node.reference is None:
        holder = node if node.kind != "parameter" or "schema" not in node.value else case.tree.schema_of(node)
        if holder is not None and not _is_expression(node.value["default"]):
            yield from _told(holder, case, node.value["default"], node.at("default"), "default")


def _is_expression(value: Any) -> bool:
    """Whether a default is worked out where the connector runs (``@{utcNow()}``)."""
    return isinstance(value, str) and value.startswith("@") and "(" in value


@check("example-invalid")
def _example(node: Node, case: Case) -> Iterator[Finding]:
    if not isinstance(node.value, Mapping) or node.reference is not None:
        return
    holder = node if node.kind in ("schema", "items") else case.tree.schema_of(node)
    if holder is None:
        return
    if node.kind == "response":
        examples = node.get("examples") if case.tree.swagger2 else None
        for name, value in examples.items() if isinstance(examples, Mapping) else ():
            kind = essence(str(name))[0]
            if kind == "application/json" or kind.endswith("+json"):
                parsed = _parsed(value) if isinstance(value, str) and holder.get("type") != "string" else value
                yield from _told(holder, case, parsed, node.at("examples", name), "example")
        return
    if node.kind == "media-type" and "json" not in node.name:
        return
    if "example" in node.value:
        yield from _told(holder, case, node.value["example"], node.at("example"), "example")
    for one in case.tree.children.get(node.pointer, ()):
        if one.kind == "example" and isinstance(one.value, Mapping) and "value" in one.value:
            yield from _told(holder, case, one.value["value"], one.at("value"), "example")
    examples = node.get("examples")
    for index, value in enumerate(examples if isinstance(examples, list) and node.kind == "schema" else ()):
        yield from _told(holder, case, value, node.at("examples", index), "example")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@check("enum-invalid")
def _enum(node: Node, case: Case) -> Iterator[Finding]:
    allowed, kind = node.get("enum"), node.get("type")
    types = TYPES.get(kind) if isinstance(kind, str) else None
    if types is None or not isinstance(allowed, list):
        return
    for index, value in enumerate(allowed):
        fits = isinstance(value, types) and (kind == "boolean" or not isinstance(value, bool))
        if (
            not fits
            and value is not None
            and not (kind == "integer" and isinstance(value, float) and value.is_integer())
        ):
            yield Finding(node.at("enum", index), f"{value!r} is no {kind}")


@check("const-invalid")
def _const(node: Node, case: Case) -> Iterator[Finding]:
    found = _values(case).problem(node, node.get("const")) if _is_plain(node.value) else None
    if found is not None:
        yield Finding(node.at("const"), f"{node.get('const')!r} breaks the rest of its schema: {found[1]}")


@check("required-read-only")
def _required_read_only(node: Node, case: Case) -> Iterator[Finding]:
    names = node.get("required")
    for index, name in enumerate(names if isinstance(names, list) else ()):
        inner = case.tree.nodes.get(node.at("properties", name)) if isinstance(name, str) else None
        if inner is not None and inner.get("readOnly") is True:
            yield Finding(node.at("required", index), f"{name!r} is read only")


@check("enum-unreachable")
def _enum_unreachable(node: Node, case: Case) -> Iterator[Finding]:
    allowed = node.get("enum")
    rest = {name: one for name, one in node.value.items() if name not in ("enum", "type", "default", "example")}
    if not isinstance(allowed, list) or not any(name in _KEYWORDS and name != "format" for name in rest):
        return
    own = Node(node.kind, node.at("enum"), {**rest, "type": node.get("type")}, node.name, node.parent)
    for index, value in enumerate(allowed if _is_plain(own.value) else ()):
        found = _values(case).problem(own, value)
        if found is not None and "not of type" not in found[1]:
            yield Finding(node.at("enum", index), f"{value!r} can never be given: {found[1]}")


@check("enum-empty")
def _enum_empty(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("enum") == []:
        yield Finding(node.at("enum"), "the enum has no values")


@check("enum-duplicate")
def _enum_twice(node: Node, case: Case) -> Iterator[Finding]:
    seen: list[str] = []
    allowed = node.get("enum")
    for index, value in enumerate(allowed if isinstance(allowed, list) else ()):
        text = json.dumps(value)
        if text in seen:
            yield Finding(node.at("enum", index), f"{value!r} stands in the enum a second time")
        seen.append(text)


@check("required-unknown")
def _required(node: Node, case: Case) -> Iterator[Finding]:
    names = node.get("required")
    properties = node.get("properties")
    if not isinstance(names, list) or not isinstance(properties, Mapping) or node.get("additionalProperties"):
        return
    known = _properties(node, case, set())
    if known is None:
        return
    for index, name in enumerate(names):
        if isinstance(name, str) and name not in known:
            said = f"{name!r} is required, and no property{nearest(name, known)}"
            yield Finding(node.at("required", index), said)


def _properties(node: Node, case: Case, passed: set[str]) -> set[str] | None:
    """The properties of a schema and of those that it extends or is a part of; None where they cannot be told."""
    if node.pointer in passed or not isinstance(node.value, Mapping):
        return set()
    passed.add(node.pointer)
    own = node.get("properties")
    found = set(own if isinstance(own, Mapping) else ())
    combined = [one for one in case.tree.children.get(node.pointer, ()) if _is_part(one, node)]
    if node.parent is not None and _is_part(node, node.parent):
        combined.append(node.parent)
    for one in combined:
        resolved = case.tree.resolve(one)
        inner = _properties(resolved, case, passed) if resolved is not None else None
        if inner is None:
            return None
        found |= inner
    return found


def _combines(node: Node) -> bool:
    return any(name in node.value for name in ("allOf", "anyOf", "oneOf"))


def _is_part(node: Node, of: Node) -> bool:
    return node.pointer.removeprefix(of.pointer).split("/")[1:2] in (["allOf"], ["anyOf"], ["oneOf"])


@check("discriminator-undefined")
def _discriminator(node: Node, case: Case) -> Iterator[Finding]:
    given = node.get("discriminator")
    if given is None:
        return
    name = given.get("propertyName") if isinstance(given, Mapping) else given
    at = node.at("discriminator", "propertyName") if isinstance(given, Mapping) else node.at("discriminator")
    properties = node.get("properties")
    if not isinstance(name, str) or _combines(node) or not isinstance(properties, Mapping):
        return
    if name not in properties:
        yield Finding(at, f"{name!r} is no property here{nearest(name, properties)}")
    elif case.tree.swagger2 and name not in (node.get("required") or ()):
        yield Finding(at, f"{name!r} tells the schemas apart, so it must be required")
    mapping = given.get("mapping") if isinstance(given, Mapping) else None
    for key, target in mapping.items() if isinstance(mapping, Mapping) else ():
        reference = str(target) if "/" in str(target) else f"#/components/schemas/{target}"
        if reference.startswith("#") and case.tree.find(reference) is None:
            yield Finding(node.at("discriminator", "mapping", key), f"{target!r} is no schema of this document")


@check("array-without-items")
def _without_items(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("type") == "array" and "items" not in node.value:
        yield Finding(node.at("type"), "an array needs `items`")


_PAIRS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)


@check("limits-contradict")
def _limits(node: Node, case: Case) -> Iterator[Finding]:
    for low, high in _PAIRS:
        least, most = node.get(low), node.get(high)
        if isinstance(least, (int, float)) and isinstance(most, (int, float)) and least > most:
            yield Finding(node.at(low), f"{low} {least} is above {high} {most}")
    for name in ("exclusiveMinimum", "exclusiveMaximum"):
        limit = name[9:].lower()
        if node.get(name) is True and limit not in node.value:
            yield Finding(node.at(name), f"{name} says nothing without {limit}")
    low, high = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (low, high)) and low >= high:
        yield Finding(node.at("exclusiveMinimum"), f"no number is above {low} and below {high}")
    kinds, required = node.get("properties"), node.get("required")
    most = node.get("maxProperties")
    if isinstance(kinds, Mapping) and isinstance(required, list) and isinstance(most, int) and len(required) > most:
        yield Finding(node.at("maxProperties"), f"{len(required)} properties are required, and {most} may be there")


_OWN: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("minItems", "maxItems", "uniqueItems", "items", "collectionFormat"),
    "object": ("minProperties", "maxProperties", "properties", "additionalProperties", "discriminator"),
}


@check("keyword-ignored")
def _ignored(node: Node, case: Case) -> Iterator[Finding]:
    kind = node.get("type")
    kind = "number" if kind == "integer" else kind
    if kind not in ("string", "number", "boolean", "array", "object"):
        return
    for other, names in _OWN.items():
        for name in names if other != kind else ():
            if name in node.value:
                yield Finding(
                    node.at(name), f"{name!r} says nothing about a value of type {node.get('type')!r}", key=True
                )


_FORMATS: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "string": """
            date date-time byte binary password email uri url uuid guid hostname ipv4 ipv6 time duration html
            base64 base64url char uri-reference json-pointer regex date-time-rfc1123 file certificate unixtime
            decimal phone tel
        """,
        "integer": "int32 int64 int16 int8 uint8 uint16 uint32 uint64 unixtime long",
        "number": "float double decimal single",
    }.items()
}


@check("format-contradicts")
def _format(node: Node, case: Case) -> Iterator[Finding]:
    form, kind = node.get("format"), node.get("type")
    if not isinstance(form, str) or kind not in ("string", "integer", "number", "boolean", "array", "object"):
        return
    mine = _FORMATS.get(str(kind), frozenset()) | (_FORMATS["integer"] if kind == "number" else frozenset())
    other = next((name for name, known in _FORMATS.items() if form in known), None)
    if other is not None and form not in mine and not (kind == "string" and other in ("integer", "number")):
        yield Finding(node.at("format"), f"the format {form!r} is for {other}, not {kind}")


@check("format-unknown")
def _format_unknown(node: Node, case: Case) -> Iterator[Finding]:
    form = node.get("format")
    known = frozenset[str]().union(*_FORMATS.values())
    if isinstance(form, str) and form not in known:
        yield Finding(node.at("format"), f"the format {form!r} is not known{nearest(form, known)}")


@check("type-contradicts")
def _type_contradicts(node: Node, case: Case) -> Iterator[Finding]:
    parts = node.get("allOf")
    kinds: dict[str, str] = {}
    for index in range(len(parts) if isinstance(parts, list) else 0):
        part = case.tree.nodes.get(node.at("allOf", index))
        own = case.tree.resolve(part) if part is not None else None
        kind = own.get("type") if own is not None else None
        if isinstance(kind, str):
            kinds.setdefault("number" if kind == "integer" else kind, node.at("allOf", index))
    if isinstance(node.get("type"), str):
        kinds.setdefault("number" if node.get("type") == "integer" else str(node.get("type")), node.at("type"))
    if len(kinds) > 1:
        first, second = list(kinds)[:2]
        yield Finding(kinds[second], f"this is {second}, and also {first}")


@check("access-contradicts")
def _access(node: Node, case: Case) -> Iterator[Finding]:
    if node.get("readOnly") is True and node.get("writeOnly") is True:
        yield Finding(node.at("writeOnly"), "this is readOnly and writeOnly", key=True)


@check("schema-endless")
def _endless(node: Node, case: Case) -> Iterator[Finding]:
    if node.pointer.count("/") > 3:
        return
    for name in node.get("required") or ():
        if isinstance(name, str) and _comes_back(node, name, case, frozenset()):
            yield Finding(node.at("properties", name), f"the required {name!r} leads back to this schema", key=True)


def _comes_back(start: Node, name: str, case: Case, passed: frozenset[str]) -> bool:
    waiting = [(start, name)]
    seen = set(passed)
    while waiting:
        node, member = waiting.pop()
        inner = case.tree.nodes.get(node.at("properties", member))
        own = case.tree.resolve(inner) if inner is not None else None
        if own is None or not isinstance(own.value, Mapping):
            continue
        if own.pointer == start.pointer:
            return True
        if own.pointer in seen:
            continue
        seen.add(own.pointer)
        required = own.get("required")
        waiting += [(own, one) for one in (required if isinstance(required, list) else ()) if isinstance(one, str)]
    return False


# Patterns


@check("pattern-invalid")
def _pattern(node: Node, case: Case) -> Iterator[Finding]:
    pattern = node.get("pattern")
    if isinstance(pattern, str):
        fault = not_ecma(pattern)
        if fault:
            yield Finding(node.at("pattern"), f"{pattern!r} is no regular expression of ECMA-262: {fault}")


_ONLY_ELSEWHERE = (
    (r"\\[AZz](?![a-zA-Z])", "\\A and \\Z are Python's; write ^ and $"),
    (r"\(\?P[<=]", "(?P<name>…) is Python's; write (?<name>…)"),
    (r"\(\?#", "a comment in a pattern is not ECMA-262's"),
    (r"\(\?>", "an atomic group is not ECMA-262's"),
    (r"\(\?[aiLmsux]+\)", "flags inside a pattern are not ECMA-262's"),
    (r"(?<!\\)[*+?}]\+", "a possessive quantifier is not ECMA-262's"),
    (r"\[\[:\w+:\]\]", "a class of POSIX is not ECMA-262's"),
)


def not_ecma(pattern: str) -> str | None:
    """What makes a text no regular expression of ECMA-262; None where it is one."""
    plain = re.sub(r"\\\\", "", pattern)
    bare = re.sub(r"\[\^?\]?(\\.|[^\]\\])*\]", "x", plain)
    for mark, said in _ONLY_ELSEWHERE:
        if re.search(mark, plain if ":" in mark else bare):
            return said
    try:
        jsonschema_rs.validator_for({"pattern": pattern})
    except ValueError as error:
        said = str(error).splitlines()[-1].strip()
        try:
            re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern).replace("\\/", "/"))
        except re.error as other:
            return str(other)
        except (RecursionError, OverflowError):
            return said
        # Python reads it: what the other engine lacks (a look around, a reference back) ECMA-262 has.
        return None
    return None


@check("pattern-slow")
def _pattern_slow(node: Node, case: Case) -> Iterator[Finding]:
    pattern = node.get("pattern")
    if isinstance(pattern, str) and backtracks(pattern):
        yield Finding(node.at("pattern"), f"{pattern!r} repeats what repeats already")


def backtracks(pattern: str) -> bool:
    """Whether a pattern has a repetition without bound inside another that can match the same text."""
    try:
        parsed = _parser.parse(re.sub(r"\(\?<(?![=!])", "(?P<", pattern))
    except (re.error, RecursionError, OverflowError):
        return False
    return _nested(parsed, False)


def _nested(items: Any, inside: bool) -> bool:
    """A repetition of what can be split in more than one way: all of it repeats, or alternatives overlap."""
    for op, argument in items:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = argument
            many = most == _parser.MAXREPEAT
            if many and inside and _alone(items):
                return True
            if many and _overlap(body):
                return True
            if _nested(body, many or (inside and _alone(items))):
                return True
        elif name == "SUBPATTERN":
            if _nested(argument[-1], inside and _alone(items)):
                return True
        elif name == "BRANCH" and any(_nested(one, inside and _alone(items)) for one in argument[1]):
            return True
    return False


def _alone(items: Any) -> bool:
    """Whether nothing fixed stands beside a repetition, by which its ends could be told."""
    return all(str(op) in ("MAX_REPEAT", "MIN_REPEAT", "SUBPATTERN", "BRANCH", "AT") for op, _ in items)


def _overlap(body: Any) -> bool:
    """Whether two of a repetition's alternatives begin alike, so that one text is read in several ways."""
    for op, argument in body:
        if str(op) == "SUBPATTERN" and len(body) == 1:
            return _overlap(argument[-1])
        if str(op) == "BRANCH":
            starts = [str(list(one)[:1]) for one in argument[1]]
            return len(set(starts)) < len(starts)
    return False


# Names in XML


@check("xml-clash")
def _xml_clash(node: Node, case: Case) -> Iterator[Finding]:
    properties = node.get("properties")
    seen: dict[tuple[bool, str, str], str] = {}
    for name in properties if isinstance(properties, Mapping) else ():
        inner = case.tree.nodes.get(node.at("properties", name))
        own = case.tree.resolve(inner) if inner is not None else None
        if inner is None or own is None:
            continue
        rule_ = inner.get("xml") or own.get("xml") or {}
        if not isinstance(rule_, Mapping):
            continue
        called = rule_.get("name", name)
        items = case.tree.nodes.get(own.at("items"))
        if own.get("type") == "array" and not rule_.get("wrapped") and items is not None:
            below = items.get("xml")
            called = below.get("name", called) if isinstance(below, Mapping) else called
        key = (bool(rule_.get("attribute")), str(rule_.get("namespace", "")), str(called))
        if key in seen:
            said = f"{name!r} and {seen[key]!r} are both the {'attribute' if key[0] else 'element'} {called!r}"
            yield Finding(node.at("properties", name), said, key=True)
        seen.setdefault(key, name)


@check("xml-misplaced")
def _xml_misplaced(node: Node, case: Case) -> Iterator[Finding]:
    holder = node.parent
    if holder is None or not isinstance(node.value, Mapping):
        return
    kind = holder.get("type")
    if node.get("wrapped") is True and kind not in (None, "array"):
        yield Finding(node.at("wrapped"), f"`wrapped` is for arrays; this is {kind}", key=True)
    if node.get("attribute") is True and kind in ("array", "object"):
        yield Finding(node.at("attribute"), f"an attribute holds a plain value; this is {kind}", key=True)
    if node.get("prefix") and not node.get("namespace"):
        yield Finding(node.at("prefix"), f"the prefix {node.get('prefix')!r} has no namespace", key=True)
    namespace = node.get("namespace")
    if isinstance(namespace, str) and ":" not in namespace:
        yield Finding(node.at("namespace"), f"{namespace!r} is no absolute URI")


# Names that look like known ones

_SCHEMA_KEYWORDS = [
    "type",
    "format",
    "title",
    "description",
    "default",
    "enum",
    "const",
    "items",
    "properties",
    "required",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "additionalProperties",
    "patternProperties",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "readOnly",
    "writeOnly",
    "deprecated",
    "example",
    "examples",
    "externalDocs",
    "xml",
    "discriminator",
    "nullable",
    "$ref",
    "$id",
    "$schema",
    "$defs",
    "$anchor",
    "$comment",
    "$dynamicRef",
    "$dynamicAnchor",
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "prefixItems",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "definitions",
    "dependencies",
    "additionalItems",
]


@check("keyword-misspelled")
def _keyword(node: Node, case: Case) -> Iterator[Finding]:
    for name in node.value:
        if name not in _SCHEMA_KEYWORDS and not name.startswith("x-"):
            hint = nearest(name, _SCHEMA_KEYWORDS, 0.8)
            if hint:
                yield Finding(node.at(name), f"{name!r} is no keyword{hint}", key=True)
