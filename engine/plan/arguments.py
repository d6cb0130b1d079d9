"""The arguments of an operation, and how the values of a call become one value for each.

Rule 1. A parameter is an argument; so is each member of the body, and the body as a whole.

Rule 2. Exact wire names win over Python names. Nothing is dropped: an unknown name, and one value under two
spellings, are problems.

Rule 3. Names are given out once, in the order of the document, those that callers see before those that are hidden.

Rule 4. All values are judged together, by one schema, so that every problem is reported at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from openconnectors.engine.errors import Path, Problem, nearest
from openconnectors.engine.http import FRAMING
from openconnectors.engine.model import MISSING, Operation, Parameter, Schema
from openconnectors.engine.naming import distinct, snake
from openconnectors.engine.plan.bodies import Bodies
from openconnectors.engine.plan.members import overlapping, put
from openconnectors.engine.plan.plain_data import plain_data
from openconnectors.engine.streams import is_bytes
from openconnectors.engine.values.body import Body, Compiler
from openconnectors.engine.values.codecs import BINARY
from openconnectors.engine.values.conversion import schema_accepts
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.validation import Validator

_FLATTENED = 4
"""Levels of objects whose members are arguments; deeper ones are passed as objects."""
_TRANSPORTS = FRAMING - {"cookie"}
"""Header fields that documents declare, and that the transport fills in (RFC 9112 sections 3.2, 6 and 9.6)."""
_FILLED = _TRANSPORTS | {"accept", "accept-encoding", "content-type", "user-agent"}
"""Header fields that no caller must give."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One keyword argument of an operation.

    ``name`` is its Python name, ``wire`` the document's; ``location`` says where it goes: ``path``,
    ``query``, ``header``, ``body`` (the whole body) or ``property`` (a member of the body, at ``path``).
    """

    name: str
    wire: str
    location: str
    schema: Schema
    required: bool
    default: Any
    title: str
    description: str
    parameter: Parameter
    hidden: bool = False
    path: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether a caller must give it: it is required and has no default."""
        return self.required and self.default is MISSING

    @property
    def filled(self) -> bool:
        """Whether its default is sent if a caller does not give it."""
        return (self.required or self.hidden) and self.default is not MISSING


