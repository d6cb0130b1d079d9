"""What is not looked for below a folder: what ``.gitignore`` says, folders of tools, what the settings exclude.

Rule 1. Nothing here is asked about a path that somebody names: a file or a folder that is named is looked at.

Rule 2. Patterns are those of git (gitignore(5)): the ``.gitignore`` of a folder is about what is below it, and that of
a folder below has the last word; they count up to the folder that has ``.git``. What is in a folder that is left out is
left out, whatever is said about it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectorError

if TYPE_CHECKING:
    import pathspec
else:
    pathspec = module("pathspec")  # for folders that leave something out

_PACKAGES = "node_modules"
_ENVIRONMENT = "pyvenv.cfg"
"""The file that makes a folder a virtual environment of Python (PEP 405)."""


class _Patterns(Struct, frozen=True):
    """The patterns that a folder has for what is below it."""

    folder: str
    spec: pathspec.GitIgnoreSpec
    lines: list[str]

    def decide(self, path: str, is_folder: bool) -> bool | None:
        """Whether a path is left out; None if no pattern is about it."""
        if not path.startswith(self.folder + os.sep):
            return None
        relative = path[len(self.folder) + 1 :].replace(os.sep, "/")
        result = self.spec.check_file(f"{relative}/" if is_folder else relative)
        if is_folder and result.index is not None and self.lines[result.index].rstrip().endswith("/**"):
            return None  # all that is in it, which another pattern may take back; the library matches the folder, too
        return result.include


class Ignored(Struct, frozen=True):
    """What is not looked for in one folder: the patterns that count there, the outermost first, and what the settings
    exclude."""

    patterns: tuple[_Patterns, ...] = ()
    excluded: _Patterns | None = None

    def leaves_out(self, path: str, is_folder: bool) -> bool:
        """Return True if a file or folder, of which this has the folder, is not looked for."""
        if is_folder:
            name = os.path.basename(path)
            if name.startswith(".") or name == _PACKAGES or os.path.isfile(os.path.join(path, _ENVIRONMENT)):
                return True
        if self.excluded is not None and self.excluded.decide(path, is_folder):
            return True
        decisions = (patterns.decide(path, is_folder) for patterns in reversed(self.patterns))
        return next((decision for decision in decisions if decision is not None), False)

    def below(self, folder: str) -> Ignored:
        """What is not looked for in a folder below this one."""
        patterns = _written(folder, ".gitignore")
        return Ignored((*self.patterns, patterns), self.excluded) if patterns is not None else self

    def path_is_left_out(self, path: str, folder: str) -> bool:
        """Return True if a path, or a folder that it is in below the one of this, is left out; False for one that is
        not below it."""
        ignored, at = self, folder
        steps = os.path.relpath(path, folder).split(os.sep)
        if steps[0] in (os.curdir, os.pardir):
            return False
        for count, step in enumerate(steps, 1):
            at = os.path.join(at, step)
            is_folder = count < len(steps) or os.path.isdir(at)
            if ignored.leaves_out(at, is_folder):
                return True
            ignored = ignored.below(at) if is_folder else ignored
        return False


def ignored_in(folder: str, exclude: Iterable[str] = (), root: Path | None = None) -> Ignored:
    """What is not looked for in a folder that somebody names (an absolute path), by the ``.gitignore`` in it and above
    it, and by patterns of the settings, which are relative to ``root``. Patterns that leave out the folder itself do
    not count. Raise ``ConnectorError`` for a pattern of the settings that is none."""
    excluded = _patterns(str((root or Path(folder)).resolve()), exclude)
    outer = [*_repository(folder)][::-1]
    patterns = [*_of_git(outer[0]), *(each for name in outer if (each := _written(name, ".gitignore")) is not None)]
    if any(_covers(each, folder) for each in patterns):
        patterns = [each for each in patterns if each.folder == folder]
    return Ignored(tuple(patterns), None if excluded is None or _covers(excluded, folder) else excluded)


def _covers(patterns: _Patterns, folder: str) -> bool:
    """Whether a folder, or one that it is in, is left out by patterns of a folder above."""
    steps = os.path.relpath(folder, patterns.folder).split(os.sep)
    if steps[0] in (os.curdir, os.pardir):
        return False
    return any(
        patterns.decide(os.path.join(patterns.folder, *steps[:count]), True) for count in range(1, len(steps) + 1)
    )


def _repository(folder: str) -> Iterator[str]:
    """A folder, and those above it up to the one that has ``.git``; the folder alone if none has it."""
    folders = [folder]
    while not os.path.exists(os.path.join(folders[-1], ".git")):
        above = os.path.dirname(folders[-1])
        if above == folders[-1]:
            return iter((folder,))
        folders.append(above)
    return iter(folders)


def _of_git(folder: str) -> Iterator[_Patterns]:
    """The patterns of the repository that begins in a folder that are not committed."""
    patterns = _written(folder, os.path.join(".git", "info", "exclude"))
    if patterns is not None:
        yield patterns


def _written(folder: str, name: str) -> _Patterns | None:
    """The patterns in a file of a folder; None if there are none that can be read."""
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as stream:
            return _patterns(folder, stream.read().splitlines(), lenient=True)
    except OSError:
        return None


def _patterns(folder: str, lines: Iterable[str], lenient: bool = False) -> _Patterns | None:
    """The patterns in lines; None if there are none. What is no pattern is passed over, as git does, or refused."""
    kept = [line for line in lines if line.strip() and not line.startswith("#")]
    if not kept:
        return None
    try:
        return _Patterns(folder, pathspec.GitIgnoreSpec.from_lines(kept), kept)
    except (ValueError, re.error) as error:
        if not lenient:
            raise ConnectorError(f"exclude: {error}") from None
    return _patterns(folder, [line for line in kept if _is_pattern(line)]) if lenient else None


def _is_pattern(line: str) -> bool:
    try:
        pathspec.GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True
