"""The stubs of a project: a file ``openconnectors.pyi`` and a folder ``connector_types`` beside its sources.

mypy and pyright both find them there without configuration: a module beside the checked files goes before an installed
package, while its other modules (``openconnectors.loading``) are still the installed ones. Python itself imports no
``.pyi``, so that nothing changes when the program runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from openconnectors.engine.errors import ConnectorError
from openconnectors.engine.naming import snake, unique
from openconnectors.engine.stubs.module import Module, module
from openconnectors.engine.stubs.package import FOLDER, TypedName, package
from openconnectors.loading import service_named
from openconnectors.public import MODULES

PACKAGE = "openconnectors.pyi"
_MARK = "# Written by connectors stubs; do not edit."
_NAME = "# connector: "


class Stubs(Struct, frozen=True):
    """The files of a project's stubs, by their paths in its folder, and the modules by the connector's name."""

    files: Mapping[Path, str]
    modules: Mapping[str, Module]


def stubs(folder: Path, names: Iterable[str] = ()) -> Stubs:
    """The stubs of these connectors, and of those that have some in a folder already. A name may be the path of a
    document. Raise ``UnknownName`` for an unknown one, ``InvalidDocument`` for a document that cannot be read."""
    public = {name for names_of_module in MODULES.values() for name in names_of_module}
    typed: list[TypedName] = []
    modules: dict[str, Module] = {}
    taken: set[str] = set(public)
    for name in sorted({*names, *_present(folder)}):
        entry, service = service_named(name)
        types = modules[name] = module(entry.name, service, taken)
        place = unique(f"{snake(entry.name)}_types", (connector.module for connector in typed))
        taken |= {types.name, f"Async{types.name}", f"{types.name}Operations"}
        typed.append(TypedName(name, not entry.named, place, types.name))
    files = {Path(FOLDER, "__init__.pyi"): f"{_MARK}\n", Path(PACKAGE): f"{_MARK}\n{package(typed, public)}"}
    for connector in typed:
        header = f"{_MARK}\n{_NAME}{json.dumps(connector.name)}\n"
        files[Path(FOLDER, f"{connector.module}.pyi")] = header + modules[connector.name].text
    return Stubs(files, modules)


def _present(folder: Path) -> list[str]:
    """The names of the connectors whose stubs are in a folder."""
    headers = [path.read_text("utf-8").splitlines()[:2] for path in sorted((folder / FOLDER).glob("*.pyi"))]
    return [
        json.loads(header[1].removeprefix(_NAME))
        for header in headers
        if header[:1] == [_MARK] and header[1:] and header[1].startswith(_NAME)
    ]


def differing(folder: Path, files: Mapping[Path, str]) -> list[Path]:
    """The files that are absent from a folder or have another text."""
    return [path for path, text in files.items() if _text(folder / path) != text]


def write(folder: Path, files: Mapping[Path, str]) -> None:
    """Write the files. Raise ``ConnectorError`` if a file that is there was not written by this function."""
    for path in files:
        text = _text(folder / path)
        if text is not None and not text.startswith(_MARK):
            raise ConnectorError(f"{folder / path} was not written by connectors stubs; move it, or choose another -o")
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        if _text(folder / path) != text:
            (folder / path).write_text(text, "utf-8")


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
