"""Faults of the text of a document (``TEXTS``), and of the properties file beside it (``PROPERTIES``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.faults.parts import Place, Root


def _twice(text: str) -> tuple[str, int] | None:
    lines = text.split("\n")
    index = next((index for index, line in enumerate(lines) if line.startswith('  "info"')), None)
    if index is None:
        return None
    lines.insert(index, '  "info": {"title": "x", "version": "1"},')
    return "\n".join(lines), index + 2


def _comma(text: str) -> tuple[str, int] | None:
    lines = text.split("\n")
    index = next((index for index, line in enumerate(lines) if line.strip() == "}" and index), None)
    if index is None:
        return None
    lines[index - 1] += ","
    return "\n".join(lines), index


def _quote(text: str) -> tuple[str, int] | None:
    lines = text.split("\n")
    index = next((index for index, line in enumerate(lines) if '"operationId": "' in line), None)
    if index is None:
        return None
    lines[index] = lines[index].replace('"operationId": "', '"operationId": ', 1)
    return "\n".join(lines), index + 1


TEXTS: Mapping[str, Callable[[str], tuple[str, int] | None]] = {
    "key twice": _twice,
    "comma too many": _comma,
    "quote missing": _quote,
}


def _policy(**change: Any) -> Root:
    instance = {
        "templateId": "setheader",
        "title": "t",
        "parameters": {"x-ms-apimTemplateParameter.name": "X-A", "x-ms-apimTemplateParameter.value": "1"},
    }
    instance["parameters"] |= change.pop("parameters", {})  # type: ignore[operator]
    return {"properties": {"connectionParameters": {}, "policyTemplateInstances": [{**instance, **change}]}}


_AT = "/properties/policyTemplateInstances/0"
_NAMED = f"{_AT}/parameters/x-ms-apimTemplateParameter"
PROPERTIES: Mapping[str, tuple[Root, Place]] = {
    "policy that is unknown": (_policy(templateId="setheadr"), (f"{_AT}/templateId",)),
    "policy for an unknown operation": (
        _policy(parameters={"x-ms-apimTemplate-operationName": ["NoSuchOperation"]}),
        (f"{_AT}/parameters/x-ms-apimTemplate-operationName/0",),
    ),
    "policy without a parameter": (
        {"properties": {"policyTemplateInstances": [{"templateId": "setheader", "parameters": {}}]}},
        (_AT, f"{_AT}/parameters", f"!{_AT}/parameters"),
    ),
    "policy with an unknown parameter": (
        _policy(parameters={"x-ms-apimTemplateParameter.vallue": "1"}),
        (f"!{_NAMED}.vallue",),
    ),
    "expression of an unknown function": (
        _policy(parameters={"x-ms-apimTemplateParameter.value": "@connectionParametres('key')"}),
        (f"{_NAMED}.value",),
    ),
    "expression of an unknown parameter": (
        {
            "properties": {
                "connectionParameters": {"key": {"type": "securestring"}},
                **_policy(parameters={"x-ms-apimTemplateParameter.value": "@connectionParameters('kee')"})[
                    "properties"
                ],
            }
        },
        (f"{_NAMED}.value",),
    ),
    "connection parameter of an unknown type": (
        {"properties": {"connectionParameters": {"key": {"type": "securstring"}}}},
        ("/properties/connectionParameters/key/type",),
    ),
    "secret in the properties": (
        {
            "properties": {
                "connectionParameters": {"key": {"type": "string", "defaultValue": "xoxb-" + "2" * 12 + "-abcdefghij"}}
            }
        },
        ("/properties/connectionParameters/key/defaultValue",),
    ),
}
