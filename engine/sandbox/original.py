"""openapi-core on a document of OpenAPI 3.x as its author wrote it.

Rule 1. Which parameters, media types and schemas an operation has, openapi-core reads from the document; nothing of the
model is between. Security is not judged here: the sandbox checks credentials by itself.

Rule 2. How values are on the wire is read for it where it cannot (``style_readers``; a body that is neither JSON nor a
form comes as plain data in JSON).

Rule 3. What it cannot judge (a location or dialect that it does not know, a reference that it does not follow) it does
not refuse: ``errors`` lets its exception through, and the caller judges another way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from json import loads
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit
from urllib.request import url2pathname

from jsonschema import FormatChecker, validators
from jsonschema_path import SchemaPath
from msgspec import Struct
from openapi_core.datatypes import RequestParameters
from openapi_core.deserializing.media_types import media_type_deserializers
from openapi_core.deserializing.media_types.factories import MediaTypeDeserializersFactory
from openapi_core.templating.datatypes import TemplateResult
from openapi_core.templating.paths.datatypes import PathOperationServer
from openapi_core.templating.paths.finders import BasePathFinder
from openapi_core.validation.request import validators as openapi_core
from openapi_core.validation.request.exceptions import MissingRequestBody, ParameterValidationError
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, OAS31Validator, OAS32Validator
from openapi_spec_validator.versions.shortcuts import get_spec_version

from openconnectors.engine.documents import document
from openconnectors.engine.model import MISSING, Operation
from openconnectors.engine.sandbox.requests import cookie_pairs
from openconnectors.engine.sandbox.style_readers import Place, StyleReaders, encoded_pairs
from openconnectors.engine.values.patterns import pattern_keyword

FORM = "application/x-www-form-urlencoded"
_CACHED = 4_096
"""Places of a document whose resolved nodes are kept."""


class _Version(Struct, frozen=True):
    """What openapi-core has for one version: validators of parameters and bodies, and of schemas."""

    parameters: type[Any]
    body: type[Any]
    schemas: SchemaValidatorsFactory


def _formats() -> FormatChecker:
    """The formats that openapi-core checks for 3.1, ``byte`` and ``binary`` among them; without ``time``, which
    jsonschema judges by draft 3: without fractions of a second and offsets (RFC 3339 section 5.6)."""
    checker = FormatChecker(())
    known = OAS30ReadValidator.FORMAT_CHECKER.checkers
    checker.checkers = {name: check for name, check in known.items() if name != "time"}
    return checker


class _SchemaValidators(SchemaValidatorsFactory):
    """Makes validators that share the checker of formats, of which openapi-core makes a deep copy for each schema."""

    def get_format_checker(self, *formats: Any) -> FormatChecker:
        """The checker of formats: nobody adds any."""
        return self.format_checker


def schema_validators(validator: Any) -> SchemaValidatorsFactory:
    """Validators of schemas for openapi-core, with the bounded engine for patterns."""
    bounded: Any = validators.extend(validator, {"pattern": pattern_keyword})  # type: ignore[no-untyped-call]
    return _SchemaValidators(bounded, format_checker=_formats())


_VERSIONS: Mapping[tuple[str, str], _Version] = {
    ("3", "0"): _Version(
        openapi_core.V30RequestParametersValidator,
        openapi_core.V30RequestBodyValidator,
        schema_validators(OAS30WriteValidator),
    ),
    ("3", "1"): _Version(
        openapi_core.V31RequestParametersValidator,
        openapi_core.V31RequestBodyValidator,
        schema_validators(OAS31Validator),
    ),
    ("3", "2"): _Version(
        openapi_core.V32RequestParametersValidator,
        openapi_core.V32RequestBodyValidator,
        schema_validators(OAS32Validator),
    ),
}


class WireRequest(Struct, frozen=True):
    """A request as it came: path variables, query and cookies still percent-encoded, the body as openapi-core can read
    it in its content type."""

    method: str
    values: Mapping[str, str]
    query: str
    headers: Mapping[str, str]
    body: bytes | None
    content_type: str


class Original:
    """The document of a service, and what of it judges each operation. Raises ``LookupError`` for a version that
    openapi-core does not have."""

    def __init__(self, root: Mapping[str, Any], file: str) -> None:
        version = get_spec_version(root)
        self._version = _VERSIONS[version.major, version.minor]
        path = Path(file).resolve()
        folder = path.parent

        def beside(uri: str) -> Any:
            """The tree of another file of the document: one below its folder, nothing else is opened."""
            other = Path(url2pathname(urlsplit(uri).path)).resolve()
            if not other.is_relative_to(folder):
                raise LookupError(uri)
            return document.read(other).root

        self._spec = SchemaPath.from_dict(
            root, base_uri=path.as_uri(), handlers={"file": beside}, resolved_cache_maxsize=_CACHED
        )
        self._operations: dict[tuple[str, str], _Validators] = {}

    def errors(self, operation: Operation, request: WireRequest) -> list[Exception]:
        """What openapi-core finds wrong with a request."""
        key = (operation.path, operation.method)
        if key not in self._operations:
            self._operations[key] = _Validators(self._spec, self._version, operation)
        known, judged = self._operations[key], _Request(operation, request)
        errors = [error for error in known.parameters.iter_errors(judged) if not _is_of_default(error, judged)]
        if known.has_body:  # an optional body that is missing is reported, too
            errors += [error for error in known.body.iter_errors(judged) if not isinstance(error, MissingRequestBody)]
        return errors


def _is_of_default(error: Exception, request: _Request) -> bool:
    """Whether an error is that of a default which breaks its own schema: openapi-core judges it where a parameter is
    not sent, but then there is nothing to refuse."""
    cause = error.__cause__
    if not (isinstance(error, ParameterValidationError) and isinstance(cause, InvalidSchemaValue)):
        return False
    defaults: dict[tuple[str, str], Any] = {
        (each.location, each.name): each.schema.default for each in request.declared
    }
    is_sent = error.name in request.parameters[error.location]
    return not is_sent and cause.value == defaults.get((error.location, error.name), MISSING)


class _Validators:
    """The validators of one operation."""

    def __init__(self, spec: SchemaPath, version: _Version, operation: Operation) -> None:
        item = spec / "paths" // operation.path  # as it is: "/" and "#" in a path separate nothing
        methods = {str(name).upper(): node for name, node in item.items()}
        node = methods.get(operation.method.upper()) or item / "additionalOperations" / operation.method

        class Finder(BasePathFinder):
            """Finds this operation, whatever the path: the router has chosen."""

            def find(self, method: str, name: str) -> PathOperationServer:
                return PathOperationServer(item, node, None, TemplateResult(name, {}), None)

        casters = version.parameters.schema_casters_factory
        casters = type(casters)(version.schemas, casters.types_caster)
        styles = StyleReaders(casters)
        shared: dict[str, Any] = {
            "path_finder_cls": Finder,
            "schema_validators_factory": version.schemas,
            "schema_casters_factory": casters,
            "style_deserializers_factory": styles,
            "media_type_deserializers_factory": _MediaTypes(
                styles, {**media_type_deserializers, FORM: lambda data, **_: _form(data)}
            ),
        }
        self.parameters = version.parameters(spec, **shared)
        self.body = version.body(spec, **shared)
        self.has_body = "requestBody" in node


class _MediaTypes(MediaTypeDeserializersFactory):
    """Reads forms as openapi-core does, and everything else as the JSON that it was written in for it."""

    def create(self, spec: SchemaPath, mimetype: str, *arguments: Any, **options: Any) -> Any:
        """The reader of a media type."""
        return super().create(spec, mimetype, *arguments, **options) if mimetype == FORM else _Json()


class _Json:
    def deserialize(self, value: bytes) -> Any:
        """The value of JSON text."""
        return loads(value)


def _form(data: bytes) -> Place:
    return Place(encoded_pairs(data.decode("utf-8")), unquote_plus)


class _Parameters(RequestParameters):
    """The parameters of a request, by their places."""

    def __init__(self, operation: Operation, request: WireRequest) -> None:
        headers = request.headers

        def place(location: str, pairs: list[tuple[str, str]], decode: Callable[[str], str]) -> Place:
            names = frozenset(each.name for each in operation.parameters if each.location == location)
            return Place(pairs, decode, names)

        declared = [each.name for each in operation.parameters if each.location == "header" and each.name in headers]
        super().__init__(
            query=place("query", encoded_pairs(request.query), unquote_plus),
            header=place("header", [(name, headers[name]) for name in declared], str),
            cookie=place("cookie", cookie_pairs(headers), unquote),
            path=place("path", list(request.values.items()), unquote),
        )


class _Request:
    """A request in openapi-core's protocol."""

    host_url = "http://sandbox"
    path = "/"

    def __init__(self, operation: Operation, request: WireRequest) -> None:
        self.method = request.method.lower()
        self.body = request.body
        self.content_type = request.content_type
        self.declared = operation.parameters
        self._of = (operation, request)

    @cached_property
    def parameters(self) -> RequestParameters:
        """The parameters by their places."""
        return _Parameters(*self._of)
