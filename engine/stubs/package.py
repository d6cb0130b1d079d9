"""The module ``openconnectors`` as type checkers see it: its public names, and ``load`` of each connector that has
types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

FOLDER = "connector_types"
"""The package of the connectors' modules."""
LOADERS = ("load", "load_async", "load_file", "load_file_async")


class TypedName(Struct, frozen=True):
    """A connector that has types: the name that it is loaded by, whether that is the path of a file, and the names of
    its module and class."""

    name: str
    is_path: bool
    module: str
    class_name: str


def package(connectors: Sequence[TypedName], public: Iterable[str]) -> str:
    """The text of the module. ``public`` are the public names of the package."""
    lines = ["from pathlib import Path", "from typing import Literal, Unpack, overload", ""]
    lines += [
        "from openconnectors.async_loading import AsyncLoadOptions",
        "from openconnectors.loading import ConnectionLike, LoadOptions",
    ]
    lines += [
        "from openconnectors.public import (",
        *(f"    {name} as {name}," for name in sorted(public) if name not in LOADERS),
        ")",
    ]
    for connector in connectors:
        names = (connector.class_name, f"Async{connector.class_name}", f"{connector.class_name}Operations")
        lines.append(f"from {FOLDER} import {connector.module} as {connector.module}")
        lines.append(f"from {FOLDER}.{connector.module} import {', '.join(f'{name} as {name}' for name in names)}")
    for loader in LOADERS:
        lines += _loader(loader, connectors)
    return "\n".join(lines) + "\n"


def _loader(loader: str, connectors: Sequence[TypedName]) -> Iterator[str]:
    is_file, prefix = "_file" in loader, "Async" if loader.endswith("_async") else ""
    typed = [connector for connector in connectors if connector.is_path == is_file]
    parameter = "path" if is_file else "name"
    for connector in typed:
        yield from _signature(loader, f"{parameter}: Literal[{connector.name!r}]", f"{prefix}{connector.class_name}")
    anything = "path: str | Path" if is_file else "name: str"
    lines = list(_signature(loader, anything, f"{prefix}Connector"))
    yield from lines if typed else lines[:1] + lines[2:]


def _signature(loader: str, parameter: str, returned: str) -> Iterator[str]:
    options = "AsyncLoadOptions" if loader.endswith("_async") else "LoadOptions"
    root = ["    root: str | Path | None = None,"] if "_file" in loader else []
    yield from [
        "",
        "@overload",
        f"def {loader}(",
        f"    {parameter},",
        "    *,",
        "    connection: ConnectionLike = None,",
    ]
    yield from ["    base_url: str | None = None,", "    server: str | None = None,", *root]
    yield from [f"    **options: Unpack[{options}],", f") -> {returned}: ..."]
