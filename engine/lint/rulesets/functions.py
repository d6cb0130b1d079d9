"""The functions of rules in rule sets, a row each: what they judge, and the options that they take.

Names and options are those of Spectral's core functions, so that its rule sets mean the same here; the wording is ours.
A function is called with the value at the place that a rule points to, ``UNDEFINED`` if nothing is there, and yields
what is wrong: a message, and the steps to the place inside the value if it is not the value itself.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import jsonschema_rs
from msgspec import Struct

from openconnectors.engine.errors import nearest
from openconnectors.engine.lint.rulesets.expressions import same, truth
from openconnectors.engine.lint.rulesets.patterns import compiled
from openconnectors.engine.lint.rulesets.places import UNDEFINED
from openconnectors.engine.lint.rulesets.target import Fault, Judge, Target


class Option(Struct, frozen=True):
    """An option of a function: the types of its value, as JSON Schema names them."""

    types: str
    required: bool = False
    values: tuple[str, ...] = ()
    """The values that it can have; any if there are none."""


class Function(Struct, frozen=True):
    """A row: the judge that a rule's options make, and these."""

    judge: Callable[[Mapping[str, Any]], Judge]
    options: Mapping[str, Option] = {}
    least: int = 0
    """How many options there are at least."""


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "texts": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "object": lambda value: isinstance(value, Mapping),
}


def faults(name: str, options: object) -> Iterator[tuple[str, str]]:
    """What is wrong with the options of a function: the member, empty for the options themselves, and the message."""
    function = FUNCTIONS[name]
    members = {} if options is None else options
    if not isinstance(members, Mapping):
        yield "", f"the options of {name} must be a mapping"
        return
    for member, value in members.items():
        option = function.options.get(member)
        if option is None:
            yield member, f"{name} has no option {member!r}{nearest(member, function.options)}"
        elif not any(_TYPES[kind](value) for kind in option.types.split()):
            yield member, f"{member} of {name} must be of the type {' or '.join(option.types.split())}"
        elif option.values and value not in option.values:
            yield member, f"{value!r} is not a {member} of {name}; expected {', '.join(option.values)}"
    for member, option in function.options.items():
        if option.required and member not in members:
            yield "", f"{name} needs the option {member!r}"
    if len(members) < function.least:
        yield "", f"{name} needs an option: {' or '.join(function.options)}"


def judge(name: str, options: Mapping[str, Any]) -> Judge:
    """The judge of a function with its options; ``ValueError`` for a pattern or a schema that cannot be read."""
    return FUNCTIONS[name].judge(options)


def shown(value: Any) -> str:
    """A value as messages show it."""
    if value is UNDEFINED:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


# Whether there is something


def _truthy(options: Mapping[str, Any]) -> Judge:
    def judged(target: Target) -> Iterator[Fault]:
        if not truth(target.value):
            yield Fault(f"{target.label} must be there, and not be empty, 0 or false")

    return judged


def _falsy(options: Mapping[str, Any]) -> Judge:
    def judged(target: Target) -> Iterator[Fault]:
        if truth(target.value):
            yield Fault(f"{target.label} must be absent, empty, 0 or false")

    return judged


def _defined(options: Mapping[str, Any]) -> Judge:
    def judged(target: Target) -> Iterator[Fault]:
        if target.value is UNDEFINED:
            yield Fault(f"{target.label} must be there")

    return judged


def _undefined(options: Mapping[str, Any]) -> Judge:
    def judged(target: Target) -> Iterator[Fault]:
        if target.value is not UNDEFINED:
            yield Fault(f"{target.label} must not be there")

    return judged


# Texts and numbers


def _pattern(options: Mapping[str, Any]) -> Judge:
    match = compiled(options["match"]) if "match" in options else None
    refused = compiled(options["notMatch"]) if "notMatch" in options else None

    def judged(target: Target) -> Iterator[Fault]:
        if not isinstance(target.value, str):
            return
        if match is not None and not match.finds(target.value):
            yield Fault(f"{shown(target.value)} does not match the pattern {match.written}")
        if refused is not None and refused.finds(target.value):
            yield Fault(f"{shown(target.value)} matches the pattern {refused.written}, which is not allowed")

    return judged


def _enumeration(options: Mapping[str, Any]) -> Judge:
    values = options["values"]

    def judged(target: Target) -> Iterator[Fault]:
        value = target.value
        if value is UNDEFINED or isinstance(value, (Mapping, list)):
            return
        if not any(same(value, allowed) for allowed in values):
            yield Fault(f"{shown(value)} is not one of {', '.join(map(shown, values))}")

    return judged


