"""Members that travel one way: read-only members come in responses, write-only members go in requests.

Rule. A member is of one way if any part of its schema says so, whatever ``allOf`` and references lead there (JSON
Schema 2020-12 validation, section 9.4). Where it does not travel it is not required (OpenAPI 3.0, "Schema Object",
``readOnly``), by whichever part of its object.

Each schema is looked at once, after its parts, without recursion: ``allOf`` may be longer than Python's stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from openconnectors.engine.model import Schema, Service

T = TypeVar("T")
NONE: frozenset[str] = frozenset()


class OneWay:
    """The members of objects that are not sent in one direction: in requests if ``request``, in responses if not; None:
    in either."""

    def __init__(self, service: Service, *, request: bool | None) -> None:
        self._service = service
        self._request = request
        # By the identity of schemas, which are kept, so that an id is not given to another object.
        self._absent: dict[int, tuple[Schema, frozenset[str]]] = {}
        self._required: dict[int, tuple[Schema, frozenset[str]]] = {}
        self._flags: dict[int, tuple[Schema, bool]] = {}

    def absent(self, schema: Schema) -> frozenset[str]:
        """The names of the members that are not sent."""
        return self._of_parts(schema, self._absent, self._own_absent, frozenset.union)

    def required(self, schema: Schema) -> frozenset[str]:
        """The names of the members that a schema requires by any part."""
        return self._of_parts(schema, self._required, lambda part: frozenset(part.required), frozenset.union)

    def is_absent(self, schema: Schema) -> bool:
        """Return True if a member of this schema is not sent."""
        return self._of_parts(schema, self._flags, self._flag, bool.__or__)

    def _own_absent(self, schema: Schema) -> frozenset[str]:
        names = [name for name, member in schema.properties.items() if self.is_absent(member)]
        return frozenset(names) if names else NONE

    def _flag(self, schema: Schema) -> bool:
        return (schema.read_only and self._request is not False) or (schema.write_only and not self._request)

    def _of_parts(
        self, schema: Schema, known: dict[int, tuple[Schema, T]], each: Callable[[Schema], T], join: Callable[[T, T], T]
    ) -> T:
        """What is joined of a schema and of all parts that its ``allOf`` leads to."""
        root = self._service.resolve(schema)
        stack, opened = [root], set[int]()
        while stack:
            whole = stack[-1]
            parts = [self._service.resolve(part) for part in whole.all_of] if id(whole) not in known else []
            if id(whole) not in opened:
                opened.add(id(whole))
                waiting = [part for part in parts if id(part) not in known and id(part) not in opened]
                stack += waiting
                if waiting:
                    continue
            stack.pop()
            if id(whole) in known:
                continue
            value = each(whole)
            for part in parts:
                if id(part) in known:  # else a schema that is a part of itself
                    inherited = known[id(part)][1]
                    value = join(value, inherited) if inherited else value
            known[id(whole)] = (whole, value)
        return known[id(root)][1]
