"""From the arguments of a call to one valid value for each.

Rule 1. Nothing is dropped: an unknown name, and one value under two spellings, are problems.

Rule 2. A value becomes plain data, then its contract value; members of the body are put together to one body, with
their defaults. A body whose media types have different schemas has one of them in a call: that of the media type that
the caller chooses, else the first that accepts what is given.

Rule 3. All values are judged together, by one JSON schema, so that every problem is reported at once. Of several at a
place the first is reported: what is not a date has no meaningful length.

Rule 4. A problem of the body has ``part="body"`` and its path begins in the body, however the caller gave it. Only
``reported`` says it in the caller's terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from msgspec.structs import replace

from openconnectors.engine.errors import Part, Path, Problem, nearest
from openconnectors.engine.model import Operation, Parameter, Schema
from openconnectors.engine.naming import snake
from openconnectors.engine.plan.arguments import Argument, Arguments
from openconnectors.engine.plan.bodies import Bodies
from openconnectors.engine.plan.members import overlapping, put
from openconnectors.engine.plan.plain_data import plain_data
from openconnectors.engine.streams import is_bytes, is_iterator
from openconnectors.engine.values.body import Body, Compiler
from openconnectors.engine.values.codecs import BINARY
from openconnectors.engine.values.conversion import schema_accepts
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.validation import Validator


class Gathered(NamedTuple):
    """The values of a call, ``{argument name: contract value}`` with the body in one piece under the body's name; their
    problems; and the schema that the body has in this call."""

    values: dict[str, Any]
    problems: list[Problem]
    body_schema: Schema | None


class Gathering:
    """Gathers and judges the values of the calls of one operation."""

    def __init__(self, compiler: Compiler, operation: Operation, arguments: Arguments, bodies: Bodies) -> None:
        self._compiler = compiler
        self._service = compiler.service
        self._operation = operation
        self._arguments = arguments
        self._bodies = bodies
        self._contract = compiler.contract.resolve
        self._judges: dict[int, _BodyJudge] = {}  # by the identity of the schemas of the body, which the model keeps

    # From names to values

    def gather(self, arguments: Mapping[str, Any], content_type: str | None) -> Gathered:
        """The values of arguments by Python or wire name. What is hidden or required takes its default.
        ``content_type`` is the media type that the caller chose."""
        declared = self._arguments
        schemas = declared.body_schemas
        schema = schemas[0] if len(schemas) == 1 else self._body_schema(arguments, content_type)
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        members: dict[str, Any] = {}
        names: dict[tuple[str, ...], str] = {}
        for name, value in arguments.items():
            argument = declared.by_name.get(name)
            if argument is None:
                message = f"unknown argument of {snake(self._operation.id)}{nearest(name, self._spellings)}"
                problems.append(Problem((name,), message, part="argument"))
                continue
            if value is None and not argument.required and not self.nullable(argument.schema):
                continue
            if argument.location == "property" and self._is_whole(argument, value, arguments, schema):
                argument = declared.by_name[declared.body_name]
            if argument.location != "property":
                argument, value = self._operator(argument, value)
            key = argument.path or ("", argument.name)
            other = overlapping(key, names) if self.nested else names.get(key)
            if other is not None:
                message = f"is given twice: as {other!r} too; give it once"
                problems.append(Problem((name,), message, part="argument"))
                continue
            names[key] = name
            if argument.location == "property":
                value, wrong = plain_data(value, argument.path)
                put(members, argument.path, value)
            elif argument.location == "body":
                values[argument.name], wrong = self._serialized(schema or argument.schema, value, ())
            else:
                values[argument.name], wrong = self._serialized(argument.schema, value, (argument.name,))
            if wrong:
                part: Part = "body" if argument.location in ("body", "property") else "argument"
                problems += [replace(problem, part=part) for problem in wrong]
        for argument in self.defaults:
            values.setdefault(argument.name, argument.default)
        if schema is not None:
            problems += self._put_together(members, values, schema)
        return Gathered(values, problems, schema)

    def _put_together(self, members: dict[str, Any], values: dict[str, Any], schema: Schema) -> list[Problem]:
        """Put the body of these members among the values, with their defaults. Return its problems."""
        body, name = self._operation.request_body, self._arguments.body_name
        if members and name in values:
            message = f"is given whole and in parts ({', '.join(members)}); choose one"
            return [Problem((), message, part="body")]
        needed = body is not None and body.required and name not in values and self._arguments.at["property"]
        defaults = self.default_members(schema) if members or needed else ()
        if not members and not (needed and (defaults or (body is not None and body.implied))):
            return []
        for argument in defaults:
            put(members, argument.path, argument.default, replace=False)
        problems = self._strays(members, schema)
        serialize = self._compiler.serializer(schema)
        values[name] = serialize(members, (), problems) if serialize else members
        return [replace(problem, part="body") for problem in problems]

    def _strays(self, members: Mapping[str, Any], schema: Schema) -> list[Problem]:
        """The problems of members that only another media type has than the one that is sent."""
        known = self._contract(schema).properties
        if len(self._arguments.body_schemas) == 1 or not known:
            return []
        message = "is for another media type of the body than the one that is sent; using(content_type=…) chooses"
        return [Problem((name,), message) for name in members if name not in known]

    def default_members(self, schema: Schema) -> tuple[Argument, ...]:
        """The members of a body of a schema whose default is sent."""
        if len(self._arguments.body_schemas) == 1 or not self._filled_members:
            return self._filled_members
        properties = self._contract(schema).properties
        return tuple(argument for argument in self._filled_members if argument.path[0] in properties)

    @cached_property
    def _filled_members(self) -> tuple[Argument, ...]:
        return tuple(argument for argument in self._arguments.at["property"] if argument.filled)

    @cached_property
    def defaults(self) -> tuple[Argument, ...]:
        """The arguments beside the members of the body whose default is sent."""
        return tuple(
            argument for argument in self._arguments.all if argument.filled and argument.location != "property"
        )

    @cached_property
    def nested(self) -> bool:
        """Whether an argument may hold others: those of a flattened object."""
        return any(len(argument.path) > 1 for argument in self._arguments.all)

    @cached_property
    def _spellings(self) -> list[str]:
        """The names that a misspelled one may mean. Python names come last: of two equally near the last is named."""
        visible = [argument for argument in self._arguments.all if not argument.hidden]
        return [*(argument.wire for argument in visible), *(argument.name for argument in visible)]

    # The body of a call

    def _body_schema(self, arguments: Mapping[str, Any], content_type: str | None) -> Schema | None:
        """Which of several schemas the body has in a call (rule 2); None if there is none."""
        schemas = self._arguments.body_schemas
        if not schemas:
            return None
        for argument in self._arguments.at["header"]:
            if content_type is None and argument.wire.lower() == "content-type":
                chosen = arguments.get(argument.name, arguments.get(argument.wire))
                content_type = chosen if isinstance(chosen, str) else None
        if content_type is not None:
            return self._bodies.request_schema(content_type)
        members: dict[str, Any] = {}
        for name, value in arguments.items():
            known = self._arguments.by_name.get(name)
            if known is not None and known.location == "body":
                taking = [schema for schema in schemas if self._bodies.takes(schema, value)]
                if isinstance(value, Mapping):  # those that declare its members come first
                    taking.sort(key=lambda schema: not value.keys() <= self._contract(schema).properties.keys())
                return next((schema for schema in taking if self._fits(schema, value)), (taking or schemas)[0])
            if known is not None and known.location == "property":
                put(members, known.path, value)
        holding = [schema for schema in schemas if members.keys() <= self._contract(schema).properties.keys()]
        holding = [schema for schema in holding if self._bodies.takes(schema, members)] or holding
        return next((schema for schema in holding if self._fits(schema, members)), (holding or schemas)[0])

    def _fits(self, schema: Schema, value: Any) -> bool:
        """Whether a value of a caller's can be the body in a schema: bytes are for files."""
        if is_iterator(value) and self._bodies.is_sequence(schema):
            return True
        if is_bytes(value):
            return self._bodies.is_file(schema) or not self._contract(schema).types
        if self._bodies.is_file(schema):
            return False
        whole, problems = self._serialized(schema, value, ())
        return not problems and schema_accepts(self._service, self._compiler.contract, schema, whole)

    def _is_whole(self, argument: Argument, value: Any, arguments: Mapping[str, Any], schema: Schema | None) -> bool:
        """Whether a value for a member that has the body's own name is the body, which it then must fit."""
        body = self._operation.request_body
        if body is None or argument.wire != body.name or body.fields or not isinstance(value, Mapping):
            return False
        known = self._arguments.by_name
        if sum(known[name].location in ("property", "body") for name in arguments if name in known) != 1:
            return False
        return schema is not None and self._fits(schema, value)

    # One value

    def nullable(self, schema: Schema) -> bool:
        """Whether null is a value of a schema."""
        effective = self._contract(schema)
        return effective.nullable or not effective.types

    def _operator(self, argument: Argument, value: Any) -> tuple[Argument, Any]:
        """The parameter and the value that ``"<=2009-07-06"`` means for a parameter with operators."""
        if not isinstance(argument.declaration, Parameter):
            return argument, value
        for operator, name in argument.declaration.operators.items():
            if isinstance(value, str) and value.startswith(operator) and name in self._arguments.by_name:
                return self._arguments.by_name[name], value[len(operator) :].strip()
        return argument, value

    def _serialized(self, schema: Schema, value: Any, path: Path) -> tuple[Any, list[Problem]]:
        """The contract value of a caller's value, with its problems."""
        plain, problems = plain_data(value, path)
        serialize = self._compiler.serializer(schema)
        return (serialize(plain, path, problems) if serialize else plain), problems

    # Validation

    def judge(self, values: Mapping[str, Any], sent: Body | None, schema: Schema | None) -> list[Problem]:
        """The problems of gathered values, whose body has a schema. Bytes are accepted for a file, if the body that is
        ``sent`` can hold bytes."""
        name = self._arguments.body_name
        problems = []
        for problem in self._judged(values, sent, schema):
            # The schema judges an object of all values: the first step of a path is the name of one.
            if not problem.path:
                problems.append(replace(problem, part="request"))
            elif problem.path[0] == name:
                problems.append(replace(problem, path=problem.path[1:], part="body"))
            else:
                problems.append(replace(problem, part="argument"))
        return problems

    def validator(self, schema: Schema | None) -> Validator:
        """Judges gathered values whose body has a schema and no bytes in it."""
        return self._judge(schema).validator

    def _judge(self, schema: Schema | None) -> _BodyJudge:
        judge = self._judges.get(id(schema))
        if judge is None:
            judge = self._judges[id(schema)] = self._body_judge(schema)
        return judge

    def _judged(self, values: Mapping[str, Any], sent: Body | None, schema: Schema | None) -> list[Problem]:
        judge = self._judge(schema)
        whole = self._arguments.body_name
        body = values.get(whole)
        if sent is not None and sent.codec.listed and is_iterator(body):  # each item is judged when it is its turn
            return judge.validator_beside_body.problems({**values, whole: None})
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
        for argument in self._arguments.all:
            if argument.location != "property":
                written = writer.write(argument.schema)
                empty = isinstance(argument.declaration, Parameter) and argument.declaration.allow_empty
                properties[argument.name] = {"anyOf": [written, {"const": ""}]} if empty else written
                if argument.required:
                    required.append(argument.name)
        body, name = self._operation.request_body, self._arguments.body_name
        files: set[str] = set()
        if body is not None and schema is not None:
            properties[name] = {} if self._bodies.is_file(schema) else writer.write(schema)
            if body.required and name not in required:
                required.append(name)
            for member, inner in self._contract(schema).properties.items():
                if self._bodies.is_file(inner) or self._bodies.is_file(self._contract(inner).items):
                    files.add(member)
        return _BodyJudge(
            {
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": False,
                "$defs": writer.defs,
            },
            name,
            is_text=schema is not None and "string" in self._contract(schema).types,
            files=frozenset(files),
        )

    # Problems

    def reported(self, problems: Iterable[Problem], arguments: Mapping[str, Any]) -> list[Problem]:
        """The problems in the caller's terms, in the order of the arguments: those of the body under its name, or under
        those of its members if it was given in parts."""
        body, name = self._operation.request_body, self._arguments.body_name
        in_parts = name not in arguments and (body is None or body.name not in arguments)
        order = {argument.name: index for index, argument in enumerate(self._arguments.all)}
        named = dict.fromkeys(
            self._named(problem, in_parts) if problem.part == "body" else problem for problem in problems
        )

        def place(problem: Problem) -> int:
            """Before all arguments: what is not of one, and the body of form fields, which has no name."""
            return order.get(str(problem.path[0]), -1) if problem.part == "argument" else -1

        return sorted(named, key=place)

    def _named(self, problem: Problem, in_parts: bool) -> Problem:
        """A problem of the body under the name of an argument."""
        path = problem.path
        for argument in self._arguments.at["property"] if in_parts and path else ():
            if argument.path == path[: len(argument.path)]:
                return replace(problem, path=(argument.name, *path[len(argument.path) :]), part="argument")
        if in_parts and path:
            return problem
        return replace(problem, path=(self._arguments.body_name, *path), part="argument")


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
