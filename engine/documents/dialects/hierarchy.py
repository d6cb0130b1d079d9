"""Which definitions extend which, and whether a schema can be read with all that it refers to.

Nothing here is recursive over the document: chains of definitions are of any length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.pointers import escape, join_file
from openconnectors.engine.documents.references import References
from openconnectors.engine.errors import Diagnostic, InvalidDocument
from openconnectors.engine.model import Schema


class Hierarchy:
    """The definitions of a document, by pointer, as their ``allOf`` and discriminators relate them.

    Those of other files count when their file has been read. All files are read as soon as a definition with a
    discriminator is known: any of them may extend it.
    """

    def __init__(
        self,
        document: Document,
        holder: str,
        definitions: Mapping[str, Any],
        references: References,
        has_discriminator: Callable[[Any], bool],
    ) -> None:
        self._document = document
        self._holder = holder
        self._references = references
        self._has_discriminator = has_discriminator
        self._definitions = {at: raw for at, raw in definitions.items() if isinstance(raw, Mapping)}
        self._discriminates = any(map(has_discriminator, self._definitions.values()))
        self._seen = 0
        self._relations_of = 0, _Relations({}, references, has_discriminator)

    @property
    def _relations(self) -> _Relations:
        self._look()
        if self._discriminates and self._document.refers_to_files:
            self._document.read_all()
            self._look()
        if self._discriminates and self._relations_of[0] != len(self._definitions):
            relations = _Relations(self._definitions, self._references, self._has_discriminator)
            self._relations_of = len(self._definitions), relations
        return self._relations_of[1]

    @property
    def files(self) -> int:
        """How many files have been read."""
        return self._document.files.count if self._document.files is not None else 0

    def _look(self) -> None:
        """Note the definitions of files that have been read since the last time."""
        if self.files == self._seen or self._document.files is None:
            return
        names = self._document.files.names[self._seen :]
        self._seen += len(names)
        for at, raw in (member for name in names for member in self._members(name)):
            if isinstance(raw, Mapping):
                self._definitions[at] = raw
                self._discriminates = self._discriminates or self._has_discriminator(raw)

    def _members(self, name: str) -> Iterator[tuple[str, Any]]:
        """The schemas of a file: the whole, and those that it has by name."""
        file = self._document.part(name)
        yield join_file(name, ""), file.root
        for holder in ("", self._holder):
            with suppress(LookupError):
                members = file.node(holder)
                for member, raw in members.items() if isinstance(members, Mapping) else ():
                    yield join_file(name, f"{holder}/{escape(member)}"), raw

    @property
    def extensions_of(self) -> Mapping[str, list[str]]:
        """Of each definition those that name it in their ``allOf``."""
        return self._relations.extensions_of

    @property
    def discriminated(self) -> frozenset[str]:
        """The definitions that have a discriminator, or extend one that has."""
        return self._relations.discriminated

    def subtypes(self, at: str) -> tuple[str, ...]:
        """The definitions that extend one, directly or not."""
        extensions_of = self.extensions_of
        subtypes: dict[str, None] = {}
        stack = [at]
        while stack:
            for subtype in extensions_of.get(stack.pop(), ()):
                if subtype not in subtypes and subtype != at:
                    subtypes[subtype] = None
                    stack.append(subtype)
        return tuple(subtypes)


class Subtypes(Mapping[str, tuple[str, ...]]):
    """Of each definition that is extended those that extend it, directly or not; of anything else none."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._known: dict[str, tuple[str, ...]] = {}

    def __getitem__(self, at: str) -> tuple[str, ...]:
        if at not in self._known:
            self._known[at] = self._hierarchy.subtypes(at)
        return self._known[at]

    def __iter__(self) -> Iterator[str]:
        return iter(self._hierarchy.extensions_of)

    def __len__(self) -> int:
        return len(self._hierarchy.extensions_of)


class _Relations:
    """How definitions relate to one another."""

    def __init__(
        self, definitions: Mapping[str, Any], references: References, has_discriminator: Callable[[Any], bool]
    ) -> None:
        self._definitions = definitions
        self._references = references
        self._has_discriminator = has_discriminator

    @cached_property
    def extensions_of(self) -> Mapping[str, list[str]]:
        """Of each definition those that name it in their ``allOf``."""
        extending: dict[str, list[str]] = {}
        for at, raw in self._definitions.items():
            parts = raw.get("allOf")
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
                    with suppress(InvalidDocument):  # reported for whatever needs the definition
                        extending.setdefault(self._references.end(part["$ref"], at), []).append(at)
        return extending

    @cached_property
    def discriminated(self) -> frozenset[str]:
        """The definitions that have a discriminator, or extend one that has."""
        discriminated: set[str] = set()
        stack = [at for at, raw in self._definitions.items() if self._has_discriminator(raw)]
        while stack:
            at = stack.pop()
            if at not in discriminated:
                discriminated.add(at)
                stack += self.extensions_of.get(at, ())
        return frozenset(discriminated)


class Soundness:
    """Finds why schemas cannot be read. Definitions known to be sound are not visited again."""

    def __init__(self, schemas: Mapping[str, Schema], hierarchy: Hierarchy) -> None:
        self._schemas = schemas
        self._hierarchy = hierarchy
        self._sound: set[tuple[str, bool]] = set()
        """The definitions that can be read with all that they refer to, each with or without its subtypes."""

    def faults(self, schemas: Iterable[Schema]) -> list[Diagnostic]:
        """Why schemas, and all that they refer to, cannot be read; empty if they can."""
        schemas = list(schemas)
        while True:
            files = self._hierarchy.files
            faults, seen = self._walk(schemas)
            if self._hierarchy.files == files or not self._hierarchy.discriminated:
                if not faults:
                    self._sound |= seen
                return faults  # else a file that was read on the way may extend what was passed before

    def _walk(self, schemas: list[Schema]) -> tuple[list[Diagnostic], set[tuple[str, bool]]]:
        faults: dict[Diagnostic, None] = {}
        sound, seen = self._sound, set[tuple[str, bool]]()
        stack = [(schema, True) for schema in schemas]  # each with whether it stands for its subtypes, too
        while stack:
            schema, with_subtypes = stack.pop()
            parts = with_subtypes
            if schema.ref is not None:
                key = (schema.ref, with_subtypes)
                if key in seen or key in sound:
                    continue
                seen.add(key)
                if with_subtypes and schema.ref in self._hierarchy.discriminated:
                    stack += [(Schema(ref=ref), True) for ref in self._hierarchy.extensions_of.get(schema.ref, ())]
                try:
                    schema, parts = self._schemas[schema.ref], False
                except InvalidDocument as error:
                    faults |= dict.fromkeys(error.diagnostics)
                    continue
            # The parts of an allOf are not open to their own subtypes: the whole is what a discriminator chose.
            stack += [(part, parts) for part in schema.all_of]
            stack += [(inner, True) for inner in schema.inner()]
            if schema.wire is not None and schema.wire.schema is not None:
                stack.append((schema.wire.schema, True))
        return list(faults), seen

    def check(self, schemas: Iterable[Schema]) -> None:
        """Raise ``InvalidDocument`` if schemas, or what they refer to, cannot be read."""
        faults = self.faults(schemas)
        if faults:
            raise InvalidDocument(faults)
