"""A service from a file: document, dialect, extensions, and the properties beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from openconnectors.engine.deferred import module
from openconnectors.engine.documents import dialects, document
from openconnectors.engine.documents.dialects.lowering import Site
from openconnectors.engine.documents.document import Document
from openconnectors.engine.documents.extensions import extend
from openconnectors.engine.documents.extensions.credentials import bind_credentials
from openconnectors.engine.documents.extensions.properties import with_properties
from openconnectors.engine.documents.files import Refused
from openconnectors.engine.documents.parts import scripted
from openconnectors.engine.documents.published import PUBLISHED
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.model import Schema, Service

if TYPE_CHECKING:
    from openconnectors.engine.documents.overlays import overlay
else:
    overlay = module("openconnectors.engine.documents.overlays.overlay")  # for documents with overlays


def load(
    path: Path, properties: Path | None = None, root: Path | None = None, overlays: Sequence[Path] = ()
) -> Service:
    """The service of a document file, with overlays applied, and with the connection parameters and policies of a
    properties file (Microsoft's ``apiProperties`` shape, YAML or JSON) if there is one. Files that the document refers
    to are read below its folder, or below a wider one, ``root``.

    Raises ``InvalidDocument``, with file, line and column. Properties that cannot be read are an error among the
    service's diagnostics: what the document says can still be looked at.
    """
    return scripted(joined(read(path, root, overlays=overlays), properties), path)


def joined(main: Document, properties: Path | None, data: bytes | None = None) -> Service:
    """The service of a document that is read, and of the properties file beside it. ``data`` is what is in that, if
    somebody has read it."""
    if properties is None:
        return service_of(main)
    try:
        beside = read(properties, data=data)
    except InvalidDocument as error:
        service = service_of(main)
        faults = error.diagnostics
        return replace(service, diagnostics=(*service.diagnostics, *faults), blocked=faults)
    return service_of(main, beside)


def read(
    path: Path,
    root: Path | None = None,
    data: bytes | None = None,
    *,
    overlays: Sequence[Path] = (),
    texts: Sequence[bytes] | None = None,
    unsaved: Mapping[Path, bytes] | None = None,
) -> Document:
    """The document of a file of a connector with overlays applied, and by references all files below its folder, or
    below ``root``. ``data`` is what is in the file, and ``texts`` what is in the overlays, if somebody has read it;
    ``unsaved`` has texts that count instead of what is in files, by their resolved paths."""
    known: Iterable[bytes | None] = repeat(None) if texts is None else texts
    if unsaved:
        data = unsaved.get(path.resolve(), data)
        known = [unsaved.get(layer.resolve()) for layer in overlays]
    layers = [overlay.read(path, text) for path, text in zip(overlays, known, strict=False)] if overlays else []
    return dialects.recognized(
        document.read(path, tolerant=path.name in PUBLISHED, root=root, data=data, overlays=layers, unsaved=unsaved)
    )


def files_of(path: Path, root: Path | None = None, overlays: Sequence[Path] = ()) -> list[Path]:
    """The files of a document, the first of them before all that it refers to, examples included, also what its
    overlays refer to; not the overlays. What cannot be read is passed over: it is reported for whatever needs it."""
    main = read(path, root, overlays=overlays)
    if main.files is None:
        return [path]
    names = dict.fromkeys(("", *main.parts()))
    for mention in main.mentions:
        if mention.kind in ("vendor", "data", "operation"):
            with suppress(Refused):
                names[main.file_at(mention.text, mention.at)] = None
    names |= dict.fromkeys(main.parts())
    paths = [main.files.path(name) for name in names]
    return [paths[0], *(path for path in paths[1:] if path.is_file())]


def service_of(main: Document, properties: Document | None = None) -> Service:
    """The service of a document, and of the properties beside it, that are already read."""
    service = dialects.lower(main, extend)
    if properties is not None:
        raw, at = properties.root, ""
        if isinstance(raw, Mapping) and "properties" in raw:
            raw, at = raw["properties"], "/properties"
        service = with_properties(service, raw, Site(properties, at, _no_schema))
    findings = (*main.findings, *(properties.findings if properties is not None else ()), *service.diagnostics)
    return replace(bind_credentials(service), diagnostics=findings)


def _no_schema(raw: object, at: str) -> Schema:
    raise TypeError("properties hold no schema")
