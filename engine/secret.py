"""Secrets: values that show nowhere.

Rule. A value of a connection is a ``Secret`` from the moment it comes in. ``reveal`` is called inside expressions only:
no local variable of ours holds a secret in clear, since debuggers, test runners and error reporters print those.
"""

from __future__ import annotations

from typing import Any

SHOWN = "***"
"""What is shown in place of a secret."""


class Secret:
    """A text that is shown nowhere: it has no readable repr, cannot be pickled, and compares in constant time."""

    __slots__ = ("_clear",)

    def __init__(self, clear: str) -> None:
        self._clear = clear

    @classmethod
    def of(cls, value: Secret | str) -> Secret:
        """A secret of a text; a secret as it is."""
        return value if isinstance(value, Secret) else cls(value)

    def reveal(self) -> str:
        """The text in clear, for an expression that uses it at once."""
        return self._clear

    def __repr__(self) -> str:
        return SHOWN

    def __format__(self, spec: str) -> str:
        return format(SHOWN, spec)

    def __bool__(self) -> bool:
        return bool(self._clear)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        import hmac  # which loads OpenSSL: most programs compare no secrets

        return hmac.compare_digest(bytes_of(self._clear), bytes_of(other._clear))

    def __hash__(self) -> int:
        return hash(self._clear)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: Any) -> Secret:
        return self

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a secret cannot be pickled; pass the values of the connection again in the other process")

    def __getstate__(self) -> Any:
        return self.__reduce_ex__(2)


def bytes_of(text: str) -> bytes:
    """The UTF-8 of a text that may hold unpaired surrogates."""
    return text.encode("utf-8", "surrogatepass")


class Values(dict[str, Any]):
    """The values of a connection by name: secrets as ``Secret``, the rest as text."""

    unfit = ""
    """What is wrong with one of them, if anything: it is reported later, by who knows how the values were given."""

    def __repr__(self) -> str:
        return f"Values({SHOWN})"

    __str__ = __repr__

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("the values of a connection cannot be pickled")
