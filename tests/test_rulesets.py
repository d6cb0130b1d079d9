"""Rule sets: rules of people's own in YAML, in Spectral's form, and what they say about rules of ours."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from openconnectors.engine.errors import Diagnostic, InvalidDocument, UnknownName
from openconnectors.engine.lint import RULES, Settings, explain, rulesets, validate
from openconnectors.engine.lint.rulesets import spectral
from openconnectors.engine.lint.rulesets.expressions import Unreadable, parse, truth
from openconnectors.engine.lint.rulesets.functions import FUNCTIONS
from openconnectors.engine.lint.rulesets.patterns import braced, compiled
from openconnectors.engine.lint.rulesets.places import Place
from openconnectors.engine.lint.rulesets.queries import query
from tests.conftest import Done, command

DOCUMENT = """\
openapi: 3.0.3
info: {title: Things, version: "1"}
servers: [{url: "https://example.com/"}]
paths:
  /things:
    get:
      operationId: list_things
      tags: [b, a]
      responses:
        "200": {$ref: "#/components/responses/Things"}
    post:
      operationId: createThing
      summary: Create a thing.
      x-owner: team-a  # connectors: ignore acme-owner
      responses: {"201": {description: Created.}}
components:
  responses:
    Things: {description: All.}
  schemas:
    Thing:
      type: object
      properties:
        self: {$ref: "#/components/schemas/Thing"}
"""


def rules(folder: Path, text: str, name: str = "rules.yaml") -> rulesets.RuleSet:
    """A rule set that is written to a file."""
    (folder / name).write_text(text)
    return rulesets.read(folder / name)


def report(folder: Path, text: str, document: str = DOCUMENT, **options: object) -> list[Diagnostic]:
    """The findings about a document of the rules in a rule set."""
    path = folder / "things.openapi.yaml"
    path.write_text(document)
    ruleset = rules(folder, text)
    ids = {rule.id for rule in ruleset.rules}
    settings = Settings(rulesets=(ruleset,), **options)  # type: ignore[arg-type]
    return [finding for finding in validate(path, None, settings) if finding.rule in ids]


def lines(findings: list[Diagnostic]) -> list[tuple[str, int]]:
    """Rules and lines of findings."""
    return [(finding.rule, finding.line) for finding in findings]


def errors(folder: Path, text: str, name: str = "rules.yaml") -> list[str]:
    """What is wrong with a rule set, each with its line."""
    with pytest.raises(InvalidDocument) as caught:
        rules(folder, text, name)
    return [f"{each.line}: {each.message}" for each in caught.value.diagnostics]


def rule(selector: str, then: str = "{field: summary, function: truthy}", **members: str) -> str:
    """A rule set of a single rule."""
    more = "".join(f"    {name}: {value}\n" for name, value in members.items())
    return f"rules:\n  acme:\n    given: {selector}\n    then: {then}\n{more}"


# Rules


def test_a_rule_is_given_by_kinds_of_nodes_or_by_queries(tmp_path: Path) -> None:
    """``given`` is a kind of node of the linter, or JSONPath: both select the operation without a summary."""
    assert lines(report(tmp_path, rule("operation"))) == [("acme", 6)]
    assert lines(report(tmp_path, rule("$.paths[*][get,post]"))) == [("acme", 6)]
    assert lines(report(tmp_path, rule("[operation, '$.paths.*.get']"))) == [("acme", 6)]


def test_a_reference_is_followed_and_reported_where_it_leads(tmp_path: Path) -> None:
    """The description of a response is judged where it is written; with ``resolved: false`` the reference itself is."""
    then = "{field: description, function: length, functionOptions: {min: 5}}"

    assert lines(report(tmp_path, rule("$.paths[*].get.responses[*]", then))) == [("acme", 18)]
    where = report(tmp_path, rule("$.paths[*].get.responses[*]", "{field: $ref, function: falsy}", resolved="false"))
    assert lines(where) == [("acme", 10)]


def test_schemas_that_refer_to_themselves_are_walked_once(tmp_path: Path) -> None:
    """``$..`` ends in a document whose schemas go round."""
    assert lines(report(tmp_path, rule("$..properties[*]~", "{function: pattern, functionOptions: {match: x}}"))) == [
        ("acme", 23)
    ]


def test_a_message_has_placeholders(tmp_path: Path) -> None:
    """``{{property}}``, ``{{error}}``, ``{{path}}``, ``{{value}}`` and ``{{description}}`` are filled in."""
    then = "{field: operationId, function: casing, functionOptions: {type: camel}}"
    message = "'{{property}}|{{error}}|{{path}}|{{value}}|{{description}}|{{other}}'"
    [finding] = report(tmp_path, rule("operation", then, message=message, description="Ids."))

    assert finding.message == (
        'operationId|"list_things" is not in camel case|#/paths/~1things/get/operationId|list_things|Ids.|{{other}}'
    )


def test_severities_comments_and_settings_hold_for_them(tmp_path: Path) -> None:
    """A finding has the severity of its rule or of the settings; a comment ignores it; ids are known to settings."""
    text = rule("operation", "{field: x-owner, function: falsy}", severity="error").replace("acme", "acme-owner")

    assert report(tmp_path, text) == []
    shown = report(tmp_path, text, DOCUMENT.replace("  # connectors: ignore acme-owner", ""))
    assert [(finding.severity, finding.line) for finding in shown] == [("error", 14)]
    graded = rules(tmp_path, text)
    assert Settings(rulesets=(graded,), severity=(("acme-*", "info"),), ignore=("acme-owner",)).ignores("acme-owner")
    with pytest.raises(UnknownName, match="acme-owner"):
        Settings(ignore=("acme-owner",))


def test_a_rule_set_is_data(tmp_path: Path) -> None:
    """Settings with rule sets go to other processes."""
    settings = Settings(rulesets=(rules(tmp_path, rule("operation")),))

    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own


def test_a_rule_is_explained(tmp_path: Path) -> None:
    """Its row has its description, and where it is documented."""
    text = rule("operation", description="Operations have summaries.", documentationUrl="https://acme.example/rules")
    row = explain("acme", Settings(rulesets=(rules(tmp_path, text),)))

    assert (row.why, row.fix, row.severity) == (
        "Operations have summaries.",
        "See https://acme.example/rules",
        "warning",
    )


def test_formats_choose_versions(tmp_path: Path) -> None:
    """A rule for oas2 is not for a document of 3.0; one for oas3_0 is; formats of the rule set are the default."""
    assert report(tmp_path, rule("operation", formats="[oas2]")) == []
    assert len(report(tmp_path, rule("operation", formats="[oas2, oas3_0]"))) == 1
    assert report(tmp_path, "formats: [oas3.1]\n" + rule("operation")) == []


def test_aliases_are_queries_by_name(tmp_path: Path) -> None:
    """An alias may begin with another, be continued, and differ by version."""
    text = """\
