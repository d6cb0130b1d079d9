"""Files whose text is changed, and nothing else about them: encoding, byte order mark, permissions, links.

A file is replaced as a whole, so that who reads it meanwhile, or after a crash, sees the old text or the new one.
"""

from __future__ import annotations

import codecs
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectorError

if TYPE_CHECKING:
    import shutil
    import tempfile
else:
    shutil, tempfile = module("shutil"), module("tempfile")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, each with the encoding of what follows."""


def content_of(path: Path) -> str:
    """The text of a file; ``ConnectorError`` for one that is not UTF-8 or UTF-16."""
    data = path.read_bytes()
    mark, encoding = _marked(data)
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        raise ConnectorError(f"{path} is not fixed: its bytes are not UTF-8; save it as UTF-8 first") from None


def rewrite(path: Path, text: str) -> None:
    """Replace the text of a file. Raise ``ConnectorError`` for one that is not UTF-8 or UTF-16, ``OSError`` for one
    that cannot be written."""
    target = path.resolve()  # a link stays one
    mark, encoding = _marked(target.read_bytes())
    content_of(target)
    with target.open("r+b"):
        pass  # a file that must not be written is not replaced either
    descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(mark + text.encode(encoding))
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, part)
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def _marked(data: bytes) -> tuple[bytes, str]:
    return next(((mark, encoding) for mark, encoding in _MARKS if data.startswith(mark)), (b"", "utf-8"))
