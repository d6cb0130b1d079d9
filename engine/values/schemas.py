"""Schemas compiled: effective views, JSON Schema for the judges, validation, conversion.

A value has three shapes. *On the wire* it is what a codec reads and writes; the *contract* is what
the document promises its callers, still plain JSON; *Python* is the contract with its formats
(``date-time``, ``byte``, …) as objects. ``View`` gives the schemas of the first two,
``conversion`` compiles the ways between them, ``Validator`` judges the contract.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import is_dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

import jsonschema_rs
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from openconnectors.engine.errors import Diagnostic, InvalidDocument, Path, Problem, nearest
from openconnectors.engine.leniency import MOST, record
from openconnectors.engine.model import MISSING, Schema, Service, Xml
from openconnectors.engine.values.formats import Format, format_of, is_decimal

Step: TypeAlias = Callable[[Any, Path, list[Problem]], Any]
Rule: TypeAlias = Callable[[Schema], Step | None]


class View:
    """Schemas of one service as consumers want them: references followed, ``allOf`` merged and, for
    the view of the wire, what travels in place of what is promised."""

    def __init__(self, service: Service, *, wire: bool) -> None:
        self._service = service
        self._wire = wire
        self._known: dict[int, tuple[Schema, Schema]] = {}
        self._merged: dict[int, Schema] = {}
        self._variants: dict[str, Mapping[str, Schema]] = {}

    def resolve(self, schema: Schema) -> Schema:
        """The effective schema: no reference, no ``allOf``."""
        known = self._known.get(id(schema))
        if known is not None:
            return known[1]
        effective = self._merge(schema)
        if self._wire:
            effective = self._on_the_wire(effective)
        self._known[id(schema)] = (schema, effective)
        return effective

    def variants(self, schema: Schema) -> Mapping[str, Schema]:
        """The effective schemas that extend an effective one, by the value that its discriminator has for
        them (Swagger 2.0, "Schema Object", ``discriminator``)."""
        if schema.discriminator is None:
            return {}
        if schema.at not in self._variants:
            self._variants[schema.at] = {
                value: self.resolve(self._service.schemas[ref]) for value, ref in discriminated(self._service, schema)
            }
        return self._variants[schema.at]

    def _merge(self, schema: Schema) -> Schema:
        target = self._service.resolve(schema)
        if not target.all_of:
            return target
        known = self._merged.get(id(target))
        if known is not None:
            return known
        merged: dict[str, Any] = {"properties": {}, "checks": {}}
        required: dict[str, None] = {}
        for one in self._parts(target):
            merged["properties"].update(one.properties)
            merged["checks"].update(one.checks)
            required |= dict.fromkeys(one.required)
            merged |= {name: getattr(one, name) for name, empty in _INHERITED if getattr(one, name) != empty}
        merged["required"] = tuple(required)
        if merged["properties"]:
            merged.setdefault("types", ("object",))
        if target.name is None and len(target.all_of) == 1 and not target.properties:
            merged["at"] = self._service.resolve(target.all_of[0]).at  # a reference with words beside it
        known = self._merged[id(target)] = replace(target, all_of=(), **merged)
        return known

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        """A schema and those that its ``allOf`` leads to, each once, what is extended before what extends it."""
        seen = {id(schema)}
        stack = [(schema, iter(schema.all_of))]  # chains may be longer than Python's own stack
        while stack:
            holder, parts = stack[-1]
            part = next(parts, None)
            if part is None:
                stack.pop()
                yield holder
                continue
            part = self._service.resolve(part)
            if id(part) not in seen:
                seen.add(id(part))
                stack.append((part, iter(part.all_of)))

    @staticmethod
    def _on_the_wire(schema: Schema) -> Schema:
        travels = schema.wire.schema if schema.wire else None
        properties = {name: one for name, one in schema.properties.items() if one.wire is None or not one.wire.path}
        if travels is None:
            return schema if len(properties) == len(schema.properties) else replace(schema, properties=properties)
        if "object" in schema.types and "object" in travels.types:
            return replace(schema, properties={**properties, **travels.properties})
        return replace(
            travels,
            xml=travels.xml if travels.xml != Xml() else schema.xml,
            nullable=travels.nullable or schema.nullable,
            form_name=travels.form_name or schema.form_name,
        )


_INHERITED: tuple[tuple[str, Any], ...] = (
    ("types", ()),
    ("format", None),
    ("enum", None),
    ("open_enum", False),
    ("nullable", False),
    ("additional", True),
    ("items", None),
    ("discriminator", None),
    ("default", MISSING),
    ("example", MISSING),
    ("xml", Xml()),
    ("wire", None),
)
"""What a schema takes from the parts of its ``allOf`` beside properties, and when it is absent."""


def discriminated(service: Service, schema: Schema) -> list[tuple[str, str]]:
    """The values of a schema's discriminator, each with the reference of the schema that it means."""
    found = []
    for ref in service.subtypes.get(schema.at, ()):
        one = service.schemas[ref]
        found.append((one.discriminator_value or one.name or "", ref))
    return found


