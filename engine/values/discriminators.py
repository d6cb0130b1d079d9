"""Discriminators: which schema the value of a member selects (Swagger 2.0, "Schema Object", ``discriminator``; OpenAPI
3, "Discriminator Object").

Rule 1. Beside ``oneOf`` or ``anyOf`` the branches that are references can be selected; else the schemas that extend
this one by their ``allOf``. The ``mapping`` gives values to schemas; the name of a schema is its value too.

Rule 2. What the value selects has to accept the object; the other branches are not asked. Documents have branches that
accept each other's objects, so that a strict ``oneOf`` would accept none.

Rule 3. A value that selects nothing selects the default, if there is one. Else it is wrong if the discriminator is
closed, unless a branch has no name or nothing can be selected at all. An object without the member is left to
``oneOf``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from openconnectors.engine.deferred import pattern
from openconnectors.engine.model import Schema, Service


class Selection(Struct, frozen=True):
    """What a discriminator selects: references, by the values of a member."""

    member: str
    references: Mapping[str, str]
    default: str | None = None
    itself: str | None = None
    """The value of the schema that has the discriminator itself, without a branch."""
    closed: bool = False
    """True if another value is wrong."""

    def reference(self, value: object) -> str | None:
        """The reference that an object selects; None if none: it is not an object, or leaves the choice open."""
        if not isinstance(value, dict):
            return None
        chosen = value.get(self.member)
        key = chosen if isinstance(chosen, str) else json.dumps(chosen) if isinstance(chosen, (bool, int)) else None
        if key is None or key == self.itself:
            return self.default if key is None else None
        return self.references.get(key, self.default)

    def values(self, ref: str) -> list[Any]:
        """The values that select a reference, each as it may be spelled."""
        return [spelled for value, other in self.references.items() if other == ref for spelled in _spellings(value)]

    @property
    def known(self) -> list[Any]:
        """All values that select something."""
        itself = _spellings(self.itself) if self.itself is not None else []
        return [*(spelled for value in self.references for spelled in _spellings(value)), *itself]


def selection(service: Service, schema: Schema) -> Selection | None:
    """What the discriminator of a schema selects; None without one, or if it can select nothing."""
    if schema.discriminator is None:
        return None
    references = {value: ref for value, ref in schema.discriminator_mapping.items() if ref != schema.at}
    itself = next((value for value, ref in schema.discriminator_mapping.items() if ref == schema.at), None)
    branches = [reference_of(branch) for branch in schema.one_of or schema.any_of]
    selectable = [ref for ref in branches if ref is not None and service.schemas[ref].name is not None]
    if not branches:
        selectable = list(service.subtypes.get(schema.at, ()))
        itself = itself or schema.discriminator_value or schema.name
    # Swagger 2.0 knows the name alone.
    for value, ref in _listed(service, selectable, schema.discriminator) if schema.discriminator_closed else ():
        references.setdefault(value, ref)
    for ref in selectable:
        branch = service.schemas[ref]
        references.setdefault(branch.discriminator_value or branch.name or "", ref)
    if not references and schema.discriminator_default is None:
        return None
    # An enum of the member's own may list what selects nothing.
    allowed = _values(service, schema, schema.discriminator)
    is_complete = len(selectable) >= len(branches) and all(value in references or value == itself for value in allowed)
    closed = schema.discriminator_closed and is_complete and bool(references)
    return Selection(schema.discriminator, references, schema.discriminator_default, itself, closed)


def _listed(service: Service, refs: list[str], member: str) -> list[tuple[str, str]]:
    """The values that one schema alone allows a member, each with its reference."""
    pairs = [(value, ref) for ref in refs for value in _values(service, service.schemas[ref], member)]
    counts = Counter(value for value, _ in pairs)
    return [(value, ref) for value, ref in pairs if counts[value] == 1]


def _values(service: Service, schema: Schema, member: str) -> list[str]:
    """The texts that a schema, or an inline part of its ``allOf``, allows a member."""
    values: dict[str, None] = {}
    for part in (schema, *(part for part in schema.all_of if part.ref is None)):
        if member in part.properties:
            described = service.resolve(part.properties[member])
            listed = [described.keywords["const"]] if "const" in described.keywords else described.enum or ()
            values |= dict.fromkeys(value for value in listed if isinstance(value, str))
    return list(values)


def reference_of(schema: Schema) -> str | None:
    """The reference that a branch is, also with keywords beside it; None if it is a schema of its own."""
    if schema.ref is not None:
        return schema.ref
    refs = [part.ref for part in schema.all_of if part.ref is not None]
    return refs[0] if len(refs) == 1 and schema.name is None else None


_INTEGER = pattern(r"-?(0|[1-9][0-9]{0,17})\Z")


def _spellings(value: str) -> list[Any]:
    """A value as text, and as the boolean or integer that it is the text of: mappings have texts alone."""
    if value in ("true", "false"):
        return [value, value == "true"]
    return [value, int(value)] if _INTEGER.match(value) else [value]
