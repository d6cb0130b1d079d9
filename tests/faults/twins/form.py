"""The form of a fault with its twin: a right document, and the same document with one fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openconnectors.engine.documents import document
from openconnectors.engine.documents.pointers import pointer_steps
from tests.faults.twins.skeletons import SKELETONS

REMOVED = object()
"""As the value of a pointer: the node is removed."""

Files = dict[str, Any]
"""The files of a folder by name: what a JSON file holds, or bytes. The document is ``""``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault.

    ``source`` is the specification and the section of the sentence that is broken, ``sentence`` says it in our words.
    ``versions`` name the skeletons (``SKELETONS``) that can have the fault. ``right`` turns a skeleton into the right
    twin, ``wrong`` turns that into the faulty document: pointers (RFC 6901) with values to set there, each after those
    above it; ``-`` appends to a list. ``at`` are the pointers of the fault, with ``!`` for a member's name rather than
    its value. A pointer into a file beside the document begins with its name: ``apiProperties.json#/properties``; with
    the name and ``#`` alone it is the whole file, which may be bytes. ``profile`` is the profile that reports it.
    ``/schemas/`` at the beginning of a pointer, and ``#/schemas/`` of a reference, are where a version has its schemas.
    """

    name: str
    source: str
    sentence: str
    versions: str
    wrong: Mapping[str, Any]
    at: tuple[str, ...]
    right: Mapping[str, Any] = field(default_factory=dict)
    profile: str = "default"
    long: bool = False
    """Whether another row in the default run of the tests has the same rule."""

    def documents(self, version: str) -> tuple[Files, Files]:
        """The right and the wrong files for a version."""
        right = changed({"": SKELETONS[version]}, spelled(dict(self.right), version))
        return right, changed(right, spelled(dict(self.wrong), version))


def spelled(value: Any, version: str) -> Any:
    """A value in which ``/schemas/`` at the beginning of a pointer is where a version has its schemas."""
    if isinstance(value, dict):
        return {spelled(key, version): spelled(inner, version) for key, inner in value.items()}
    if isinstance(value, list):
        return [spelled(inner, version) for inner in value]
    if isinstance(value, str) and value.startswith(("/schemas/", "#/schemas/", "!/schemas/")):
        home = "components/schemas" if version.startswith("3") else "definitions"
        return value.replace("schemas", home, 1)
    return value


def _split(pointer: str) -> tuple[str, str, str]:
    """The file of a pointer and the pointer inside it: names of members may have a ``#``, too."""
    is_file = not pointer.startswith("/") and ("#/" in pointer or pointer.endswith("#"))
    return pointer.rpartition("#") if is_file else ("", "", pointer)


def changed(files: Files, changes: Mapping[str, Any]) -> Files:
    """Files with changes at pointers."""
    files = copy.deepcopy(files)
    for pointer, value in changes.items():
        name, _, inside = _split(pointer)
        value = value if value is REMOVED else copy.deepcopy(value)
        if not inside:
            files[name] = value
        else:
            _put(files.setdefault(name, {}), pointer_steps(inside), value)
    return {name: value for name, value in files.items() if value is not REMOVED}


def _put(node: Any, steps: list[str], value: Any) -> None:
    *above, last = steps
    for step in above:
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
    if isinstance(node, list):
        if last == "-":
            node.append(value)
        elif value is REMOVED:
            del node[int(last)]
        else:
            node[int(last)] = value
    elif value is REMOVED:
        del node[last]
    else:
        node[last] = value


@dataclass(frozen=True, slots=True)
class Pair:
    """The two folders of a fault in one version: each with ``api.json`` and the files beside it."""

    fault: Fault
    version: str
    right: Path
    wrong: Path

    @property
    def places(self) -> frozenset[tuple[str, int]]:
        """The right places of the fault: names of files, with lines. In a file of bytes the
        pointer is the line (``readme.md#/3``), or none for line 1."""
        places = set()
        for pointer in spelled(list(self.fault.at), self.version):
            key, pointer = pointer.startswith("!"), pointer.removeprefix("!")
            name, _, inside = _split(pointer)
            file = self.wrong / (name or DOCUMENT)
            is_json = file.suffix == ".json" and file.is_file()
            line = int(inside.strip("/") or 1) if not is_json else document.read(file).position(inside, key=key)[0]
            places.add((file.name, line))
        return frozenset(places)


DOCUMENT = "api.json"
"""The document's file in the folder of a twin."""


def written(faults: list[Fault], folder: Path) -> Iterator[Pair]:
    """The pairs of faults, one for each version, written below a folder when they are asked for."""
    for number, fault in enumerate(faults):
        for version in fault.versions.split():
            pair = Pair(fault, version, *(folder / f"{number:03}-{version}-{side}" for side in ("right", "wrong")))
            for files, into in zip(fault.documents(version), (pair.right, pair.wrong), strict=True):
                into.mkdir()
                for name, content in files.items():
                    file = into / (name or DOCUMENT)
                    if isinstance(content, bytes):
                        file.write_bytes(content)
                    else:
                        file.write_text(json.dumps(content, indent=2, ensure_ascii=False), "utf-8")
            yield pair
