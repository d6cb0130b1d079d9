"""Faults of security, of the document as a whole, and of what OpenAPI 3 adds."""

from __future__ import annotations

import random

from tests.faults.parts import Kinds, Place, Root, operations, parameters, pick, plain_properties, responses

KINDS = Kinds()


@KINDS.add
def _scheme_that_is_not_defined(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["security"] = [{"no_such_key": []}]
    return (f"!{at}/security/0/no_such_key", f"{at}/security/0", f"{at}/security/0/no_such_key")


def _schemes(root: Root) -> tuple[str, Root]:
    if "swagger" in root:
        return "/securityDefinitions", root.setdefault("securityDefinitions", {})
    return "/components/securitySchemes", root.setdefault("components", {}).setdefault("securitySchemes", {})


@KINDS.add
def _scheme_of_an_unknown_type(root: Root, rng: random.Random) -> Place | None:
    at, schemes = _schemes(root)
    schemes["odd"] = {"type": "apikey", "name": "X-Key", "in": "header"}
    return (f"{at}/odd/type", f"!{at}/odd", f"{at}/odd")


@KINDS.add
def _key_without_a_name(root: Root, rng: random.Random) -> Place | None:
    at, schemes = _schemes(root)
    schemes["odd"] = {"type": "apiKey", "in": "header"}
    return (f"{at}/odd", f"!{at}/odd")


@KINDS.add
def _oauth_without_its_flow(root: Root, rng: random.Random) -> Place | None:
    at, schemes = _schemes(root)
    schemes["odd"] = {"type": "oauth2"}
    return (f"{at}/odd", f"!{at}/odd")


@KINDS.add
def _scope_that_is_not_listed(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    _where, schemes = _schemes(root)
    if at is None:
        return None
    flow = {"authorizationUrl": "https://id.example/authorize", "scopes": {"read": "read things"}}
    schemes["login"] = {
        "type": "oauth2",
        **({"flow": "implicit", **flow} if "swagger" in root else {"flows": {"implicit": flow}}),
    }
    operation["security"] = [{"login": ["raed"]}]
    return (f"{at}/security/0/login/0", f"!{at}/security/0/login", f"{at}/security/0/login", f"{at}/security/0")


@KINDS.add
def _secret_in_the_text(root: Root, rng: random.Random) -> Place | None:
    at, operation, _, _ = pick(operations(root), rng) or (None,) * 4
    if at is None:
        return None
    operation["description"] = "Try it with the key sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    return (f"{at}/description",)


@KINDS.add
def _tag_twice(root: Root, rng: random.Random) -> Place | None:
    root["tags"] = [{"name": "things"}, {"name": "others"}, {"name": "things"}]
    return ("/tags/2/name", "/tags/2", "/tags/0/name", "/tags", "!/tags")


@KINDS.add
def _unknown_member_at_the_root(root: Root, rng: random.Random) -> Place | None:
    root["defintions"] = {}
    return ("!/defintions",)


@KINDS.add
def _host_with_its_scheme(root: Root, rng: random.Random) -> Place | None:
    if "swagger" not in root:
        return None
    root["host"] = "https://api.example.com"
    return ("/host",)


@KINDS.add
def _base_path_without_slash(root: Root, rng: random.Random) -> Place | None:
    if "swagger" not in root:
        return None
    root["basePath"] = "v1"
    return ("/basePath",)


@KINDS.add
def _unknown_protocol(root: Root, rng: random.Random) -> Place | None:
    if "swagger" not in root:
        return None
    root["schemes"] = ["htps"]
    return ("/schemes/0", "!/schemes", "/schemes")


@KINDS.add
def _server_variable_undefined(root: Root, rng: random.Random) -> Place | None:
    if "swagger" in root:
        return None
    root["servers"] = [{"url": "https://{region}.example.com"}]
    return ("/servers/0/url", "/servers/0")


@KINDS.add
def _link_to_an_unknown_operation(root: Root, rng: random.Random) -> Place | None:
    at, response, _ = pick(responses(root), rng) or (None,) * 3
    if at is None or "swagger" in root:
        return None
    response["links"] = {"next": {"operationId": "noSuchOperation"}}
    return (f"{at}/links/next/operationId", f"!{at}/links/next", f"{at}/links/next")


@KINDS.add
def _style_of_another_place(root: Root, rng: random.Random) -> Place | None:
    at, parameter, _ = (
        pick([parameter for parameter in parameters(root) if parameter[1].get("in") == "query"], rng) or (None,) * 3
    )
    if at is None or "swagger" in root:
        return None
    parameter["style"] = "matrix"
    return (f"{at}/style", at)


@KINDS.add
def _both_read_and_written_only(root: Root, rng: random.Random) -> Place | None:
    at, schema = pick(plain_properties(root), rng) or (None, None)
    if at is None or schema is None or "swagger" in root:
        return None
    schema["readOnly"] = schema["writeOnly"] = True
    return (f"!{at}/writeOnly", f"!{at}/readOnly", at, f"!{at}")


@KINDS.add
def _body_without_content(root: Root, rng: random.Random) -> Place | None:
    known = [
        operation
        for operation in operations(root)
        if isinstance(operation[1].get("requestBody"), dict) and "$ref" not in operation[1]["requestBody"]
    ]
    at, operation, _, _ = pick(known, rng) or (None,) * 4
    if at is None or "swagger" in root:
        return None
    operation["requestBody"].pop("content", None)
    return (f"{at}/requestBody", f"!{at}/requestBody")