class JsonSchemas:
    """Writes schemas as JSON Schema 2020-12. References become ``$defs``, collected in ``defs``.

    ``request`` leaves read-only properties out of what is required; ``view`` writes what it makes of
    each schema (the wire) in place of the contract; ``prefix`` is where ``$defs`` will stand.
    """

    def __init__(self, service: Service, *, request: bool, view: View | None = None, prefix: str = "#/$defs/") -> None:
        self._service = service
        self._request = request
        self._view = view
        self._prefix = prefix
        self._names: dict[str, str] = {}
        self._waiting: list[tuple[str, Callable[[], dict[str, Any]]]] = []
        self.defs: dict[str, Any] = {}

    def write(self, schema: Schema) -> dict[str, Any]:
        """The JSON Schema of one schema."""
        written = self._written(schema)
        while self._waiting:  # definitions refer to one another in chains longer than Python's own stack
            name, make = self._waiting.pop()
            self.defs[name] = make()
        return written

    def _written(self, schema: Schema) -> dict[str, Any]:
        if schema.ref is not None:
            return {"$ref": self._prefix + self._define(schema.ref, whole=True)}
        if self._view is not None:
            schema = self._view.resolve(schema)
        found: dict[str, Any] = dict(schema.checks)
        form = format_of(schema)
        if "file" in schema.types or (form is not None and form.raw and not schema.types):
            return {}
        if form is not None and form.raw:  # its text, where it is text; octets are judged by none
            return {"type": ["string", "null"] if schema.nullable else "string"}
        if form is not None:
            for key, bound in form.checks.items():
                found.setdefault(key, bound)
        if "pattern" in found and not _can_hold(schema, found["pattern"]):
            del found["pattern"]
        if schema.types:
            types = [*schema.types, *(("null",) if schema.nullable else ())]
            found["type"] = types[0] if len(types) == 1 else types
        if schema.enum is not None and not schema.open_enum:
            found["enum"] = [*schema.enum, *((None,) if schema.nullable else ())]
        if schema.properties:
            found["properties"] = {name: self._written(one) for name, one in schema.properties.items()}
        required = [name for name in schema.required if not (self._request and self._read_only(schema, name))]
        if required:
            found["required"] = required
        if schema.additional is not True:
            found["additionalProperties"] = (
                schema.additional if schema.additional is False else self._written(schema.additional)
            )
        if schema.items is not None:
            found["items"] = self._written(schema.items)
        for keyword, parts in (("allOf", schema.all_of), ("anyOf", schema.any_of), ("oneOf", schema.one_of)):
            if parts:
                written = [self._part(schema, part) for part in parts]
                if keyword == "allOf":  # a part that is named twice is judged once
                    written = [one for index, one in enumerate(written) if one not in written[:index]]
                found[keyword] = written
        return {"anyOf": [found, {"type": "null"}]} if schema.nullable and found and not schema.types else found

    def _part(self, schema: Schema, part: Schema) -> dict[str, Any]:
        """A part of a schema; of one that the part's discriminator leads to, the part alone."""
        if part.ref is None:
            return self._written(part)
        discriminates = self._service.schemas[part.ref].discriminator is not None
        whole = discriminates and schema.at not in self._service.subtypes.get(part.ref, ())
        return {"$ref": self._prefix + self._define(part.ref, whole=whole)}

    def whole(self, schema: Schema) -> dict[str, Any]:
        """The JSON Schema of one schema, its definitions included."""
        written = self.write(schema)
        return {**written, "$defs": self.defs} if self.defs else written

    def _read_only(self, schema: Schema, name: str) -> bool:
        one = schema.properties.get(name)
        return one is not None and self._service.resolve(one).read_only

    def _define(self, ref: str, *, whole: bool) -> str:
        """The name of a definition; ``whole`` with those that its discriminator leads to."""
        schema = self._service.schemas[ref]
        variants = discriminated(self._service, schema) if whole and schema.discriminator else []
        key = ref if not variants else f"{ref} and below"
        if key not in self._names:
            name = self._names[key] = f"{len(self._names)}"
            make = partial(self._chosen, schema, ref, variants) if variants else partial(self._written, schema)
            self._waiting.append((name, make))
        return self._names[key]

    def _chosen(self, schema: Schema, ref: str, variants: list[tuple[str, str]]) -> dict[str, Any]:
        """A schema, and the one below it that the value names."""
        own = {"$ref": self._prefix + self._define(ref, whole=False)}
        named = [
            {
                "if": {"required": [schema.discriminator], "properties": {schema.discriminator: {"const": value}}},
                "then": {"$ref": self._prefix + self._define(one, whole=False)},
            }
            for value, one in variants
        ]
        return {"allOf": [own, *named]}


