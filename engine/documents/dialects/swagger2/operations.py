"""Operations of Swagger 2.0, with their responses and media types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openconnectors.engine.documents.dialects.lowering import EMPTY, Source, extensions, tag_names, text, truth
from openconnectors.engine.documents.dialects.operation_ids import Place, named
from openconnectors.engine.documents.dialects.swagger2.parameters import Parameters
from openconnectors.engine.documents.dialects.swagger2.schemas import Schemas
from openconnectors.engine.documents.dialects.swagger2.security import Security
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import DeclaredResponse, Header, MediaType, Operation

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_JSON = "application/json"


class Operations:
    """Lowers the operations of one document. ``places`` are those that can be reached, by unique id."""

    def __init__(self, source: Source, schemas: Schemas, security: Security) -> None:
        self._source = source
        self._schemas = schemas
        self._security = security
        self._parameters = Parameters(source, schemas)
        self.requirements: list[tuple[object, str]] = []
        """The values of ``security`` that operations have, with their pointers."""
        self.places = named(self._find(), source)

    def _find(self) -> list[Place]:
        """Every operation of the document; a path item that cannot be read is recorded and passed over."""
        places: list[Place] = []
        for path, path_at in self._source.paths(self._schemas.site("")).items():
            try:
                item, _ = self._source.resolve(self._source.document.get(path_at), path_at, "a path item")
            except InvalidDocument as error:
                self._source.findings += error.diagnostics
                continue
            for method in METHODS:
                raw = item.get(method)
                if raw is not None:
                    written = raw.get("operationId") if isinstance(raw, Mapping) else None
                    written_id = text(written) if isinstance(written, (str, int)) else ""
                    places.append(Place(method, path, path_at, written_id))
                    if isinstance(raw, Mapping) and "security" in raw:
                        self.requirements.append((raw["security"], f"{places[-1].at}/security"))
        return places

    def lower(self, name: str) -> Operation:
        """The operation of an id; ``InvalidDocument`` if it, or a schema that it uses, cannot be read."""
        place = self.places[name]
        if not place.path.startswith("/"):
            message = f"the path {place.path!r} must begin with a slash"
            raise self._source.refuse(message, place.path_at, "path")
        path_item, path_at = self._source.resolve(
            self._source.document.get(place.path_at), place.path_at, "a path item"
        )
        operation = self._operation(name, place, path_item, path_at)
        self._schemas.soundness.check(operation.schemas())
        return operation

    def _operation(self, name: str, place: Place, path_item: Mapping[str, Any], path_at: str) -> Operation:
        source = self._source
        at = f"{path_at}/{place.method}"
        raw = source.mapping(path_item.get(place.method), at, "an operation")
        parameters = self._parameters.nodes(path_item, path_at, raw, at)
        produces = self._media_types(raw, "produces", at) or (_JSON,)
        consumes = self._media_types(raw, "consumes", at)
        responses = source.mapping(raw.get("responses"), f"{at}/responses", "responses")
        node = Operation(
            id=name,
            method=place.method.upper(),
            path=place.path,
            title=text(raw.get("summary")),
            description=text(raw.get("description")),
            deprecated=truth(raw.get("deprecated")),
            tags=tag_names(raw),
            parameters=self._parameters.lower(parameters),
            request_body=self._parameters.request_body(parameters, consumes, at),
            accept=produces,
            responses={
                _status(status): self._response(_status(status), response, f"{at}/responses/{escape(status)}", produces)
                for status, response in responses.items()
                if not str(status).startswith("x-")
            },
            security=self._security.requirements(raw, at),
            at=at,
        )
        members = {**extensions(path_item), **extensions(raw)}
        return source.extend("operation", node, members, self._schemas.site(at))

    def _media_types(self, operation: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        """The media types that an operation, or else the document, lists under ``consumes`` or ``produces``."""
        value, value_at = operation.get(key), f"{at}/{key}"
        if value is None:
            value, value_at = self._source.root.get(key), f"/{key}"
        listed = [value] if isinstance(value, str) else self._source.sequence(value, value_at, key)
        return tuple(name for item in listed if isinstance(item, str) and (name := item.strip()))

    def _response(self, status: str, value: object, at: str, produces: tuple[str, ...]) -> DeclaredResponse:
        raw, at = self._source.resolve(value, at, "a response")
        content: dict[str, MediaType] = {}
        if raw.get("schema") is not None:  # one schema for every media type that is produced
            schema = self._schemas.lower(raw["schema"], f"{at}/schema")
            examples = _examples(raw.get("examples"))
            content = {
                media_type: MediaType(
                    schema=schema,
                    examples=(examples[name],) if (name := _essence(media_type)) in examples else (),
                )
                for media_type in produces
            }
        headers = self._source.mapping(raw.get("headers"), f"{at}/headers", "headers")
        node = DeclaredResponse(
            status=status,
            description=text(raw.get("description")),
            content=content,
            headers={name: self._header(header, f"{at}/headers/{escape(name)}") for name, header in headers.items()},
            at=at,
        )
        return self._source.extend("response", node, extensions(raw), self._schemas.site(at))

    def _header(self, value: object, at: str) -> Header:
        """A header field of a response ("Header Object"): its members are those of a schema."""
        schema = self._schemas.lower(value, at)
        encoding = schema.encoding
        if encoding is None or encoding.style in (None, "form"):
            return Header(schema=schema, explode=encoding is not None and encoding.explode, at=at)
        return Header(schema=schema, style=encoding.style, at=at)


def _examples(raw: object) -> Mapping[str, Any]:
    """The examples of a response by media type, without parameters ("Example Object"). They are documentation: a
    value that is not a mapping has none."""
    return {_essence(str(name)): value for name, value in raw.items()} if isinstance(raw, Mapping) else EMPTY


def _status(key: str) -> str:
    """A key of responses as the specification spells it: ``4XX``, ``default``."""
    return key.lower() if key.isalpha() else key.strip().upper()


def _essence(media_type: str) -> str:
    """A media type without its parameters, in lower case (RFC 9110 section 8.3.1)."""
    return media_type.partition(";")[0].strip().lower()
