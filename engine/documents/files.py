"""The files that a document refers to, each read once, when the first reference needs it.

Rule 1. A file is read only if it is below one folder: that of the document's first file, or a wider one that the caller
names. Links of the file system are followed before this is judged. Nothing is fetched.

Rule 2. All files of a document together are bounded as one is: bytes, and how many.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from openconnectors.engine.deferred import module, pattern
from openconnectors.engine.documents import file as files
from openconnectors.engine.documents.cache_files import digest
from openconnectors.engine.documents.file import File
from openconnectors.engine.documents.scalars import MAX_BYTES
from openconnectors.engine.documents.uris import parts
from openconnectors.engine.errors import Diagnostic, InvalidDocument, nearest

if TYPE_CHECKING:
    from openconnectors.engine.documents.overlays import applying
    from openconnectors.engine.documents.overlays.overlay import Overlay
else:
    applying = module("openconnectors.engine.documents.overlays.applying")  # for documents with overlays

MAX_FILES = 5_000
"""More than any published document has: those of many files have a file for each of some hundred operations, and one
for each schema."""
_DRIVE = pattern(r"/[A-Za-z]:")


class Refused(Exception):
    """A file that is not read, and why."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule, self.message = rule, message


def fetched(written: str) -> Refused:
    """The refusal of a reference that would have to be fetched."""
    return Refused(
        "reference-outside",
        f"the reference {written!r} is a URL, and nothing is fetched; "
        "save the file below the document's folder and refer to it by its relative path",
    )


