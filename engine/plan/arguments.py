"""The arguments of an operation: their names, locations, schemas and defaults.

Rule 1. A parameter is an argument; so is each member of the body, and the body as a whole.

Rule 2. Names are given out once, in the order of the document, those that callers see before those that are hidden.
Exact wire names win over Python names.

Rule 3. A body whose media types have different schemas has the members of all of them as arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.auth.schemes import place
from openconnectors.engine.http import FRAMING, USER_AGENT
from openconnectors.engine.model import MISSING, Operation, Parameter, RequestBody, Schema
from openconnectors.engine.naming import distinct, snake
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.conversion import schema_accepts

_FLATTENED = 4
"""Levels of objects whose members are arguments; deeper ones are passed as objects."""
_TRANSPORTS = FRAMING - {"cookie"}
"""Header fields that documents declare, and that the transport fills in (RFC 9112 sections 3.2, 6 and 9.6)."""
_FILLED = _TRANSPORTS | {"accept", "accept-encoding", "content-type"}
"""Header fields that no caller must give."""


class Argument(Struct, frozen=True):
    """One keyword argument of an operation.

    ``name`` is its Python name, ``wire`` the document's; ``location`` says where it goes: ``path``, ``query``,
    ``querystring`` (the whole query), ``header``, ``cookie``, ``body`` (the whole body) or ``property`` (a member of
    the body, at ``path``).
    ``declaration`` is what the document has of it, for a member that of its body.
    """

    name: str
    wire: str
    location: str
    schema: Schema
    required: bool
    default: Any
    title: str
    description: str
    declaration: Parameter | RequestBody
    hidden: bool = False
    path: tuple[str, ...] = ()

    @property
    def parameter(self) -> Parameter:
        """The declared parameter; ``TypeError`` for a body or a member of one."""
        if isinstance(self.declaration, Parameter):
            return self.declaration
        raise TypeError(f"{self.wire!r} is not a parameter")

    @property
    def needed(self) -> bool:
        """Whether a caller must give it: it is required and has no default."""
        return self.required and self.default is MISSING

    @property
    def filled(self) -> bool:
        """Whether its default is sent if a caller does not give it."""
        return (self.required or self.hidden) and self.default is not MISSING


class Arguments:
    """The arguments of one operation."""

    def __init__(self, compiler: Compiler, operation: Operation) -> None:
        self._compiler = compiler
        self._service = compiler.service
        self._operation = operation
        self._contract = compiler.contract.resolve

    @cached_property
    def body_schemas(self) -> list[Schema]:
        """The different schemas of the body's media types."""
        body = self._operation.request_body
        return body.schemas() if body is not None else []

    # Names

    @cached_property
    def all(self) -> tuple[Argument, ...]:
        """Every argument, needed ones first, else as the document has them; names are unique."""
        return tuple(sorted((argument for argument, _ in self._named), key=lambda argument: not argument.needed))

    @cached_property
    def at(self) -> Mapping[str, tuple[Argument, ...]]:
        """The arguments by their location."""
        locations = ("path", "query", "querystring", "header", "cookie", "body", "property")
        return {place: tuple(argument for argument in self.all if argument.location == place) for place in locations}

    def renamed(self) -> Iterator[tuple[str, str]]:
        """Pointer and message for each argument whose Python name has a number because another has that name."""
        for argument, name in self._named:
            if argument.name != name:
                at = argument.schema.at if argument.location == "property" else argument.declaration.at
                yield (
                    at,
                    f"{argument.wire!r} of {self._operation.id} is the argument {argument.name!r}: another is {name!r}",
                )

    @cached_property
    def _named(self) -> list[tuple[Argument, str]]:
        """The arguments in the order of the document, each with the name that it would have alone."""
        arguments = self._unnamed()
        # What callers see is named first, so that nothing hidden takes a name from it.
        order = sorted(range(len(arguments)), key=lambda index: arguments[index].hidden)
        names = distinct([arguments[index].wire for index in order], [arguments[index].name for index in order])
        by_index = dict(zip(order, names, strict=True))
        return [(replace(argument, name=by_index[index]), argument.name) for index, argument in enumerate(arguments)]

    def _unnamed(self) -> list[Argument]:
        """The arguments in the order of the document, their names not yet distinct."""
        operation = self._operation
        arguments = [
            self._argument(parameter, parameter.name, parameter.schema, parameter.location, parameter.required)
            for parameter in operation.parameters
        ]
        body = operation.request_body
        if body is None:
            return arguments
        parts = self._all_parts(body)
        for path, (schema, required) in parts.items():
            arguments.append(self._argument(body, ".".join(path), schema, "property", required, path))
        if not body.fields:
            name = snake(body.client_name or body.name)
            if name in {snake(schema.client_name or path[-1]) for path, (schema, _) in parts.items()}:
                # The member keeps its name: it is what people fill in; the whole steps aside.
                body = replace(body, client_name=f"{name}_whole")
            schemas = self.body_schemas
            whole = schemas[0] if len(schemas) == 1 else Schema(any_of=tuple(schemas), at=body.at)
            arguments.append(self._argument(body, body.name, whole, "body", body.required and not parts))
        return arguments

    def _all_parts(self, body: RequestBody) -> dict[tuple[str, ...], tuple[Schema, bool]]:
        """The members of a body that are arguments, by their paths, with schema and whether every media type requires
        them. Of a member that several media types have, the first counts."""
        by_schema = [
            {
                path: (schema, required)
                for path, schema, required in self._parts(self._contract(whole), (), body.required)
            }
            for whole in self.body_schemas
        ]
        parts: dict[tuple[str, ...], tuple[Schema, bool]] = {}
        for path in (path for members in by_schema for path in members):
            members_of_path = [members.get(path) for members in by_schema]
            schema = next(part[0] for part in members_of_path if part is not None)
            parts.setdefault(path, (schema, all(part is not None and part[1] for part in members_of_path)))
        return parts

    def _argument(
        self,
        declared: Parameter | RequestBody,
        wire: str,
        schema: Schema,
        location: str,
        required: bool,
        path: tuple[str, ...] = (),
    ) -> Argument:
        effective = self._contract(schema)
        declaration = declared if location != "property" else schema
        default = schema.default if schema.default is not MISSING else effective.default
        hidden = (declaration.visibility or effective.visibility) == "internal"
        if location == "header":
            field = wire.lower()
            if field == "content-type" and default is MISSING and required and effective.enum:
                default = effective.enum[0]
            if field in _TRANSPORTS:
                hidden, default = True, MISSING
            required = required and not (default is MISSING and self._has_value(field, schema))
        if (
            default is not MISSING
            and (required or hidden)
            and not schema_accepts(self._service, self._compiler.contract, schema, default)
        ):
            # A default that breaks its own schema could never be sent: the caller must give the value.
            default, hidden = MISSING, hidden and not required
        return Argument(
            name=snake(declaration.client_name or (path[-1] if path else wire)),
            wire=wire,
            location=location,
            schema=schema,
            required=required,
            default=default,
            title=declaration.title or effective.title,
            description=declaration.description or effective.description,
            declaration=declared,
            hidden=hidden,
            path=path,
        )

    def _has_value(self, field: str, schema: Schema) -> bool:
        """Whether a header field, in lower case, has a value that no caller gives, and its schema accepts it."""
        if field == "user-agent":
            return schema_accepts(self._service, self._compiler.contract, schema, USER_AGENT)
        schemes = (self._service.schemes.get(name) for needed in self._operation.security for name in needed)
        return field in _FILLED or any(place(scheme) == ("header", field) for scheme in schemes if scheme is not None)

    def _parts(
        self, schema: Schema, above: tuple[str, ...], required: bool
    ) -> Iterator[tuple[tuple[str, ...], Schema, bool]]:
        """The members of a body that are arguments: path, schema and whether it is required. Those of flattened
        members are among them."""
        for name, member in schema.properties.items():
            effective = self._contract(member)
            read_only = member.read_only or effective.read_only
            if read_only and not (self._service.read_only_sent and name in schema.required):
                continue
            needed = required and name in schema.required and not read_only
            if (member.flatten or effective.flatten) and effective.properties and len(above) < _FLATTENED:
                yield from self._parts(effective, (*above, name), needed)
            else:
                yield (*above, name), member, needed

    @cached_property
    def by_name(self) -> Mapping[str, Argument]:
        """The arguments by each of their names. Parameters that share a name have their location before it too."""
        parameters = [parameter.name for parameter in self._operation.parameters]
        names = {
            f"{argument.location}.{argument.wire}": argument
            for argument in self.all
            if parameters.count(argument.wire) > 1 and isinstance(argument.declaration, Parameter)
        }
        names |= {argument.wire: argument for argument in reversed(self.all)}
        names |= {argument.name: argument for argument in self.all}
        # An object whose members are arguments is still taken under its name.
        for argument in self.all:
            if len(argument.path) > 1 and argument.path[0] not in names:
                wholes = (self._contract(schema).properties for schema in self.body_schemas)
                outer = next(members[argument.path[0]] for members in wholes if argument.path[0] in members)
                names[argument.path[0]] = replace(argument, wire=argument.path[0], schema=outer, path=argument.path[:1])
        return names

    @cached_property
    def body_name(self) -> str:
        """The key of the whole body among the values."""
        # Form fields have no whole to name: a key that no Python name can be.
        return next((argument.name for argument in self.at["body"]), "*")
