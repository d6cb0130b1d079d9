"""The parts of docs/rules-of-your-own.md that tables generate: kinds of nodes, and what Spectral's rules are.

python -m tests.rule_sets_page
"""

from __future__ import annotations

import re
from pathlib import Path

from openconnectors.engine.lint.rulesets import spectral
from openconnectors.engine.lint.tree import KINDS

PAGE = Path(__file__).resolve().parent.parent / "docs/rules-of-your-own.md"


def kinds() -> str:
    """The kinds of nodes, on one line."""
    return ", ".join(f"`{kind}`" for kind in sorted(KINDS))


def table() -> str:
    """A row for each rule of Spectral."""
    rows = []
    for id, row in spectral.RULES.items():
        ours = ", ".join(f"`{each.rule}`" for each in row) if isinstance(row, tuple) else _description(row)
        rows.append(f"| `{id}` | {ours} |")
    return "\n".join(rows)


def _description(row: spectral.Definition) -> str:
    return row.description + ("" if row.recommended else " Off unless it is turned on.")


def page(text: str) -> str:
    """The page with these parts as the tables say."""
    text = re.sub(r"(?m)(refers to:\n\n).*$", lambda match: match[1] + kinds(), text)
    return re.sub(
        r"(?s)(\| rule of Spectral \| here \|\n\|---\|---\|\n).*?(\n\n)", lambda m: m[1] + table() + m[2], text
    )


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