# Patterns: linear time where the pattern allows it, bounded backtracking elsewhere

_LINEAR = jsonschema_rs.RegexOptions()
_BOUNDED = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)
_ENGINES: dict[str, Any] = {}


def _engine_for(pattern: Any) -> Any:
    """The options under which an ECMA 262 pattern compiles, or None where it does not."""
    if pattern not in _ENGINES:
        _ENGINES[pattern] = None
        for options in (_LINEAR, _BOUNDED):
            try:
                validator = jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=options)
            except ValueError:
                continue
            _ENGINES[pattern] = (options, validator)
            break
    return _ENGINES[pattern]


def readable_pattern(pattern: Any) -> bool:
    """Whether a text is a regular expression of ECMA 262 that can be used."""
    return _engine_for(pattern) is not None


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text, in bounded time; one that cannot be used is found nowhere."""
    engine = _engine_for(pattern)
    try:
        return engine is not None and bool(engine[1].is_valid(text))
    except ValueError:
        return False  # half of a surrogate pair, which no pattern can match


def _can_hold(schema: Schema, pattern: Any) -> bool:
    """Whether a value can be held to a pattern: it compiles, and does not refuse all that an enum allows."""
    engine = _engine_for(pattern)
    if engine is None or schema.enum is None:
        return engine is not None
    return any(engine[1].is_valid(one) for one in schema.enum)


def pattern_findings(service: Service) -> list[Diagnostic]:
    """The patterns of a service that no engine compiles, each at its place: values are not held to them."""
    found: dict[str, Diagnostic] = {}
    seen: set[int] = set()
    stack: list[Schema] = []
    for operation_id in service.operations:
        with suppress(InvalidDocument):
            stack += service.operations[operation_id].schemas()
    while stack:
        schema = stack.pop()
        if schema.ref is not None:
            try:
                schema = service.resolve(schema)
            except InvalidDocument:
                continue
        if id(schema) in seen:
            continue
        seen.add(id(schema))
        pattern = schema.checks.get("pattern")
        if pattern is not None and _engine_for(pattern) is None:
            said = (
                f"the pattern {pattern!r:.60} is no regular expression of ECMA 262 that can be used; it is not checked"
            )
            found[schema.at] = service.finding("pattern", said, f"{schema.at}/pattern")
        stack += [*schema.properties.values(), *schema.all_of, *schema.any_of, *schema.one_of]
        stack += [one for one in (schema.items, schema.additional) if isinstance(one, Schema)]
    return list(found.values())


def _patterns(written: Any) -> list[str]:
    found, stack = [], [written]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if isinstance(node.get("pattern"), str):
                found.append(node["pattern"])
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return found


def judge_pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Any:
    """The keyword ``pattern`` for a validator of jsonschema: bounded in time."""
    engine = _engine_for(pattern)
    if not isinstance(instance, str) or engine is None:
        return
    try:
        matches = engine[1].is_valid(instance)
    except ValueError:
        matches = False  # half of a surrogate pair, which no pattern can match
    if not matches:
        yield ValidationError(f"does not match {pattern}")


class _Explanation:
    """The explainer of one written schema. It takes a hundred times as long as the judge, so of the items of a list,
    and of the values of a mapping, it looks only at those that the judge refuses."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._defs = written.get("$defs", {})
        self._judges: dict[int, Any] = {}
        keywords = {"pattern": judge_pattern, "items": self._items, "additionalProperties": self._additional}
        kind: Any = validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
        self._explainer = kind(written)

    def errors(self, value: Any) -> Iterator[ValidationError]:
        """What is wrong with a value, the first of it."""
        found: Iterator[ValidationError] = islice(self._explainer.iter_errors(value), MOST)
        return found

    def _items(self, validator: Any, items: Any, instance: Any, schema: Any) -> Any:
        for index in self._refused(items, instance, 0) if isinstance(instance, list) else ():
            yield from validator.descend(instance[index], items, path=index)

    def _additional(self, validator: Any, inner: Any, instance: Any, schema: Any) -> Any:
        if not isinstance(inner, dict) or not isinstance(instance, dict):
            yield from Draft202012Validator.VALIDATORS["additionalProperties"](validator, inner, instance, schema)
            return
        known = schema.get("properties", {})
        names = [name for name in instance if name not in known]
        for index in self._refused(inner, [instance[name] for name in names], 0):
            yield from validator.descend(instance[names[index]], inner, path=names[index])

    def _refused(self, schema: Any, values: list[Any], at: int) -> Iterator[int]:
        """The places of the values that a schema refuses, found by halves."""
        if not values or self._accepts(schema, values):
            return
        if len(values) == 1:
            yield at
            return
        half = len(values) // 2
        yield from self._refused(schema, values[:half], at)
        yield from self._refused(schema, values[half:], at + half)

    def _accepts(self, schema: Any, values: list[Any]) -> bool:
        if id(schema) not in self._judges:
            self._judges[id(schema)] = _judge({"items": schema, "$defs": self._defs})
        judge = self._judges[id(schema)]
        try:
            return judge is not None and bool(judge.is_valid(values))
        except ValueError:
            return False  # not decided here


