"""The files that are certified with a definition: their sizes, the icon, the script.

Sources: learn.microsoft.com, "Prepare connector files for certification" (design an icon, JSON file formatting and
limitations), "Write code in a custom connector", "Custom connectors FAQ".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from openconnectors.engine.documents.published import PUBLISHED, SCRIPT
from openconnectors.engine.lint.images import Image, png
from openconnectors.engine.lint.manifest import file_of, settings_of
from openconnectors.engine.lint.microsoft.table_files import check
from openconnectors.engine.lint.properties import Place, is_published, properties
from openconnectors.engine.lint.rules import Context, Finding
from openconnectors.engine.lint.tree import Node, array

_MEGABYTE = 1_048_576
_ICON = "icon.png"
_SIDES = (100, 230)
"""The least and the most pixels of a side of an icon."""


def folder_of(context: Context) -> Path | None:
    """The folder of a connector in Microsoft's form: one with its definition by the published name, or with settings
    that name it."""
    file = Path(context.document.file)
    known = file.name == PUBLISHED[0] or context.manifest is not None
    return file.parent if known and file.is_file() else None


def _named(context: Context, member: str, usual: str) -> Path | None:
    """The file that the settings name, or that has the usual name; None if there is none."""
    folder, settings = folder_of(context), settings_of(context)
    named = file_of(settings, member) if settings is not None else None
    file = named or (folder / usual if folder is not None else None)
    return file if file is not None and file.is_file() else None


def finding_in(file: Path, message: str, rule: str = "", line: int = 1) -> Finding:
    """A finding about a line of a file beside the definition."""
    return Finding("", message, rule=rule, beside=(str(file), line))


@check("definition-size")
def _size(node: Node, context: Context) -> Iterator[Finding]:
    file = Path(context.document.file)
    size = file.stat().st_size if file.is_file() else 0
    if size > _MEGABYTE:
        yield Finding("", f"the definition has {size / _MEGABYTE:.1f} MB; at most 1 MB is accepted")


# The icon


@check("icon-format")
def _icon(node: Node, context: Context) -> Iterator[Finding]:
    file = _named(context, "icon", _ICON)
    if file is None:
        return
    size, image = file.stat().st_size, png(file)
    if image is None:
        yield finding_in(file, "the icon is not a PNG image")
    if size > _MEGABYTE:
        yield finding_in(file, f"the icon has {size / _MEGABYTE:.1f} MB; at most 1 MB is accepted", "icon-size")
    if image is None:
        return
    width, height = image.width, image.height
    if width != height:
        yield finding_in(file, f"the icon is not square: {width} × {height} pixels", "icon-size")
    elif not _SIDES[0] <= width <= _SIDES[1]:
        message = f"the icon has {width} × {height} pixels; its sides are {_SIDES[0]} to {_SIDES[1]} pixels"
        yield finding_in(file, message, "icon-size")
    yield from (finding_in(file, message, "icon-background") for message in _background(image, context))


def _background(image: Image, context: Context) -> Iterator[str]:
    """What is wrong with the background of an icon, by its corner."""
    if image.corner is None:
        return
    *color, opacity = image.corner
    shown, block = "#{:02x}{:02x}{:02x}".format(*color), properties(context)
    brand = str(block.value.get("iconBrandColor")).lower() if block is not None else shown
    if opacity < 255:
        yield "the background of the icon is transparent"
    elif shown in _RESERVED:
        yield f"the background of the icon is {_RESERVED[shown]} ({shown})"
    elif re.fullmatch("#[0-9a-f]{6}", brand) and _distance(shown, brand) > 48:
        yield f"the background of the icon is {shown}, and the iconBrandColor {brand}"


_RESERVED = {"#ffffff": "white", "#007ee5": "the default color"}


def _distance(first: str, second: str) -> int:
    """How far two colors are from each other: the greatest difference of a channel."""
    return max(abs(int(first[at : at + 2], 16) - int(second[at : at + 2], 16)) for at in (1, 3, 5))


@check("brand-color-reserved")
def _brand(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    color = block.value.get("iconBrandColor") if block is not None else None
    if block is not None and str(color).lower() in _RESERVED:
        yield block.below("iconBrandColor").finding(f"the brand color is {_RESERVED[str(color).lower()]}")


@check("publisher-missing")
def _publisher(node: Node, context: Context) -> Iterator[Finding]:
    block = properties(context)
    for member in ("publisher", "stackOwner") if block is not None and is_published(context) else ():
        if block is not None and block.below(member).name not in block.value:
            yield block.finding(f"the properties have no {member}", key=True)


# The script


@check("script-missing")
def _script(node: Node, context: Context) -> Iterator[Finding]:
    folder, block = folder_of(context), properties(context)
    file = _named(context, "script", SCRIPT)
    if file is not None and file.stat().st_size > _MEGABYTE:
        size = file.stat().st_size / _MEGABYTE
        yield finding_in(file, f"the script has {size:.1f} MB; at most 1 MB is accepted", "script-size")
    if folder is None or block is None or file is not None:
        return
    place: Place = block.below("scriptOperations")
    if array(place.value):
        yield place.finding(f"there is no {SCRIPT} beside the definition", key=True)
