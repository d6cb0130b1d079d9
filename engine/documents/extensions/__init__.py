"""Vendor extensions: what each ``x-*`` member adds to the model.

A vendor is a module with rows; ``ROWS`` is the table of them all. Only this folder spells these members. A member
without a row is kept in ``extensions`` of its node and changes nothing.

A row is ``(kind of node, member): function``; the kinds are those that the dialects give to ``extend``: service,
paths, operation, parameter, response, schema, xml, scheme.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from openconnectors.engine.documents.dialects.lowering import Site
from openconnectors.engine.documents.extensions import connector, microsoft
from openconnectors.engine.documents.extensions.reading import Row

Node = TypeVar("Node")

ROWS: Mapping[tuple[str, str], Row] = {**microsoft.ROWS, **connector.ROWS}
"""The function of each member on each kind of node."""


def extend(kind: str, node: Node, members: Mapping[str, Any], at: Site) -> Node:
    """The node with what its ``x-*`` members say, each by its row, in the order of the document."""
    if not members:
        return node
    extended: Any = node
    for name, value in members.items():
        row = ROWS.get((kind, name))
        if row is not None:
            extended = row(extended, value, at)
    if hasattr(node, "extensions"):
        extended = replace(extended, extensions=dict(members))
    return cast(Node, extended)
