"""Write the page of the rules from their tables: ``python -m tests.rules_page``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from openconnectors.engine.diff import CHANGES
from openconnectors.engine.lint import RULES, microsoft
from openconnectors.engine.lint.rules import Rule

HEAD = """# Rules

What `connectors validate` checks. `--select`, `--ignore` and `[tool.connectors]` take these ids and patterns of them
(`path-*`); `--explain RULE` shows one. A document itself can ignore rules: `x-connector-ignore: [RULE]` at a node, for
everything below it, or a comment `# connectors: ignore RULE` in the line.

An **error** breaks the specification, or a call. A **warning** is allowed but hardly intended. An **info** is reported
with `--level info`.
"""

MICROSOFT = """
## Microsoft's rules

`--profile microsoft` adds the rules by which Microsoft certifies connectors, under Microsoft's ids. If a rule above
finds the same problem, its finding is reported under Microsoft's id. What people judge by the texts about certification
("Prepare connector files for certification", "Connector string guidance", "Coding standards") has no id there: its
rules are those in small letters. Microsoft's list of rules does not say how long an operationId or how large a schema
may be, and which formats and media types are known: those limits are ours, above what every published connector at hand
has, and stand in `engine/lint/microsoft/limits.py`.

Some rules cannot be checked offline and are left out:

"""

DIFF = """
## Changes between two versions

The rules of `connectors diff`. An **error** breaks callers and calls for a major version, a **warning** deserves a look
and calls for a minor version, an **info** calls for a minor version or none.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, _profile("default"), MICROSOFT]
    parts += [f"- `{name}`: {why}\n" for name, why in microsoft.UNDECIDED.items()]
    parts += ["\n", _profile("microsoft"), DIFF, _table(RULES[name] for name in CHANGES)]
    return "".join(parts)


def _profile(profile: str) -> str:
    return _table(sorted((rule for rule in RULES.values() if rule.profile == profile), key=lambda rule: rule.id))


def _table(rules: Iterable[Rule]) -> str:
    lines = ["| rule | severity | why, and how to fix it |", "|---|---|---|"]
    lines += [f"| `{rule.id}` | {rule.severity} | {rule.why} {rule.fix} |" for rule in rules]
    return "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    (Path(__file__).resolve().parent.parent / "docs/rules.md").write_text(page(), "utf-8")
