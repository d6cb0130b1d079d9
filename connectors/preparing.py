"""Prepares the services of the documents that come with the package: ``python -m openconnectors.preparing``.

The build of the package runs this (``setup.py``), so that the first process that loads one of them parses no document.
"""

from __future__ import annotations

from openconnectors import registry
from openconnectors.engine.documents import cache

_FOLDER_MODE, _FILE_MODE = 0o755, 0o644


def main() -> None:
    """Lower every service whose document comes with the package, and keep it beside them."""
    folder = registry.prepared()
    for entry in registry.entries().values():
        if entry.trusted:
            cache.prepare(entry.document, entry.properties, folder)
    folder.chmod(_FOLDER_MODE)  # whoever installs the package is seldom the only one who uses it
    for file in folder.iterdir():
        file.chmod(_FILE_MODE)


if __name__ == "__main__":
    main()
