"""The words of the code: names say what a thing is, in the terms of docs/glossary.md."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

WORDS = frozenset(
    [
        "one",
        "told",
        "said",
        "found",
        "made",
        "given",
        "own",
        "asked",
        "mend",
        "grave",
        "hole",
        "onward",
        "habits",
        "patience",
        "octets",
    ]
)
"""Names that say nothing about the thing named, or that only this code base used for it."""

LIMITS = {"engine": 1, "connectors": 0, "tests": 0, "bench": 0}
"""Names in a folder that are one of these words. That of the engine is ``Diagnostic.mend``, a former public name."""


def _names(tree: ast.AST) -> Iterator[str]:
    """Names that a module gives: to arguments, variables, functions, classes, attributes and fields."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name


def _counted(text: str) -> Counter[str]:
    return Counter(name for name in _names(ast.parse(text)) if name.strip("_").lower() in WORDS)


@pytest.mark.parametrize("folder", LIMITS)
def test_names_are_nouns_of_the_field(folder: str) -> None:
    """No argument, variable, function or attribute has a name of WORDS, beyond the number still allowed."""
    places = {
        str(path.relative_to(ROOT)): counts
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (counts := _counted(path.read_text("utf-8")))
    }
    total = sum(sum(counts.values()) for counts in places.values())

    assert total <= LIMITS[folder], "\n".join(f"{place}: {dict(counts)}" for place, counts in places.items())


@pytest.mark.parametrize(
    "text",
    [
        "def f(one): ...",
        "found = 1",
        "def _told(): ...",
        "for own in (): ...",
        "self.made = 1",
        "class A:\n    said: int",
    ],
)
def test_a_word_is_recognised(text: str) -> None:
    """A name of WORDS is counted as argument, variable, function, loop variable, attribute and field."""
    assert sum(_counted(text).values()) == 1


def test_the_glossary_has_each_word_once() -> None:
    """Every row of docs/glossary.md has a word and a meaning, and no word has two rows."""
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", (ROOT / "docs/glossary.md").read_text("utf-8"), re.MULTILINE)
    words = [word for words, _ in rows for word in words.split(", ") if words != "word"]

    assert len(words) > 50
    assert [word for word, count in Counter(words).items() if count > 1] == []
    assert WORDS & set(words) == set()
