"""JSON pointers (RFC 6901): how a node of a document is named."""

from __future__ import annotations

import re

INDEX = re.compile(r"(0|[1-9][0-9]{0,8})\Z")
"""An index of a list (section 4): no leading zeros. Nine digits are more than any list that is read has."""


def escape(step: str | int) -> str:
    """One step of a pointer, escaped (section 3)."""
    return str(step).replace("~", "~0").replace("/", "~1")


def pointer_steps(pointer: str) -> list[str]:
    """The steps of a pointer, unescaped; ``""`` has none."""
    # "~1" first: "~01" is the text "~1", not "/" (section 4).
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
