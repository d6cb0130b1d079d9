"""Versions of connectors: how they are written in names, and which of two is newer."""

from __future__ import annotations

from openconnectors.engine.deferred import pattern

VERSION = pattern(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}\Z")
"""What may be a version in the name of a file."""
_PARTS = pattern(r"[0-9]+|[A-Za-z]+")


def split(name: str) -> tuple[str, str]:
    """The name and the version of ``name@version``; an empty version if there is none."""
    stem, _, version = name.partition("@")
    return stem, version


def joined(name: str, version: str) -> str:
    """The name with its version, as ``split`` reads it."""
    return f"{name}@{version}" if version else name


def order(version: str) -> list[tuple[int, int, str]]:
    """A key that sorts versions from the oldest to the newest.

    A version is its numbers and words; a ``v`` before it and what follows a ``+`` do not count. Numbers are compared as
    numbers, words as words; a word is older than nothing, and nothing is older than a number: 1.0-beta, 1.0, 1.0.1,
    1.10, 2; 2024-05-01-preview, 2024-05-01, 2024-11-01.
    """
    parts = _PARTS.findall(version.partition("+")[0].lower())
    if parts[:1] == ["v"]:
        del parts[0]
    return [(2, int(part), "") if part.isdigit() else (0, 0, part) for part in parts] + [(1, 0, "")]
