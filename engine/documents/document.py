"""A document: its files, the position of every node, and where its references lead.

Rule 1. Whoever asks for a node of the file that the document begins with names it by its pointer; a node of another
file by ``FILE#/pointer`` (see ``pointers``). So a reference is followed by asking for the node it leads to, whatever
file that is in.

Rule 2. Another file is read when the first reference leads into it, by the rules of ``files``.

Rule 3. A reference is relative to the file that holds it, or to the nearest ``$id`` or ``$self`` where the version of
the specification has them (``Conventions``). A URI that is none of a file means the schema or file that says it is its
own; one below the ``$self`` of a file means the file in the same place below the folder of that file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from msgspec import Struct, structs

from openconnectors.engine.deferred import module
from openconnectors.engine.documents import file as file_module
from openconnectors.engine.documents.file import File, content_of
from openconnectors.engine.documents.files import Files, Refused, fetched
from openconnectors.engine.documents.identifiers import Identifiers, identifiers_of
from openconnectors.engine.documents.mentions import MENTIONING, Mention, mentions_of
from openconnectors.engine.documents.nodes import mappings
from openconnectors.engine.documents.pointers import escape, join_file, pointer_steps, split_file
from openconnectors.engine.documents.positions import Position
from openconnectors.engine.documents.uris import join, parts
from openconnectors.engine.errors import Diagnostic, InvalidDocument, nearest

if TYPE_CHECKING:
    from openconnectors.engine.documents.overlays import applying
    from openconnectors.engine.documents.overlays.overlay import Overlay
else:
    applying = module("openconnectors.engine.documents.overlays.applying")  # for documents with overlays


class Conventions(Struct, frozen=True):
    """What a version of the specifications says of references."""

    json_schema: bool = False
    """Schemas are JSON Schema 2020-12: ``$id`` and ``$anchor`` are read, and the siblings of a ``$ref``."""
    example_objects: bool = False
    """Examples have names and are objects, which may be references."""
    schemas: str = ""
    """The pointer of the mapping that has the schemas of a document by name."""


_OUTWARD = re.compile(r"""\$ref["']?\s*:\s*["']?[^\s"'#]""")
NO_CONVENTIONS = Conventions()


@dataclass(frozen=True)
class Document(File):
    """The file that a document begins with, whose tree is ``root``, and by ``files`` all that it refers to."""

    files: Files | None = field(default=None, repr=False, compare=False)
    """None: the document is a text that is in no folder, and has no other files."""
    conventions: Conventions = NO_CONVENTIONS
    _identified: dict[str, Identifiers] = field(default_factory=dict, init=False, repr=False, compare=False)
    _resources: dict[str, tuple[str, str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The file and the pointer of each resource that is known, by its URI."""
    _names: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The names of files, by the URIs that references have and their spelling."""

    _targets: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The pointers that references mean, by the files that have them and their text, where no more counts."""

    extending: dict[str, None] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The schemas of other files, of those that have been read, that nothing refers to and that extend one with a
    discriminator, which chooses them by their names."""
    _choosing: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)
    _reading: list[bool] = field(default_factory=list, init=False, repr=False, compare=False)

    def under(self, conventions: Conventions) -> Document:
        """The document under the conventions of a version."""
        return self if conventions == self.conventions else replace(self, conventions=conventions)

    # Nodes

    def part(self, name: str) -> File:
        """The file of a name; the first for the empty one."""
        if not name:
            return self
        if self.files is None:
            raise LookupError(name)
        return self.files.read(name, name)

    def parts(self) -> Mapping[str, File]:
        """The files that have been read, the first included, by name."""
        names = self.files.names if self.files is not None else ()
        return {name: self.part(name) for name in ("", *names)}

    def get(self, pointer: str) -> Any:
        """The node at a pointer; ``LookupError`` if there is none."""
        name, within = split_file(pointer)
        return self.part(name).node(within)

    def position(self, pointer: str, *, key: bool = False) -> Position:
        """Line and column, from 1, of the node at a pointer (or of its key); of the nearest node above it if there is
        none."""
        name, within = split_file(pointer)
        return self.part(name).place(within, key)

    def file_of(self, pointer: str) -> str:
        """The file in which a node is written, as diagnostics show it."""
        name, within = split_file(pointer)
        return self.part(name).origin(within)[0].file

    def location(self, pointer: str, *, key: bool = False) -> tuple[str, int, int]:
        """File, line and column of the node at a pointer (or of its key)."""
        return (self.file_of(pointer), *self.position(pointer, key=key))

    def diagnostic(
        self,
        rule: str,
        message: str,
        pointer: str,
        *,
        severity: Literal["error", "warning", "info"] = "error",
        key: bool = False,
    ) -> Diagnostic:
        """A finding at a node of this document, or at its key."""
        return Diagnostic(rule, severity, message, *self.location(pointer, key=key), pointer)

    def refuse(self, rule: str, message: str, pointer: str) -> InvalidDocument:
        """The error for a document that cannot be used because of one node."""
        return InvalidDocument([self.diagnostic(rule, message, pointer)])

    # References

    def target(self, reference: str, at: str) -> str:
        """The pointer of the node that a ``$ref`` of the node ``at`` means (RFC 3986 section 5, RFC 6901 section 6).

        ``InvalidDocument``, at the reference itself, for one out of the document's folder or to a host (nothing is
        fetched), and for one to nothing; in the other file, if that cannot be read.
        """
        key = (split_file(at)[0], reference)
        if key in self._targets:
            return self._targets[key]
        uri, _, fragment = reference.partition("#")
        try:
            name, resource = self._resource(uri, at, reference)
            pointer = self._within(name, resource, unquote(fragment), reference)
        except Refused as error:
            raise self.refuse(error.rule, error.message, self._member(reference, at)) from None
        except InvalidDocument as error:
            place = self.location(self._member(reference, at))
            raise InvalidDocument([structs.replace(fault, related=place) for fault in error.diagnostics]) from None
        try:
            self.get(pointer)
        except LookupError:
            message = f"the reference {reference!r} points to nothing{self._suggestion(pointer)}"
            raise self.refuse("reference-dangling", message, self._member(reference, at)) from None
        if not self.conventions.json_schema or not (uri or self._identifiers(name).bases):
            self._targets[key] = pointer
        return pointer

    def _member(self, reference: str, at: str) -> str:
        """The pointer of a reference of the node ``at``: of its ``$dynamicRef`` if that is it, else of its ``$ref``."""
        with suppress(LookupError):
            node = self.get(at)
            if isinstance(node, Mapping) and node.get("$dynamicRef") == reference and "$ref" not in node:
                return f"{at}/$dynamicRef"
        return f"{at}/$ref"

    def file_at(self, reference: str, at: str) -> str:
        """The name of the file that a reference of the node ``at`` means, which need not be one that is parsed.
        ``Refused`` for what is no file that may be read."""
        return self._file(join(self._base(at), reference), at, reference)

    def has_dynamic_anchors(self, name: str) -> bool:
        """Return True if the file of a name has dynamic anchors."""
        return bool(self._identifiers(name).dynamic)

    def dynamic_anchors(self, at: str) -> Mapping[str, str]:
        """The pointers of the dynamic anchors of a node's resource, by their names."""
        name, within = split_file(at)
        identifiers = self._identifiers(name)
        anchors = identifiers.dynamic.get(identifiers.template(within), {})
        return {anchor: join_file(name, pointer) for anchor, pointer in anchors.items()}

    def data(self, reference: str, at: str) -> Any:
        """What is in the file that the node ``at`` names as an example: the value of JSON or YAML, else the text.
        ``Refused`` for what is no file that may be read, ``InvalidDocument`` for one that is not what its name says."""
        name = self.file_at(reference, at)
        if self.files is None or not name:
            raise Refused("reference-outside", f"{reference!r} is no file of an example")
        if name.endswith((".json", ".yaml", ".yml")):
            return self.files.read(name, reference).root
        return self.files.content(name, reference).decode("utf-8", "replace")

    def pointed(self, reference: str, at: str) -> str:
        """The pointer that a reference of the node ``at`` into another file spells, whether there is such a node or
        not: nothing is read. ``Refused`` for what is no file that may be read."""
        uri, _, fragment = reference.partition("#")
        return join_file(self.file_at(uri, at), unquote(fragment))

    @cached_property
    def refers_to_files(self) -> bool:
        """Whether a reference in the text of the first file may lead into another."""
        return self.files is not None and any(_OUTWARD.search(source.text) for source in self.sources)

    def _resource(self, uri: str, at: str, reference: str) -> tuple[str, str]:
        """The file and the pointer of the resource that a reference means, its fragment aside."""
        name, within = split_file(at)
        if not uri:
            return name, self._identifiers(name).resource(within) if self.conventions.json_schema else ""
        target = join(self._base(at), uri)
        if target in self._resources:
            return self._resources[target]
        try:
            name = self._file(target, at, reference)
            if name and self.files is not None:
                self.files.read(name, reference)
        except Refused:
            if self.conventions.json_schema:
                self.read_all()
            if target in self._resources:
                return self._resources[target]
            raise
        self._identifiers(name)
        return name, ""

    def _base(self, at: str) -> str:
        """The URI that references of a node are relative to."""
        name, within = split_file(at)
        return self._identifiers(name).base(within)

    def resource_of(self, at: str) -> tuple[str, str] | None:
        """The URI of the schema with ``$id`` that a node is in, and the pointer of the node there; None if it is in
        none."""
        name, within = split_file(at)
        identifiers = self._identifiers(name)
        holder = identifiers.resource(within)
        return (identifiers.bases[holder], within[len(holder) :]) if holder in identifiers.bases else None

    def _identifiers(self, name: str) -> Identifiers:
        if name not in self._identified:
            part = self.part(name)
            uri = self.files.uri(name) if self.files is not None else "file:///"
            self._identified[name] = identifiers = (
                identifiers_of(part.root, part.text if part.origins is None else "", uri)
                if self.conventions.json_schema
                else Identifiers(uri)
            )
            for resource, pointer in identifiers.resources.items():
                self._resources.setdefault(resource, (name, pointer))
        return self._identified[name]

    def _file(self, uri: str, at: str, reference: str) -> str:
        """The name of the file at a URI; ``Refused`` if it is none that may be read.

        A relative reference means a file beside the one that holds it, whatever URI that says is its own, if there is
        one; a URI below the one of a file means a file below its folder.
        """
        scheme, authority, _, _ = parts(reference)
        if self.files is None:
            if scheme is not None or authority is not None:
                raise fetched(reference)
            message = f"the reference {reference!r} means another file, and this document is in no folder"
            raise Refused("reference-outside", f"{message}; copy its target into this text")
        if (uri, reference) not in self._names:
            place = uri
            if scheme is None and authority is None:
                place = join(self.files.uri(split_file(at)[0]), reference)
                if not self.files.has(place):
                    place = next(filter(self.files.has, self._places(uri)), place)
            elif scheme != "file":
                place = next(self._places(uri), uri)
            self._names[uri, reference] = self.files.name(place, reference)
        return self._names[uri, reference]

    def _places(self, uri: str) -> Iterator[str]:
        """The places of a URI that is below the URI of a file."""
        for name, identifiers in self._identified.items():
            folder, _, _ = identifiers.base("").rpartition("/")
            if self.files is not None and folder.count("/") > 1 and uri.startswith(f"{folder}/"):
                yield self.files.uri(name).rpartition("/")[0] + uri[len(folder) :]

    def _within(self, name: str, resource: str, fragment: str, reference: str) -> str:
        """The pointer of a fragment of a resource: a pointer, or the name of an anchor."""
        if not fragment or fragment.startswith("/"):
            return join_file(name, resource + fragment)
        anchors = self._identifiers(name).anchors
        if (resource, fragment) not in anchors:
            names = [known for holder, known in anchors if holder == resource]
            message = f"the reference {reference!r} points to nothing{nearest(fragment, names)}"
            raise Refused("reference-dangling", message)
        return join_file(name, anchors[resource, fragment])

    def _suggestion(self, pointer: str) -> str:
        """The hint for a pointer that is wrong in its last step."""
        steps = pointer_steps(pointer)
        parent = self.part(split_file(pointer)[0]).root
        for step in steps[:-1]:
            parent = parent.get(step) if isinstance(parent, Mapping) else None
        if not isinstance(parent, Mapping) or not steps:
            return ""
        return nearest(steps[-1], map(str, parent))

    def references(self, everywhere: bool = False) -> tuple[tuple[str, str], ...]:
        """Every ``(pointer of the holder, reference)`` of the document and of what it refers to in other files, those
        in data (examples, defaults, enums) aside. References from an extension out of the file are the vendor's matter
        and only included ``everywhere``."""
        kinds = ("node", "vendor") if everywhere else ("node",)
        return tuple((mention.at, mention.text) for mention in self.mentions if mention.kind in kinds)

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Every reference of the document and of what it refers to in other files, whatever member has it."""
        return tuple(self._walk())

    def _walk(self) -> Iterator[Mention]:
        waiting, entered = [""], {""}
        seen: set[int] = set()
        ahead: list[tuple[str, str]] = []
        failed: list[tuple[str, str]] = []  # maybe to a URI that a file which is read later says is its own
        known = 0
        while waiting:
            start = waiting.pop()
            for node, pointer, extension in mappings(
                self.get(start),
                start,
                example_objects=self.conventions.example_objects,
                siblings=self.conventions.json_schema,
                seen=seen,
            ):
                if MENTIONING.isdisjoint(node):
                    continue
                for mention in mentions_of(node, pointer, extension, self.conventions.example_objects):
                    yield mention
                    if self.files is not None and mention.kind in ("node", "schema"):
                        ahead.append((mention.text, pointer))
            if not waiting:
                failed += self._entered(ahead, entered, waiting)
                ahead = []
            if not waiting and len(self._resources) > known:
                known = len(self._resources)
                failed = list(self._entered(failed, entered, waiting))
            if not waiting:
                waiting += self._extending(entered)

    def _entered(
        self, references: list[tuple[str, str]], entered: set[str], waiting: list[str]
    ) -> Iterator[tuple[str, str]]:
        """Note the nodes of other files that references lead to, which are walked next; give those that lead nowhere
        yet."""
        for reference, pointer in references:
            try:
                target = self.target(reference, pointer)
            except InvalidDocument:
                yield reference, pointer
                continue
            if split_file(target)[0] and target not in entered:
                entered.add(target)
                waiting.append(target)

    def _extending(self, entered: set[str]) -> Iterator[str]:
        """Note the schemas of other files that extend one with a discriminator, which are walked next."""
        for name, file in self.parts().items() if self.files is not None else ():
            for holder in ("", self.conventions.schemas) if name else ():
                with suppress(LookupError):
                    members = file.node(holder)
                    for member, raw in members.items() if isinstance(members, Mapping) else ():
                        at = join_file(name, f"{holder}/{escape(member)}")
                        if at not in entered and any(map(self._chooses, self._extended(raw, at))):
                            entered.add(at)
                            self.extending[at] = None
                            yield at

    def extended(self, at: str) -> tuple[str, ...]:
        """The schemas that the schema at a pointer names in its ``allOf``."""
        return tuple(self._extended(self.get(at), at))

    def _extended(self, raw: Any, at: str) -> Iterator[str]:
        parts = raw.get("allOf") if isinstance(raw, Mapping) else None
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
                with suppress(InvalidDocument):
                    yield self.target(part["$ref"], at)

    def _chooses(self, at: str) -> bool:
        """Whether a schema, or one that it extends, has a discriminator."""
        waiting, below = [at], {at: ""}
        while waiting:
            at = waiting.pop()
            raw = self.get(at)
            if self._choosing.get(at) or (isinstance(raw, Mapping) and "discriminator" in raw):
                while at:  # whatever led here extends it
                    self._choosing[at] = True
                    at = below[at]
                return True
            for above in self._extended(raw, at) if at not in self._choosing else ():
                if above not in below:
                    below[above] = at
                    waiting.append(above)
        self._choosing.update(dict.fromkeys(below, False))
        return False

    def read_all(self) -> None:
        """Read every file that is referred to, from wherever."""
        if not self._reading:
            self._reading.append(True)
            _ = self.mentions
            self._reading.clear()


def parse(data: bytes | str, file: str, *, tolerant: bool = False) -> Document:
    """The document of a text, which has no other files; ``InvalidDocument`` as ``file.parse`` says."""
    return _document(file_module.parse(data, file, tolerant=tolerant), None)


def read(
    path: Path,
    *,
    tolerant: bool = False,
    root: Path | None = None,
    data: bytes | None = None,
    overlays: Sequence[Overlay] = (),
    unsaved: Mapping[Path, bytes] | None = None,
) -> Document:
    """The document of a file, with overlays applied; ``InvalidDocument`` if it cannot be read. Other files are read
    below its folder, or below a wider one, ``root``. ``data`` is what is in the file, if somebody has read it,
    ``unsaved`` what counts instead of what is in other files."""
    data = content_of(path, str(path)) if data is None else data
    main = file_module.parse(data, str(path), tolerant=tolerant)
    files = Files(path, len(data), root, tolerant=tolerant, unsaved=unsaved)
    return _document(applying.applied(main, files.lay(overlays)) if overlays else main, files)


def _document(main: File, files: Files | None) -> Document:
    return Document(**{field.name: getattr(main, field.name) for field in fields(main)}, files=files)
