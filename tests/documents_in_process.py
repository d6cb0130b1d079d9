"""Documents of one schema, in process: a request body and a response body of it, without a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from openconnectors.engine.documents import document, loader
from openconnectors.engine.http import Headers, Response
from openconnectors.engine.plan.options import Options
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler

BASE = "https://example.com"


def plan_of(schema: Any, components: Mapping[str, Any] | None = None, *, version: str = "3.1.1") -> Plan:
    """The plan of an operation ``op`` that takes and gives JSON of one schema."""
    content = {"application/json": {"schema": schema}}
    operation = {
        "operationId": "op",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "Done", "content": content}},
    }
    text = json.dumps(
        {
            "openapi": version,
            "info": {"title": "One schema", "version": "1"},
            "servers": [{"url": BASE}],
            "paths": {"/op": {"post": operation}},
            "components": {"schemas": components or {}},
        },
        indent=1,
    )
    service = loader.service_of(document.parse(text, "one-schema.json"))
    return Plan(Compiler(service), service.operations["op"])


def sent(plan: Plan, value: Any) -> Any:
    """The JSON that a body is sent as."""
    body = plan.request({"body": value}, BASE, Options()).body
    assert isinstance(body, bytes)
    return json.loads(body)


def received(plan: Plan, value: Any, validate: str = "strict") -> Response:
    """The response that JSON is read as."""
    return plan.read(
        Response(200, Headers([("Content-Type", "application/json")]), json.dumps(value).encode()), validate
    )