def _judge(written: dict[str, Any]) -> Any:
    """What accepts or refuses values; None for a schema that it cannot read."""
    engines = map(_engine_for, _patterns(written))  # none for a text that only looks like one, in an enum
    linear = all(engine is None or engine[0] is _LINEAR for engine in engines)
    try:
        return jsonschema_rs.validator_for(
            written, pattern_options=_LINEAR if linear else _BOUNDED, validate_formats=False, offline=True
        )
    except (ValueError, TypeError):
        return None


class Validator:
    """Judges plain JSON values: accepted by jsonschema-rs, explained by jsonschema.

    What the first cannot decide (infinity, half of a surrogate pair) is what the second finds; what neither can is
    accepted: a service will say what it thinks of it.
    """

    def __init__(self, written: Mapping[str, Any]) -> None:
        self.written = dict(written)
        self._judge = _judge(self.written)
        self._explanation: _Explanation | None = None

    def problems(self, value: Any, path: Path = ()) -> list[Problem]:
        """Every problem of a value, in the order of its places; none means that it is valid."""
        decided = self._judge is not None
        try:
            if decided and self._judge.is_valid(value):
                return []
        except ValueError:
            decided = False  # not plain JSON, or too deep: the explainer says where
        found = self._explain(value, path)
        if found or not decided or _is_infinite(value):  # infinity is null to the judge
            return found
        if self._judge.is_valid(_with_doubles(value)):
            return []  # what a document lists are doubles, to which a decimal beyond their digits is never equal
        # The two engines part only where the explainer reads a keyword less strictly.
        return [Problem(path, "breaks its schema")]

    def _accepted_not(self, value: Any, path: Path) -> list[Problem]:
        """What the judge itself says of a value whose schema, or which itself, is too deep for the explainer."""
        try:
            errors = list(self._judge.iter_errors(value)) if self._judge is not None else []
        except ValueError:
            errors = []
        found = [Problem((*path, *error.instance_path), str(error.message)) for error in errors]
        return found or [Problem(path, "is nested too deep")]

    def _explain(self, value: Any, path: Path) -> list[Problem]:
        if self._explanation is None:
            self._explanation = _Explanation(self.written)
        found: list[Problem] = []
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for error in self._explanation.errors(_with_doubles(value)):
                    explain(error, path, found)
        except RecursionError:
            found += self._accepted_not(value, path)
        except Exception:  # noqa: BLE001, S110 - a remainder of infinity; a caller's object that has no text
            pass  # what was found until then is said
        return list(dict.fromkeys(found))


