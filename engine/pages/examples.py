"""The same call of an operation in Python, on the command line and in HTTP, with arguments made of the document alone.

What an example calls is what a reader can call: its arguments are those of ``plan.examples``, the request is the one
that the plan builds of them, and credentials are shown as ``***``.
"""

from __future__ import annotations

import json
import keyword
import re
import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from openconnectors.engine.auth.schemes import SCHEMES, place
from openconnectors.engine.call.connection import Connection, secret_names
from openconnectors.engine.client.description import paged
from openconnectors.engine.errors import ConnectionMissing, ConnectorError, InvalidDocument
from openconnectors.engine.http import Request
from openconnectors.engine.model import MISSING, ConnectionParameter, Operation, Scheme, Service
from openconnectors.engine.naming import snake
from openconnectors.engine.pages.records import Examples
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.examples import example, minimal
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.policies.expressions import plain
from openconnectors.engine.secret import SHOWN
from openconnectors.engine.streams import Content, is_bytes

Flags: TypeAlias = Callable[[Plan], Mapping[str, str]]
"""The options of the command line, by the Python names of the arguments that have one."""

NO_HOST = "https://service.example"
"""Where a service is whose document names no host (RFC 2606)."""
_BOUNDARY = re.compile(r"boundary=([\w-]+)")
_LINE = 88
"""Characters of a call that is written on one line."""
_LONGEST = 4000
"""Characters of a value that is shown, and of a body."""


class Names(Struct, frozen=True):
    """How examples name a connector: by its name, or by the path of its document."""

    connector: str
    is_path: bool

    @property
    def variable(self) -> str:
        """The variable that it is loaded into."""
        name = snake(Path(self.connector).name.partition(".")[0] if self.is_path else self.connector)
        fits = name.isidentifier() and not keyword.iskeyword(name) and name not in ("openconnectors", "item", "event")
        return name if fits else "connector"

    @property
    def load(self) -> str:
        """The statement that loads it."""
        return f"{self.variable} = openconnectors.{'load_file' if self.is_path else 'load'}({quoted(self.connector)})"


def connection_of(service: Service) -> Connection | None:
    """A connection with stand-ins for its values: ``ACCOUNT_ID`` for ``account_id``; those of secrets are never shown.
    None if it needs more than that."""
    hidden = secret_names(service)
    values = {parameter.name: _stand_in(parameter, parameter.name in hidden) for parameter in service.connection}
    for base_url in (None, NO_HOST):
        try:
            return Connection(service, values, base_url)
        except (ConnectionMissing, InvalidDocument):
            continue
    return None


def _stand_in(parameter: ConnectionParameter, secret: bool) -> str:
    if parameter.allowed:
        return plain(parameter.allowed[0])
    if secret:
        return f"stand-in-for-the-secret-{parameter.name}"
    return plain(parameter.default) if parameter.default is not MISSING else parameter.name.upper()


def examples(plan: Plan, name: str, names: Names, flags: Mapping[str, str], connection: Connection | None) -> Examples:
    """The examples of one operation, called ``name`` in Python."""
    try:
        arguments = _spread(plan, minimal(plan))
    except ConnectorError:  # such as a policy that cannot be used, which the operation's calls say
        return Examples()
    return Examples(
        python=_python(plan, name, names, arguments),
        command=_command(plan, name, names, arguments, flags),
        http=_request_text(plan, arguments, connection),
        value=_value(plan),
    )


def _request_text(plan: Plan, arguments: Mapping[str, Any], connection: Connection | None) -> str:
    """The request of an example: to where its policies send it, if stand-ins for the connection's values do for that;
    empty if it cannot be made."""
    with suppress(ConnectorError):
        base = connection.base_for(plan.operation) if connection is not None else NO_HOST
        return _http(plan, plan.request(arguments, base, Options()))
    with suppress(ConnectorError):
        return _http(plan, plan.request(arguments, NO_HOST, Options(), fixed=True))
    return ""


