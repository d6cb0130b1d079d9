"""Policies that set a header field or a parameter of the query."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from openconnectors.engine.http import field_text
from openconnectors.engine.policies.effects import ChangeRequest, Ignored, RequestBuilder, SetHeaders
from openconnectors.engine.policies.expressions import ARGUMENTS, Scope
from openconnectors.engine.policies.use import PolicyParameter, Use
from openconnectors.engine.urls import query_text

SET = (
    PolicyParameter("name"),
    PolicyParameter("value", required=False),
    PolicyParameter("existsAction", required=False, choices=("override", "append", "skip")),
)
"""Parameters of the policies that set a value by its name."""


def set_header(use: Use) -> tuple[ChangeRequest | SetHeaders | Ignored]:
    """A header field of the request, or of the response. One whose text is empty is not set."""
    name, text = use["name"].strip(), use.template("value")
    action = use.get("existsAction", "override").lower()
    try:
        field_text(name, "", allowed=("cookie",))
    except ValueError as error:
        return (Ignored(f"the policy {error}; nothing is set", "name"),)
    hidden = use.hides(text) or name.lower() in ("authorization", "cookie")

    def merge(known: Mapping[str, str], scope: Scope) -> str | None:
        """The value to set, or None."""
        value = (text.text(scope) or "").strip()
        present = next((field for key, field in known.items() if key.lower() == name.lower()), None)
        if not value or (present is not None and action == "skip"):
            return None
        return f"{present}, {value}" if present not in (None, value) and action == "append" else value

    def change(request: RequestBuilder, scope: Scope) -> None:
        value = merge({**request.headers, **request.secret_headers}, scope)
        if value is None:
            return
        request.remove_header(name)
        (request.secret_headers if hidden else request.headers)[name] = value
        if action == "override":
            request.instead.add(name.lower())

    def fields(headers: Mapping[str, str], scope: Scope) -> Mapping[str, str]:
        value = merge(headers, scope)
        return {} if value is None else {name: value}

    by_argument = any(expression.root in ARGUMENTS for expression in text.expressions)
    return (SetHeaders(fields) if use.section == "response" else ChangeRequest(change, in_head=not by_argument),)


def set_query_parameter(use: Use) -> tuple[ChangeRequest]:
    """A parameter of the query."""
    name, text = unquote(use["name"]), use.template("value")
    action = use.get("existsAction", "override").lower()
    hidden = use.hides(text)

    def change(request: RequestBuilder, scope: Scope) -> None:
        value = text.text(scope)
        if value is None:
            return
        present = [pair for pair in request.query if unquote(pair.partition("=")[0]) == name]
        if present and action == "skip":
            return
        if action != "append":
            request.query[:] = [pair for pair in request.query if pair not in present]
        if hidden:
            request.secret_query[name] = value
        else:
            request.query.append(f"{query_text(name)}={query_text(value)}")

    return (ChangeRequest(change),)