aliases:
  Path: ["$.paths[*]"]
  Operation:
    targets:
      - {formats: [oas2], given: ["$.none"]}
      - {formats: [oas3], given: ["#Path[get,post]"]}
"""

    assert lines(report(tmp_path, text + rule("'#Operation.operationId'", "{function: falsy}"))) == [
        ("acme", 7),
        ("acme", 12),
    ]


# Extending


def test_rules_of_an_extended_file_are_changed_and_turned_off(tmp_path: Path) -> None:
    """What comes later counts: a severity, ``off``, another message; ``recommended: false`` is off until turned on."""
    rules(tmp_path, rule("operation", recommended="false", message="Base."), "base.yaml")

    assert report(tmp_path, "extends: base.yaml\n") == []
    [finding] = report(tmp_path, "extends: [base.yaml]\nrules: {acme: error}\n")
    assert (finding.severity, finding.message) == ("error", "Base.")
    assert len(report(tmp_path, "extends: [[base.yaml, all]]\n")) == 1
    assert report(tmp_path, "extends: [[base.yaml, all]]\nrules: {acme: off}\n") == []
    [finding] = report(tmp_path, "extends: [[base.yaml, off]]\nrules: {acme: {message: Changed.}}\n")
    assert finding.message == "Changed."


def test_overrides_are_for_files(tmp_path: Path) -> None:
    """An override changes a severity in files, or below a pointer in them, and defines rules for them."""
    base = rule("operation")
    override = "overrides: [{{files: ['{}'], rules: {{acme: {}}}}}]\n"

    assert report(tmp_path, base + override.format("things.*", '"off"')) == []
    assert len(report(tmp_path, base + override.format("other/**", '"off"'))) == 1
    assert report(tmp_path, base + override.format("**/*.yaml#/paths/~1things", '"off"')) == []
    assert len(report(tmp_path, base + override.format("*.yaml#/components", '"off"'))) == 1
    only = "overrides: [{files: ['%s'], rules: {acme: {given: operation, then: {field: summary, function: truthy}}}}]\n"
    assert len(report(tmp_path, only % "*.{json,yaml}")) == 1
    assert report(tmp_path, only % "*.json") == []


def test_spectral_oas_is_our_rules(tmp_path: Path) -> None:
    """Ids of ``spectral:oas`` turn rules of ours on and off, and set their severity; those of taste run beside them."""
    path = tmp_path / "things.openapi.yaml"
    path.write_text(DOCUMENT)

    def findings(text: str) -> dict[str, str]:
        settings = Settings(rulesets=(rules(tmp_path, text),))
        return {finding.rule: finding.severity for finding in validate(path, None, settings)}

    with_all = findings("extends: spectral:oas\n")
    assert {"info-contact", "operation-description"} <= with_all.keys()
    assert with_all["base-slash"] == "info"
    graded = "extends: [spectral:oas]\nrules: {oas3-server-trailing-slash: error, info-contact: off}\n"
    assert findings(graded)["base-slash"] == "error"
    assert "info-contact" not in findings(graded)
    assert "base-slash" not in findings("extends: [spectral:oas]\nrules: {oas3-server-trailing-slash: off}\n")
    only_tags = findings("extends: [[spectral:oas, off]]\nrules: {operation-tags: warn}\n")
    assert only_tags.keys() & {"base-slash", "info-contact", "operation-tags"} == {"operation-tags"}
    assert findings("rules: {base-slash: error}\n")["base-slash"] == "error"


def test_each_rule_of_spectral_is_rules_that_there_are() -> None:
    """A row of the table names rules of ours by patterns that fit at least one, or judges by functions of the table."""
    for row in spectral.RULES.values():
        if isinstance(row, tuple):
            assert all(any(each.rule.rstrip("*") in id for id in RULES) for each in row), row
        else:
            assert {then["function"] for then in row.then} <= FUNCTIONS.keys()


# Errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (rule("opertion"), "3: 'opertion' is neither a kind of node nor a query that begins with $ or #"),
        (rule("$.paths[?(@.x"), "3: a bracket is not closed"),
        (rule("'$.paths[?(@.x ~ 1)]'"), "3: '~ 1)' cannot be read"),
        (rule("'$..[?(@.f(1))]'"), "3: the function 'f' is not known"),
        (rule("'#Operaton'"), "3: there is no alias 'Operaton'"),
        (rule("$", "{function: truthi}"), "4: there is no function 'truthi'; did you mean 'truthy'?"),
        (rule("$", "{function: pattern}"), "4: pattern needs an option: match or notMatch"),
        (rule("$", "{function: pattern, functionOptions: {match: '('}}"), "4: '(' is not a regular expression"),
        (rule("$", "{function: casing, functionOptions: {type: loud}}"), "4: 'loud' is not a type of casing; expected"),
        (rule("$", "{function: length, functionOptions: {mim: 1}}"), "4: length has no option 'mim'"),
        (rule("$", "{function: schema, functionOptions: {schema: {type: strin}}}"), "4: the schema cannot be read"),
        (rule("$", severity="loud"), "5: 'loud' is not a severity; expected error, warn"),
        (rule("$", formats="[oas4]"), "5: 'oas4' is not a known format"),
        (rule("$", titel="x"), "5: 'titel' is no member of a rule"),
        ("rules: {acme: {given: $}}", "1: the rule 'acme' has no 'then'"),
        ("rules: {acme: off}", "1: there is no rule 'acme'"),
        ("rules: {operation-tags: off}", "1: there is no rule 'operation-tags'; it is of spectral:oas: extend that"),
        ("rules: {path-slash: {given: $, then: {function: truthy}}}", "1: 'path-slash' is a rule of the linter"),
        ("functions: [mine]\n", "1: functions in JavaScript are not run"),
        ("extends: [./rules.js]\n", "1: './rules.js' is a program, which is not run"),
        ("extends: https://example.com/rules.yaml\n", "1: 'https://example.com/rules.yaml' is a URL, and nothing is"),
        ("extends: '@acme/rules'\n", "1: there is no file '@acme/rules'; packages of npm are not read"),
        ("extends: rules.yaml\n", "1: 'rules.yaml' extends itself"),
        ("ruels: {}\n", "1: 'ruels' is no member of a rule set; did you mean 'rules'?"),
        ("- rules\n", "1: a rule set is a mapping"),
        ("rules: {\n", "2: "),
        ("aliases: {A: ['#B'], B: ['#A']}\n" + rule("'#A'"), "4: the alias 'A' is circular: A → B → A"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    """Each fault of a rule set is reported, at its line, with what to do."""
    assert [each for each in errors(tmp_path, text) if each.startswith(message)], errors(tmp_path, text)


# Queries and expressions


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("@.a === 1", True), ("@.a == '1'", True), ("@.a === '1'", False), ("@.b !== undefined", False),
        ("@.none == null", True), ("@.none === void 0", True), ("@.a && @.list", True), ("!@.none", True),
        ("@.list.length > 1 && @.list.length <= 2", True), ("@.list[1] == 'y'", True), ("@['a'] + 1 === 2", True),
        ("@.text.match(/^AB/i)", True), ("/b$/.test(@.text)", True), ("@.list.includes('x')", True),
        ("@.text.startsWith('a') || @.text.endsWith('q')", True), ("@.list.indexOf('y') === 1", True),
        ("@.list.constructor.name === 'Array'", True), ("typeof @.text === 'string'", True), ("(@.a < 1)", False),
        ("@property === 'key'", True), ("@parentProperty === 'above'", True), ("@path === \"$['above']['key']\"", True),
        ("@parent.key && @root.above", True), ("-1 < 0", True), ("@.text.toUpperCase() === 'ABB'", True),
        ("@.none.match(/x/)", False), ("@.empty", True), ("@.text >= 'aaa'", True), ("@.a - 1 === 0", True),
        ("@.hasOwnProperty('a')", True), ("@.text.includes('bb')", True),
    ],
)  # fmt: skip
def test_an_expression_means_what_it_means_in_javascript(text: str, holds: bool) -> None:
    """Filters of rule sets: comparison of both kinds, members, calls, patterns, and where the value stands."""
    value = {"a": 1, "list": ["x", "y"], "text": "abb", "empty": {}}
    root = Place({"above": {"key": value}}, "")
    above = Place({"key": value}, "/above", "above", root)

    assert truth(parse(text)(Place(value, "/above/key", "key", above))) is holds


@pytest.mark.parametrize("text", ["$[", "paths", "$.a.", "$.a b", "$[a,,b]", "$['a'x]", "$[?(@.a / 2)]", "$[?(@.a =)]"])
def test_a_query_that_cannot_be_read_is_refused(text: str) -> None:
    """Queries out of their grammar are ``Unreadable``."""
    with pytest.raises(Unreadable):
        query(text)


@pytest.mark.parametrize(
    ("pattern", "file", "fits"),
    [("*.yaml", "a.yaml", True), ("*.yaml", "b/a.yaml", False), ("**/*.yaml", "b/a.yaml", True),
     ("**/*.yaml", "a.yaml", True), ("./a.{yaml,json}", "a.json", True), ("b/**", "b/c/a.yaml", True),
     ("?.yaml", "ab.yaml", False)],
)  # fmt: skip
def test_patterns_of_files(pattern: str, file: str, fits: bool) -> None:
    """``*`` is within a name, ``**`` any folders, braces alternatives."""
    assert bool(compiled(f"^(?:{braced(pattern)})$").finds(file)) is fits


# In a project


def test_files_of_rules_are_named_in_settings_and_by_an_option(tmp_path: Path) -> None:
    """``rules`` of the settings, relative to their file, and ``--rules``; a fault of such a file is a usage error."""
    (tmp_path / "api").mkdir()
    (tmp_path / "api/things.openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "rules.yaml").write_text(rule("operation", description="A summary."))
    (tmp_path / ".connectors.toml").write_text('rules = ["rules.yaml"]\nseverity = {acme = "error"}\n')

    def run(*arguments: str) -> Done:
        return command("validate", *arguments, cwd=tmp_path / "api")

    code, out, _ = run("things.openapi.yaml")
    assert (code, "things.openapi.yaml:6:5: error: A summary. [acme]" in out) == (1, True)
    assert "A summary." in run("--explain", "acme")[1]
    assert run("things.openapi.yaml", "--format", "markdown").stdout.startswith("## Errors\n")
    (tmp_path / "more.yaml").write_text(rule("operation").replace("acme", "again"))
    assert "[again]" in run("things.openapi.yaml", "--rules", "../more.yaml")[1]
    (tmp_path / "rules.yaml").write_text(rule("opertion"))
    code, _, err = run("things.openapi.yaml")
    assert (code, "rules.yaml:3:12: error: 'opertion' is neither a kind of node" in err) == (2, True)
