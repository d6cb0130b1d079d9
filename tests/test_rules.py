"""The table of rules: what a row needs, how a function is bound to it, and a rule of the user's own as one of each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from openconnectors.cli import workers
from openconnectors.engine.lint import RULES, Settings, check, passes, validate
from openconnectors.engine.lint.rules import Context, Dispatch, Finding, Rule, Rules
from openconnectors.engine.lint.tree import Node
from tests.test_cli import run

TOY = Rule(
    "title-loud", "warning", "info", members="title", why="Titles in capitals are hard to read.", fix="Write Title."
)
DOCUMENT = """\
swagger: "2.0"
info: {title: THINGS, version: "1"}
paths: {}
"""


def _loud(node: Node, context: Context) -> Iterator[Finding]:
    if str(node.get("title")).isupper():
        yield Finding(node.at("title"), f"the title {node.get('title')!r} is in capitals")


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Path]:
    """A document that breaks the toy rule, while that is in the table."""
    path = tmp_path / "things.swagger.yaml"
    path.write_text(DOCUMENT)
    RULES.add(TOY)
    RULES.check(TOY.id)(_loud)
    yield path
    RULES.remove(TOY.id)


# A rule is one row and one function


def test_a_rule_is_a_row_and_a_function(toy: Path) -> None:
    """A finding has the row's id, severity and fix, and the place that the function points at."""
    [finding] = [finding for finding in validate(toy) if finding.rule == TOY.id]

    assert (finding.severity, finding.fix) == ("warning", "Write Title.")
    assert (finding.line, finding.column, finding.pointer) == (2, 15, "/info/title")


def test_the_command_reports_a_new_rule(toy: Path) -> None:
    """``connectors validate`` prints the message, the id and the fix."""
    _, out, _ = run("validate", str(toy))

    assert "warning: the title 'THINGS' is in capitals [title-loud]" in out
    assert "= Write Title." in out


def test_a_new_rule_is_explained(toy: Path) -> None:
    """``--explain`` reads the row."""
    code, out, _ = run("validate", "--explain", "title-loud")

    assert (code, out.splitlines()) == (0, ["title-loud (warning, profile default)", "", TOY.why, TOY.fix])


def test_a_new_rule_is_configured_like_any_other(toy: Path) -> None:
    """Settings give it another severity, and ignore it."""
    graded = validate(toy, None, Settings(severity=(("title-*", "error"),)))

    assert [finding.severity for finding in graded if finding.rule == TOY.id] == ["error"]
    assert TOY.id not in {finding.rule for finding in validate(toy, None, Settings(ignore=("title-loud",)))}


def test_without_its_row_a_rule_is_gone(tmp_path: Path) -> None:
    """A rule that was removed from the table reports nothing."""
    path = tmp_path / "things.swagger.yaml"
    path.write_text(DOCUMENT)

    assert TOY.id not in {finding.rule for finding in validate(path)}


# What does not fit together is an error at import


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Rule("a", "warning", "shema", why="w", fix="f"), "unknown kind of node 'shema'; did you mean 'schema'"),
        (Rule("a", "grave", "schema", why="w", fix="f"), "unknown severity 'grave'"),  # type: ignore[arg-type]
        (Rule("a", "error", "schema", versions="3.3", why="w", fix="f"), "unknown version '3.3'"),
        (Rule("a", "error", why="w", fix="f"), "needs kinds of nodes, or what it is reported by"),
        (Rule("a", "error", "schema", reported_by="reader", why="w", fix="f"), "needs kinds of nodes"),
    ],
    ids=["kind", "severity", "version", "nothing reports it", "two report it"],
)
def test_a_row_that_cannot_be_right_is_refused(row: Rule, message: str) -> None:
    """A row is refused when it is added to the table."""
    with pytest.raises(ValueError, match=message):
        Rules(row)


def test_an_id_is_used_once() -> None:
    """A second row of an id is refused."""
    with pytest.raises(ValueError, match="two rules 'title-loud'"):
        Rules(TOY, TOY)


def test_a_row_without_a_function_is_refused() -> None:
    """A table is complete when each row has a function, or says what else reports it."""
    rules = Rules(TOY, Rule("syntax", "error", reported_by="reader", why="w", fix="f"))
    with pytest.raises(ValueError, match="no function is bound to the rules title-loud"):
        rules.complete()

    rules.check("title-loud")(_loud)

    rules.complete()


def test_a_function_without_a_row_is_refused() -> None:
    """An id that no row has is refused when a function is bound to it, with the nearest one."""
    with pytest.raises(ValueError, match="no row has the id 'title-lout'; did you mean 'title-loud'"):
        Rules(TOY).check("title-lout")(_loud)


def test_a_row_has_one_function() -> None:
    """A second function, and one for a row that something else reports, are refused."""
    rules = Rules(TOY, Rule("syntax", "error", reported_by="reader", why="w", fix="f"))
    rules.check("title-loud")(_loud)
    for id in ("title-loud", "syntax"):
        with pytest.raises(ValueError, match=f"the rule '{id}' is already reported"):
            rules.check(id)(_loud)


@pytest.mark.parametrize(
    ("members", "value", "is_shown"),
    [
        ("", {}, True),
        ("a b", {"b": 1}, True),
        ("a b", {"c": 1}, False),
        ("in=header", {"in": "header"}, True),
        ("in=header", {"in": "query"}, False),
        ("in=header", {}, False),
        ("in=header a", {"in": "query", "a": 1}, True),
        ("x-*", {"x-a": 1}, True),
        ("x-*", {"a": 1}, False),
    ],
)
def test_a_rule_is_shown_nodes_with_its_members(members: str, value: dict[str, object], is_shown: bool) -> None:
    """Of the members that a row names a node has one: with a value if there is one, or of a name like that."""
    rules = Rules(Rule("loud", "error", "parameter", members=members, why="w", fix="f"))
    rules.check("loud")(_loud)
    shown = Dispatch(rules, "2.0", lambda row: True).rules(Node("parameter", "/parameters/a", value, "a"))
    assert bool(shown) is is_shown


def _large() -> dict[str, object]:
    """A document of some hundred nodes: operations that cannot be read, misspelled extensions, a remark."""
    paths = {
        f"/things/{number}": {
            "get": {
                "operationId": f"get{number}",
                "x-ms-sumary": "Get",
                "parameters": [{"name": "a", "in": "query", "schema": {"type": "string", "const": number}}],
                "responses": {"200": {"description": "ok"}, **({"299": {"$ref": "#/nowhere"}} if number == 7 else {})},
            }
        }
        for number in range(300)
    }
    return {"openapi": "3.0.3", "info": {"title": "Large", "version": "1"}, "paths": paths}


@pytest.mark.parametrize("breaks", [False, True])
def test_passes_made_side_by_side_find_the_same(breaks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings of rules, of the loader and of the structure, and their fixes, are those of one process."""
    document = _large()
    if not breaks:
        document["paths"]["/things/7"]["get"]["responses"].pop("299")  # type: ignore[index]
    path = tmp_path / "large.openapi.json"
    path.write_text(json.dumps(document))
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    monkeypatch.setattr(passes, "_NODES", 100)

    alone = check(path, None, Settings())
    together = check(path, None, Settings(), each=partial(workers.each, per_process=1))

    assert len(alone.findings) > 600
    assert (together.findings, together.repairs) == (alone.findings, alone.repairs)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_row_has_its_texts(rule: Rule) -> None:
    """Why and fix are sentences."""
    for text in (rule.why, rule.fix):
        assert text[0].isupper() or text[0] == "`"
        assert text.endswith(".")
