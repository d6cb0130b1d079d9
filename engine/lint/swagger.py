"""What the text of Swagger 2.0 says and its JSON schema does not: forms, files, headers, scopes, discriminators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openconnectors.engine.documents.published import PUBLISHED
from openconnectors.engine.errors import closest
from openconnectors.engine.lint.rules import Context, Finding, Rule
from openconnectors.engine.lint.schema_facts import parts
from openconnectors.engine.lint.schemas import all_properties
from openconnectors.engine.lint.table import RULES, check
from openconnectors.engine.lint.tree import Node, array, mapping, requirements
from openconnectors.engine.path_templates import variables
from openconnectors.engine.values.codecs import essence

# fmt: off
RULES.add(
    Rule("base-template", "error", "document", members="basePath host", versions="2.0",
         why="The address is fixed, but for the connection parameters of a connector, and a port is at most 65535 "
             "(Swagger Object, host and basePath).",
         fix="Write the address that is called, or begin the paths with the variable."),
    Rule("schemes-empty", "warning", "document operation", members="schemes", versions="2.0",
         why="Without a protocol nothing can be called; without the member the document's own protocol counts (Swagger "
             "Object, schemes).",
         fix="List a protocol, or remove schemes."),
    Rule("items-type", "error", "items", versions="2.0",
         why="The type of items is required (Items Object).",
         fix="Add type."),
    Rule("multi-nested", "error", "items header", members="collectionFormat", versions="2.0",
         why="`multi` repeats a parameter; items and headers cannot be repeated (Items Object, Header Object).",
         fix="Write csv, ssv, tsv or pipes."),
    Rule("form-without-type", "warning", "operation", members="parameters", versions="2.0",
         why="Without consumes nobody knows in which form the fields are sent (Parameter Object, in).",
         fix="Let the operation consume application/x-www-form-urlencoded or multipart/form-data."),
    Rule("file-response", "warning", "response", members="schema", versions="2.0",
         why="A response that is a file should come with the media type of the file in produces (Response Object, "
             "schema).",
         fix="Add the media type to produces of the operation."),
    Rule("scopes-missing", "error", "security-scheme", members="type", versions="2.0",
         why="The scopes of an OAuth 2.0 scheme are required, and may be empty (Security Scheme Object).",
         fix="Add scopes."),
    Rule("scheme-url", "error", "security-scheme", members="authorizationUrl tokenUrl", versions="2.0",
         why="Nobody can be sent to what is not a URL (Security Scheme Object).",
         fix="Write the absolute URL."),
    Rule("discriminator-name", "error", "schema", members="discriminator", versions="2.0",
         why="A discriminator is a required property of its schema, whose value is the name of a definition (Schema "
             "Object, discriminator).",
         fix="Name a required property of type string."),
    Rule("key-parameter", "warning", "document", versions="2.0",
         why="The security scheme sends this already: as a parameter it is sent twice, or shows a secret to callers.",
         fix="Remove the parameter."),
    Rule("text-empty", "warning", "info tag operation parameter", members="title version name operationId",
         why="An empty text names nothing.",
         fix="Write the text."),
    Rule("discriminator-definition", "warning", "schema", members="discriminator", versions="2.0",
         why="The value of a discriminator is the name of the schema, or of one that extends it (Schema Object, "
             "discriminator).",
         fix="Write the names of the definitions, or add the missing one with allOf."),
    Rule("host-example", "warning", "document server", members="host url",
         why="No service is at a domain that is reserved for examples (RFC 2606 section 3).",
         fix="Write the host of the service."),
)
# fmt: on


@check("base-template")
def _base(node: Node, context: Context) -> Iterator[Finding]:
    base, host = node.get("basePath"), node.get("host")
    names = [name for name in variables(base) if name not in _connection(context)] if isinstance(base, str) else []
    if names:
        yield Finding("/basePath", f"{base!r} has the variable {{{names[0]}}}, but basePath is fixed")
    port = host.rpartition(":")[2] if isinstance(host, str) and ":" in host else ""
    if port.isdecimal() and not 0 < int(port) < 65536:
        yield Finding("/host", f"{port} is not a port")


def _connection(context: Context) -> set[str]:
    """The names of the connection parameters of a connector; Microsoft fills in none of those of its files."""
    if context.properties is not None and context.properties.file.endswith(PUBLISHED[1]):
        return set()
    beside = context.properties.root if context.properties is not None else None
    holders = (mapping(context.tree.root.get("x-connector-properties")), mapping(mapping(beside).get("properties")))
    return {name for holder in holders for name in mapping(holder.get("connectionParameters"))}


@check("schemes-empty")
def _schemes(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("schemes") == []:
        yield Finding(node.at("schemes"), "there is no protocol in this list")


@check("items-type")
def _items(node: Node, context: Context) -> Iterator[Finding]:
    if node.reference is None and not node.has("type"):
        yield Finding(node.pointer, "these items have no type", key=True)


@check("multi-nested")
def _multi(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("collectionFormat") == "multi":
        kind = "items" if node.kind == "items" else "headers"
        yield Finding(node.at("collectionFormat"), f"`multi` is for query parameters and form fields, not for {kind}")


# Forms, files, headers


@check("form-without-type")
def _form(node: Node, context: Context) -> Iterator[Finding]:
    if context.tree.media_types(node, "consumes"):
        return
    for parameter in context.tree.parameters(node):
        if parameter.get("in") == "formData":
            message = f"the operation of the form field {parameter.get('name')!r} consumes no media type"
            yield Finding(parameter.pointer, message)


_TEXTS = ("application/json", "application/xml", "text/xml")


@check("file-response")
def _file_response(node: Node, context: Context) -> Iterator[Finding]:
    operation = node.above("operation")
    if node.mapping("schema").get("type") != "file" or operation is None:
        return
    produces = context.tree.media_types(operation, "produces")
    if all(essence(name)[0] in _TEXTS for name in produces):
        types = ", ".join(produces) or "nothing"
        yield Finding(node.at("schema", "type"), f"the response is a file, but the operation produces {types}")


# Security


@check("scopes-missing")
def _scopes(node: Node, context: Context) -> Iterator[Finding]:
    if node.get("type") == "oauth2" and not node.has("scopes"):
        yield Finding(node.pointer, f"the security scheme {node.name!r} has no scopes", key=True)


@check("scheme-url")
def _url(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("authorizationUrl", "tokenUrl"):
        url = node.get(name)
        if isinstance(url, str) and (not url.strip() or " " in url.strip()):
            yield Finding(node.at(name), f"{url!r} is not a URL")


@check("key-parameter")
def _key_parameter(node: Node, context: Context) -> Iterator[Finding]:
    keys = {
        (str(scheme.get("in")), str(scheme.get("name")).lower()): name
        for name, scheme in context.tree.schemes.items()
        if scheme.get("type") == "apiKey"
    }
    for parameter in context.tree["parameter"]:
        scheme = keys.get((str(parameter.get("in")), str(parameter.get("name")).lower()))
        if scheme is not None and _is_sent(parameter, scheme, context):
            message = f"the security scheme {scheme!r} sends {parameter.get('name')!r} already"
            yield Finding(parameter.pointer, message)


def _is_sent(parameter: Node, scheme: str, context: Context) -> bool:
    """Return True if the operation of a parameter requires a security scheme."""
    operation = parameter.above("operation")
    if operation is None:
        return False
    holder = operation if operation.has("security") else context.tree.root
    return any(name == scheme for _, name, _ in requirements(holder))


@check("text-empty")
def _text_empty(node: Node, context: Context) -> Iterator[Finding]:
    for name in ("title", "version", "name", "operationId"):
        text = node.get(name)
        if isinstance(text, str) and not text.strip():
            yield Finding(node.at(name), f"{name!r} is empty")


# Discriminators


@check("discriminator-name")
def _discriminator(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("discriminator")
    if not isinstance(name, str) or not isinstance(node.get("properties", {}), Mapping):
        return
    properties = all_properties(node, context, set())
    if properties is None:
        return
    at = node.at("discriminator")
    if name not in properties:
        if not node.mapping("properties"):  # else discriminator-undefined
            yield Finding(at, f"there is no property {name!r} here", suggestion=closest(name, properties))
        return
    schema = context.tree.resolved(node.at("properties", name))
    if schema is not None and schema.get("type") not in (None, "string"):
        yield Finding(at, f"{name!r} is of type {schema.get('type')}; the value of a discriminator is a name")


@check("discriminator-definition")
def _values(node: Node, context: Context) -> Iterator[Finding]:
    name = node.get("discriminator")
    if isinstance(name, str) and node.pointer not in context.once(_extending):
        yield Finding(node.at("discriminator"), f"no definition extends {node.name!r}")
        return
    schema = context.tree.resolved(node.at("properties", name)) if isinstance(name, str) else None
    values = array(schema.get("enum")) if schema is not None else []
    if not values or schema is None or not schema.pointer.startswith(node.pointer):
        return
    names = {node.name, *context.once(_extending).get(node.pointer, ())}
    for index, value in enumerate(values):
        if str(value) not in names:
            message = f"{value!r} is not the name of a definition that extends {node.name!r}"
            yield Finding(schema.at("enum", index), message, suggestion=closest(str(value), names))


def _extending(context: Context) -> dict[str, set[str]]:
    """The values of a discriminator that name the definitions that extend a schema, by the pointer of that."""
    names: dict[str, set[str]] = {}
    for definition in context.tree["schema"]:
        for part in parts(definition, context) if definition.has("allOf") else ():
            value = str(definition.get("x-ms-discriminator-value", definition.name))
            names.setdefault(part.node.pointer, set()).update((definition.name, value))
    return names


# The address


@check("host-example")
def _example(node: Node, context: Context) -> Iterator[Finding]:
    at = node.at("host") if node.kind == "document" else node.at("url")
    text = node.get("host") if node.kind == "document" else mapping(node.value).get("url")
    host = str(text).partition("//")[2] if "//" in str(text) else str(text)
    host = host.partition("/")[0].partition(":")[0].lower()
    if isinstance(text, str) and (host in _RESERVED or host.endswith(tuple(f".{name}" for name in _RESERVED))):
        yield Finding(at, f"{host!r} is a domain for examples")


_RESERVED = ("example.com", "example.org", "example.net")
