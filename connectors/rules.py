"""For rules of people's own in Python: a table of rows, with a function for each.

::

    RULES = Rules(
        Rule("acme-owner", "warning", "operation", why="Nobody knows whom to ask.", fix="Add x-owner.")
    )

    @RULES.check("acme-owner")
    def owner(node: Node, context: Context) -> Iterator[Finding]:
        if not node.has("x-owner"):
            yield Finding(node.pointer, f"{node.name} has no x-owner", key=True)

A package names its table as an entry point of the group ``openconnectors.rules``. docs/rules-of-your-own.md is the
tutorial, also for rules in YAML.
"""

from openconnectors.engine.lint.rules import Context as Context
from openconnectors.engine.lint.rules import Edit as Edit
from openconnectors.engine.lint.rules import Finding as Finding
from openconnectors.engine.lint.rules import Rule as Rule
from openconnectors.engine.lint.rules import Rules as Rules
from openconnectors.engine.lint.tree import KINDS as KINDS
from openconnectors.engine.lint.tree import Node as Node
from openconnectors.engine.lint.tree import Tree as Tree

__all__ = ["KINDS", "Context", "Edit", "Finding", "Node", "Rule", "Rules", "Tree"]
