"""A document to begin with: three operations on items, as OpenAPI 3.1, and from that as any other version.

It has no findings, and its sandbox answers: what is written into it can be checked and called from the first line on.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from openconnectors.engine.convert import convert
from openconnectors.engine.documents import loader
from openconnectors.engine.documents.writing import document_text
from openconnectors.engine.endpoints import HTTP, shown
from openconnectors.engine.errors import ConnectorError

VERSION = "3.1"
"""The version of the template itself."""
URL = "https://api.example.com/v1"


class Auth(Struct, frozen=True):
    """A way to sign in: the members of its Security Scheme Object, a line each, and what it is for people."""

    meaning: str
    lines: tuple[str, ...] = ()


AUTH: Mapping[str, Auth] = {
    "none": Auth("no credentials"),
    "api-key": Auth(
        "a key in a header", ("type: apiKey", "in: header", "name: X-API-Key", "description: Key of your account.")
    ),
    "basic": Auth("user name and password", ("type: http", "scheme: basic", "description: User name and password.")),
    "bearer": Auth("a token that you have", ("type: http", "scheme: bearer", "description: Token of your account.")),
    "oauth2": Auth(
        "a token that the service issues",
        (
            "type: oauth2",
            "description: Token that the service issues.",
            "flows:",
            "  authorizationCode:",
            "    authorizationUrl: {place}/oauth/authorize",
            "    tokenUrl: {place}/oauth/token",
            "    scopes:",
            "      items: Read and write items.",
        ),
    ),
}
"""The ways to sign in that a document can begin with."""


def document(title: str, url: str, auth: str, version: str) -> str:
    """The text of a document. Raise ``ConnectorError`` for a URL that a service cannot have."""
    if not HTTP.match(url) or "?" in url:
        raise ConnectorError(f"{shown(url)!r} is not the URL of a service: it has http or https, a host, and no query")
    row, place = AUTH[auth], url.rstrip("/")
    text = _TEMPLATE.format(
        title=json.dumps(title, ensure_ascii=False),
        url=json.dumps(place, ensure_ascii=False),
        security="security:\n  - account: []\n" if row.lines else "",
        schemes=_schemes(line.format(place=place) for line in row.lines) if row.lines else "",
    )
    return text if version == VERSION else _converted(text, version)


def title_of(name: str) -> str:
    """The title of a service of this name."""
    return re.sub(r"[-_]+", " ", name).strip().title()


def _schemes(lines: Iterable[str]) -> str:
    return "  securitySchemes:\n    account:\n" + "".join(f"      {line}\n" for line in lines)


def _converted(text: str, version: str) -> str:
    """The text in another version of the specifications, without its comments."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.yaml"
        path.write_text(text, "utf-8")
        return document_text(convert(loader.read(path), version).root, ".yaml")


_TEMPLATE = """\
openapi: 3.1.0
info:
  title: {title}
  version: "1.0"
  description: What the service is for, in a sentence or two.
servers:
  - url: {url}
{security}tags:
  - name: items
    description: What the service keeps.
# Each operation is a function: its operationId is the name, in Python list_items(kind="small").
paths:
  /items:
    get:
      operationId: listItems
      summary: List items
      description: The items of a kind, or all.
      tags: [items]
      parameters:
        - name: kind
          in: query
          description: Kind of the items.
          schema:
            type: string
            enum: [small, large]
      responses:
        "200":
          description: The items.
          content:
            application/json:
              schema:
                type: array
                items:
                  $ref: "#/components/schemas/Item"
        default:
          $ref: "#/components/responses/Refused"
    post:
      operationId: createItem
      summary: Create an item
      description: Keep a new item.
      tags: [items]
      requestBody:
        description: The item.
        required: true
        content:
          application/json:
            schema:
              $ref: "#/components/schemas/Item"
      responses:
        "201":
          description: The item as it is kept, with its ID.
          content:
            application/json:
              schema:
                $ref: "#/components/schemas/Item"
        default:
          $ref: "#/components/responses/Refused"
  /items/{{id}}:
    get:
      operationId: getItem
      summary: Get an item
      description: The item of an ID.
      tags: [items]
      parameters:
        - name: id
          in: path
          required: true
          description: ID of the item.
          schema:
            type: string
      responses:
        "200":
          description: The item.
          content:
            application/json:
              schema:
                $ref: "#/components/schemas/Item"
        default:
          $ref: "#/components/responses/Refused"
components:
{schemes}  responses:
    Refused:
      description: Why the call was refused.
      content:
        application/json:
          schema:
            $ref: "#/components/schemas/Error"
  schemas:
    Item:
      description: An item.
      type: object
      required: [name]
      properties:
        id:
          description: ID of the item.
          type: string
        name:
          description: Name of the item.
          type: string
        kind:
          description: Kind of the item.
          type: string
          enum: [small, large]
    Error:
      description: Why a call was refused.
      type: object
      properties:
        message:
          description: What is wrong, for people.
          type: string
"""
