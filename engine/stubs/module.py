"""The module of a connector's types: a ``Protocol`` with its operations, the connector for each face, and the types of
arguments and values.

Each operation is written once: ``operation`` of ``openconnectors.typed`` makes it what it is in a ``Connector`` or an
``AsyncConnector``, with the arguments of each of its verbs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.client.signature import documentation
from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.model import MISSING, DeclaredResponse, Schema, Service
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.streams import is_bytes
from openconnectors.engine.stubs.names import Names, class_name
from openconnectors.engine.stubs.texts import call, docstring, union
from openconnectors.engine.stubs.types import Types, literal
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs import BINARY, codec_for

_LONGEST = 40
"""Characters of a default that is shown."""
_DEFAULTS: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}
_WITHOUT_BODY = ("204", "205")


class Module(Struct, frozen=True):
    """The text of a connector's types, the names of its classes, and how many operations and types it has."""

    text: str
    name: str
    operations: int
    types: int


def module(connector: str, service: Service, reserved: Collection[str] = ()) -> Module:
    """The types of a connector. ``reserved`` are names that its classes must not have."""
    python_names = operation_names(service)
    title = _class_of(connector, reserved)
    names = Names(python_names, {*reserved, title, f"Async{title}", f"{title}Operations"})
    compiler = Compiler(service)
    types = Types(compiler, names)
    protocol = [f"class {title}Operations({names.of('Protocol')}):"]
    protocol += docstring(f"{service.title or connector}\n\n{service.description}", "    ")
    for name, operation_id in python_names.items():
        protocol += ["", *_operation(compiler, types, names, name, operation_id)]
    if not python_names:
        protocol.append("    ...")
    for prefix in ("", "Async"):
        base = names.of(f"{prefix}TypedConnector")
        protocol += ["", f"class {prefix}{title}({title}Operations, {base}): ..."]
    classes = types.lines()
    lines = [*names.imports(), *classes, "", *protocol]
    return Module("\n".join(lines) + "\n", title, len(python_names), len(types))


def _class_of(connector: str, reserved: Collection[str]) -> str:
    """The name of a connector's class: with ``Connector`` if the name is that of something else."""
    title = class_name(connector)
    names = {title, f"Async{title}", f"{title}Operations"}
    return f"{title}Connector" if names & {*reserved} or title in ("Any", "None", "True", "False") else title


def _operation(compiler: Compiler, types: Types, names: Names, name: str, operation_id: str) -> list[str]:
    """The lines of an operation; one that cannot be called says why."""
    try:
        return list(_Writer(compiler, types, names, operation_id).lines(name))
    except ConnectorError as error:
        anything = names.of("Any")
        lines = [f"    @{names.of('operation')}", f"    def {name}(self, **arguments: {anything}) -> {anything}:"]
        return [*lines, *docstring(f"Cannot be called: {error}", "        ")]


class _Writer:
    """Writes one operation."""

    def __init__(self, compiler: Compiler, types: Types, names: Names, operation_id: str) -> None:
        self._plan = Plan(compiler, compiler.service.operations[operation_id])
        self._types = types
        self._names = names
        self._id = operation_id

    def lines(self, name: str) -> Iterator[str]:
        shown = [argument for argument in self._plan.arguments if not argument.hidden]
        members = [argument for argument in shown if argument.location == "property"]
        if any(argument.needed for argument in members):  # then the body cannot be given whole instead
            shown = [argument for argument in shown if argument.location != "body"]
        parameters = ["self", *(["*"] if shown else []), *map(self._parameter, shown)]
        value, item = self._value(), self._item()
        decorator = self._names.of("operation" if item is None else "listing")
        returned = value if item is None else f"{self._names.of('Pages')}[{value}, {item}]"
        yield f"    @{decorator}"
        yield from call(f"def {name}", parameters, f" -> {returned}:", "    ")
        yield from docstring(documentation(self._plan), "        ")

    def _parameter(self, argument: Argument) -> str:
        kind = self._types.sent(argument.schema, f"{self._id}_{argument.name}")
        if argument.location == "body":
            kind = self._whole(kind)
        if argument.needed:
            return f"{argument.name}: {kind}"
        optional = not argument.required and "None" not in kind.split(" | ") and kind != self._names.of("Any")
        kind = union([kind, "None"]) if optional else kind
        return f"{argument.name}: {kind} = {self._default(argument)}"

    def _whole(self, kind: str) -> str:
        """The type of a whole body: also bytes, in a media type that is sent as it is; the items of a sequence."""
        body = self._plan.operation.request_body
        content = body.content if body is not None else {}
        kinds = [kind]
        if any(codec_for(media_type) in (BINARY, None) for media_type in content):
            kinds.append(self._names.of("Upload"))
        for entry in content.values():
            if entry.item_schema is not None:
                item = self._types.sent(entry.item_schema, f"{self._id}_item")
                kinds.append(f"{self._names.of('Iterable')}[{item}]")
        return self._names.of("Any") if kind == self._names.of("Any") else union(kinds)

    def _default(self, argument: Argument) -> str:
        default = argument.default
        if default is MISSING:
            return "None" if not argument.required else "..."
        contract = self._plan.contract(argument.schema)
        kind = _DEFAULTS.get(contract.types[0]) if len(contract.types) == 1 else None
        is_shown = (
            kind is not None
            and isinstance(default, kind)
            and isinstance(default, bool) == (kind is bool)
            and not is_bytes(default)
        )
        if contract.enum is not None and default not in contract.enum:
            return "..."
        text = literal(default)
        return text if is_shown and contract.format is None and len(text) <= _LONGEST else "..."

    def _value(self) -> str:
        """The type of the value of a call: of all declared successes that say what they have."""
        responses = self._plan.operation.responses
        successes = {status: response for status, response in sorted(responses.items()) if status[0] == "2"}
        if not successes and set(responses) == {"default"}:
            successes = dict(responses)
        kinds = [
            "None" if status in _WITHOUT_BODY else self._response(response)
            for status, response in successes.items()
            if not response.error
        ]
        anything = self._names.of("Any")
        if not kinds or set(kinds) <= {anything, "None"}:
            return "None" if set(kinds) == {"None"} else anything
        return union(kind for kind in kinds if kind != anything)

    def _response(self, response: DeclaredResponse) -> str:
        schema = self._plan.preferred_schema(response)
        codecs = [codec_for(media_type) for media_type in response.content]
        if schema is None or any(codec is None or codec.listed for codec in codecs):
            return self._names.of("Any")
        return self._types.received(schema, f"{self._id}_result")

    def _item(self) -> str | None:
        """The type of the items that the pages of an operation have; None if they are not declared."""
        plan = self._plan
        paging = plan.paging or plan.recognized_paging
        response = next(
            (response for status, response in sorted(plan.operation.responses.items()) if status[0] == "2"), None
        )
        schema = plan.preferred_schema(response) if response is not None else None
        if schema is None:
            return None
        for step in paging.items if paging is not None else ():
            schema = plan.contract(schema).properties.get(step) if schema is not None else None
        contract = plan.contract(schema) if schema is not None else Schema()
        if contract.items is None or contract.types != ("array",):
            return None
        return self._types.received(contract.items, f"{self._id}_item")