def short(value: Any) -> str:
    """A value as a message shows it, whatever it is: one line, not long."""
    try:
        text = repr(value[:60] if isinstance(value, (str, bytes)) else value)
    except Exception:  # noqa: BLE001 - an object of the caller's may raise anything
        return f"an object of type {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "…"


def _with_doubles(value: Any) -> Any:
    """A value with its decimals as doubles, with which alone the explainer calculates."""
    if isinstance(value, dict):
        return {name: _with_doubles(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [_with_doubles(inside) for inside in value]
    return float(value) if isinstance(value, Decimal) else value


def _is_infinite(value: Any) -> bool:
    """Whether there is a number beyond a double in a value."""
    if isinstance(value, dict):
        return any(map(_is_infinite, value.values()))
    if isinstance(value, list):
        return any(map(_is_infinite, value))
    return isinstance(value, (float, Decimal)) and abs(value) == float("inf")


def no_plain_data(value: Any, path: Path) -> Iterator[Problem]:
    """What of a value is no plain data, which no schema speaks of."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from no_plain_data(inside, (*path, str(name)))
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from no_plain_data(inside, (*path, index))
    elif isinstance(value, str):
        if any("\ud800" <= mark <= "\udfff" for mark in value):
            yield Problem(path, "has half of a surrogate pair, which has no UTF-8")
    elif value is not None and not isinstance(value, (bool, int, float, Decimal)):
        said = f"must be plain data (dict, list, text, a number, true or false), not {short(value)}"
        yield Problem(path, f"{said}{_hint('string', value)}")


def _unknown_names(error: ValidationError) -> list[tuple[Path, str]]:
    schema: Any = error.schema
    given: Any = error.instance
    known = schema.get("properties", {})
    return [((name,), f"is not known{nearest(str(name), known)}") for name in given if name not in known]


_SAYINGS: Mapping[str, Callable[[Any, Any], str]] = {
    "type": lambda limit, value: f"must be {_types(limit)}, not {short(value)}{_hint(limit, value)}",
    "enum": lambda limit, value: f"must be one of {', '.join(map(repr, limit))}, not {short(value)}",
    "minimum": lambda limit, value: f"must be at least {limit}, not {short(value)}",
    "maximum": lambda limit, value: f"must be at most {limit}, not {short(value)}",
    "exclusiveMinimum": lambda limit, value: f"must be more than {limit}, not {short(value)}",
    "exclusiveMaximum": lambda limit, value: f"must be less than {limit}, not {short(value)}",
    "multipleOf": lambda limit, value: f"must be a multiple of {limit}, not {short(value)}",
    "minLength": lambda limit, value: f"must have at least {limit} characters, it has {len(value)}",
    "maxLength": lambda limit, value: f"must have at most {limit} characters, it has {len(value)}",
    "minItems": lambda limit, value: f"must have at least {limit} items, it has {len(value)}",
    "maxItems": lambda limit, value: f"must have at most {limit} items, it has {len(value)}",
    "uniqueItems": lambda limit, value: "must not hold one item twice",
    "minProperties": lambda limit, value: f"must have at least {limit} members, it has {len(value)}",
    "maxProperties": lambda limit, value: f"must have at most {limit} members, it has {len(value)}",
    "pattern": lambda limit, value: f"must match {limit}, {short(value)} does not",
    "additionalProperties": lambda limit, value: "has members that are not known",
}


def _hint(limit: Any, value: Any) -> str:
    """How to give what is of no type of JSON, where that is known."""
    if isinstance(value, (bytes, bytearray, memoryview)) and "string" in str(limit):
        return "; give it as text, such as base64.b64encode(value).decode()"
    if hasattr(value, "__next__"):
        return "; give a list"
    if hasattr(value, "isoformat"):
        return "; give value.isoformat()"
    if is_dataclass(value):
        return "; give dataclasses.asdict(value)"
    return "; give value.model_dump()" if hasattr(value, "model_dump") else ""


def _types(names: Any) -> str:
    names = [names] if isinstance(names, str) else list(names)
    return " or ".join(names)


def explain(error: ValidationError, path: Path, found: list[Problem]) -> None:
    """Adds the problems of one finding of jsonschema, in our words."""
    here = (*path, *error.absolute_path)
    keyword, limit = str(error.validator), error.validator_value
    if keyword == "required":
        listed: Any = limit
        given: Any = error.instance
        found += [Problem((*here, name), "is missing") for name in listed if name not in given]
    elif keyword == "additionalProperties" and limit is False:
        found += [Problem((*here, *step), said) for step, said in _unknown_names(error)]
    else:
        say = _SAYINGS.get(keyword)
        found.append(Problem(here, say(limit, error.instance) if say else error.message))


# Conversions


class Walk:
    """Compiles a schema to a function over its values: ``before`` and ``after`` give what happens to
    a value of each effective schema, before and after the values inside it.

    ``compile`` returns None where nothing happens anywhere, so that such values cost nothing.
    """

    def __init__(self, view: View, before: Rule, after: Rule = lambda schema: None) -> None:
        self._view = view
        self._before = before
        self._after = after
        self._steps: dict[int, Step] = {}
        self._active: dict[int, bool] = {}

    def compile(self, schema: Schema) -> Step | None:
        """The function for one schema, or None where it would change nothing."""
        return self._step(self._view.resolve(schema)) if self._acts(schema) else None

    def _inner(self, schema: Schema) -> list[Schema]:
        inner = list(schema.properties.values())
        if schema.items is not None:
            inner.append(schema.items)
        if isinstance(schema.additional, Schema):
            inner.append(schema.additional)
        return [*inner, *self._view.variants(schema).values()]

    def _acts(self, schema: Schema) -> bool:
        """Whether something happens to a value of a schema, or within it."""
        effective = self._view.resolve(schema)
        if id(effective) not in self._active:
            self._explore(effective)
        return self._active[id(effective)]

    def _explore(self, root: Schema) -> None:
        """Learns of every schema below one, once: something happens in those that lead to one where it does."""
        holders: dict[int, list[int]] = {}
        found, acting = {id(root): False}, []
        stack = [root]
        while stack:
            one = stack.pop()
            if self._before(one) is not None or self._after(one) is not None:
                acting.append(id(one))
            for each in self._inner(one):
                inner = self._view.resolve(each)
                known = self._active.get(id(inner))
                if known:
                    acting.append(id(one))
                elif known is None:
                    holders.setdefault(id(inner), []).append(id(one))
                    if id(inner) not in found:
                        found[id(inner)] = False
                        stack.append(inner)
        while acting:
            one_id = acting.pop()
            if not found[one_id]:
                found[one_id] = True
                acting += holders.get(one_id, ())
        self._active |= found

    def _step(self, root: Schema) -> Step:
        """The function for an effective schema; those of the schemas below it are made before it, without
        recursion, as chains may be longer than Python's own stack."""
        stack, opened = [root], set[int]()
        while stack:
            one = stack[-1]
            if id(one) not in self._steps and id(one) not in opened:
                opened.add(id(one))
                inner = [self._view.resolve(each) for each in self._inner(one) if self._acts(each)]
                stack += [each for each in inner if id(each) not in self._steps and id(each) not in opened]
                continue
            stack.pop()
            if id(one) not in self._steps:
                own, variants = self._build(one), self._view.variants(one)
                self._steps[id(one)] = self._choose(one, own, variants) if variants else own
        return self._steps[id(root)]

    def _linked(self, schema: Schema) -> Step | None:
        """The function for a schema within another; where that holds itself, one that is looked up later."""
        if not self._acts(schema):
            return None
        key = id(self._view.resolve(schema))
        return self._steps.get(key) or (lambda value, path, problems: self._steps[key](value, path, problems))

    def _choose(self, schema: Schema, own: Step, variants: Mapping[str, Schema]) -> Step:
        """The way of the schema that the value's discriminator names."""
        name = schema.discriminator
        ways = {value: self._linked(one) for value, one in variants.items() if one is not schema}

        def step(value: Any, path: Path, problems: list[Problem]) -> Any:
            named = value.get(name) if isinstance(value, dict) else None
            way = ways.get(named, own) if isinstance(named, str) else own
            return way(value, path, problems) if way is not None else value

        return step

    def _build(self, schema: Schema) -> Step:
        before, after = self._before(schema), self._after(schema)
        members = {name: inner for name, one in schema.properties.items() if (inner := self._linked(one))}
        rest = self._linked(schema.additional) if isinstance(schema.additional, Schema) else None
        items = self._linked(schema.items) if schema.items is not None else None
        known = schema.properties.keys()

        def step(value: Any, path: Path, problems: list[Problem]) -> Any:
            if before is not None:
                value = before(value, path, problems)
            if isinstance(value, dict):
                if members or rest:
                    value = dict(value)
                    for name, inner in members.items():  # few of many: only those in which something happens
                        if name in value:
                            value[name] = inner(value[name], (*path, name), problems)
                    if rest is not None:
                        for name, inside in value.items():
                            if name not in known:
                                value[name] = rest(inside, (*path, name), problems)
            elif items is not None and isinstance(value, list):
                value = [items(one, (*path, index), problems) for index, one in enumerate(value)]
            if after is not None:
                value = after(value, path, problems)
            return value

        return step


def decode_formats(schema: Schema) -> Step | None:
    """Contract to Python, for one schema: text of a format becomes its object; text that does not
    parse stays text and is a problem."""
    form = format_of(schema)
    if form is None or form.decode is None:
        return None
    decode, kind = form.decode, form.kind

    def step(value: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(value, kind) or isinstance(value, bool):
            return value
        try:
            return decode(value)
        except ValueError as error:
            record(problems, Problem(path, f"{short(value)} {error}"))
            return value

    return step


def decimal_numbers(schema: Schema) -> Step | None:
    """A step for the numbers of which every digit counts."""
    return (lambda value, path, problems: value) if is_decimal(schema) else None


def encode_formats(schema: Schema, travels: Schema | None = None) -> Step | None:
    """Python to contract, for one schema: objects become text; text must parse as its format. Where the schema itself
    has none, the format is that of what ``travels``."""
    form = format_of(schema) or (format_of(travels) if travels is not None else None)
    as_text = "string" in schema.types
    if form is None or form.encode is None or form.decode is None:
        return None
    decode, encode, kind = form.decode, form.encode, form.kind
    listed = [] if schema.open_enum else list(schema.enum or ())

    def step(value: Any, path: Path, problems: list[Problem]) -> Any:
        if isinstance(value, (str, int, float)) and value in listed:
            return value  # what the document lists it wants, whatever its format
        try:
            if isinstance(value, kind) and not isinstance(value, bool):
                decode(value)
            elif value is not None and not isinstance(value, (bool, int, float, str, list, dict)):
                encoded = encode(value)
                return str(encoded) if as_text else encoded
        except ValueError as error:
            record(problems, Problem(path, f"{short(value)} {error}"))
        return value  # what is of another type the schema refuses

    return step


def fits(service: Service, view: View, schema: Schema, value: Any) -> bool:
    """Whether a schema accepts a default of its document."""
    form = format_of(view.resolve(schema))
    if form is not None and form.decode is not None and isinstance(value, form.kind):
        try:
            form.decode(value)
        except ValueError:
            return False
    return not Validator(JsonSchemas(service, request=True).whole(schema)).problems(value)


def outgoing(service: Service, view: View) -> Rule:
    """The rule from Python to contract for what is sent: formats, and of objects the read-only members left
    out (Swagger 2.0, "Schema Object": they are not sent) and those that nobody is asked for filled in."""

    def default(schema: Schema) -> Any:
        return schema.default if schema.default is not MISSING else view.resolve(schema).default

    def internal(schema: Schema) -> bool:
        return (schema.visibility or view.resolve(schema).visibility) == "internal"

    def rule(schema: Schema) -> Step | None:
        filled = {
            name: given
            for name, one in schema.properties.items()
            if (name in schema.required or internal(one))
            and (given := default(one)) is not MISSING
            and fits(service, view, one, given)
        }
        unsent = {name for name, one in schema.properties.items() if one.read_only or view.resolve(one).read_only} - {
            schema.discriminator
        }
        if not unsent and not filled:
            travels = schema.wire.schema if schema.wire is not None else None
            return encode_formats(schema, None if travels is None else view.resolve(travels))

        def step(value: Any, path: Path, problems: list[Problem]) -> Any:
            if not isinstance(value, dict):
                return value
            return {name: inside for name, inside in {**filled, **value}.items() if name not in unsent}

        return step

    return rule


_SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "string": lambda value: _text_of(value),
    "integer": int,
    "number": float,
}


def _text_of(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _scalar(source: Schema, target: Schema) -> Step | None:
    """Between two scalar types or formats, where they differ."""
    one, other = format_of(source), format_of(target)
    if one is not None and other is not None and one is not other and one.python is other.python:
        return _format(one, other)
    if not source.types or not target.types or source.types[0] == target.types[0]:
        return None
    convert = _SCALARS.get(target.types[0])
    if convert is None or source.types[0] in ("array", "object"):
        return None

    def step(value: Any, path: Path, problems: list[Problem]) -> Any:
        if value is None or isinstance(value, (dict, list)):
            return value
        try:
            return convert(value)
        except ValueError:
            record(problems, Problem(path, f"{short(value)} cannot travel as {target.types[0]}"))
            return value

    return step


def _format(source: Format, target: Format) -> Step | None:
    """Between two ways to write one Python value."""
    decode, encode, kind = source.decode, target.encode, source.kind
    if decode is None or encode is None:
        return None

    def step(value: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(value, kind) or isinstance(value, bool):
            return value
        try:
            return encode(decode(value))
        except ValueError as error:
            record(problems, Problem(path, f"{short(value)} {error}"))
            return value

    return step


def _moved(schema: Schema) -> dict[str, tuple[str, ...]]:
    """The members that the wire keeps deeper than the contract shows them, with their ways there."""
    return {name: one.wire.path for name, one in schema.properties.items() if one.wire and one.wire.path}


def from_wire(schema: Schema) -> Step | None:
    """Wire to contract, for one schema of the contract's view: scalars of another type, and members
    that the wire keeps deeper than the contract shows them."""
    if schema.wire is not None and schema.wire.schema is not None and "object" not in schema.types:
        return _scalar(schema.wire.schema, schema)
    moved = _moved(schema)
    if not moved:
        return None

    def step(value: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(value, dict):
            return value
        deep = {way[0]: value.get(way[0]) for way in moved.values()}
        flat = {name: inside for name, inside in value.items() if name not in deep}
        for name, way in moved.items():
            inside: Any = value
            for part in way:
                inside = inside.get(part, MISSING) if isinstance(inside, dict) else MISSING
            if inside is not MISSING:
                flat[name] = inside
        return flat

    return step


def to_wire(schema: Schema) -> Step | None:
    """The inverse of ``from_wire``."""
    if schema.wire is not None and schema.wire.schema is not None and "object" not in schema.types:
        return _scalar(schema, schema.wire.schema)
    moved = _moved(schema)
    if not moved:
        return None

    def step(value: Any, path: Path, problems: list[Problem]) -> Any:
        if not isinstance(value, dict):
            return value
        deep: dict[str, Any] = {name: inside for name, inside in value.items() if name not in moved}
        for name, way in moved.items():
            if name in value:
                holder = deep
                for part in way[:-1]:
                    holder = holder.setdefault(part, {})
                holder[way[-1]] = value[name]
        return deep

    return step
