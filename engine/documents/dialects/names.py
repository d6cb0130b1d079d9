"""The names of schemas in other files, which discriminators and XML know them by.

A schema in another file has the name of the component that is only a reference to it, or else the name that it has
there: the last step of its pointer, or the name of its file. Inside a schema with ``$id`` there are no names.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from msgspec.structs import replace

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.files import Refused
from openconnectors.engine.documents.pointers import pointer_steps, split_file
from openconnectors.engine.model import Schema


class Names:
    """Names the schemas of other files that something refers to."""

    def __init__(self, document: Document, components: Mapping[str, Any]) -> None:
        self._document = document
        self._components = components

    @cached_property
    def _aliases(self) -> Mapping[str, str]:
        """The names of components that are only references, by what these mean. No file is read for it."""
        aliases: dict[str, str] = {}
        for at, raw in self._components.items():
            reference = raw.get("$ref") if isinstance(raw, Mapping) and len(raw) == 1 else None
            if isinstance(reference, str) and not reference.startswith("#"):
                with suppress(Refused):
                    aliases.setdefault(self._document.pointed(reference, at), pointer_steps(at)[-1])
        return aliases

    def named(self, schema: Schema, at: str) -> Schema:
        """The schema at a pointer, with its name if it is in another file."""
        file, pointer = split_file(at)
        if not file or schema.ref is not None or schema.name is not None:
            return schema
        name = self._aliases.get(at)
        if name is None:
            resource = self._document.resource_of(at)
            if resource is not None and resource[1]:
                return schema
            name = pointer_steps(pointer)[-1] if pointer else PurePosixPath(file).name.partition(".")[0]
        return replace(schema, name=name)
