"""A service as the data of its reference page."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress

from openconnectors.engine.call.connected import operation_names
from openconnectors.engine.call.connection import Connection, secret_names
from openconnectors.engine.client.description import declared_arguments, is_required, paged, unreadable
from openconnectors.engine.documents.parts import readable
from openconnectors.engine.errors import ConnectorError, Unsupported
from openconnectors.engine.model import MISSING, ConnectionParameter, DeclaredResponse, Schema, Service
from openconnectors.engine.model import Operation as DeclaredOperation
from openconnectors.engine.naming import snake
from openconnectors.engine.pages import records
from openconnectors.engine.pages.examples import Flags, Names, connection_of, examples, is_notification
from openconnectors.engine.pages.shapes import Shapes, anchors, text
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler

Variables = Callable[[ConnectionParameter], tuple[str, ...]]
"""The environment variables that may hold a value of a connection."""

_THROTTLED = ("429", "503")
"""Statuses that mean that there are too many calls (RFC 6585 section 4, RFC 9110 section 15.6.4)."""
_SCRIPTED = "A script of its publisher rewrites it, which does not run here."


def page(names: Names, title: str, service: Service, flags: Flags, variables: Variables) -> records.Page:
    """The page of a connector that is called ``title`` where it has no title of its own. What is internal is left
    out."""
    python_names = {operation_id: name for name, operation_id in operation_names(service).items()}
    reader = _Reader(service, names, python_names, flags)
    read = list(readable(service))
    shown = [operation for operation in read if operation.visibility != "internal"]
    rows = [reader.operation(operation) for operation in shown]
    spoilt = unreadable(service, {operation.id for operation in read}, python_names)
    rows += [reader.unreadable(row) for row in spoilt]
    values = tuple(_value(parameter, variables(parameter), secret_names(service)) for parameter in service.connection)
    return records.Page(
        name=names.connector,
        title=service.title or title,
        version=service.version,
        description=service.description,
        start=_start(names, values),
        servers=tuple(
            records.Server(url=server.url, description=server.description or server.name) for server in service.servers
        ),
        media_types=tuple(dict.fromkeys(name for operation in shown for name in operation.offered())),
        limits=_limits(service.limit),
        connection=values,
        triggers=tuple(row for row in rows if row.trigger),
        actions=tuple(row for row in rows if not row.trigger),
        webhooks=tuple(reader.webhooks()),
        definitions=tuple(reader.shapes.definitions()),
    )


class _Reader:
    """Reads the operations of one service."""

    def __init__(self, service: Service, names: Names, python_names: Mapping[str, str], flags: Flags) -> None:
        self._service = service
        self._names = names
        self._python_names = python_names
        self._flags = flags
        self._compiler = Compiler(service)
        self._connection: Connection | None = connection_of(service)
        self._anchors = anchors("operation", python_names.values())
        self.shapes = Shapes(self._compiler)

    def operation(self, operation: DeclaredOperation) -> records.Operation:
        """An operation that can be read."""
        name = self._python_names[operation.id]
        plan = Plan(self._compiler, operation, self._connection.values if self._connection is not None else None)
        flags = self._flags(plan)
        problem = _SCRIPTED if operation.id in self._service.scripted else ""
        return records.Operation(
            anchor=self._anchors[name],
            id=operation.id,
            name=name,
            title=operation.title or snake(operation.id).replace("_", " ").capitalize(),
            method=operation.method,
            path=operation.path,
            description=operation.description,
            deprecated=operation.deprecated,
            tags=operation.tags,
            trigger=_trigger(plan),
            pages=paged(plan),
            waits=operation.long_running is not None,
            limits=_limits(operation.limit),
            throttled=self._throttled(operation),
            media_types=tuple(operation.request_body.content) if operation.request_body is not None else (),
            parameters=tuple(self._parameter(plan, argument, flags) for argument in declared_arguments(plan)),
            responses=tuple(self._response(plan, response) for response in operation.responses.values()),
            event=self.shapes.members(operation.event),
            examples=examples(plan, name, self._names, flags, self._connection),
            problem=problem,
        )

    def unreadable(self, row: Mapping[str, str]) -> records.Operation:
        """An operation that the document spoils."""
        name = row["name"]
        return records.Operation(
            anchor=self._anchors[name],
            id=row["operation_id"],
            name=name,
            title=snake(name).replace("_", " ").capitalize(),
            method=row["method"],
            path=row["path"],
            problem=f"The document cannot be read there: {row['problem']}",
        )

    def webhooks(self) -> list[records.Webhook]:
        """What the service sends unasked."""
        rows = []
        for name, operations in self._service.webhooks.items():
            for operation in operations:
                body = operation.request_body
                schemas = body.schemas() if body is not None else []
                rows.append(
                    records.Webhook(
                        name=name,
                        title=operation.title or name,
                        description=operation.description,
                        members=self.shapes.members(schemas[0] if schemas else None),
                    )
                )
        return rows

    def _throttled(self, operation: DeclaredOperation) -> tuple[str, ...]:
        resent = {str(status) for status in operation.retry_on or self._service.retry_on}
        return tuple(status for status in operation.responses if status in resent or status in _THROTTLED)

    def _parameter(self, plan: Plan, argument: Argument, flags: Mapping[str, str]) -> records.Parameter:
        schema, contract = argument.schema, plan.contract(argument.schema)
        listed = schema.choices or argument.declaration.choices or contract.choices
        bare = schema.ref is None
        return records.Parameter(
            name=argument.wire,
            argument=argument.name,
            option=flags.get(argument.name, ""),
            type=self.shapes.type(schema),
            required=is_required(argument),
            location="formData" if argument.location == "property" else argument.location,
            default=None if argument.default is MISSING else text(argument.default),
            title=argument.title if argument.title != argument.wire else "",
            description=argument.description,
            allowed=self.shapes.allowed(schema) if bare else (),
            notes=self.shapes.notes(schema) if bare else (),
            choices=listed is not None and contract.enum is None,
            members=self.shapes.members(schema),
        )

    def _response(self, plan: Plan, response: DeclaredResponse) -> records.DeclaredResponse:
        schema: Schema | None = None
        with suppress(Unsupported):  # a policy that cannot be used is refused with the call
            schema = plan.preferred_schema(response)
        return records.DeclaredResponse(
            status=response.status,
            description=response.description,
            type=self.shapes.type(schema),
            media_types=tuple(response.content),
            members=self.shapes.members(schema),
            fields=tuple(
                records.Field(name=name, type=self.shapes.type(header.schema), description=header.description)
                for name, header in response.headers.items()
            ),
        )


def _limits(text: str) -> tuple[str, ...]:
    """The limits of ``10/second;1000/hour``, in words."""
    return tuple(limit.strip().replace("/", " per ") for limit in text.split(";") if limit.strip())


def _trigger(plan: Plan) -> str:
    """Whether a trigger is asked for its events, or has them sent."""
    if not plan.operation.trigger:
        return ""
    try:
        return "webhook" if any(map(is_notification, plan.arguments)) else "polling"
    except ConnectorError:
        return "polling"


def _value(parameter: ConnectionParameter, variables: tuple[str, ...], hidden: frozenset[str]) -> records.Value:
    secret = parameter.secret or parameter.name in hidden
    oauth = parameter.oauth
    obtained = ""
    if oauth is not None:
        scopes = f", scopes {' '.join(oauth.scopes)}" if oauth.scopes else ""
        obtained = f"OAuth 2, {oauth.grant.replace('_', ' ')}{scopes}"
    return records.Value(
        name=parameter.name,
        title=parameter.title or parameter.name,
        description=parameter.description,
        required=parameter.required,
        secret=secret,
        default="" if secret or parameter.default is MISSING else text(parameter.default),
        allowed=tuple(map(text, parameter.allowed)),
        sets=parameter.sets,
        environment=variables,
        obtained=obtained,
    )


def _start(names: Names, values: tuple[records.Value, ...]) -> records.Start:
    """How a connector is loaded: with the values that a connection needs, those of the first set where it has sets."""
    first = next((value.sets[0] for value in values if value.sets), "")
    needed = [value for value in values if (value.required and not value.sets) or first in value.sets] or values
    pairs = "".join(f'\n    "{value.name}": "…",' for value in needed)
    loading = names.load if not pairs else f"{names.load[:-1]}, connection={{{pairs}\n}})"
    saved = " --as NAME" if names.is_path else ""  # the saved default is for those that are found by name
    variables = [value.environment[-1] for value in needed if value.environment]
    return records.Start(
        python=f"import openconnectors\n\n{loading}",
        environment="\n".join(f"export {variable}=…" for variable in variables),
        command=f"connectors connect {shlex.quote(names.connector)}{saved}" if needed else "",
    )