def _length(options: Mapping[str, Any]) -> Judge:
    def judged(target: Target) -> Iterator[Fault]:
        value = target.value
        if not isinstance(value, (Mapping, list, str, int, float)) or isinstance(value, bool):
            return
        size = value if isinstance(value, (int, float)) else len(value)
        if "min" in options and size < options["min"]:
            yield Fault(f"{target.label} has the length {size}; at least {options['min']} is needed")
        if "max" in options and size > options["max"]:
            yield Fault(f"{target.label} has the length {size}; at most {options['max']} is allowed")

    return judged


_CASES = {
    "flat": "[a-z][a-z{digits}]*",
    "camel": "[a-z][a-z{digits}]*(?:[A-Z{digits}](?:[a-z{digits}]+|$))*",
    "pascal": "[A-Z][a-z{digits}]*(?:[A-Z{digits}](?:[a-z{digits}]+|$))*",
    "kebab": "[a-z][a-z{digits}]*(?:-[a-z{digits}]+)*",
    "cobol": "[A-Z][A-Z{digits}]*(?:-[A-Z{digits}]+)*",
    "snake": "[a-z][a-z{digits}]*(?:_[a-z{digits}]+)*",
    "macro": "[A-Z][A-Z{digits}]*(?:_[A-Z{digits}]+)*",
}
"""The words of each case; digits stand in any place but the first, if they are allowed."""


def _casing(options: Mapping[str, Any]) -> Judge:
    case = options["type"]
    words = _CASES[case].format(digits="" if options.get("disallowDigits") else "0-9")
    separator = options.get("separator") or {}
    between = re.escape(str(separator.get("char", "")))
    leading = f"(?:{between})?" if separator.get("allowLeading") else ""
    source = f"^{leading}{words}(?:{between}{words})*$" if between else f"^{words}$"
    pattern = compiled(source)

    def judged(target: Target) -> Iterator[Fault]:
        value = target.value
        alone = separator.get("allowLeading") and value == separator.get("char")
        if isinstance(value, str) and value and not alone and not pattern.finds(value):
            yield Fault(f"{shown(value)} is not in {case} case")

    return judged


# Order and choice


def _collated(text: str) -> tuple[list[tuple[int, str]], str, str]:
    """What texts are sorted by, as dictionaries do (Unicode Technical Standard 10): punctuation, digits, letters;
    accents and then case only where all else is the same."""
    plain = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    ranks = [(2 if char.isalpha() else 1 if char.isdigit() else 0, char.lower()) for char in plain]
    return ranks, text.lower(), text.swapcase()


def _follows(first: Any, second: Any) -> bool:
    """Whether a value belongs after the one that stands behind it."""
    if isinstance(first, str) and isinstance(second, str):
        if first.isdecimal() and second.isdecimal():
            return int(first) > int(second)
        return _collated(first) > _collated(second)
    return isinstance(first, (int, float)) and isinstance(second, (int, float)) and first > second


def _alphabetical(options: Mapping[str, Any]) -> Judge:
    member = options.get("keyedBy")

    def judged(target: Target) -> Iterator[Fault]:
        value = target.value
        if not isinstance(value, (Mapping, list)) or len(value) < 2:
            return
        items: list[Any] = list(value)
        if member is not None:
            if not all(isinstance(item, Mapping) for item in items):
                yield Fault(f"{target.label} must hold objects, which are sorted by {member!r}")
                return
            items = [item.get(member, UNDEFINED) for item in items]
        if not all(isinstance(item, (str, int, float)) for item in items):
            yield Fault(f"{target.label} must hold texts or numbers, which can be sorted")
            return
        for index, (first, second) in enumerate(pairwise(items)):
            if _follows(first, second):
                steps = () if member is not None else (first if isinstance(value, Mapping) else index,)
                yield Fault(f"{shown(first)} belongs after {shown(second)} in alphabetical order", steps)
                return

    return judged


def _or(options: Mapping[str, Any]) -> Judge:
    names = options["properties"]

    def judged(target: Target) -> Iterator[Fault]:
        if isinstance(target.value, Mapping) and not any(name in target.value for name in names):
            yield Fault(f"one of {', '.join(map(shown, names))} must be there")

    return judged