class Arguments:
    """The arguments of one operation. The values of a call are ``{argument name: contract value}``, with the body in
    one piece under ``body_name``."""

    def __init__(self, compiler: Compiler, operation: Operation, bodies: Bodies) -> None:
        self._compiler = compiler
        self._service = compiler.service
        self._operation = operation
        self._bodies = bodies
        self._contract = compiler.contract.resolve

    # Names

    @cached_property
    def all(self) -> tuple[Argument, ...]:
        """Every argument, needed ones first, else as the document has them; names are unique."""
        return tuple(sorted((argument for argument, _ in self._named), key=lambda argument: not argument.needed))

    @cached_property
    def at(self) -> Mapping[str, tuple[Argument, ...]]:
        """The arguments by their location."""
        locations = ("path", "query", "header", "body", "property")
        return {place: tuple(argument for argument in self.all if argument.location == place) for place in locations}

    def renamed(self) -> Iterator[tuple[str, str]]:
        """Pointer and message for each argument whose Python name has a number because another has that name."""
        for argument, name in self._named:
            if argument.name != name:
                at = argument.schema.at if argument.location == "property" else argument.parameter.at
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
        body = operation.body
        if body is None:
            return arguments
        parts = list(self._parts(self._contract(body.schema), (), body.required))
        for path, schema, required in parts:
            arguments.append(self._argument(body, ".".join(path), schema, "property", required, path))
        if not operation.fields:
            name = snake(body.client_name or body.name)
            if name in {snake(schema.client_name or path[-1]) for path, schema, _ in parts}:
                # The member keeps its name: it is what people fill in; the whole steps aside.
                body = replace(body, client_name=f"{name}_whole")
            arguments.append(self._argument(body, body.name, body.schema, "body", body.required and not parts))
        return arguments

    def _argument(
        self,
        parameter: Parameter,
        wire: str,
        schema: Schema,
        location: str,
        required: bool,
        path: tuple[str, ...] = (),
    ) -> Argument:
        effective = self._contract(schema)
        declaration = parameter if location != "property" else schema
        default = schema.default if schema.default is not MISSING else effective.default
        hidden = (declaration.visibility or effective.visibility) == "internal"
        if location == "header":
            field = wire.lower()
            if field == "content-type" and default is MISSING and required and effective.enum:
                default = effective.enum[0]
            if field in _TRANSPORTS:
                hidden, default = True, MISSING
            required = required and not (default is MISSING and self._has_value(field))
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
            parameter=parameter,
            hidden=hidden,
            path=path,
        )

    def _has_value(self, field: str) -> bool:
        """Whether a header field, in lower case, has a value that no caller gives."""
        schemes = (self._service.schemes.get(name) for needed in self._operation.security for name in needed)
        credentials = {
            "authorization" if scheme.type != "apiKey" else scheme.parameter.lower()
            for scheme in schemes
            if scheme is not None and (scheme.type != "apiKey" or scheme.location == "header")
        }
        return field in _FILLED or field in credentials

    def _parts(
        self, schema: Schema, above: tuple[str, ...], required: bool
    ) -> Iterator[tuple[tuple[str, ...], Schema, bool]]:
        """The members of a body that are arguments: path, schema and whether it is required. Those of flattened
        members are among them."""
        for name, member in schema.properties.items():
            effective = self._contract(member)
            if member.read_only or effective.read_only:
                continue
            needed = required and name in schema.required
            if (member.flatten or effective.flatten) and effective.properties and len(above) < _FLATTENED:
                yield from self._parts(effective, (*above, name), needed)
            else:
                yield (*above, name), member, needed

    @cached_property
    def by_name(self) -> Mapping[str, Argument]:
        """The arguments by each of their names."""
        names = {argument.wire: argument for argument in reversed(self.all)}
        names |= {argument.name: argument for argument in self.all}
        # An object whose members are arguments is still taken under its name.
        body = self._operation.body
        for argument in self.all:
            if body is not None and len(argument.path) > 1 and argument.path[0] not in names:
                outer = self._contract(body.schema).properties[argument.path[0]]
                names[argument.path[0]] = replace(argument, wire=argument.path[0], schema=outer, path=argument.path[:1])
        return names

    @cached_property
    def _nested(self) -> bool:
        """Whether an argument may hold others: those of a flattened object."""
        return any(len(argument.path) > 1 for argument in self.all)

    @cached_property
    def _spellings(self) -> list[str]:
        """The names that a misspelled one may mean. Python names come last: of two equally near the last is named."""
        visible = [argument for argument in self.all if not argument.hidden]
        return [*(argument.wire for argument in visible), *(argument.name for argument in visible)]

    @cached_property
    def body_name(self) -> str:
        """The key of the whole body among the values."""
        # Form fields have no whole to name: a key that no Python name can be.
        return next((argument.name for argument in self.at["body"]), "*")

    # Values

    def gather(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """The values of arguments by Python or wire name, with their problems. What is hidden or required takes its
        default."""
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        members: dict[str, Any] = {}
        whole = self.body_name
        spelled: dict[tuple[str, ...], str] = {}
        for name, value in given.items():
            argument = self.by_name.get(name)
            if argument is None:
                hint = nearest(name, self._spellings)
                problems.append(Problem((name,), f"unknown argument of {snake(self._operation.id)}{hint}"))
                continue
            if value is None and not argument.required and not self._nullable(argument.schema):
                continue
            if argument.location == "property" and self._is_whole(argument, value, given):
                argument = self.by_name[whole]
            if argument.location != "property":
                argument, value = self._operator(argument, value)
            key = argument.path or ("", argument.name)
            other = overlapping(key, spelled) if self._nested else spelled.get(key)
            if other is not None:
                problems.append(Problem((name,), f"is given twice: as {other!r} too; give it once"))
                continue
            spelled[key] = name
            if argument.location == "property":
                value, wrong = plain_data(value, (whole, *argument.path))
                put(members, argument.path, value)
            else:
                values[argument.name], wrong = self._encoded(argument.schema, value, (argument.name,))
            problems += wrong
        for argument in self._defaults:
            values.setdefault(argument.name, argument.default)
        body = self._operation.body
        if body is not None:
            if members and whole in values:
                problems.append(Problem((whole,), f"is given whole and in parts ({', '.join(members)}); choose one"))
            elif members or (body.required and whole not in values and self.at["property"]):
                for argument in self.at["property"]:
                    if argument.filled:
                        put(members, argument.path, argument.default, replace=False)
                encode = self._compiler.serializer(body.schema)
                values[whole] = encode(members, (whole,), problems) if encode else members
        return values, problems

    @cached_property
    def _defaults(self) -> tuple[Argument, ...]:
        """The arguments beside the members of the body whose default is sent."""
        return tuple(argument for argument in self.all if argument.filled and argument.location != "property")

    def _is_whole(self, argument: Argument, value: Any, given: Mapping[str, Any]) -> bool:
        """Whether a value for a member that has the body's own name is the body, which it then must fit."""
        body = self._operation.body
        if body is None or argument.wire != body.name or self._operation.fields or not isinstance(value, Mapping):
            return False
        known = self.by_name
        if sum(known[name].location in ("property", "body") for name in given if name in known) != 1:
            return False
        whole, problems = self._encoded(body.schema, value, ())
        return not problems and schema_accepts(self._service, self._compiler.contract, body.schema, whole)

    def _nullable(self, schema: Schema) -> bool:
        effective = self._contract(schema)
        return effective.nullable or not effective.types

    def _operator(self, argument: Argument, value: Any) -> tuple[Argument, Any]:
        """The parameter and the value that ``"<=2009-07-06"`` means for a parameter with operators."""
        for operator, name in argument.parameter.operators.items():
            if isinstance(value, str) and value.startswith(operator) and name in self.by_name:
                return self.by_name[name], value[len(operator) :].strip()
        return argument, value

    def _encoded(self, schema: Schema, value: Any, path: Path) -> tuple[Any, list[Problem]]:
        """A value in contract shape, with its problems: containers as dict and list, formats as text."""
        plain, problems = plain_data(value, path)
        encode = self._compiler.serializer(schema)
        return (encode(plain, path, problems) if encode else plain), problems

    # Validation

    @cached_property
    def _validator(self) -> Validator:
        """Judges ``{argument: value, …}`` with the body in one piece under its own name."""
        writer = JsonSchemaWriter(self._service, request=True)
        properties: dict[str, Any] = {}
        required = []
        for argument in self.all:
            if argument.location != "property":
                written = writer.write(argument.schema)
                empty = argument.parameter.allow_empty
                properties[argument.name] = {"anyOf": [written, {"const": ""}]} if empty else written
                if argument.required:
                    required.append(argument.name)
        body = self._operation.body
        if body is not None:
            properties[self.body_name] = {} if self._bodies.takes_file else writer.write(body.schema)
            if body.required and self.body_name not in required:
                required.append(self.body_name)
        return Validator(
            {
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": False,
                "$defs": writer.defs,
            }
        )

    @cached_property
    def _validator_beside_body(self) -> Validator:
        """Judges everything but the body, which is bytes."""
        written = self._validator.json_schema
        return Validator({**written, "properties": {**written["properties"], self.body_name: {}}})

    def judge(self, values: Mapping[str, Any], sent: Body | None) -> list[Problem]:
        """The problems of gathered values. Bytes are accepted for a file, if the body that is ``sent`` can hold
        bytes."""
        whole = self.body_name
        body = values.get(whole)
        if sent is None or sent.codec.structured:
            return self._validator.problems(values)
        if is_bytes(body) or (isinstance(body, str) and sent.codec is BINARY and not self._is_text):
            return self._validator_beside_body.problems({**values, whole: None})
        if isinstance(body, dict) and self._files:
            body = {name: _judgeable(value) if name in self._files else value for name, value in body.items()}
            values = {**values, whole: body}
        return self._validator.problems(values)

    @cached_property
    def _is_text(self) -> bool:
        """Whether the schema of the body speaks of text."""
        body = self._operation.body
        return body is not None and "string" in self._contract(body.schema).types

    @cached_property
    def _files(self) -> frozenset[str]:
        """The members of the body that are files, or lists of them."""
        body = self._operation.body
        files = set()
        for name, member in self._contract(body.schema).properties.items() if body is not None else ():
            items = self._contract(member).items
            if self._bodies.is_file(member) or self._bodies.is_file(items):
                files.add(name)
        return frozenset(files)

    # Problems

    def reported(self, problems: Iterable[Problem], given: Mapping[str, Any]) -> list[Problem]:
        """The problems as the caller sees them, in the order of the arguments: if the body was given in parts, that of
        a member under the name of the member's argument."""
        body = self._operation.body
        in_parts = self.body_name not in given and (body is None or body.name not in given)
        named = dict.fromkeys(self._named_by_part(problem) if in_parts else problem for problem in problems)
        order = {argument.name: index for index, argument in enumerate(self.all)}
        return sorted(named, key=lambda problem: order.get(str(problem.path[0]), -1) if problem.path else -1)

    def _named_by_part(self, problem: Problem) -> Problem:
        if len(problem.path) < 2 or problem.path[0] != self.body_name:
            return problem
        path = problem.path[1:]
        for argument in self.at["property"]:
            if argument.path == path[: len(argument.path)]:
                return Problem((argument.name, *path[len(argument.path) :]), problem.message)
        return Problem(path, problem.message)


def _judgeable(value: Any) -> Any:
    """What stands for bytes, or a list of them, before the schema of a file: text."""
    if isinstance(value, list):
        return [_judgeable(item) for item in value]
    return "" if is_bytes(value) else value
