"""Swagger 2.0 to the model (https://spec.openapis.org/oas/v2.0)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from openconnectors.engine.documents.dialects.lowering import (
    EMPTY,
    UNUSABLE,
    Extend,
    References,
    Site,
    extensions,
    mapping,
    sequence,
    text,
    truth,
    typed,
)
from openconnectors.engine.documents.dialects.server import Unusable, server
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import Diagnostic, InvalidDocument, nearest
from openconnectors.engine.model import (
    MISSING,
    Answer,
    Lazy,
    Media,
    OAuth,
    Operation,
    Parameter,
    Paths,
    Schema,
    Scheme,
    Service,
    Xml,
)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
JSON = "application/json"
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


class _Lowering:
    def __init__(self, document: Document, extend: Extend) -> None:
        self.document = document
        self.root: Mapping[str, Any] = document.root
        self.extend = extend
        self.references = References(document)
        self.found: list[Diagnostic] = []
        """What was found of the parts that every operation shares."""
        self.spoiled: dict[str, InvalidDocument] = {}
        """Security schemes that cannot be read, with why."""
        self.sound: set[tuple[str, bool]] = set()
        """The definitions that can be read, with all that they refer to; with those that extend them, too, or not."""
        self.schemas: Lazy[Schema] = Lazy(
            self.definitions(), lambda at: self.schema(self.document.get(at), at), closed=False
        )

    def note(self, rule: str, message: str, pointer: str, *, key: bool = False) -> None:
        self.found.append(self.document.diagnostic(rule, message, pointer, severity="warning", key=key))

    def member(self, name: str) -> Mapping[str, Any]:
        """A member of the root; empty, with an error, where it is no mapping: what needs it is refused."""
        try:
            return mapping(self.document, self.root.get(name), f"/{name}", name)
        except InvalidDocument as error:
            self.found += error.diagnostics
            return EMPTY

    def definitions(self) -> dict[str, Any]:
        """The definitions by pointer."""
        return {f"/definitions/{escape(name)}": raw for name, raw in self.member("definitions").items()}

    def site(self, pointer: str) -> Site:
        return Site(self.document, pointer, self.schema)

    # Schemas

    def schema(self, raw: Any, at: str) -> Schema:
        raw = mapping(self.document, raw, at, "a schema")
        reference = self.reference(raw, at)
        if reference is not None:
            return Schema(ref=reference, at=at)
        kinds = self.kinds(raw.get("type"), f"{at}/type")
        nullable = len(kinds) > 1 and "null" in kinds
        kinds = tuple(one for one in kinds if one != "null") if nullable else kinds
        properties = mapping(self.document, raw.get("properties"), f"{at}/properties", "properties")
        node = Schema(
            at=at,
            name=at.rpartition("/")[2] if at.startswith("/definitions/") and at.count("/") == 2 else None,
            types=kinds,
            format=raw["format"] if isinstance(raw.get("format"), str) else None,
            title=text(raw.get("title")),
            description=text(raw.get("description")),
            default=typed(raw["default"], kinds) if raw.get("default") is not None else MISSING,
            example=raw.get("example", MISSING),
            enum=self.enum(raw.get("enum"), kinds, f"{at}/enum"),
            nullable=nullable,
            read_only=truth(raw.get("readOnly")),
            properties={
                name: self.schema(value, f"{at}/properties/{escape(name)}") for name, value in properties.items()
            },
            required=self.required(raw.get("required"), f"{at}/required"),
            additional=self.additional(raw.get("additionalProperties", True), f"{at}/additionalProperties"),
            items=self.schema(raw["items"], f"{at}/items") if raw.get("items") is not None else None,
            all_of=tuple(
                self.schema(part, f"{at}/allOf/{index}")
                for index, part in enumerate(sequence(self.document, raw.get("allOf"), f"{at}/allOf", "allOf"))
            ),
            discriminator=raw["discriminator"] if isinstance(raw.get("discriminator"), str) else None,
            form_style=self.style(raw, at),
            checks=self.checks(raw, at),
            xml=self.xml(raw.get("xml"), f"{at}/xml"),
        )
        return self.extend("schema", node, extensions(raw), self.site(at))

    def reference(self, raw: Mapping[str, Any], at: str) -> str | None:
        """The pointer of what a node refers to in the end; None where it is no reference."""
        reference = raw.get("$ref")
        if reference is None and "$ref" not in raw:
            return None
        if not isinstance(reference, str):
            said = f"$ref must be text, not {type(reference).__name__}"
            raise self.document.refuse("structure", said, f"{at}/$ref")
        return self.references.end(reference, at)

    def kinds(self, kind: Any, at: str) -> tuple[str, ...]:
        """The types of a schema, in lower case; one that no value can have is refused."""
        listed = [kind] if isinstance(kind, str) else sequence(self.document, kind, at, "types")
        kinds = tuple(text(one).lower() for one in listed)
        for one in kinds:
            if one not in _TYPES:
                said = f"there is no type {one!r}{nearest(one, _TYPES) or '; there are ' + ', '.join(_TYPES)}"
                raise self.document.refuse("structure", said, at)
        return kinds

    def enum(self, raw: Any, kinds: tuple[str, ...], at: str) -> tuple[Any, ...] | None:
        if raw is None:
            return None
        if not sequence(self.document, raw, at, "an enum"):
            raise self.document.refuse("structure", "an enum must list at least one value", at)
        return tuple(typed(one, kinds) for one in raw)

    def required(self, raw: Any, at: str) -> tuple[str, ...]:
        """The names of required members. A boolean is what older drafts write beside a member; it says nothing here."""
        if isinstance(raw, bool) or text(raw).lower() in ("true", "false"):
            return ()
        names = sequence(self.document, raw, at, "required")
        if any(isinstance(one, (dict, list)) or one is None for one in names):
            raise self.document.refuse("structure", "required must list names of members", at)
        return tuple(dict.fromkeys(map(text, names)))

    def additional(self, raw: Any, at: str) -> Schema | bool:
        if isinstance(raw, str) and raw.strip().lower() in ("true", "false"):
            return truth(raw)
        return raw if isinstance(raw, bool) else self.schema(raw, at)

    def style(self, raw: Mapping[str, Any], at: str) -> str | None:
        """The ``collectionFormat`` of a node, in whatever case; None where it has none."""
        given = raw.get("collectionFormat")
        if given is None:
            return None
        style = text(given).lower()
        if style not in _STYLES:
            said = f"there is no collectionFormat {given!r}; there are {', '.join(_STYLES)}"
            raise self.document.refuse("parameter", said, f"{at}/collectionFormat")
        return style

    def checks(self, raw: Mapping[str, Any], at: str) -> dict[str, Any]:
        """The validation keywords; one whose value no validator could use is refused."""
        found: dict[str, Any] = {}

        def number(key: str, kind: str, fits: Callable[[Any], bool]) -> Any:
            value = typed(raw[key], ("number",))
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not fits(value):
                raise self.document.refuse("structure", f"{key} must be {kind}, not {raw[key]!r:.60}", f"{at}/{key}")
            return value

        for key in _COUNTS:
            if raw.get(key) not in (None, ""):
                found[key] = int(number(key, "a whole number, at least 0", lambda value: value >= 0 and value % 1 == 0))
        if raw.get("multipleOf") not in (None, ""):
            found["multipleOf"] = number("multipleOf", "a number above 0", lambda value: value > 0)
        for bound, exclusive in _BOUNDS:
            if raw.get(bound) not in (None, ""):
                found[exclusive if truth(raw.get(exclusive)) else bound] = number(bound, "a number", lambda value: True)
        if truth(raw.get("uniqueItems")):
            found["uniqueItems"] = True
        if raw.get("pattern") is not None:
            if not isinstance(raw["pattern"], str):
                said = f"pattern must be text, not {raw['pattern']!r:.60}"
                raise self.document.refuse("structure", said, f"{at}/pattern")
            found["pattern"] = raw["pattern"]
        return found

    def xml(self, raw: Any, at: str) -> Xml:
        if raw is None:
            return Xml()
        raw = mapping(self.document, raw, at, "xml")
        for key in ("name", "namespace", "prefix"):
            if isinstance(raw.get(key), (dict, list)):
                raise self.document.refuse("structure", f"{key} must be text", f"{at}/{key}")
        node = Xml(
            name=text(raw.get("name")) or None,
            namespace=text(raw.get("namespace")) or None,
            prefix=text(raw.get("prefix")) or None,
            attribute=truth(raw.get("attribute")),
            wrapped=truth(raw.get("wrapped")),
        )
        return self.extend("xml", node, extensions(raw), self.site(at))

    @cached_property
    def extended(self) -> Mapping[str, list[str]]:
        """Of each definition, by pointer, those that name it in their ``allOf``."""
        found: dict[str, list[str]] = {}
        for at, raw in self.definitions().items():
            parts = raw.get("allOf") if isinstance(raw, Mapping) else None
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
                    with suppress(InvalidDocument):  # it is told of by whoever needs the definition
                        found.setdefault(self.references.end(part["$ref"], at), []).append(at)
        return found

    @cached_property
    def discriminated(self) -> set[str]:
        """The definitions that have a discriminator, or extend one that has."""
        found: set[str] = set()
        stack = [
            at
            for at, raw in self.definitions().items()
            if isinstance(raw, Mapping) and isinstance(raw.get("discriminator"), str)
        ]
        while stack:
            at = stack.pop()
            if at not in found:
                found.add(at)
                stack += self.extended.get(at, ())
        return found

    def subtypes(self, at: str) -> tuple[str, ...]:
        """The definitions that extend one, directly or not."""
        found: dict[str, None] = {}
        stack = [at]
        while stack:
            for one in self.extended.get(stack.pop(), ()):
                if one not in found and one != at:
                    found[one] = None
                    stack.append(one)
        return tuple(found)

    # Parameters

    def node(self, raw: Any, at: str, what: str) -> tuple[Mapping[str, Any], str]:
        """A node, or what it refers to in the end, and where that stands."""
        raw = mapping(self.document, raw, at, what)
        reference = self.reference(raw, at)
        if reference is None:
            return raw, at
        return mapping(self.document, self.document.get(reference), reference, what), reference

    def parameters(self, path_item: Mapping[str, Any], path_at: str, raw: Mapping[str, Any], at: str) -> Iterator[Any]:
        """Declared parameters, the operation's over the path's (Swagger 2.0, "Operation Object")."""
        found: dict[tuple[str, str], tuple[Mapping[str, Any], str]] = {}
        for holder, where in ((path_item, path_at), (raw, at)):
            listed = sequence(self.document, holder.get("parameters"), f"{where}/parameters", "parameters")
            for index, item in enumerate(listed):
                one, one_at = self.node(item, f"{where}/parameters/{index}", "a parameter")
                name, place = text(one.get("name")), _LOCATIONS.get(text(one.get("in")).lower())
                if isinstance(one.get("name"), (dict, list)) or not name or place is None:
                    said = f"a parameter needs a name and one of in: {', '.join(_LOCATIONS.values())}"
                    raise self.document.refuse("parameter", said, one_at)
                name = one["name"] if isinstance(one["name"], str) else name
                found[name, place] = ({**one, "name": name, "in": place}, one_at)
        yield from found.values()

    def parameter(self, raw: Mapping[str, Any], at: str) -> Parameter:
        own = {key: value for key, value in raw.items() if key not in ("required", "description")}
        if raw["in"] == "header":  # blanks around a field's value are no part of it (RFC 9110 section 5.5)
            own |= {key: _trimmed(raw[key]) for key in ("default", "enum") if key in raw}
        elif raw["in"] == "path" and raw.get("default") == "":
            del own["default"]  # which no segment of a path can be
        schema = self.schema(raw["schema"], f"{at}/schema") if "schema" in raw else self.schema(own, at)
        node = Parameter(
            name=raw["name"],
            location="body" if raw["in"] == "body" else raw["in"],
            required=truth(raw.get("required")) or raw["in"] == "path",
            schema=schema,
            style=self.style(raw, at) or "csv",
            description=text(raw.get("description")),
            allow_empty=truth(raw.get("allowEmptyValue")),
            at=at,
        )
        return self.extend("parameter", node, extensions(raw), self.site(at))

    def form(self, fields: list[Parameter], at: str) -> Parameter:
        """Form fields as one body, an object with a property for each."""
        properties: dict[str, Schema] = {}
        for one in fields:
            schema = self.described(one)
            properties[one.name] = schema
        required = tuple(one.name for one in fields if one.required)
        schema = Schema(types=("object",), properties=properties, required=required, additional=False, at=at)
        return Parameter(name="body", location="body", required=bool(required), schema=schema, at=at)

    @staticmethod
    def described(one: Parameter) -> Schema:
        return replace(
            one.schema,
            description=one.description,
            title=one.title,
            form_style=one.style,
            client_name=one.client_name,
            visibility=one.visibility,
            choices=one.choices,
        )

    # Operations

    def operation(self, method: str, path: str, at: str, name: str) -> Operation:
        """One operation; ``InvalidDocument`` where it, or a schema that it uses, cannot be
        read."""
        if not path.startswith("/"):
            said = f"the path {path!r} must begin with a slash"
            raise self.document.refuse("path", said, at.rpartition("/")[0])
        path_at = at.rpartition("/")[0]
        path_item, path_at = self.node(self.document.get(path_at), path_at, "a path item")
        at = f"{path_at}/{method}"
        node = self.written(method, path, path_item, path_at, name)
        faults = self.unreadable(node.schemas())
        if faults:
            raise InvalidDocument(faults)
        return node

    def unreadable(self, schemas: Iterable[Schema]) -> list[Diagnostic]:
        """Why schemas, and all that they refer to, cannot be read. Definitions that are known to be sound are not
        looked at again; nothing here is recursive, as documents are of any length."""
        faults: dict[Diagnostic, None] = {}
        seen = set(self.sound)
        stack = [(one, True) for one in schemas]  # each with whether it stands for those that extend it, too
        while stack:
            schema, whole = stack.pop()
            parts = whole
            if schema.ref is not None:
                if (schema.ref, whole) in seen:
                    continue
                seen.add((schema.ref, whole))
                if whole and schema.ref in self.discriminated:
                    stack += [(Schema(ref=one), True) for one in self.extended.get(schema.ref, ())]
                try:
                    schema, parts = self.schemas[schema.ref], False
                except InvalidDocument as error:
                    faults |= dict.fromkeys(error.diagnostics)
                    continue
            stack += [(one, parts) for one in schema.all_of]
            stack += [(one, True) for one in schemas_in(schema)]
        if not faults:
            self.sound = seen
        return list(faults)

    def written(self, method: str, path: str, path_item: Mapping[str, Any], path_at: str, name: str) -> Operation:
        at = f"{path_at}/{method}"
        raw = mapping(self.document, path_item.get(method), at, "an operation")
        declared = [self.parameter(one, one_at) for one, one_at in self.parameters(path_item, path_at, raw, at)]
        consumes = self.media_types(raw, "consumes", at)
        produces = self.media_types(raw, "produces", at) or (JSON,)
        fields = [one for one in declared if one.location == "formData"]
        bodies = [one for one in declared if one.location == "body"]
        if len(bodies) + bool(fields) > 1:
            raise self.document.refuse("body", "an operation has one body, or form fields, not both", at)
        body = bodies[0] if bodies else self.form(fields, at) if fields else None
        answers = mapping(self.document, raw.get("responses"), f"{at}/responses", "responses")
        node = Operation(
            id=name,
            method=method.upper(),
            path=path,
            title=text(raw.get("summary")),
            description=text(raw.get("description")),
            deprecated=truth(raw.get("deprecated")),
            parameters=tuple(one for one in declared if one.location not in ("body", "formData")),
            body=body,
            fields=bool(fields),
            consumes=self.body_types(consumes, fields) if body else (),
            produces=produces,
            answers={
                _status(status): self.answer(_status(status), answer, f"{at}/responses/{escape(status)}", produces)
                for status, answer in answers.items()
                if not str(status).startswith("x-")
            },
            security=self.security(raw, at),
            at=at,
        )
        return self.extend("operation", node, {**extensions(path_item), **extensions(raw)}, self.site(at))

    def security(self, raw: Mapping[str, Any], at: str) -> tuple[dict[str, tuple[str, ...]], ...]:
        """The alternatives of an operation, or those of the document: schemes with their scopes."""
        own = f"{at}/security" if "security" in raw else "/security"
        given = raw.get("security", self.root.get("security"))
        given = [given] if isinstance(given, Mapping) else sequence(self.document, given, own, "security")
        ways = [mapping(self.document, one, f"{own}/{index}", "a requirement") for index, one in enumerate(given)]
        for scheme in (name for one in ways for name in one):
            if scheme in self.spoiled:
                raise InvalidDocument(self.spoiled[scheme].diagnostics)
        return tuple(
            {
                str(scheme): tuple(
                    map(str, sequence(self.document, scopes, f"{own}/{index}/{escape(scheme)}", "scopes"))
                )
                for scheme, scopes in one.items()
            }
            for index, one in enumerate(ways)
        )

    def media_types(self, raw: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
        own = raw.get(key)
        given, where = (own, f"{at}/{key}") if own is not None else (self.root.get(key), f"/{key}")
        listed = [given] if isinstance(given, str) else sequence(self.document, given, where, key)
        return tuple(name for one in listed if isinstance(one, str) and (name := one.strip()))

    @staticmethod
    def body_types(consumes: tuple[str, ...], fields: list[Parameter]) -> tuple[str, ...]:
        if not fields:
            return consumes or (JSON,)
        files = any("file" in one.schema.types for one in fields)
        default = _MULTIPART if files else _FORM
        return tuple(one for one in consumes if one in (_FORM, _MULTIPART)[files:]) or (default,)

    def answer(self, status: str, raw: Any, at: str, produces: tuple[str, ...]) -> Answer:
        raw, at = self.node(raw, at, "a response")
        media: tuple[Media, ...] = ()
        if raw.get("schema") is not None:
            schema = self.schema(raw["schema"], f"{at}/schema")
            examples = self.examples(raw.get("examples"))
            media = tuple(
                Media(type=media_type, schema=schema, example=examples.get(_essence(media_type), MISSING))
                for media_type in produces
            )
        headers = mapping(self.document, raw.get("headers"), f"{at}/headers", "headers")
        node = Answer(
            status=status,
            description=text(raw.get("description")),
            media=media,
            headers={name: self.schema(value, f"{at}/headers/{escape(name)}") for name, value in headers.items()},
            at=at,
        )
        return self.extend("answer", node, extensions(raw), self.site(at))

    @staticmethod
    def examples(raw: Any) -> Mapping[str, Any]:
        """The examples of a response by media type, without parameters (Swagger 2.0, "Example Object"); they are
        documentation, so that those which are no mapping are no examples."""
        return {_essence(str(name)): value for name, value in raw.items()} if isinstance(raw, Mapping) else EMPTY

    # The service

    def paths(self) -> Mapping[str, str]:
        """Every path with the pointer of its item, those that extensions add included."""
        root = self.root
        paths = mapping(self.document, root.get("paths"), "/paths", "paths")
        own = Paths(items={path: f"/paths/{escape(path)}" for path in paths if not path.startswith("x-")})
        try:
            return self.extend("paths", own, extensions(root), self.site("")).items
        except InvalidDocument as error:
            self.found += error.diagnostics
            return own.items

    def index(self) -> dict[str, tuple[str, str, str]]:
        """Operation ids, with method, path and pointer. One that is missing is made of the other two; one that is
        taken gets a number, and those that are written come before those that are made."""
        places: list[tuple[str, str, str, str]] = []  # the id that is written, method, path, pointer
        for path, path_at in self.paths().items():
            try:
                item, _ = self.node(self.document.get(path_at), path_at, "a path item")
            except InvalidDocument as error:
                self.found += error.diagnostics
                continue
            for method in METHODS:
                raw = item.get(method)
                if raw is not None:
                    name = raw.get("operationId") if isinstance(raw, Mapping) else None
                    places.append((text(name) if isinstance(name, (str, int)) else "", method, path, path_at))
        names: dict[int, str] = {}
        first: dict[str, str] = {}
        count: Counter[str] = Counter()
        written = [index for index, place in enumerate(places) if place[0]]
        for index in [*written, *(index for index, place in enumerate(places) if not place[0])]:
            given, method, path, path_at = places[index]
            at = f"{path_at}/{method}"
            wanted = name = given or "_".join([method, *re.findall(r"\w+", path)])
            while name in first:
                count[wanted] += 1
                name = f"{wanted}_{count[wanted] + 1}"
            if name != wanted:
                where = f"{first[wanted]}/operationId"
                line, _ = self.document.position(where)
                said = f"the operationId {wanted!r} is that of line {line} too; this operation is named {name!r}"
                rule, place = ("operation-id-duplicate", f"{at}/operationId") if given else ("operation-name", at)
                self.note(rule, said, place, key=not given)
            first[name] = at
            names[index] = name
        return {names[index]: (place[1], place[2], f"{place[3]}/{place[1]}") for index, place in enumerate(places)}

    def scheme(self, name: str, raw: Any, at: str) -> Scheme:
        raw = mapping(self.document, raw, at, "a security scheme")
        node = Scheme(
            name=name,
            type=text(raw.get("type")),
            location=text(raw.get("in")),
            parameter=text(raw.get("name")),
            oauth=self.oauth(raw, at) if raw.get("type") == "oauth2" else None,
            at=at,
        )
        return self.extend("scheme", node, extensions(raw), self.site(at))

    def oauth(self, raw: Mapping[str, Any], at: str) -> OAuth:
        scopes = raw.get("scopes")
        if not isinstance(scopes, list):
            scopes = mapping(self.document, scopes, f"{at}/scopes", "scopes")
        return OAuth(
            authorize=text(raw.get("authorizationUrl")),
            token=text(raw.get("tokenUrl")),
            scopes=tuple(map(text, scopes)),
            grant=_GRANTS.get(text(raw.get("flow")), "authorization_code"),
        )

    def schemes(self) -> dict[str, Scheme]:
        """The security schemes that can be read."""
        found: dict[str, Scheme] = {}
        for name, raw in self.member("securityDefinitions").items():
            try:
                found[name] = self.scheme(name, raw, f"/securityDefinitions/{escape(name)}")
            except InvalidDocument as error:
                self.spoiled[name] = error
                self.found += error.diagnostics
        return found

    def together(self, paths: Iterable[str]) -> frozenset[frozenset[str]]:
        """The sets of several schemes that are needed together; what cannot be read is refused with its operation."""
        found = [self.root.get("security")]
        for at in paths:
            item, _ = self.node(self.document.get(at), at, "a path item")
            found += [raw.get("security") for name in METHODS if isinstance(raw := item.get(name), Mapping)]
        ways = (one for given in found for one in (given if isinstance(given, list) else [given]))
        return frozenset(frozenset(map(str, one)) for one in ways if isinstance(one, Mapping) and len(one) > 1)

    def server(self) -> str:
        try:
            url, notes = server(self.root)
        except Unusable as error:
            raise self.document.refuse("server", str(error), f"/{error.member}") from None
        for note in notes:
            self.note("server" if note.usable else UNUSABLE, note.message, f"/{note.member}")
        return url

    def dynamic(self, raw: Any) -> Schema:
        """A schema that came from the service."""
        schema = self.schema(raw, "/dynamic")
        faults = self.unreadable([schema])
        if faults:
            raise InvalidDocument(faults)
        return schema

    def service(self) -> Service:
        info = self.member("info")
        index = self.index()
        node = Service(
            title=text(info.get("title")),
            version=text(info.get("version")),
            description=text(info.get("description")),
            file=self.document.file,
            server=self.server(),
            schemes=self.schemes(),
            together=self.together({at.rpartition("/")[0] for _, _, at in index.values()}),
            operations=Lazy(index, lambda name: self.operation(*index[name], name)),
            places={name: (method.upper(), path) for name, (method, path, _) in index.items()},
            schemas=self.schemas,
            subtypes=Lazy((), self.subtypes, closed=False),
            schema_of=self.dynamic,
            finding=lambda rule, said, at: self.document.diagnostic(rule, said, at, severity="warning"),
        )
        node = self.extend("service", node, {**extensions(info), **extensions(self.root)}, self.site(""))
        return replace(node, diagnostics=(*node.diagnostics, *dict.fromkeys(self.found)))


def schemas_in(schema: Schema) -> list[Schema]:
    """The schemas that stand in a schema, beside those of its ``allOf``."""
    found = [*schema.properties.values(), *schema.any_of, *schema.one_of]
    found += [schema.items] if schema.items is not None else []
    found += [schema.additional] if isinstance(schema.additional, Schema) else []
    found += [schema.wire.schema] if schema.wire is not None and schema.wire.schema is not None else []
    return found


def _status(key: str) -> str:
    """A key of responses as the specification spells it: ``4XX``, ``default``."""
    return key.lower() if key.isalpha() else key.strip().upper()


def _trimmed(value: Any) -> Any:
    if isinstance(value, list):
        return [_trimmed(one) for one in value]
    return value.strip() if isinstance(value, str) else value


def _essence(media_type: str) -> str:
    """A media type without its parameters, in lower case (RFC 9110 section 8.3.1)."""
    return media_type.partition(";")[0].strip().lower()


_GRANTS = {"application": "client_credentials", "password": "password", "implicit": "implicit"}
_LOCATIONS = {one.lower(): one for one in ("path", "query", "header", "formData", "body")}
_STYLES = ("csv", "ssv", "tsv", "pipes", "multi")
_TYPES = ("string", "number", "integer", "boolean", "array", "object", "file", "null")
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


def lower(document: Document, extend: Extend) -> Service:
    """The service of a Swagger 2.0 document; operations and definitions are lowered on first use.

    Refused with ``InvalidDocument``, at its place: a node of the wrong kind, two
    operations of one id, a body beside form fields.
    """
    return _Lowering(document, extend).service()