class Files:
    """The files of one document, by their paths from the folder of the first, which has the empty name."""

    def __init__(
        self,
        main: Path,
        size: int,
        root: Path | None = None,
        *,
        tolerant: bool = False,
        unsaved: Mapping[Path, bytes] | None = None,
    ) -> None:
        self._shown = main.parent
        self._main = Path(os.path.abspath(main))
        self._folder = self._main.parent
        self._wide = root is not None
        self.root = Path(os.path.abspath(root)) if root is not None else self._folder
        """The folder below which files are read."""
        self._tolerant = tolerant
        self._unsaved = unsaved or {}
        self._size = size
        self._read: dict[str, File] = {}
        self._lock = RLock()
        self.digests: dict[str, bytes] = {}
        """Those of the files that have been read, but the first."""
        self._there: set[str] = set()
        self._complete = True
        self._overlays: dict[str, list[Overlay]] = {}

    def lay(self, overlays: Sequence[Overlay]) -> list[Overlay]:
        """Note the overlays of files but the first, which are applied when their file is read, and give the others.

        An overlay is for the file that it ``extends`` if that is a part of a document. One that extends another
        document is for the first file all the same, as it was put beside that, or named for it.
        """
        main: list[Overlay] = []
        for overlay in overlays:
            name = self._extended(overlay)
            (self._overlays.setdefault(name, []) if name else main).append(overlay)
        return main

    def _extended(self, overlay: Overlay) -> str:
        """The name of the part that an overlay extends; empty if it extends a document, or what is not there."""
        scheme, authority, path, _ = parts(overlay.extends)
        if scheme is not None or authority is not None or not path:
            return ""
        place = Path(os.path.abspath(overlay.path.parent / unquote(path)))
        if place == self._main:
            return ""
        self._complete = False  # what is kept would depend on whether there is such a file
        try:
            self._check(place, overlay.extends)
            if not place.is_file() or applying.is_document(
                files.parse(files.content_of(place, str(place)), str(place))
            ):
                return ""
        except (Refused, InvalidDocument, OSError, ValueError):
            return ""
        return posixpath.join(*Path(os.path.relpath(place, self._folder)).parts)

    @property
    def overlays_unused(self) -> list[Diagnostic]:
        """The overlays of files that nothing has referred to, each as a finding."""
        return [
            applying.without_effect(
                overlay, f"nothing in the document refers to the file {overlay.extends!r}", "/extends"
            )
            for name, overlays in self._overlays.items()
            if name not in self._read
            for overlay in overlays
        ]

    def uri(self, name: str) -> str:
        """The URI of the place of a file."""
        path = self.path(name).as_posix()
        return "file://" + quote(path if path.startswith("/") else f"/{path}")

    def name(self, uri: str, written: str) -> str:
        """The name of the file at a URI that a reference means; ``Refused`` for what is no file that may be read."""
        try:
            return self._name(uri, written)
        except Refused:
            self._complete = False
            raise

    def _name(self, uri: str, written: str) -> str:
        scheme, authority, path, query = parts(uri)
        if scheme != "file" or authority or parts(written)[0] == "file":
            raise fetched(written)
        if query is not None:
            raise Refused("reference-dangling", f"the reference {written!r} has a query, which no file has")
        path = unquote(path)
        path = os.path.normpath(path[1:] if _DRIVE.match(path) else path)
        if path == str(self._main):
            return ""
        self._check(Path(path), written)
        return posixpath.join(*Path(os.path.relpath(path, self._folder)).parts)

    def has(self, uri: str) -> bool:
        """Return True if there is a file at a URI that may be read."""
        try:
            name = self.name(uri, "")
            if self.path(name).is_file():
                self._there.add(name)
                return True
        except (Refused, OSError, ValueError):
            pass
        self._complete = False
        return False

    def path(self, name: str) -> Path:
        """The path of a file."""
        return Path(os.path.normpath(self._folder / name)) if name else self._main

    def _check(self, path: Path, written: str) -> None:
        try:
            is_inside = path.resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError, ValueError) as error:  # before Python 3.13 a loop of links is a RuntimeError
            raise Refused("reference-dangling", f"the file of the reference {written!r} {_unread(error)}") from None
        if not is_inside:
            how = "move the file into it" if self._wide else "name a wider folder (--root DIR; in Python root=)"
            raise Refused(
                "reference-outside",
                f"the reference {written!r} leads out of the folder {str(self.root)!r}, and is not read; {how}",
            )

    def shown(self, name: str) -> str:
        """The name of a file as diagnostics show it."""
        return os.path.normpath(self._shown / name)

    def read(self, name: str, written: str) -> File:
        """The file of a name that ``name`` gave; ``Refused`` if there is none, ``InvalidDocument`` if it is not a
        text that can be read."""
        with self._lock:
            if name not in self._read:
                before, self._complete = self._complete, False
                self._read[name] = self._parsed(name, written)
                self._complete = before
            return self._read[name]

    def _parsed(self, name: str, written: str) -> File:
        if len(self._read) >= MAX_FILES:
            raise Refused("reference-outside", f"{written!r} is beyond the {MAX_FILES:,} files that are read")
        data = self._content(name, written)
        self.digests[name] = digest(data)
        self._size += len(data)
        part = files.parse(data, self.shown(name), tolerant=self._tolerant)
        return applying.applied(part, self._overlays[name]) if name in self._overlays else part

    def content(self, name: str, written: str) -> bytes:
        """The bytes of a file; ``Refused`` if it cannot be read, or is too large beside those that were read."""
        self._complete = False
        return self._content(name, written)

    def _content(self, name: str, written: str) -> bytes:
        path = self.path(name)
        self._check(path, written)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise Refused("reference-dangling", f"{written!r} is not a file")
            left = MAX_BYTES - self._size
            data = self._unsaved.get(path.resolve()) if self._unsaved else None
            if data is None:
                with path.open("rb") as stream:
                    data = stream.read(left + 1)
        except (OSError, ValueError) as error:
            raise Refused(
                "reference-dangling",
                f"the file of the reference {written!r} {_unread(error)}{self._suggestion(path)}",
            ) from None
        if len(data) > left:
            raise Refused("reference-outside", f"with {written!r} the document has more than {MAX_BYTES:,} bytes")
        return data

    def _suggestion(self, path: Path) -> str:
        """The hint for a name that is wrong in its last part."""
        try:
            return nearest(path.name, sorted(os.listdir(path.parent)))
        except (OSError, ValueError):
            return ""

    @property
    def complete(self) -> bool:
        """Whether nothing depended on a file beside those that have been read, or on the absence of one."""
        return self._complete and self._there <= {"", *self.digests}

    @property
    def count(self) -> int:
        """How many files have been read, but the first."""
        return len(self._read)

    @property
    def names(self) -> tuple[str, ...]:
        """The files that have been read, but the first."""
        return tuple(self._read)

    @property
    def findings(self) -> list[Diagnostic]:
        """What was let pass in the files that have been read, but the first."""
        return [finding for each in self._read.values() for finding in each.findings]


def _unread(error: Exception) -> str:
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"
