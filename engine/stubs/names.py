"""The names of a module of types: no document's name takes the place of a type that is used under its own.

Rule 1. What a document names (operations, members, definitions) keeps its name. A builtin or an import that an
operation of the class has as its name is imported under another: ``_list``.

Rule 2. A definition that is named like an import, or like another definition, has a number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from openconnectors.engine.naming import snake, unique

IMPORTS: Mapping[str, str] = {
    "Any": "typing",
    "AsyncTypedConnector": "openconnectors.typed",
    "Decimal": "decimal",
    "Items": "openconnectors.typed",
    "Iterable": "collections.abc",
    "Literal": "typing",
    "Mapping": "collections.abc",
    "NotRequired": "typing",
    "Pages": "openconnectors.typed",
    "Protocol": "typing",
    "Texts": "openconnectors.typed",
    "TypeAlias": "typing",
    "TypedConnector": "openconnectors.typed",
    "TypedDict": "typing",
    "UUID": "uuid",
    "Upload": "openconnectors.typed",
    "bool": "builtins",
    "bytearray": "builtins",
    "bytes": "builtins",
    "date": "datetime",
    "datetime": "datetime",
    "dict": "builtins",
    "float": "builtins",
    "int": "builtins",
    "list": "builtins",
    "listing": "openconnectors.typed",
    "operation": "openconnectors.typed",
    "str": "builtins",
    "time": "datetime",
    "timedelta": "datetime",
}
"""What a module of types is made of, each with where it comes from."""

_KEYWORDS = ("None", "True", "False")


def class_name(name: str) -> str:
    """A document's name as that of a class: ``send-message`` is ``SendMessage``."""
    return "".join(word[:1].upper() + word[1:] for word in snake(name).split("_"))


class Names:
    """The names of one module. ``operations`` are those of its connector, ``reserved`` are those of classes that the
    module must not have."""

    def __init__(self, operations: Collection[str], reserved: Iterable[str] = ()) -> None:
        self._operations = operations
        self._classes = {*IMPORTS, *_KEYWORDS, *reserved}
        self._used: dict[str, str] = {}

    def new(self, name: str) -> str:
        """A name of a class, or of an alias, that nothing else has."""
        name = unique(class_name(name), self._classes)
        self._classes.add(name)
        return name

    def of(self, name: str) -> str:
        """The name that a builtin or an import has in this module."""
        local = f"_{name}" if name in self._operations else name
        self._used[name] = local
        return local

    def imports(self) -> list[str]:
        """The statements that import what was used."""
        modules: dict[str, list[str]] = {}
        for name in sorted(self._used):
            local = self._used[name]
            if IMPORTS[name] != "builtins" or local != name:
                modules.setdefault(IMPORTS[name], []).append(name if local == name else f"{name} as {local}")
        lines = [f"from {module} import {', '.join(names)}" for module, names in sorted(modules.items())]
        ours = [line for line in lines if line.startswith("from openconnectors")]
        return [*(line for line in lines if line not in ours), "", *ours]
