"""The declared header fields of a response, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from openconnectors.engine.errors import Path, Problem
from openconnectors.engine.model import DeclaredResponse, Header, Schema
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.styles import STYLES, style_of
from openconnectors.engine.values.validation import Validator

_Reader: TypeAlias = Callable[[str, Path], tuple[Any, list[Problem]]]
"""The value of a field's text, with the problems at its path."""


class HeaderFields:
    """Reads the header fields that responses of one operation declare. Text that does not fit stays text."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._contract = compiler.contract.resolve
        self._readers: dict[tuple[str, str], _Reader] = {}  # by the pointer of the response and the name

    def read(
        self, headers: Mapping[str, str], declared: DeclaredResponse | None
    ) -> tuple[dict[str, Any], list[Problem]]:
        """The values of the declared fields by their names, with their problems."""
        fields: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, header in declared.headers.items() if declared is not None else ():
            read = self._reader(declared.at if declared is not None else "", name, header)
            prefix = header.schema.header_prefix.lower()
            if prefix:
                members = fields[name] = {}
                for field, text in headers.items():
                    if field.lower().startswith(prefix):
                        member = field[len(prefix) :]
                        members[member], wrong = read(text, (name, member))
                        problems += wrong
            elif name in headers:
                fields[name], wrong = read(headers[name], (name,))
                problems += wrong
            elif header.required:
                problems.append(Problem((name,), "is missing", part="header"))
        return fields, problems

    def _reader(self, at: str, name: str, header: Header) -> _Reader:
        reader = self._readers.get((at, name))
        if reader is None:
            schema = header.schema
            if schema.header_prefix and isinstance(schema.additional, Schema):
                schema = schema.additional
            reader = self._readers[at, name] = self._compiled(header, schema)
        return reader

    def _compiled(self, header: Header, schema: Schema) -> _Reader:
        if header.content:
            return lambda text, path: (text, [])  # a value in a media type of its own stays text
        effective = self._contract(schema)
        is_list = "array" in effective.types
        style = style_of(header.style, header.explode, schema, self._contract)
        if is_list and style is STYLES["simple", False]:
            style = STYLES["form", True]  # the items are split below, with blanks around the commas
        validator = Validator(JsonSchemaWriter(self._compiler.service, request=False).write_document(schema))
        parse = self._compiler.converters(schema).parse

        def read(text: str, path: Path) -> tuple[Any, list[Problem]]:
            texts = [item.strip() for item in text.split(",")] if is_list else [text]
            value = style.read(texts, schema, self._contract)
            problems = validator.problems(value, path)
            parsed = parse(value, path, problems) if parse else value
            return parsed, [Problem(problem.path, problem.message, problem.kind, part="header") for problem in problems]

        return read
