"""The sections of the help of a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

OPTIONS = "Options"
Listing = Mapping[str, Sequence[tuple[str, str]]]
"""The commands of a group: for each section the names with their help. Names without any help are written in a row."""


class Option(click.Option):
    """An option in a section of the help."""

    def __init__(self, *arguments: Any, section: str = OPTIONS, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.section = section


def section_of(parameter: click.Parameter) -> str:
    """The section of the help that a parameter is in."""
    return str(getattr(parameter, "section", OPTIONS))


def option_sections(command: click.Command, context: click.Context) -> dict[str, list[click.Option]]:
    """The options of a command that its help shows, by section, in their order."""
    sections: dict[str, list[click.Option]] = {}
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and not parameter.hidden:
            sections.setdefault(section_of(parameter), []).append(parameter)
    return sections
