"""Lines of scripts that call a connector's operations, right and wrong, made of its description alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.model import MISSING, Schema, Service
from openconnectors.engine.plan.declared import success
from openconnectors.engine.plan.examples import minimal
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler


class Call(Struct, frozen=True):
    """A call that is right: of an operation of the connector in a variable, with the fewest arguments."""

    variable: str
    name: str
    plan: Plan
    arguments: Mapping[str, Any]

    def line(self, *, name: str = "", verb: str = "", **changes: Any) -> str:
        """The call as a line, with another name of the operation, a verb, and other or further arguments."""
        arguments = ", ".join(f"{name}={value!r}" for name, value in {**self.arguments, **changes}.items())
        return f"{self.variable}.{name or self.name}{verb}({arguments})"

    def without(self, argument: str) -> Call:
        """The call without an argument."""
        rest = {name: value for name, value in self.arguments.items() if name != argument}
        return Call(self.variable, self.name, self.plan, rest)

    @property
    def members(self) -> Mapping[str, Schema]:
        """The members of its value, if that is an object whose members are declared."""
        response = success(self.plan.operation)
        schema = self.plan.preferred_schema(response) if response is not None else None
        return self.plan.contract(schema).properties if schema is not None else {}


def calls(variable: str, service: Service) -> Iterator[Call]:
    """A right call of each operation that can be called."""
    compiler = Compiler(service)
    for name, operation_id in operation_names(service).items():
        try:
            plan = Plan(compiler, service.operations[operation_id])
            yield Call(variable, name, plan, _in_members(plan, minimal(plan)))
        except ConnectorError:
            continue


def _in_members(plan: Plan, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Arguments with the members of a body in place of the whole, if some of them are required: types have these."""
    members = [argument for argument in plan.arguments if argument.location == "property" and not argument.hidden]
    whole = arguments.get(plan.body_name)
    if not isinstance(whole, dict) or not any(argument.needed for argument in members):
        return arguments
    parts = {name: value for name, value in arguments.items() if name != plan.body_name}
    for argument in members:
        value: Any = whole
        for step in argument.path:
            value = value.get(step, MISSING) if isinstance(value, dict) else MISSING
        if value is not MISSING:
            parts[argument.name] = value
    return parts


_WRONG: Mapping[str, Any] = {"string": 7, "integer": "x", "number": "x", "boolean": "x", "array": 7, "object": 7}


def _argument_name(call: Call) -> Iterator[str]:
    for name in call.arguments:
        yield call.without(name).line(**{f"{name}s": call.arguments[name]})


def _argument_type(call: Call) -> Iterator[str]:
    for argument in call.plan.arguments:
        types = call.plan.contract(argument.schema).types
        if not argument.hidden and argument.location != "body" and len(types) == 1 and types[0] in _WRONG:
            yield call.line(**{argument.name: _WRONG[types[0]]})


def _argument_missing(call: Call) -> Iterator[str]:
    for argument in call.plan.arguments:
        if argument.needed and argument.name in call.arguments:
            yield call.without(argument.name).line()


def _enum_value(call: Call) -> Iterator[str]:
    for argument in call.plan.arguments:
        contract = call.plan.contract(argument.schema)
        if not argument.hidden and contract.enum is not None and not contract.open_enum:
            yield call.line(**{argument.name: f"{contract.enum[0]}x"})


def _operation(call: Call) -> Iterator[str]:
    yield call.line(name=call.name[:-1])


def _result_member(call: Call) -> Iterator[str]:
    for name in call.members:
        yield f"{call.line()}[{f'{name}_'!r}]"


def _result_type(call: Call) -> Iterator[str]:
    for name, member in call.members.items():
        if call.plan.contract(member).types == ("string",):
            yield f"{call.line()}[{name!r}] + 1"


def _object_member(call: Call) -> Iterator[str]:
    for argument in call.plan.arguments:
        contract = call.plan.contract(argument.schema)
        if argument.location == "property" and contract.properties:
            yield call.line(**{argument.name: {f"{next(iter(contract.properties))}_": "x"}})


def _verb(call: Call) -> Iterator[str]:
    yield call.line(verb=".respond")


def _verb_argument(call: Call) -> Iterator[str]:
    yield call.line(verb=".response", tiemout=3)


def _option(call: Call) -> Iterator[str]:
    yield f"{call.variable}.{call.name}.using(tiemout=3)"


def _place(call: Call) -> Iterator[str]:
    for value in call.arguments.values():
        yield f"{call.variable}.{call.name}({value!r})"
        break


KINDS: tuple[Callable[[Call], Iterator[str]], ...] = (
    _argument_name,
    _argument_type,
    _argument_missing,
    _enum_value,
    _operation,
    _result_member,
    _result_type,
    _object_member,
    _verb,
    _verb_argument,
    _option,
    _place,
)
"""Ways to make a mistake in a call."""


def mistakes(known: list[Call], count: int) -> list[str]:
    """Wrong lines, as many of each kind as there can be; the same each time."""
    chance = random.Random(16)  # noqa: S311 - a choice of examples
    kinds = [sorted({line for call in known for line in kind(call)}) for kind in KINDS]
    for lines in kinds:
        chance.shuffle(lines)
    chosen: list[str] = []
    while len(chosen) < count and any(kinds):
        chosen += [lines.pop() for lines in kinds if lines]
    return chosen[:count]
