"""Writes the page of the rules from their table: ``python -m docs.rules``."""

from __future__ import annotations

from pathlib import Path

from openconnectors.engine import diff as compare
from openconnectors.engine.lint import RULES, microsoft
from openconnectors.engine.lint.rules import Rule

HEAD = """# Rules

What `connectors validate` looks for. `--select`, `--ignore` and `[tool.connectors]` take these ids, and patterns of
them (`path-*`); `--explain RULE` tells one. A document says itself what is not to be told of it:
`x-connector-ignore: [RULE]` at a node, for everything below it, or a comment `# connectors: ignore RULE` in the line.

An **error** breaks the specification, or a call; a **warning** is allowed and hardly meant; an **info** is looked for
with `--level info`.
"""

MICROSOFT = """
## Microsoft's rules

`--profile microsoft` adds the rules by which Microsoft certifies connectors, under its own ids. Where a rule above
finds the same, its finding is reported under Microsoft's id. Microsoft does not publish with its rules how long a name
or how large a schema may be, which words a title may not hold, and which formats and media types it knows: the limits
are ours, above what every published connector at hand has, and stand in `engine/lint/microsoft/limits.py`.

Some cannot be decided offline, and are not there:
"""

DIFF = """
## What changed

The rules of `connectors diff`: an **error** breaks callers and asks for a major version, a **warning** asks for a look
and a minor version, an **info** for a minor version or none.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, _table("default"), MICROSOFT]
    parts += [f"- `{name}`: {why}\n" for name, why in microsoft.UNDECIDED.items()]
    parts += ["\n", _table("microsoft"), DIFF, _rows([RULES[name] for name in compare.CHANGES])]
    return "".join(parts)


def _table(profile: str) -> str:
    return _rows(sorted((one for one in RULES.values() if one.profile == profile), key=lambda one: one.id))


def _rows(rows: list[Rule]) -> str:
    lines = ["| rule | severity | why, and how to fix it |", "|---|---|---|"]
    lines += [f"| `{one.id}` | {one.severity} | {one.why} {one.fix} |".replace("\n", " ") for one in rows]
    return "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    (Path(__file__).resolve().parent / "rules.md").write_text(page(), "utf-8")
