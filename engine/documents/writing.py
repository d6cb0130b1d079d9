"""A tree as the text of a document, in YAML or JSON."""

from __future__ import annotations

import json
from typing import Any

import yaml

_YAML = (".yaml", ".yml")


class _Dumper(yaml.SafeDumper):
    """Writes every node out: a tree that holds a node twice means two nodes."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def document_text(root: Any, suffix: str) -> str:
    """The text of a tree: YAML for the suffix of a YAML file, else JSON. Members keep their order; texts that YAML 1.1
    or 1.2 would read as another type are quoted."""
    if suffix.lower() in _YAML:
        return yaml.dump(root, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return json.dumps(root, indent=2, ensure_ascii=False) + "\n"
