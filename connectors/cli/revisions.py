"""Documents of a revision of git: ``main:spec/api.yaml`` is the file as it was there, with those beside it."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from posixpath import basename, dirname, normpath

import click
from msgspec import Struct


class Checkout(Struct, frozen=True):
    """A file or folder to read: ``path`` is where it lies now. What is in ``folder`` is of the place ``origin`` of a
    revision; None for the working tree."""

    path: Path
    folder: Path | None = None
    origin: str = ""

    def name(self, file: str) -> str:
        """The name of a file in its revision; of any other, as it is."""
        if self.folder is None or not Path(file).is_relative_to(self.folder):
            return file
        return f"{self.origin}{Path(file).relative_to(self.folder).as_posix()}"


@contextmanager
def checkout(text: str) -> Iterator[Checkout]:
    """The file or folder at a path, or at ``REVISION:PATH``; the path is below the working folder, or the repository's
    root if it begins with a slash. Raises ``click.BadParameter`` if there is none."""
    if Path(text).exists():
        yield Checkout(Path(text))
        return
    revision, colon, path = text.partition(":")
    if not colon or not revision or len(revision) == 1:  # a letter is a drive
        raise click.BadParameter(f"{text!r} does not exist; REVISION:PATH is a file of git's")
    top = _git("rev-parse", "--show-toplevel").decode().rstrip("\n")
    prefix = "" if path.startswith("/") else _git("rev-parse", "--show-prefix").decode().rstrip("\n")
    place = normpath(f"{prefix}{path.lstrip('/')}")
    is_folder = place == "." or _git("-C", top, "cat-file", "-t", f"{revision}:{place}").strip() == b"tree"
    folder = place if is_folder else dirname(place)
    origin = f"{revision}:{path.rstrip('/')}/" if is_folder else text[: len(text) - len(basename(path))]
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name).resolve()
        data = _git("-C", top, "archive", "--format=tar", f"{revision}:{'' if folder == '.' else folder}")
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extractall(tree, filter="data")
        yield Checkout(tree if is_folder else tree / basename(place), tree, origin)


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)  # noqa: S603, S607 - the user's git
    except OSError as error:
        raise click.BadParameter(f"git cannot be started: {error}") from None
    if done.returncode:
        raise click.BadParameter(done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: "))
    return done.stdout
