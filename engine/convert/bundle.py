"""One file out of a document of many, with the same meaning.

Rule 1. What stands in another file and can be a component becomes one, named like it was; what cannot (path items,
nodes inside extensions) is put where it is referred to. A component that is only a reference to it becomes it.

Rule 2. Only references change. They mean the same nodes as before; members keep their order, new components come last.
What has no place in the document (files of examples) stays in its file, under its path from the folder of the bundle.

Rule 3. What one file cannot say is refused: a schema with ``$id`` that refers to a file without one, and dynamic
anchors outside the first file, whose meaning is that of their file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.extensions.microsoft import DISCRIMINATOR_VALUE
from openconnectors.engine.documents.files import Refused
from openconnectors.engine.documents.mentions import Mention
from openconnectors.engine.documents.pointers import escape, pointer_steps, split_file
from openconnectors.engine.documents.references import kind_of
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.lint.tree import Tree, array

_SWAGGER2 = {"schema": "/definitions", "parameter": "/parameters", "response": "/responses"}
_OPENAPI3 = {
    "schema": "/components/schemas",
    "parameter": "/components/parameters",
    "response": "/components/responses",
    "request-body": "/components/requestBodies",
    "header": "/components/headers",
    "example": "/components/examples",
    "link": "/components/links",
    "callback": "/components/callbacks",
    "security-scheme": "/components/securitySchemes",
    "media-type": "/components/mediaTypes",
}
"""The mapping that holds the components of a kind."""
_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_IN_FRAGMENT = "/~!$&'()*+,;=:@?-._"
"""What a fragment may hold as it is (RFC 3986 section 3.5)."""
_RULE = "bundle"


def bundle(document: Document, folder: Path | None = None) -> dict[str, Any]:
    """The tree of a document as one file, which will be in a folder (that of the document's first file).

    ``InvalidDocument``, at its place, for a document that is not a mapping, a reference that cannot be followed, and
    what one file cannot say.
    """
    if not isinstance(document.root, Mapping):
        raise document.refuse("dialect", "a document is a mapping; this is " + kind_of(document.root), "")
    return _Bundle(document, folder).root()


class _Bundle:
    def __init__(self, document: Document, folder: Path | None) -> None:
        self._document = document
        self._folder = folder
        self._tree = Tree(document)
        self._mentions: dict[int, list[Mention]] = {}
        for mention in document.mentions:
            self._mentions.setdefault(id(document.get(mention.at)), []).append(mention)
        self._holders = _SWAGGER2 if self._tree.swagger2 else _OPENAPI3
        self._places: dict[str, str] = {}
        """Where nodes of other files are in the bundle, by their pointers."""
        self._waiting: list[str] = []
        self._inside: set[str] = set()
        """The nodes that are being put where they are referred to."""

    def root(self) -> dict[str, Any]:
        """The whole tree."""
        self._adopt()
        root: dict[str, Any] = self._copy(self._document.root, "")
        for target in self._document.extending:
            self._place(target)
        while self._waiting:
            target = self._waiting.pop(0)
            place = self._places[target]
            holder, _, name = place.rpartition("/")
            mapping = root
            for step in pointer_steps(holder):
                mapping = mapping.setdefault(step, {})
            component = mapping[pointer_steps(f"/{name}")[0]] = self._copy(self._document.get(target), target)
            if self._tree.swagger2 and self._is_renamed(target) and "allOf" in component:
                component.setdefault(DISCRIMINATOR_VALUE, _name(target))
        return root

    def _adopt(self) -> None:
        """Note where nodes of other files will be: path items where they are referred to, others in place of components
        that are only references to them."""
        for node in self._tree["path"]:
            if node.reference is not None:
                with suppress(InvalidDocument):
                    self._places.setdefault(self._target(node.reference, node.pointer), node.pointer)
        for kind, holder in self._holders.items():
            for node in self._tree[kind]:
                if node.pointer.rpartition("/")[0] == holder and node.reference is not None and len(node.value) == 1:
                    target = self._target(node.reference, node.pointer)
                    if split_file(target)[0]:
                        self._places.setdefault(target, node.pointer)

    def _target(self, reference: str, at: str) -> str:
        """The pointer that a reference means: that of a node that is no further reference to another file."""
        target = self._document.target(reference, at)
        passed = {target}
        while isinstance(node := self._document.get(target), Mapping) and node.keys() == {"$ref"}:
            target = self._document.target(node["$ref"], target)
            if target in passed:
                break
            passed.add(target)
        return target

    # Copies

    def _copy(self, value: Any, at: str) -> Any:
        if isinstance(value, list):
            return [self._copy(item, f"{at}/{index}") for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        mentions = self._mentions.get(id(value), [])
        changed = {mention.steps: self._rewritten(mention, at) for mention in mentions if mention.steps != ("$ref",)}
        reference = next((mention for mention in mentions if mention.steps == ("$ref",)), None)
        if reference is not None:
            target = self._placed(reference, at)
            if target is not None:
                return self._inlined(value, target, at)
            changed["$ref",] = self._rewritten(reference, at)
        self._refuse_dynamic(value, at)
        copy = self._members(value, at, changed)
        if isinstance(copy.get("discriminator"), dict):
            self._keep_values(copy["discriminator"], value, at)
        return copy

    def _keep_values(self, discriminator: dict[str, Any], value: dict[str, Any], at: str) -> None:
        """Have the values that a discriminator has by the names of schemas that are renamed."""
        parts = [part for key in ("oneOf", "anyOf") for part in array(value.get(key)) if isinstance(part, dict)]
        selected = [self._target(part["$ref"], at) for part in parts if isinstance(part.get("$ref"), str)]
        selected += [target for target in self._document.extending if at in self._document.extended(target)]
        for target in selected:
            if split_file(target)[0] and self._is_renamed(target):
                place = f"#{quote(self._place(target), safe=_IN_FRAGMENT)}"
                mapping = discriminator.setdefault("mapping", {})
                if place not in mapping.values():
                    mapping.setdefault(_name(target), place)

    def _is_renamed(self, target: str) -> bool:
        return pointer_steps(self._place(target))[-1] != _name(target)

    def _members(self, value: dict[str, Any], at: str, changed: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        for name, member in value.items():
            inner = {steps[1:]: text for steps, text in changed.items() if steps[0] == name}
            if () in inner:
                copy[name] = inner[()]
            elif inner:
                copy[name] = self._members(member, f"{at}/{escape(name)}", inner)
            elif name == "$anchor" and split_file(at)[0] and not self._identified(at):
                continue  # nothing refers to it by this name any more, and another file may have the same
            else:
                copy[name] = self._copy(member, f"{at}/{escape(name)}")
        return copy

    def _placed(self, mention: Mention, at: str) -> str | None:
        """The node that is put in the place of a reference; None if the reference stays one."""
        if mention.kind != "node":
            return None
        target = self._target(mention.text, mention.at)
        if self._places.get(target) == at:
            return target
        if not split_file(target)[0]:
            return None
        node = self._tree.nodes.get(target)
        return target if node is None or node.kind not in self._holders else None

    def _inlined(self, value: dict[str, Any], target: str, at: str) -> Any:
        """A node in the place of a reference to it; the members beside a reference to a path item win."""
        if target in self._inside:
            raise self._document.refuse(
                _RULE, "this leads back to itself, and has no place as a component", f"{at}/$ref"
            )
        self._places.setdefault(target, at)
        self._inside.add(target)
        copy = self._copy(self._document.get(target), target)
        self._inside.discard(target)
        if self._tree.swagger2 or not isinstance(copy, dict) or len(value) == 1:
            return copy
        siblings = self._members({name: member for name, member in value.items() if name != "$ref"}, at, {})
        return {**copy, **siblings}

    # References

    def _rewritten(self, mention: Mention, at: str) -> str:
        """The text of a reference in the bundle."""
        document, text = self._document, mention.text
        if mention.kind in ("vendor", "data"):
            return self._path(mention)
        if mention.kind == "schema" and self._names_component(text):
            return text
        target = self._target(text, mention.at) if mention.kind != "operation" else document.target(text, mention.at)
        file, pointer = split_file(target)
        if not file and (text.startswith("#") or self._identified(target)) and not split_file(mention.at)[0]:
            return text
        if self._identified(mention.at):
            return self._absolute(mention, target)
        if not file:
            return f"#{quote(pointer, safe=_IN_FRAGMENT)}"
        if mention.kind == "operation":
            place = next(
                (self._places[above] + target[len(above) :] for above in _above(target) if above in self._places), None
            )
            return self._path(mention) if place is None else f"#{quote(place, safe=_IN_FRAGMENT)}"
        return f"#{quote(self._place(target), safe=_IN_FRAGMENT)}"

    def _names_component(self, text: str) -> bool:
        return f"{self._holders['schema']}/{escape(text)}" in self._tree.nodes

    def _identified(self, at: str) -> bool:
        """Whether a node is in a schema with ``$id``."""
        return self._document.resource_of(at) is not None

    def _absolute(self, mention: Mention, target: str) -> str:
        """A reference inside a schema with ``$id``, to another that has one."""
        resource = self._document.resource_of(target)
        if resource is None:
            message = (
                f"a schema with $id refers to {mention.text!r}, which has none: in one file it has no URI; add an $id"
            )
            raise self._document.refuse(_RULE, message, mention.pointer)
        uri, pointer = resource
        holder = target[: len(target) - len(pointer)]
        if split_file(holder)[0] and not any(above in self._places for above in _above(holder)):
            self._place(holder)
        return f"{uri}#{quote(pointer, safe=_IN_FRAGMENT)}" if pointer else uri

    def _path(self, mention: Mention) -> str:
        """The path of a file from the folder of the bundle."""
        files = self._document.files
        try:
            name = self._document.file_at(mention.text, mention.at)
        except Refused:
            return mention.text
        if files is None or (not split_file(mention.at)[0] and self._folder is None):
            return mention.text
        folder = self._folder if self._folder is not None else files.path("").parent
        path = Path(os.path.relpath(files.path(name), os.path.abspath(folder))).as_posix()
        _, sharp, fragment = mention.text.partition("#")
        return quote(path) + sharp + fragment

    # Places

    def _place(self, target: str) -> str:
        """The place of a node of another file in the bundle, which it is given now if it has none."""
        if target not in self._places:
            node = self._tree.nodes[target]
            self._places[target] = self._free(self._holders[node.kind], target)
            self._waiting.append(target)
        return self._places[target]

    def _free(self, holder: str, target: str) -> str:
        """A place under a name that no component has: the last step of the pointer or the name of the file, if need be
        after the folder of that, or with a number."""
        for name in _names(target):
            place = f"{holder}/{name}"
            if place not in self._tree.nodes and place not in self._places.values():
                return place
        raise AssertionError("there is always a further number")

    def _refuse_dynamic(self, value: dict[str, Any], at: str) -> None:
        if not isinstance(value.get("$dynamicAnchor"), str) or not self._document.conventions.json_schema:
            return
        if split_file(at)[0] and not self._identified(at):
            message = "a dynamic anchor means what its file says; in one file it would mean another: add an $id"
            raise self._document.refuse(_RULE, message, f"{at}/$dynamicAnchor")


def _above(pointer: str) -> Iterator[str]:
    """A pointer, and those of the nodes above it."""
    yield pointer
    while "/" in split_file(pointer)[1]:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _name(target: str) -> str:
    """The name of a node where it is: the last step of its pointer, or the name of its file."""
    file, pointer = split_file(target)
    return pointer_steps(pointer)[-1] if pointer else PurePosixPath(file).name.partition(".")[0]


def _names(target: str) -> Iterator[str]:
    """Names for a component, the best first."""
    file, pointer = split_file(target)
    path = PurePosixPath(file)
    steps = pointer_steps(pointer)
    stem = _NAME.sub("_", _name(target)).strip("_") or "component"
    yield stem
    longer = stem
    for folder in [*([path.name.partition(".")[0]] if steps else []), *reversed(path.parent.parts)]:
        if folder != "..":
            longer = f"{_NAME.sub('_', folder)}_{longer}"
            yield longer
    number = 2
    while True:
        yield f"{stem}_{number}"
        number += 1
