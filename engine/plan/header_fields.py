"""The declared header fields of a response, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec.structs import replace

from openconnectors.engine.errors import Path, Problem
from openconnectors.engine.http import Headers
from openconnectors.engine.model import ANY, DeclaredResponse, Header, Schema
from openconnectors.engine.plan.parameters import body_of
from openconnectors.engine.values.body import Compiler, encodings_of
from openconnectors.engine.values.codecs import codec_for, is_fallback
from openconnectors.engine.values.json_schema import JsonSchemaWriter
from openconnectors.engine.values.styles import style_of
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
                fields[name], wrong = read(_text(name, headers), (name,))
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
            reader = self._readers[at, name] = self._compiled(name, header, schema)
        return reader

    def _compiled(self, name: str, header: Header, schema: Schema) -> _Reader:
        media_type = next(iter(header.content), "")
        if media_type and (codec_for(media_type) is None or is_fallback(media_type)):
            return lambda text, path: (text, [])  # in a format that is not read here, such as application/linkset
        text_as = self._in_content(header) if header.content else self._styled(name, header, schema)
        validator = Validator(JsonSchemaWriter(self._compiler.service, request=False).write_document(schema))
        parse = self._compiler.parser(schema)

        def read(text: str, path: Path) -> tuple[Any, list[Problem]]:
            try:
                value = text_as(text)
            except ValueError as error:
                return text, [Problem(path, str(error), part="header")]
            problems = validator.problems(value, path)
            parsed = parse(value, path, problems) if parse else value
            return parsed, [Problem(problem.path, problem.message, problem.kind, part="header") for problem in problems]

        return read

    def _in_content(self, header: Header) -> Callable[[str], Any]:
        """Reads the text of a field that is in a media type; ``ValueError`` if it is not."""
        media_type, entry = next(iter(header.content.items()))
        body = body_of(self._compiler, media_type, entry.schema or ANY, received=True, encoding=encodings_of(entry))
        return lambda text: body.decode(text.encode("latin-1", "replace"), {}, [])

    def _styled(self, name: str, header: Header, schema: Schema) -> Callable[[str], Any]:
        """Reads the text of a field that is in a style; blanks around commas are no part of what is between them."""
        style = style_of(header.style, header.explode, schema, self._contract)
        if name.lower() != _COOKIES:
            return lambda text: style.read([text], schema, self._contract, str.strip)
        lines = replace(style, delimiter="\n")  # a cookie on each, which may hold commas
        return lambda text: lines.read([text], schema, self._contract, str.strip)


_COOKIES = "set-cookie"


def _text(name: str, headers: Mapping[str, str]) -> str:
    """The text of a field. Each value of Set-Cookie is on a line of its own (OpenAPI 3.2, "Representing the Set-Cookie
    Header"), while other fields of one name are joined by commas."""
    if name.lower() == _COOKIES and isinstance(headers, Headers):
        return "\n".join(headers.every(name))
    return headers[name]
