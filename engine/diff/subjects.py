"""What the message of a change is about."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace


class Subject(Struct, frozen=True):
    """What a message is about: a parameter, body or response, and the path of a property inside it."""

    owner: str
    path: str = ""

    def __str__(self) -> str:
        if self.path == "[]":
            return f"an item of {self.owner}"
        return f"property {self.path!r} of {self.owner}" if self.path else self.owner

    def inside(self, name: str) -> Subject:
        """A property of it."""
        return replace(self, path=f"{self.path}.{name}" if self.path else name)

    def item(self) -> Subject:
        """An item of it, if it is an array."""
        return replace(self, path=f"{self.path}[]")
