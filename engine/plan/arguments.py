"""The arguments of an operation, and how the values of a call become one value for each.

Rule 1. A parameter is an argument; so is each member of the body, and the body as a whole.

Rule 2. Exact wire names win over Python names. Nothing is dropped: an unknown name, and one value under two
spellings, are problems.

Rule 3. Names are given out once, in the order of the document, those that callers see before those that are hidden.

Rule 4. All values are judged together, by one schema, so that every problem is reported at once.

Rule 5. A body whose media types have different schemas has the members of all of them as arguments. For one call it has
one schema: that of the media type that the caller chooses, else the first that accepts what is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from openconnectors.engine.auth.schemes import place
from openconnectors.engine.errors import Path, Problem, nearest
from openconnectors.engine.http import FRAMING
from openconnectors.engine.model import MISSING, Operation, Parameter, RequestBody, Schema
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
    ``query``, ``header``, ``cookie``, ``body`` (the whole body) or ``property`` (a member of the body, at ``path``).
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
    """The arguments of one operation. The values of a call are ``{argument name: contract value}``, with the body in
    one piece under ``body_name``."""

    def __init__(self, compiler: Compiler, operation: Operation, bodies: Bodies) -> None:
        self._compiler = compiler
        self._service = compiler.service
        self._operation = operation
        self._bodies = bodies
        self._contract = compiler.contract.resolve
        self._judges: dict[int, _BodyJudge] = {}  # by the identity of the schemas of the body, which the model keeps

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
        locations = ("path", "query", "header", "cookie", "body", "property")
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
            found = [members.get(path) for members in by_schema]
            schema = next(part[0] for part in found if part is not None)
            parts.setdefault(path, (schema, all(part is not None and part[1] for part in found)))
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
            declaration=declared,
            hidden=hidden,
            path=path,
        )

    def _has_value(self, field: str) -> bool:
        """Whether a header field, in lower case, has a value that no caller gives."""
        schemes = (self._service.schemes.get(name) for needed in self._operation.security for name in needed)
        return field in _FILLED or any(place(scheme) == ("header", field) for scheme in schemes if scheme is not None)

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
        for argument in self.all:
            if len(argument.path) > 1 and argument.path[0] not in names:
                wholes = (self._contract(schema).properties for schema in self.body_schemas)
                outer = next(members[argument.path[0]] for members in wholes if argument.path[0] in members)
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

    def gather(
        self, given: Mapping[str, Any], content_type: str | None
    ) -> tuple[dict[str, Any], list[Problem], Schema | None]:
        """The values of arguments by Python or wire name, with their problems, and the schema that the body has in this
        call. What is hidden or required takes its default. ``content_type`` is the media type that the caller chose."""
        schemas = self.body_schemas
        schema = schemas[0] if len(schemas) == 1 else self._body_schema(given, content_type)
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
            if argument.location == "property" and self._is_whole(argument, value, given, schema):
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
                declared = schema if argument.location == "body" and schema is not None else argument.schema
                values[argument.name], wrong = self._encoded(declared, value, (argument.name,))
            problems += wrong
        for argument in self._defaults:
            values.setdefault(argument.name, argument.default)
        body = self._operation.request_body
        if body is not None and schema is not None:
            if members and whole in values:
                problems.append(Problem((whole,), f"is given whole and in parts ({', '.join(members)}); choose one"))
            elif members or (body.required and whole not in values and self.at["property"]):
                for argument in self._default_members(schema):
                    put(members, argument.path, argument.default, replace=False)
                encode = self._compiler.serializer(schema)
                values[whole] = encode(members, (whole,), problems) if encode else members
        return values, problems, schema

    @cached_property
    def _filled_members(self) -> tuple[Argument, ...]:
        """The members of the body whose default is sent."""
        return tuple(argument for argument in self.at["property"] if argument.filled)

    def _default_members(self, schema: Schema) -> Iterable[Argument]:
        """The members of a body of one schema whose default is sent."""
        if len(self.body_schemas) == 1 or not self._filled_members:
            return self._filled_members
        properties = self._contract(schema).properties
        return [argument for argument in self._filled_members if argument.path[0] in properties]

    def _body_schema(self, given: Mapping[str, Any], content_type: str | None) -> Schema | None:
        """Which of several schemas the body has in a call (rule 5); None if there is none."""
        schemas = self.body_schemas
        if not schemas:
            return None
        for argument in self.at["header"]:
            if content_type is None and argument.wire.lower() == "content-type":
                chosen = given.get(argument.name, given.get(argument.wire))
                content_type = chosen if isinstance(chosen, str) else None
        if content_type is not None:
            return self._bodies.request_schema(content_type)
        members: dict[str, Any] = {}
        for name, value in given.items():
            argument_or_none = self.by_name.get(name)
            if argument_or_none is not None and argument_or_none.location == "body":
                return next((schema for schema in schemas if self._fits(schema, value)), schemas[0])
            if argument_or_none is not None and argument_or_none.location == "property":
                put(members, argument_or_none.path, value)
        holding = [schema for schema in schemas if members.keys() <= self._contract(schema).properties.keys()]
        return next((schema for schema in holding if self._fits(schema, members)), (holding or schemas)[0])

    def _fits(self, schema: Schema, value: Any) -> bool:
        """Whether a value of a caller's can be the body in a schema: bytes are for files."""
        if is_bytes(value) or self._bodies.is_file(schema):
            return is_bytes(value) and self._bodies.is_file(schema)
        whole, problems = self._encoded(schema, value, ())
        return not problems and schema_accepts(self._service, self._compiler.contract, schema, whole)

    @cached_property
    def _defaults(self) -> tuple[Argument, ...]:
        """The arguments beside the members of the body whose default is sent."""
        return tuple(argument for argument in self.all if argument.filled and argument.location != "property")

    def _is_whole(self, argument: Argument, value: Any, given: Mapping[str, Any], schema: Schema | None) -> bool:
        """Whether a value for a member that has the body's own name is the body, which it then must fit."""
        body = self._operation.request_body
        if body is None or argument.wire != body.name or body.fields or not isinstance(value, Mapping):
            return False
        known = self.by_name
        if sum(known[name].location in ("property", "body") for name in given if name in known) != 1:
            return False
        return schema is not None and self._fits(schema, value)

    def _nullable(self, schema: Schema) -> bool:
        effective = self._contract(schema)
        return effective.nullable or not effective.types

    def _operator(self, argument: Argument, value: Any) -> tuple[Argument, Any]:
        """The parameter and the value that ``"<=2009-07-06"`` means for a parameter with operators."""
        if not isinstance(argument.declaration, Parameter):
            return argument, value
        for operator, name in argument.declaration.operators.items():
            if isinstance(value, str) and value.startswith(operator) and name in self.by_name:
                return self.by_name[name], value[len(operator) :].strip()
        return argument, value

    def _encoded(self, schema: Schema, value: Any, path: Path) -> tuple[Any, list[Problem]]:
        """A value in contract shape, with its problems: containers as dict and list, formats as text."""
        plain, problems = plain_data(value, path)
        encode = self._compiler.serializer(schema)
        return (encode(plain, path, problems) if encode else plain), problems

    # Validation

    def judge(self, values: Mapping[str, Any], sent: Body | None, schema: Schema | None) -> list[Problem]:
        """The problems of gathered values, whose body has a schema. Bytes are accepted for a file, if the body that is
        ``sent`` can hold bytes."""
        judge = self._judges.get(id(schema))
        if judge is None:
            judge = self._judges[id(schema)] = self._body_judge(schema)
        whole = self.body_name
        body = values.get(whole)
        if sent is None or sent.codec.structured:
            return judge.validator.problems(values)
        if is_bytes(body) or (isinstance(body, str) and sent.codec is BINARY and not judge.is_text):
            return judge.validator_beside_body.problems({**values, whole: None})
        if isinstance(body, dict) and judge.files:
            body = {name: _judgeable(value) if name in judge.files else value for name, value in body.items()}
            values = {**values, whole: body}
        return judge.validator.problems(values)

    def _body_judge(self, schema: Schema | None) -> _BodyJudge:
        """Judges ``{argument: value, …}`` with the body in one piece under its own name, in a schema."""
        writer = JsonSchemaWriter(self._service, request=True)
        properties: dict[str, Any] = {}
        required = []
        for argument in self.all:
            if argument.location != "property":
                written = writer.write(argument.schema)
                empty = isinstance(argument.declaration, Parameter) and argument.declaration.allow_empty
                properties[argument.name] = {"anyOf": [written, {"const": ""}]} if empty else written
                if argument.required:
                    required.append(argument.name)
        body = self._operation.request_body
        files: set[str] = set()
        if body is not None and schema is not None:
            properties[self.body_name] = {} if self._bodies.is_file(schema) else writer.write(schema)
            if body.required and self.body_name not in required:
                required.append(self.body_name)
            for name, member in self._contract(schema).properties.items():
                if self._bodies.is_file(member) or self._bodies.is_file(self._contract(member).items):
                    files.add(name)
        return _BodyJudge(
            {
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": False,
                "$defs": writer.defs,
            },
            self.body_name,
            is_text=schema is not None and "string" in self._contract(schema).types,
            files=frozenset(files),
        )

    # Problems

    def reported(self, problems: Iterable[Problem], given: Mapping[str, Any]) -> list[Problem]:
        """The problems as the caller sees them, in the order of the arguments: if the body was given in parts, that of
        a member under the name of the member's argument."""
        body = self._operation.request_body
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


class _BodyJudge:
    """Judges the values of a call whose body has one schema. ``is_text``: the schema is for text. ``files`` are the
    members that are files, or lists of them."""

    def __init__(self, json_schema: Mapping[str, Any], body_name: str, *, is_text: bool, files: frozenset[str]) -> None:
        self._json_schema = json_schema
        self._body_name = body_name
        self.is_text = is_text
        self.files = files

    @cached_property
    def validator(self) -> Validator:
        """Judges everything."""
        return Validator(self._json_schema)

    @cached_property
    def validator_beside_body(self) -> Validator:
        """Judges everything but the body, which is bytes."""
        properties = {**self._json_schema["properties"], self._body_name: {}}
        return Validator({**self._json_schema, "properties": properties})


def _judgeable(value: Any) -> Any:
    """What stands for bytes, or a list of them, before the schema of a file: text."""
    if isinstance(value, list):
        return [_judgeable(item) for item in value]
    return "" if is_bytes(value) else value
