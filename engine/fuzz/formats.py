"""Formats of texts, asserted strictly: as JSON Schema 2020-12 has them (validation, section 7.3), by jsonschema-rs.

The client reads what a careful person would read, and leaves formats that it has no Python type for alone; a service is
measured by what its document says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from openconnectors.engine.errors import Path, dotted, short_repr
from openconnectors.engine.model import Schema
from openconnectors.engine.plan.plan import Plan

FORMATS = frozenset(
    ("date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri",
     "uri-reference", "iri", "iri-reference", "uuid", "json-pointer", "relative-json-pointer", "regex", "uri-template")
)  # fmt: skip
_ALIASES = {"url": "uri", "ip": "ipv4"}
_MAX_DEPTH = 40  # levels of a value


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({"type": "string", "format": name}, validate_formats=True)


def is_of_format(text: str, name: str) -> bool:
    """Whether a text is of a format; True of a format that is not known."""
    name = _ALIASES.get(name.lower(), name.lower())
    return name not in FORMATS or _validator(name).is_valid(text)


def unformatted(schema: Schema, plan: Plan, value: Any, path: Path = ()) -> Iterator[str]:
    """What is wrong with the texts of a value that are not of the format of their schema, at any depth."""
    schema = plan.contract(schema)
    if len(path) > _MAX_DEPTH:
        return
    if isinstance(value, str) and schema.format and (not schema.types or "string" in schema.types):
        if not is_of_format(value, schema.format):
            yield f"{dotted(path) or 'the value'}: {short_repr(value)} is not of the format {schema.format}"
        return
    for alternatives in (schema.any_of, schema.one_of):
        fitting = [part for part in alternatives if plan.accepts(part, value)]
        problems = [list(unformatted(part, plan, value, path)) for part in fitting]
        if problems and all(problems):
            yield from problems[0]
    if isinstance(value, list) and schema.items is not None:
        for index, item in enumerate(value):
            yield from unformatted(schema.items, plan, item, (*path, index))
    elif isinstance(value, Mapping):
        for name, member in value.items():
            inner = schema.properties.get(name, schema.additional)
            if isinstance(inner, Schema):
                yield from unformatted(inner, plan, member, (*path, name))
