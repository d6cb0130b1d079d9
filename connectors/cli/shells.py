"""Completion in shells: the scripts, where they are kept, and how a shell finds them.

A script is written once; a shell reads it when it starts, and calls ``connectors`` when Tab is pressed. Click has the
scripts for zsh and fish. That for bash is here: it passes the line as it was typed, so that words with ``=``, ``:`` and
``@`` are completed, it quotes what is inserted, and it needs no particular version.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, suppress
from pathlib import Path

import click
from click.shell_completion import (
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)
from msgspec import Struct

from openconnectors.folders import config_folder

VARIABLE = "_CONNECTORS_COMPLETE"
"""The variable with which a script asks for completions; click reads it."""
PROGRAMS = ("connectors", "openconnectors")
_REMARK = "# completion of connectors"
"""What ends the line in a file of the user's, by which it is replaced and removed."""

_BASH = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done <<< "$(env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_CURRENT="$2" %(complete_var)s=bash_complete "$1")"
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""


_SPECIAL = re.compile(r"([^\w@%+=:,./-])")
"""Characters that mean something to bash."""
_OPEN_QUOTE = re.compile(r"(?:^|\s)[\"'][^\"']*\Z")
"""A word that has begun with a quote, and is not ended."""


class Bash(ShellComplete):
    """Completion in bash. ``COMP_WORDS`` is the line up to the cursor, ``COMP_CURRENT`` what bash takes for the last
    word of it, and replaces: the part after a ``=``, ``:`` or ``@``."""

    name = "bash"
    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        if "COMP_CWORD" in os.environ:  # a script of click's own, which knows the place of the word
            place = int(os.environ["COMP_CWORD"])
            return words[1:place], words[place] if place < len(words) else ""
        incomplete = words.pop() if words and line[-1:].strip() else ""
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        """A line of a kind, and of what is inserted: without what bash keeps of the word, and quoted."""
        line, (_, incomplete) = os.environ["COMP_WORDS"], self.get_completion_args()
        current = os.environ.get("COMP_CURRENT", incomplete)
        kept = incomplete.removesuffix(current) if incomplete.endswith(current) else ""
        value = item.value.removeprefix(kept)
        return f"{item.type},{value if _OPEN_QUOTE.search(line) else _SPECIAL.sub(_QUOTED, value)}"


_QUOTED = r"\\\1"

SHELLS: Mapping[str, type[ShellComplete]] = {"bash": Bash, "zsh": ZshComplete, "fish": FishComplete}
"""What completes in each shell."""


def complete(run: Callable[[], object]) -> int:
    """Answer a shell, which has no place for messages, and return the exit code."""
    add_completion_class(Bash)
    with open(os.devnull, "w", encoding="utf-8") as null, redirect_stderr(null), suppress(Exception, SystemExit):
        run()
    sys.stdout.flush()
    return 0


def script(cli: click.Command, shell: str, program: str) -> str:
    """The script that completes a program in a shell."""
    return SHELLS[shell](cli, {}, program, VARIABLE).source()


class Place(Struct, frozen=True):
    """Where a shell looks for completion: the files of the scripts, by program; and the file of the user's in which a
    line reads them, where the shell does not find them itself."""

    scripts: Mapping[str, Path]
    startup: Path | None


def place(shell: str) -> Place:
    """Where the completion of a shell is kept."""
    home = Path.home()
    if shell == "fish":  # which reads the file of a command when it is completed
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "fish" / "completions"
        return Place({program: folder / f"{program}.fish" for program in PROGRAMS}, None)
    folder = config_folder() / "completion"
    startup = home / ".bashrc" if shell == "bash" else Path(os.environ.get("ZDOTDIR") or home) / ".zshrc"
    return Place({program: folder / f"{program}.{shell}" for program in PROGRAMS}, startup)


def install(cli: click.Command, shell: str) -> Place:
    """Write the scripts of a shell, and the lines that read them; what was installed before is replaced."""
    target = place(shell)
    for program, path in target.scripts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_PREPARED.get(shell, "") + script(cli, shell, program), "utf-8")
    if target.startup is not None:
        _change(target.startup, [_line(path) for path in target.scripts.values()])
    return target


def remove(shell: str) -> Place:
    """Remove what ``install`` has written."""
    target = place(shell)
    for path in target.scripts.values():
        path.unlink(missing_ok=True)
    if target.startup is not None and target.startup.exists():
        _change(target.startup, [])
    return target


_PREPARED = {"zsh": "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"}
"""What a script needs before it: zsh has its completion only where it was switched on."""


def _line(path: Path) -> str:
    quoted = shlex.quote(str(path))
    return f"[ -r {quoted} ] && . {quoted}  {_REMARK}\n"


def _change(path: Path, lines: list[str]) -> None:
    """Put lines at the end of a file of the user's, in the place of those that were put there before."""
    before = path.read_text("utf-8", "surrogateescape") if path.exists() else ""
    kept = [line for line in before.splitlines(keepends=True) if not line.rstrip().endswith(_REMARK)]
    if lines and kept and not kept[-1].endswith("\n"):
        kept.append("\n")
    after = "".join([*kept, *lines])
    if after != before:
        path.write_text(after, "utf-8", "surrogateescape")
