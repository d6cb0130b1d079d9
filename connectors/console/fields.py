"""The arguments of an operation as the fields of a form.

A field is for a schema as callers see it: an object has fields inside it, a list a field for each item. What no field
fits (alternatives, values of any shape, objects that hold themselves) is written as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.client.description import declared_arguments, is_required, type_name
from openconnectors.engine.model import MISSING, Schema
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.scalars import compound

Kind = Literal["text", "number", "boolean", "enum", "date", "date-time", "password", "file", "json", "object", "array"]

_LEVELS = 6
"""Levels of objects and lists that have fields; what is deeper is written as JSON."""
_FIELDS = 300
"""Fields of one form; further objects are written as JSON."""
_OPTIONS = 500
"""Values of an enumeration that can be chosen; beyond, it is typed."""
_LINE = 255
"""Characters of a text that is surely on one line."""
_OF_FORMAT: Mapping[str, Kind] = {
    "date": "date",
    "date-time": "date-time",
    "password": "password",
    "binary": "file",
    "file": "file",
}
_OF_TYPE: Mapping[str, Kind] = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "file": "file",
}


class Field(Struct, frozen=True, kw_only=True):
    """A field of a form: ``name`` is that of the argument or the member. ``options`` are the values that can be chosen,
    ``suggested`` texts among others that can be typed. ``parameter`` is what the service is asked for choices by, empty
    if it lists none. ``members`` are the fields of an object, ``item`` is that of each item of a list."""

    name: str
    kind: Kind
    schema: Schema
    label: str = ""
    type: str = ""
    required: bool = False
    description: str = ""
    location: str = ""
    default: str = ""
    hint: str = ""
    options: tuple[Any, ...] = ()
    suggested: tuple[str, ...] = ()
    parameter: str = ""
    multiline: bool = False
    members: tuple[Field, ...] = ()
    item: Field | None = None

    @property
    def folded(self) -> tuple[Field, ...]:
        """The members that a form folds away."""
        return folded(self.members)

    @property
    def labels(self) -> tuple[str, ...]:
        """The texts of the options."""
        return tuple(map(text_of, self.options))


def folded(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields that need not be filled in, if they are many beside others that must be, or very many."""
    optional = tuple(field for field in fields if not field.required)
    return optional if len(optional) > (2 if len(optional) < len(fields) else 8) else ()


def text_of(value: Any) -> str:
    """A value as it is typed: a text as it is, else JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def fields_of(plan: Plan) -> tuple[Field, ...]:
    """The fields of an operation's arguments, as the document has them."""
    reader = _Reader(plan)
    # What is internal is given by nobody, but where the document needs it and has no value for it.
    internal = [argument for argument in plan.arguments if argument.hidden and argument.needed and not argument.path]
    return tuple(reader.argument(argument) for argument in (*declared_arguments(plan), *internal))


class _Reader:
    """Reads the schemas of one operation."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._count = 0
        self._parameters = {
            argument.path: argument.name for argument in plan.arguments if argument.location == "property"
        }

    def argument(self, argument: Argument) -> Field:
        """The field of an argument."""
        field = self._field(argument.name, argument.schema, (), _path_of(argument))
        location = "form" if argument.location == "property" else argument.location
        is_listed = argument.declaration.choices is not None and field.kind != "enum"
        return replace(
            field,
            label=argument.wire,
            required=is_required(argument),
            description=argument.description,
            location=location,
            default="" if argument.default is MISSING else text_of(argument.default),
            multiline=field.multiline and location in ("body", "form"),
            parameter=argument.name if is_listed else field.parameter,
        )

    def _field(self, name: str, schema: Schema, above: tuple[str, ...], path: tuple[str, ...] | None) -> Field:
        """The field of a schema; ``above`` are the definitions that it is in, ``path`` that of a member of the body."""
        self._count += 1
        contract = self._plan.contract(schema)
        field = Field(
            name=name,
            label=name,
            kind="json",
            schema=contract,
            type=_type(schema, contract),
            description=schema.description or contract.description,
            default="" if contract.default is MISSING else text_of(contract.default),
            parameter=self._parameter(name, schema, contract, path),
        )
        if schema.ref is not None and schema.ref in above:
            return field
        if contract.dynamic is not None or contract.one_of or contract.any_of:
            return field
        values = contract.enum if contract.enum is not None else _constant(contract)
        if values is not None and not contract.open_enum and len(values) <= _OPTIONS:
            return replace(field, kind="enum", options=values, parameter="")
        return self._typed(field, contract, (*above, schema.ref or ""), path)

    def _typed(self, field: Field, contract: Schema, above: tuple[str, ...], path: tuple[str, ...] | None) -> Field:
        structure = compound(contract)
        if structure == "array":
            return self._array(field, contract, above, path)
        if structure == "object":
            return self._object(field, contract, above, path)
        if len(contract.types) != 1:
            return field
        kind = _OF_FORMAT.get(contract.format or "") or _OF_TYPE.get(contract.types[0], "json")
        longest = contract.keywords.get("maxLength")
        return replace(
            field,
            kind=kind,
            hint=_hint(contract),
            suggested=tuple(map(text_of, (contract.enum or ())[:_OPTIONS])),
            multiline=kind == "text"
            and not contract.format
            and contract.enum is None
            and (longest is None or longest > _LINE),
        )

    def _array(self, field: Field, contract: Schema, above: tuple[str, ...], path: tuple[str, ...] | None) -> Field:
        if contract.items is None or self._is_full(above):
            return field
        item = self._field("", contract.items, above, path)
        item = replace(item, parameter=field.parameter or item.parameter)
        return replace(field, kind="array", item=item, parameter="")

    def _object(self, field: Field, contract: Schema, above: tuple[str, ...], path: tuple[str, ...] | None) -> Field:
        if not contract.properties or self._is_full(above):
            return field
        members = []
        for name, member in contract.properties.items():
            required = name in contract.required
            if self._is_shown(member, required):
                inner = self._field(name, member, above, (*path, name) if path is not None else None)
                members.append(replace(inner, required=required))
        return replace(field, kind="object", members=tuple(members))

    def _is_shown(self, member: Schema, required: bool) -> bool:
        """Whether a caller may give a member: not what the service alone writes, nor what is internal and can be left
        out."""
        contract = self._plan.contract(member)
        if member.read_only or contract.read_only:
            return required and self._plan.service.read_only_sent
        has_value = not required or contract.default is not MISSING
        return not (has_value and (member.visibility or contract.visibility) == "internal")

    def _is_full(self, above: tuple[str, ...]) -> bool:
        return len(above) > _LEVELS or self._count >= _FIELDS

    def _parameter(self, name: str, schema: Schema, contract: Schema, path: tuple[str, ...] | None) -> str:
        """What choices are asked by: the name of an argument, which members of a body are, too."""
        if schema.choices is None and contract.choices is None:
            return ""
        return name if not path else self._parameters.get(path, "")


def _path_of(argument: Argument) -> tuple[str, ...] | None:
    """Where an argument is in the body: at its top, or nowhere."""
    return () if argument.location == "body" else None


def _constant(schema: Schema) -> tuple[Any, ...] | None:
    return (schema.keywords["const"],) if "const" in schema.keywords else None


def _type(schema: Schema, contract: Schema) -> str:
    if schema.ref is not None:
        return type_name(schema)
    name = " or ".join(contract.types) or type_name(contract) or "any value"
    return f"{name}, {contract.format}" if contract.format else name


def _hint(contract: Schema) -> str:
    """How a value looks, as an example in the field."""
    return "" if contract.example is MISSING else text_of(contract.example)