def _xor(options: Mapping[str, Any]) -> Judge:
    names = options["properties"]

    def judged(target: Target) -> Iterator[Fault]:
        if not isinstance(target.value, Mapping):
            return
        present = [name for name in target.value if name in names]
        if not present:
            yield Fault(f"one of {', '.join(map(shown, names))} must be there")
        elif len(present) > 1:
            yield Fault(f"only one of {', '.join(map(shown, present))} may be there")

    return judged


# Schemas


_DIALECTS: Mapping[str, Any] = {
    "draft4": jsonschema_rs.Draft4Validator,
    "draft6": jsonschema_rs.Draft6Validator,
    "draft7": jsonschema_rs.Draft7Validator,
    "draft2019-09": jsonschema_rs.Draft201909Validator,
    "draft2020-12": jsonschema_rs.Draft202012Validator,
}
"""The validators of the dialects of JSON Schema, by Spectral's names."""


def _dialect(schema: Mapping[str, Any]) -> str:
    """The dialect that a schema names, as ``http://json-schema.org/draft-07/schema#``; draft 7 if it names none."""
    written = str(schema.get("$schema", "")).replace("draft/", "draft").replace("draft-0", "draft")
    return next((name for name in _DIALECTS if name in written), "draft7")


def _schema(options: Mapping[str, Any]) -> Judge:
    schema, dialect = options["schema"], options.get("dialect", "auto")
    validator_class = _DIALECTS[_dialect(schema) if dialect == "auto" else dialect]
    bare = {name: value for name, value in schema.items() if name != "$schema"}
    try:
        validator = validator_class(bare, validate_formats=True)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise ValueError(f"the schema cannot be read: {error}") from None

    def judged(target: Target) -> Iterator[Fault]:
        if target.value is UNDEFINED:
            yield Fault(f"{target.label} must be there")
            return
        for error in validator.iter_errors(target.whole()):
            yield Fault(error.message, tuple(error.instance_path))
            if not options.get("allErrors"):
                return

    return judged


# Enumerations and components


def _type_of(value: Any, integer: bool) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "integer" if integer and float(value).is_integer() else "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return "null" if value is None else names.get(type(value), "object")


_NULLABLE: Mapping[str, str] = {"2.0": "x-nullable", "3.0": "nullable"}
"""The member of a schema that allows null beside its type, by the version of the specification."""


def _typed_enum(options: Mapping[str, Any]) -> Judge:
    def judged(target: Target) -> Iterator[Fault]:
        value = target.value
        if not isinstance(value, Mapping) or not isinstance(value.get("enum"), list):
            return
        types = value.get("type")
        types = [types] if isinstance(types, str) else types if isinstance(types, list) else []
        if value.get(_NULLABLE.get(target.version, "")) is True:
            types = [*types, "null"]
        for index, item in enumerate(value["enum"]) if types else ():
            if _type_of(item, "integer" in types) not in types:
                yield Fault(f"{shown(item)} is not of the type {' or '.join(map(str, types))}", ("enum", index))

    return judged


def _unreferenced(options: Mapping[str, Any]) -> Judge:
    holder = options["reusableObjectsLocation"].removeprefix("#")

    def judged(target: Target) -> Iterator[Fault]:
        if isinstance(target.value, Mapping):
            for name in target.value:
                if not target.is_referenced(holder, name):
                    yield Fault(f"nothing refers to {shown(name)}", (name,))

    return judged


_NAMES = {"properties": Option("texts", required=True)}
FUNCTIONS: Mapping[str, Function] = {
    "alphabetical": Function(_alphabetical, {"keyedBy": Option("string")}),
    "casing": Function(
        _casing,
        {
            "type": Option("string", required=True, values=tuple(_CASES)),
            "disallowDigits": Option("boolean"),
            "separator": Option("object"),
        },
    ),
    "defined": Function(_defined),
    "enumeration": Function(_enumeration, {"values": Option("array", required=True)}),
    "falsy": Function(_falsy),
    "length": Function(_length, {"min": Option("number"), "max": Option("number")}, least=1),
    "or": Function(_or, _NAMES),
    "pattern": Function(_pattern, {"match": Option("string"), "notMatch": Option("string")}, least=1),
    "schema": Function(
        _schema,
        {
            "schema": Option("object", required=True),
            "dialect": Option("string", values=("auto", *_DIALECTS)),
            "allErrors": Option("boolean"),
        },
    ),
    "truthy": Function(_truthy),
    "typedEnum": Function(_typed_enum),
    "undefined": Function(_undefined),
    "unreferencedReusableObject": Function(_unreferenced, {"reusableObjectsLocation": Option("string", required=True)}),
    "xor": Function(_xor, _NAMES),
}
"""The functions by their names."""
