"""Illegal requests in which one parameter is wrong, or missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from msgspec.structs import replace

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.fuzz.illegal import Illegal, Part, is_unchecked
from openconnectors.engine.fuzz.wrong_values import Wrong, wrong_values
from openconnectors.engine.http import Request
from openconnectors.engine.masking import beside, revealed
from openconnectors.engine.model import MISSING
from openconnectors.engine.plan.arguments import Argument
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.urls import encoded_path


def of_parameter(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any]) -> Iterator[Illegal]:
    """Requests in which one parameter is wrong, or missing."""
    location = argument.location
    replaced = REWRITTEN[location]
    sent = values.get(argument.name, MISSING)
    if argument.required and location != "path" and sent is not MISSING:
        request = replaced(plan, argument, legal, values, None)
        if request is not None:
            yield Illegal(request, part_of(location), argument.wire, "required")
    if not isinstance(sent, str | int | float | list):
        sent = MISSING
    wrongs = list(wrong_values(argument.schema, plan.contract, sent))
    if location == "query" and not set(plan.contract(argument.schema).types) & {"string", "array", "object"}:
        wrongs.append(Wrong("", "not empty", lenient=True))
    kinds = set(plan.contract(argument.schema).types)
    for wrong in wrongs:
        if wrong.value is None or isinstance(wrong.value, Mapping) or _has_mapping(wrong.value):
            continue
        if wrong.rule.startswith("type") and not wrong.place and kinds & {"string", "object"}:
            continue  # every text is one; an object's members have names of their own
        if location in ("path", "header") and wrong.value in ("", []):
            continue
        if _is_legal_text(plan, argument, wrong):
            continue
        request = replaced(plan, argument, legal, values, wrong.value)
        if request is not None:
            yield Illegal(request, part_of(location), argument.wire, wrong.rule, lenient=wrong.lenient)


def _has_mapping(value: Any) -> bool:
    return isinstance(value, list) and any(item is None or isinstance(item, Mapping | list) for item in value)


def part_of(location: str) -> Part:
    return next(part for part in ("path", "query", "header", "cookie") if part == location)


def _texts(plan: Plan, argument: Argument, value: Any) -> list[str] | str | None:
    """The text of a value in its place, or the pairs of a query; None if it cannot be written."""
    parameter = plan.url.parameter(argument)
    try:
        return parameter.pairs(value) if argument.location in ("query", "cookie") else parameter.text(value)
    except (ValueError, TypeError, AttributeError, ConnectorError):
        return None


def _is_legal_text(plan: Plan, argument: Argument, wrong: Wrong) -> bool:
    """Whether what a service reads of the text of a value is legal, or cannot be told."""
    parameter, texts = plan.url.parameter(argument), _texts(plan, argument, wrong.value)
    if texts is None:
        return True
    try:
        if isinstance(texts, str):
            known = parameter.read_text(texts)
        else:
            pairs = [pair.partition("=") for pair in texts]
            known = parameter.read_pairs([(unquote(name), text) for name, _, text in pairs])
    except (ValueError, TypeError, ConnectorError):
        return False
    if known is MISSING or (known == "" and argument.parameter.allow_empty):
        return True
    return plan.accepts(argument.schema, known, request=True) and not is_unchecked(wrong)


def _in_path(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any], value: Any) -> Request | None:
    """The request with another text of a variable of its path; None if policies have changed the path."""
    text = _texts(plan, argument, value)
    parts = encoded_path(plan.operation.path)
    named = {variable.wire: variable for variable in plan.all_arguments.at["path"]}
    before, after = list(parts), list(parts)
    for index in range(1, len(parts), 2):
        variable = named.get(parts[index])
        if variable is None or variable.name not in values or not isinstance(text, str) or not text:
            return None
        try:
            before[index] = plan.url.segment(variable, values[variable.name])
        except ValueError:
            return None
        after[index] = text if variable is argument else before[index]
    url, base = revealed(legal.url), revealed(legal.base)
    path, separator, query = url.removeprefix(base).partition("?")
    if not url.startswith(base) or path != "".join(before):
        return None
    return replace(legal, url=beside(legal.url, f"{base}{''.join(after)}{separator}{query}"))


def _in_query(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any], value: Any) -> Request | None:
    pairs = [] if value is None else _texts(plan, argument, value)
    if not isinstance(pairs, list):
        return None
    path, _, query = revealed(legal.url).partition("?")
    kept = [pair for pair in query.split("&") if pair and not _is_of(pair, argument.wire)]
    joined = "&".join([*kept, *pairs])
    return replace(legal, url=beside(legal.url, f"{path}?{joined}" if joined else path))


def _is_of(pair: str, name: str) -> bool:
    """Whether a pair of a query is of a parameter: of its name, or in a list or an object of that name."""
    return unquote(pair.partition("=")[0]).partition("[")[0] == name.partition("[")[0]


def _in_header(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any], value: Any) -> Request | None:
    if argument.wire.lower() in ("accept", "content-type", "authorization", "host", "content-length"):
        return None
    rest = {name: text for name, text in legal.headers.items() if name.lower() != argument.wire.lower()}
    if value is None:
        return replace(legal, headers=rest) if len(rest) < len(legal.headers) else None
    text = _texts(plan, argument, value)
    if not isinstance(text, str) or not text.isprintable() or not text.isascii():
        return None
    return replace(legal, headers={**rest, argument.wire: text})


def _in_cookie(plan: Plan, argument: Argument, legal: Request, values: Mapping[str, Any], value: Any) -> Request | None:
    pairs = [] if value is None else _texts(plan, argument, value)
    if not isinstance(pairs, list):
        return None
    rest = {name: text for name, text in legal.headers.items() if name.lower() != "cookie"}
    sent = next((text for name, text in legal.headers.items() if name.lower() == "cookie"), "")
    kept = [pair for pair in sent.split("; ") if pair and not _is_of(pair, argument.wire)]
    joined = "; ".join([*kept, *pairs])
    return replace(legal, headers={**rest, "Cookie": joined} if joined else rest)


REWRITTEN = {"path": _in_path, "query": _in_query, "header": _in_header, "cookie": _in_cookie}
"""The request with another value of a parameter (None: without it), by its location."""
