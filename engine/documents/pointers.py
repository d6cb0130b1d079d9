"""JSON pointers (RFC 6901): how a node of a document is named.

A document may have many files. A node of the file that the document begins with is named by its pointer alone; a node
of another file by ``FILE#/pointer``, where FILE is the path of that file from the folder of the first.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

INDEX = re.compile(r"(0|[1-9][0-9]{0,8})\Z")
"""An index of a list (section 4): no leading zeros. Nine digits are more than any list that is read has."""


def escape(step: str | int) -> str:
    """One step of a pointer, escaped (section 3)."""
    step = str(step)
    if "~" in step:
        step = step.replace("~", "~0")
    return step.replace("/", "~1") if "/" in step else step


def pointer_steps(pointer: str) -> list[str]:
    """The steps of a pointer within its file, unescaped; ``""`` has none."""
    # "~1" first: "~01" is the text "~1", not "/" (section 4).
    within = pointer if pointer.startswith("/") else pointer.partition("#")[2]
    steps = within.split("/")[1:]
    return [step.replace("~1", "/").replace("~0", "~") for step in steps] if "~" in within else steps


def split_file(pointer: str) -> tuple[str, str]:
    """The file of a node, empty for the first file of its document, and the pointer within that file."""
    if not pointer or pointer.startswith("/"):
        return "", pointer
    file, _, within = pointer.partition("#")
    return unquote(file) if "%" in file else file, within


def join_file(file: str, pointer: str) -> str:
    """The name of a node, of its file and its pointer within that: the other way round than ``split_file``."""
    return f"{file.replace('%', '%25').replace('#', '%23')}#{pointer}" if file else pointer