def _spread(plan: Plan, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments whose body is given member by member, where its members are arguments that are shown."""
    whole = next((argument for argument in plan.arguments if argument.location == "body"), None)
    body = arguments.get(whole.name) if whole is not None else None
    if whole is None or not isinstance(body, dict) or not body:
        return dict(arguments)
    members = {argument.path[0]: argument for argument in plan.arguments if _is_shown_member(argument)}
    if not body.keys() <= members.keys():
        return dict(arguments)
    spread = {name: value for name, value in arguments.items() if name != whole.name}
    spread |= {members[name].name: value for name, value in body.items()}
    with suppress(ConnectorError):
        if _kind_of(plan, spread) == _kind_of(plan, arguments):
            return spread
    return dict(arguments)


def _kind_of(plan: Plan, arguments: Mapping[str, Any]) -> str:
    """The media type that a body is sent in, without its parameters: a boundary is another in each request."""
    request = plan.request(arguments, NO_HOST, Options(), fixed=True)
    fields = {name.lower(): value for name, value in request.headers.items()}
    return fields.get("content-type", "").partition(";")[0]


def _is_shown_member(argument: Argument) -> bool:
    return argument.location == "property" and len(argument.path) == 1 and not argument.hidden


# Python


def quoted(text: str) -> str:
    """A text as Python writes it, in double quotes where that needs no more escapes."""
    if '"' in text or not text.isprintable() or "\\" in text:
        return ascii(text) if not text.isprintable() else repr(text)
    return f'"{text}"'


def literal(value: Any) -> str:
    """A value as Python writes it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(name)}: {literal(member)}' for name, member in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return 'Path("FILE")' if is_bytes(value) else repr(value)


def _python(plan: Plan, name: str, names: Names, arguments: Mapping[str, Any]) -> str:
    parts = [f"{argument}={literal(value)}" for argument, value in arguments.items()]
    callee = f"{names.variable}.{name}"
    if not all(argument.isidentifier() and not keyword.iskeyword(argument) for argument in arguments):
        callee, parts = f"{names.variable}[{quoted(plan.operation.id)}]", [f"**{literal(dict(arguments))}"]
    uploads = ["from pathlib import Path", ""] if any(map(is_bytes, arguments.values())) else []
    head = [*uploads, "import openconnectors", "", names.load]
    kind = verb(plan)
    if kind == "subscribe":
        parts = ['"https://example.com/events"', *(part for part in parts if not _takes_url(plan, part))]
    if kind in ("items", "poll"):
        item = "item" if kind == "items" else "event"
        call = _call(f"{callee}.{kind}", parts)
        return "\n".join([*head, f"for {item} in {call}:", f"    print({item})"])
    call = _call(f"{callee}.{kind}" if kind else callee, parts)
    return "\n".join([*head, f"result = {call}"])


def _takes_url(plan: Plan, part: str) -> bool:
    name = part.partition("=")[0]
    return any(is_notification(argument) for argument in plan.arguments if argument.name == name)


def _call(callee: str, parts: list[str]) -> str:
    line = f"{callee}({', '.join(parts)})"
    return line if len(line) <= _LINE else "\n".join([f"{callee}(", *(f"    {part}," for part in parts), ")"])


def is_notification(argument: Argument) -> bool:
    """Whether an argument takes the URL that events are sent to."""
    return argument.declaration.notification or argument.schema.notification


def verb(plan: Plan) -> str:
    """The verb that fits an operation best: ``items`` of pages, ``poll`` or ``subscribe`` of a trigger, ``wait`` of
    what takes long; else empty, which is to call it."""
    if any(map(is_notification, plan.arguments)):
        return "subscribe"
    if plan.operation.trigger:
        return "poll"
    if plan.operation.long_running is not None:
        return "wait"
    return "items" if paged(plan) else ""


