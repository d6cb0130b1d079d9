"""The requests of a Postman collection, each with what it inherits from its folders.

Theory of operation. A collection is a tree of folders (Postman Collection Format 2.1, "Folders"); variables, the
authorization and the names of folders hold for everything inside. ``requests_of`` walks the tree once and gives every
request with these. Format 2.0 differs in the spelling of the authorization alone, and is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.documents.document import Document
from openconnectors.engine.errors import Diagnostic

LOST, GUESSED = "collection-loss", "collection-guess"
"""The ids of what a report has: what is left out, and what the collection does not say, so that it is a guess."""
_FORMAT = re.compile(r"schema\.(?:get)?postman\.com/.*/collection/v(\d+)\.")
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_DEPTH = 8  # variables in the values of variables

Members = Mapping[str, Any]


def format_of(root: object) -> str:
    """The major version of the format that a collection says it has; empty for what is not a collection."""
    if not isinstance(root, Mapping):
        return ""
    wrapped = root.get("collection")
    collection: Members = wrapped if isinstance(wrapped, Mapping) else root  # Postman's own API wraps it
    info = collection.get("info")
    schema = _FORMAT.search(str(info.get("schema", ""))) if isinstance(info, Mapping) else None
    if schema is not None:
        return schema[1]
    return "1" if {"requests", "order", "id"} <= collection.keys() else ""


class Report(Struct, frozen=True):
    """What is lost or guessed, in the order of the requests, at its place in the collection."""

    document: Document
    at: str
    """The pointer of the collection in its file."""
    findings: list[Diagnostic] = field(default_factory=list)

    def lose(self, pointer: str, message: str) -> None:
        """Report what is left out."""
        self.findings.append(self.document.diagnostic(LOST, message, self.at + pointer, severity="warning"))

    def guess(self, pointer: str, message: str) -> None:
        """Report what is decided without the collection saying so."""
        self.findings.append(self.document.diagnostic(GUESSED, message, self.at + pointer, severity="info"))


class Auth(Struct, frozen=True):
    """An authorization: its type, its parameters, and where it is."""

    type: str
    parameters: Members
    pointer: str


class Saved(Struct, frozen=True):
    """A request of a collection with what holds for it. ``responses`` are those that were saved with it."""

    pointer: str
    name: str
    folders: tuple[str, ...]
    request: Members
    responses: tuple[Members, ...]
    variables: Mapping[str, str]
    auth: Auth | None
    keeps_body: bool
    """Whether the body of a GET is sent, too (``disableBodyPruning``)."""

    def fill(self, text: object) -> str:
        """A text with the values of the variables that the collection has; others stay ``{{name}}``."""
        return filled(text, self.variables)


def filled(text: object, variables: Mapping[str, str]) -> str:
    """A text with the values of variables; those without a value stay ``{{name}}``."""
    text = "" if text is None else str(text)
    for _ in range(_DEPTH):
        following = _VARIABLE.sub(lambda match: variables.get(match[1].strip(), match[0]), text)
        if following == text:
            break
        text = following
    return text


def has_variable(text: str) -> bool:
    """Return True if a text has a variable without a value in it."""
    return _VARIABLE.search(text) is not None


def only_variable(text: str) -> str:
    """The name of the variable that a text is; empty for another text."""
    match = _VARIABLE.fullmatch(text.strip())
    return match[1].strip() if match is not None else ""


def requests_of(root: Members, report: Report) -> Iterator[Saved]:
    """Every request of a collection, in its order."""
    yield from _inside(root, "", (), {}, None, report)


def _inside(
    folder: Members,
    pointer: str,
    names: tuple[str, ...],
    variables: Mapping[str, str],
    auth: Auth | None,
    report: Report,
) -> Iterator[Saved]:
    variables = {**variables, **_variables(folder.get("variable"))}
    auth = auth_of(folder.get("auth"), f"{pointer}/auth") or auth
    _scripts(folder, pointer, report)
    items = folder.get("item")
    for index, item in enumerate(items if isinstance(items, list) else ()):
        at = f"{pointer}/item/{index}"
        if not isinstance(item, Mapping):
            report.lose(at, "an item that is not a mapping is left out")
            continue
        name = str(item.get("name") or "")
        if "item" in item:
            yield from _inside(item, at, (*names, name), variables, auth, report)
            continue
        request = item.get("request")
        if isinstance(request, str):
            request = {"url": request, "method": "GET"}
        if not isinstance(request, Mapping):
            report.lose(at, f"the item {name!r} has no request, and is left out")
            continue
        _scripts(item, at, report)
        behavior = item.get("protocolProfileBehavior")
        yield Saved(
            at,
            name or f"request {index + 1}",
            names,
            request,
            tuple(response for response in item.get("response") or () if isinstance(response, Mapping)),
            {**variables, **_variables(item.get("variable"))},
            auth_of(request.get("auth"), f"{at}/request/auth") or auth,
            isinstance(behavior, Mapping) and behavior.get("disableBodyPruning") is True,
        )


def _variables(raw: object) -> dict[str, str]:
    """The variables of a list that have a value. The values of secrets are not read."""
    values = {}
    for variable in raw if isinstance(raw, list) else ():
        if isinstance(variable, Mapping) and not variable.get("disabled") and variable.get("type") != "secret":
            name, value = variable.get("key") or variable.get("id"), variable.get("value")
            if name and value not in (None, "") and not isinstance(value, (Mapping, list)):
                values[str(name)] = str(value)
    return values


def auth_of(raw: object, pointer: str) -> Auth | None:
    """An authorization (format 2.1: a list of parameters, 2.0: a mapping); None if it is inherited."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("type"), str):
        return None
    rows = raw.get(raw["type"])
    if isinstance(rows, Mapping):
        parameters = dict(rows)
    else:
        rows = rows if isinstance(rows, list) else []
        parameters = {str(row.get("key")): row.get("value") for row in rows if isinstance(row, Mapping)}
    return Auth(raw["type"], parameters, pointer)


def _scripts(item: Members, pointer: str, report: Report) -> None:
    """Report the scripts of an item that have lines."""
    events = item.get("event")
    for index, event in enumerate(events if isinstance(events, list) else ()):
        script = event.get("script") if isinstance(event, Mapping) else None
        lines = script.get("exec") if isinstance(script, Mapping) else None
        text = "".join(map(str, lines)) if isinstance(lines, list) else str(lines or "")
        if text.strip() and event.get("listen") == "prerequest":
            report.lose(f"{pointer}/event/{index}", "a script that runs before the request does not run here")


def description_of(raw: object) -> str:
    """The text of a description, which is a text or a mapping with ``content``."""
    content = raw.get("content") if isinstance(raw, Mapping) else raw
    return str(content).strip() if content else ""


def rows_of(raw: object) -> Iterator[tuple[int, str, Members]]:
    """Index, name and row of a list of headers, query parameters or form fields that have names."""
    for index, row in enumerate(raw if isinstance(raw, list) else ()):
        if isinstance(row, Mapping) and row.get("key"):
            yield index, str(row["key"]), row


def unused(name: str, used: Container[str]) -> str:
    """A name, with the first number from 2 that makes it none of those in use."""
    number, free = 2, name
    while free in used:
        free, number = f"{name}{number}", number + 1
    return free