# The command line


def _command(plan: Plan, name: str, names: Names, arguments: Mapping[str, Any], flags: Mapping[str, str]) -> str:
    words = [f"connectors call {shlex.quote(names.connector)} {name}"]
    known = {argument.name: argument for argument in plan.arguments}
    for argument, value in arguments.items():
        if argument not in flags:
            words.append(f"--set {shlex.quote(f'{known[argument].wire}={_text(value)}')}")
        elif value is True and plan.contract(known[argument].schema).types == ("boolean",):
            words.append(flags[argument])
        else:
            words.append(f"{flags[argument]} {_word(value)}")
    if verb(plan) == "items":
        words.append("--items")
    line = " ".join(words)
    return line if len(line) <= _LINE else " \\\n    ".join(words)


def _word(value: Any) -> str:
    word = shlex.quote(_text(value))
    return f'"{word}"' if word.startswith("-") else word


def _text(value: Any) -> str:
    if is_bytes(value):
        return "@FILE"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


# HTTP


def _http(plan: Plan, request: Request) -> str:
    """The request as it is sent, with the fields that the transport fills in left out, but for ``Host``."""
    head, _, body = str(request).partition("\n\n")
    first, *fields = head.split("\n")
    method, _, url = first.partition(" ")
    parts = urlsplit(url)
    query, credentials = [parts.query] if parts.query else [], []
    for scheme in _needed(plan.service, plan.operation):
        where, name = place(scheme)
        if where == "query":
            query.append(f"{name}={SHOWN}")
        elif where == "cookie":
            credentials.append(f"Cookie: {name}={SHOWN}")
        elif where == "header":
            credentials.append(_field(scheme, name))
    target = f"{parts.path or '/'}{'?' if query else ''}{'&'.join(query)}"
    present = {field.partition(":")[0].lower() for field in fields}
    credentials = [field for field in credentials if field.partition(":")[0].lower() not in present]
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", *credentials, *fields]
    text = "\n".join(lines)
    if isinstance(request.body, Content):
        boundary = _BOUNDARY.search(text)
        text = f"{text}\n\n{_uploaded(request.body)}"
        return text.replace(boundary[1], "boundary") if boundary else text  # which is another in each request
    return f"{text}\n\n{_body(body)}" if body else text


def _uploaded(content: Content) -> str:
    """The beginning of a body that is sent in chunks, as text."""
    text = ""
    for chunk in content:
        text += chunk.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        if len(text) > _LONGEST:
            break
    return _body(text.rstrip())


def _needed(service: Service, operation: Operation) -> list[Scheme]:
    """The schemes of the first alternative, which are needed together."""
    alternative = operation.security[0] if operation.security else {}
    return [service.schemes[name] for name in alternative if name in service.schemes]


def _field(scheme: Scheme, name: str) -> str:
    row = SCHEMES.get(scheme.type)
    word = row.http_name.replace("*", scheme.http_scheme) if row is not None else "Bearer"
    if name == "authorization" and word:
        return f"Authorization: {word} {SHOWN}"
    return f"{scheme.parameter or name.title()}: {SHOWN}"


def _body(text: str) -> str:
    """A body; JSON as people read it."""
    with suppress(ValueError, RecursionError):  # it is not JSON, or no person reads it
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _value(plan: Plan) -> str:
    """A value that a call returns, as JSON; empty if the document does not say, or it is long."""
    responses = plan.operation.responses
    success = next((responses[status] for status in sorted(responses) if status[0] == "2"), None)
    schema = plan.preferred_schema(success) if success is not None else None
    if schema is None:
        return ""
    try:
        value = example(schema, plan)
        text = json.dumps(value, ensure_ascii=False, indent=2)
    except (ConnectorError, TypeError, ValueError, RecursionError):  # bytes, or deeper than JSON is written
        return ""
    return text if len(text) <= _LONGEST else ""
