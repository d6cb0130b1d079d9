"""Checks of documents: every seeded fault at its line, no false alarm, repairs, reports, configuration."""

from __future__ import annotations

import json
import random
import re
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft7Validator
from msgspec.structs import replace
from sarif_pydantic import Sarif

from openconnectors import registry
from openconnectors.cli.reports import REPORTS
from openconnectors.engine.documents import document, loader
from openconnectors.engine.errors import ConnectorError, Diagnostic, UnknownName
from openconnectors.engine.lint import RULES, Settings, explain, microsoft, validate
from openconnectors.engine.lint.patterns import backtracks, not_ecma
from openconnectors.engine.plan.plan import Plan
from openconnectors.engine.values.body import Compiler
from tests import faults
from tests.conftest import command
from tests.rules_page import page
from tests.test_cli import run

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
BUILT_IN = [entry for entry in registry.entries().values() if entry.source == "built in"]


# Faults


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[faults.Case]]]:
    folder = tmp_path_factory.mktemp("faults")
    cases = faults.seeded(faults.sources_below(ROOT / "spec", 12), folder, 1)
    by_kind: dict[str, list[faults.Case]] = {}
    for case in cases:
        by_kind.setdefault(case.kind, []).append(case)
    return folder, by_kind


@pytest.mark.parametrize("kind", [*faults.KINDS, *faults.TEXTS, *faults.PROPERTIES])
def test_a_seeded_fault_is_found_at_its_line(kind: str, seeded: tuple[Path, dict[str, list[faults.Case]]]) -> None:
    """Every seeded fault in a built-in document is found at its line."""
    folder, cases = seeded
    if kind not in cases:
        pytest.skip("none of the built-in documents can have this fault")
    for case in cases[kind]:
        findings = validate(folder / case.file, folder / case.properties if case.properties else None)
        assert case.places & {(Path(item.file).name, item.line) for item in findings}, [str(item) for item in findings]


@pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)
def test_the_built_in_documents_are_right(entry: registry.Entry) -> None:
    """The built-in documents have no finding above info."""
    assert [str(finding) for finding in validate(entry.document, entry.properties) if finding.severity != "info"] == []


@pytest.mark.parametrize("seed", range(8))
def test_no_document_breaks_the_checks(seed: int, tmp_path: Path) -> None:
    """Checks of mutated documents give findings and raise nothing; loading raises only errors of the tree."""
    odd: list[Any] = [None, True, 0, -1, 1.5, "", "x", "#/definitions/x", [], [1], {}, {"$ref": "#"}, {"$ref": 3}]
    for entry in BUILT_IN:
        rng = random.Random(f"{entry.name} {seed}")  # noqa: S311 - the same documents in every run
        root = json.loads(json.dumps(document.read(entry.document).root))  # without what YAML shares
        for _ in range(12):
            holder: Any = root
            while isinstance(holder, (dict, list)) and holder:
                key: Any = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
                if rng.random() < 0.25 or not isinstance(holder[key], (dict, list)):
                    holder[key] = json.loads(json.dumps(rng.choice(odd)))
                    break
                holder = holder[key]
        path = tmp_path / f"{entry.name}.swagger.json"
        path.write_text(json.dumps(root))
        validate(path, None, Settings(profile="microsoft"))
        with suppress(ConnectorError):
            service = loader.load(path)
            for operation in service.operations.values():
                _ = Plan(Compiler(service), operation).arguments


def test_scopes_of_another_type_are_one_finding(tmp_path: Path) -> None:
    """An OAuth 2.0 scheme whose scopes are a number is reported by its structure, and breaks no other rule."""
    path = tmp_path / "a.swagger.yaml"
    flow = "{type: oauth2, flow: application, tokenUrl: 'https://a.example/token', scopes: 1.5}"
    path.write_text(
        f"swagger: '2.0'\ninfo: {{title: A, version: '1'}}\nhost: a.example\nschemes: [https]\n"
        f"securityDefinitions: {{o: {flow}}}\nsecurity: [{{o: [read]}}]\npaths: {{}}\n"
    )

    assert "structure-type" in _rules(path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the corpus is not here")
@pytest.mark.long
def test_the_corpus_can_be_checked() -> None:
    """Every document of the corpus can be checked in Microsoft's profile."""
    for entry in registry.below(SHARED / "corpus"):
        validate(entry.document, entry.properties, Settings(profile="microsoft"))


@pytest.mark.parametrize(
    ("pattern", "right"),
    [
        ("^[a-z]+$", True),
        (r"^(?!x)\d{2,}(?<name>a)\k<name>$", True),
        (r"[\w-]+@[\w.]+", True),
        (r"\/a\-b", True),
        ("(", False),
        ("a{2,1}", False),
        (r"(?P<x>a)", False),
        (r"\Aab\Z", False),
        ("(?i)abc", False),
        ("a++", False),
        ("[[:alpha:]]", False),
    ],
)
def test_patterns_of_ecma_262(pattern: str, right: bool) -> None:
    """A pattern is accepted exactly if it is a regular expression of ECMA-262."""
    assert (not_ecma(pattern) is None) == right


@pytest.mark.parametrize(
    ("pattern", "slow"),
    [
        ("(a+)+$", True),
        ("(a|a)*$", True),
        (r"(\d*)*x", True),
        (r"^([\w.]+)+@", True),
        (r"^\d+(\.\d+)*$", False),
        ("^[a-z]+(-[a-z]+)*$", False),
        ("(ab)+c", False),
        ("^a{1,5}b+$", False),
    ],
)
def test_patterns_without_bound(pattern: str, slow: bool) -> None:
    """Patterns with nested or ambiguous repetition are recognised as exponential; others are not."""
    assert backtracks(pattern) == slow


# Microsoft's profile


def test_the_page_of_the_rules_is_that_of_the_table() -> None:
    """docs/rules.md is what the table of rules generates."""
    assert (ROOT / "docs/rules.md").read_text("utf-8") == page(), "write it anew with: python -m tests.rules_page"


@pytest.mark.skipif(not SHARED.is_dir(), reason="Microsoft's list of rules is not here")
def test_microsofts_rules_are_those_of_its_list() -> None:
    """The rules of the Microsoft profile in Microsoft's spelling, with the undecided ones, are Microsoft's list."""
    listed = (SHARED / "facts/microsoft-rules.tsv").read_text("utf-8").splitlines()[1:]
    ids = {line.split("\t")[1] for line in listed}
    ours = {rule.id for rule in RULES.values() if rule.profile == "microsoft" and rule.id[0].isupper()}
    assert ours | set(microsoft.UNDECIDED) == ids


def test_findings_have_microsofts_ids_in_its_profile(tmp_path: Path) -> None:
    """Findings have Microsoft's rule ids in its profile, and only there."""
    path = tmp_path / "a.swagger.json"
    path.write_text(
        json.dumps(
            {
                "swagger": "2.0",
                "info": {"title": "My API.", "version": "1"},
                "paths": {
                    "/a/{id}": {
                        "get": {
                            "parameters": [{"name": "connectionId", "in": "query", "type": "string", "default": 1}],
                            "responses": {"default": {"description": "any", "schema": {"type": "object"}}},
                        }
                    }
                },
            },
            indent=1,
        )
    )
    rules = {finding.rule for finding in validate(path, None, Settings(profile="microsoft"))}
    assert rules >= {
        "ConnectionIdParameterNotAllowed", "ConnectorMetadataPropertiesMissing", "DefaultResponseHasSchema",
        "DefaultValueMustMatchType", "OperationIdRequired", "OperationMissingPathParameter",
        "ValueContainsRestrictedWords", "ValueMustEndWithAlphanumeric",
    }  # fmt: skip
    assert not any(
        finding.profile == "microsoft"
        for name in {finding.rule for finding in validate(path)}
        if (finding := RULES[name])
    )


def test_microsofts_ids_are_selected_ignored_and_graded(wrong: Path) -> None:
    """select, ignore and severity take Microsoft's ids, and ignore takes ours too."""

    def rules(**options: Any) -> list[str]:
        return [finding.rule for finding in validate(wrong, None, Settings(profile="microsoft", **options))]

    assert rules(select=("PathParameterMustBeRequired",)) == ["PathParameterMustBeRequired"]
    assert "PathParameterMustBeRequired" not in rules(ignore=("PathParameter*",))
    assert "PathParameterMustBeRequired" not in rules(ignore=("parameter-optional-path",))
    graded = Settings(profile="microsoft", severity=(("PathParameterMustBeRequired", "info"),))
    findings = [finding for finding in validate(wrong, None, graded) if finding.rule == "PathParameterMustBeRequired"]
    assert [finding.severity for finding in findings] == ["info"]


# Settings


WRONG = """
swagger: "2.0"
info: {title: Things, version: "1"}
paths:
  /things/{id}:
    get:
      operationId: readThing
      parameters:
        # the id of a thing
        - name: id
          in: path
          type: strng
        - {name: page, in: query, type: integer, x-ms-sumary: Page}
      responses:
        200: {description: fine}
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "things.swagger.yaml"
    path.write_text(WRONG)
    return path


def _rules(path: Path, settings: Settings | None = None) -> list[str]:
    return [finding.rule for finding in validate(path, None, settings) if finding.severity != "info"]


def test_rules_are_selected_ignored_and_graded(wrong: Path) -> None:
    """select, ignore and severity take rule patterns; an unknown rule is refused with the nearest name."""
    every = ["parameter-optional-path", "structure-value", "extension-misspelled"]
    assert sorted(_rules(wrong)) == sorted(every)
    assert _rules(wrong, Settings(select=("extension-*",))) == ["extension-misspelled"]
    assert "structure-value" not in _rules(wrong, Settings(ignore=("structure-*",)))
    graded = validate(wrong, None, Settings(severity=(("extension-*", "error"),)))
    assert {finding.severity for finding in graded if finding.rule == "extension-misspelled"} == {"error"}
    with pytest.raises(UnknownName, match="did you mean 'extension-misspelled'"):
        Settings(ignore=("extension-mispelled",))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type: strng", "type: strng  # connectors: ignore structure-value"),
        ("          in: path\n", "          in: path\n          x-connector-ignore: [structure-value]\n"),
        ('swagger: "2.0"\n', 'swagger: "2.0"\nx-connector-ignore: structure-*\n'),
    ],
    ids=["by a comment", "at the node", "for the whole document"],
)
def test_a_document_silences_rules(wrong: Path, old: str, new: str) -> None:
    """A comment, or x-connector-ignore at a node or at the root, silences a rule there."""
    assert "structure-value" in _rules(wrong)
    wrong.write_text(WRONG.replace(old, new))
    assert "structure-value" not in _rules(wrong)


def test_what_is_mechanical_is_fixed_and_the_rest_stays(wrong: Path) -> None:
    """--fix applies every mechanical fix and changes no other character."""
    code, _, err = run("validate", "--fix", str(wrong))
    assert (code, err) == (0, "1 document checked, no problems found\n")
    assert wrong.read_text() == (
        WRONG.replace("type: strng", "type: string")
        .replace("x-ms-sumary", "x-ms-summary")
        .replace("- name: id", "- required: true\n          name: id")
    )


def test_what_a_profile_renames_is_fixed(wrong: Path) -> None:
    """--fix applies the fixes of findings that Microsoft's profile reports under its own ids."""
    run("validate", "--profile", "microsoft", "--fix", str(wrong))
    assert "- required: true\n          name: id" in wrong.read_text()
    assert "type: string" in wrong.read_text()


def test_json_is_fixed_in_its_layout(tmp_path: Path) -> None:
    """--fix keeps every other line of a JSON document."""
    path = tmp_path / "things.swagger.json"
    root = document.parse(WRONG, "things.yaml").root
    path.write_text(json.dumps(root, indent=2))
    run("validate", "--fix", str(path))
    fixed = json.loads(path.read_text())
    assert fixed["paths"]["/things/{id}"]["get"]["parameters"][0]["required"] is True
    kept = [line for line in json.dumps(root, indent=2).split("\n") if "strng" not in line and "sumary" not in line]
    assert [line for line in path.read_text().split("\n") if line in kept] == kept


def test_known_findings_are_not_reported(wrong: Path, tmp_path: Path) -> None:
    """Findings in the baseline are not reported, even if their lines moved; new ones are."""
    known = tmp_path / "known.json"
    assert run("validate", str(wrong), "--baseline", str(known), "--write-baseline")[0] == 0
    assert run("validate", str(wrong), "--baseline", str(known))[0] == 0
    wrong.write_text("# a line more\n" + WRONG.replace("type: integer", "type: intger"))
    code, out, _ = run("validate", str(wrong), "--baseline", str(known))
    assert code == 1
    assert re.findall(r"\[([\w-]+)\]", out) == ["structure-value"]
    known.write_text("[]")
    assert run("validate", str(wrong), "--baseline", str(known))[0] == 2


def test_a_project_says_what_it_wants(wrong: Path, tmp_path: Path) -> None:
    """[tool.connectors] sets ignore, fail-on, severity and per-file-ignores; an unknown key is refused."""
    (tmp_path / "pyproject.toml").write_text(
        textwrap.dedent("""
            [tool.connectors]
            ignore = ["path-*"]
            fail-on = "warning"
            [tool.connectors.severity]
            structure-value = "warning"
            [tool.connectors.per-file-ignores]
            "*.swagger.yaml" = ["parameter-*"]
        """)
    )
    code, out, _ = command("validate", ".", cwd=tmp_path)
    assert code == 1
    assert re.findall(r":\d+: (\w+): [^\n]* \[([\w-]+)\]", out) == [
        ("warning", "structure-value"),
        ("warning", "extension-misspelled"),
    ]
    (tmp_path / "pyproject.toml").write_text('[tool.connectors]\nfail_on = "error"\n')
    code, _, err = command("validate", ".", cwd=tmp_path)
    assert (code, "did you mean 'fail-on'?" in err) == (2, True)


def test_properties_are_checked_with_their_document(wrong: Path, tmp_path: Path) -> None:
    """Whichever of the two is named: as in a hook, which names what changed."""
    beside = tmp_path / "things.properties.yaml"
    beside.write_text("connectionParameters: {key: {type: securstring}}\n")
    reports = {run("validate", str(item), "--format", "json")[1] for item in (wrong, beside, tmp_path)}
    assert len(reports) == 1
    assert "connection-parameter" in reports.pop()


WRONG_USE = [
    (["validate", "--explain", "no-such-rule"], "there is no rule"),
    (["validate", "--profile", "macrosoft", "spec"], "did you mean 'microsoft'?"),
    (["validate", "--ignore", "no-such-rule", "spec"], "there is no rule"),
    (["validate", "--fail-on", "eror", "spec"], "did you mean 'error'?"),
    (["validate", "nowhere/*.yaml"], "there is no document at nowhere/*.yaml"),
    (["validate", "--write-baseline", "spec"], "--baseline"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), WRONG_USE, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_wrong_use_exits_with_2(arguments: list[str], message: str) -> None:
    """Wrong use of validate exits with 2 and says what is wrong."""
    code, _, err = run(*arguments)
    assert (code, message in err) == (2, True), err


def test_a_rule_explains_itself() -> None:
    """--explain prints why a rule exists; every rule has a reason and a fix."""
    code, out, _ = run("validate", "--explain", "path-equivalent")
    assert code == 0
    assert explain("path-equivalent").why in out
    assert all(rule.why and rule.fix for rule in RULES.values())


# Reports


@pytest.fixture
def findings(wrong: Path) -> tuple[list[Diagnostic], str]:
    return validate(wrong), str(wrong)


SARIF = ROOT / ".testserver/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"


@pytest.mark.skipif(not SARIF.is_file(), reason="the schema of SARIF is not here; make conformance installs it")
def test_sarif_is_that_of_its_schema(findings: tuple[list[Diagnostic], str]) -> None:
    """The SARIF report is valid by the SARIF schema, also without findings and with related places."""
    schema = json.loads(SARIF.read_text("utf-8"))
    for reported in (findings[0], [], [replace(findings[0][0], related=("old.yaml", 3, 7))]):
        log = json.loads(REPORTS["sarif"](reported, [findings[1]]))
        assert [error.message for error in Draft7Validator(schema).iter_errors(log)] == []


def test_sarif_is_read_by_another_library(findings: tuple[list[Diagnostic], str]) -> None:
    """sarif-pydantic reads the report; rule ids and positions are those of the findings."""
    text = REPORTS["sarif"](findings[0], [findings[1]])
    assert Sarif.model_validate_json(text).runs[0].tool.driver.name == "connectors"
    log = json.loads(text)
    results = log["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == [finding.rule for finding in findings[0]]
    region = results[0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (findings[0][0].line, findings[0][0].column)


def test_annotations_can_be_read_back(findings: tuple[list[Diagnostic], str]) -> None:
    """Each GitHub annotation has the position, rule and escaped message of its finding."""
    lines = REPORTS["github"](findings[0], [findings[1]]).splitlines()
    assert len(lines) == len(findings[0])
    for line, finding in zip(lines, findings[0], strict=True):
        read = re.fullmatch(r"::(error|warning|notice) file=(.+),line=(\d+),col=(\d+),title=([^,:]+)::(.*)", line)
        assert read is not None
        assert (int(read[3]), int(read[4]), read[5]) == (finding.line, finding.column, finding.rule)
        assert finding.message in read[6].replace("%0A", "\n").replace("%25", "%")


def test_junit_has_a_case_for_each_rule_in_a_file(findings: tuple[list[Diagnostic], str]) -> None:
    """A case fails with the findings at or above the threshold, in properties, too; a file without any passes."""
    of_document = findings[0]
    beside = replace(of_document[0], file="things.properties.yaml", rule="connection-parameter", severity="warning")
    every = [*of_document, replace(of_document[0], line=99), beside]
    for fail_on, failing in (("error", {"error"}), ("warning", {"error", "warning"}), ("never", set())):
        text = REPORTS["junit"](every, [findings[1], "right.yaml"], fail_on)
        suite = ElementTree.fromstring(text)  # noqa: S314 - our own
        cases = [(case.get("classname"), case.get("name")) for case in suite.findall("testcase")]
        assert len(set(cases)) == len(cases) == int(suite.get("tests", ""))
        assert set(cases) == {*((each.file, each.rule) for each in every), ("right.yaml", "no findings")}
        failed = [(each.file, each.rule) for each in every if each.severity in failing]
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure")) == len(set(failed))
        lines = suite.findtext("system-out", "").splitlines()
        lines += [line for failure in suite.iter("failure") for line in (failure.text or "").splitlines()]
        assert sorted(lines) == sorted(map(str, every))


def test_junit_has_what_its_schemas_require(findings: tuple[list[Diagnostic], str]) -> None:
    """The attributes and the order of elements that the schemas of Ant and of Jenkins' xUnit ask for."""
    for reported in (findings[0], []):
        suite = ElementTree.fromstring(REPORTS["junit"](reported, [findings[1]]))  # noqa: S314 - our own
        assert {*suite.keys()} >= {"name", "timestamp", "hostname", "tests", "failures", "errors", "time"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", ""))
        order = [child.tag for child in suite]
        assert order == ["properties", *["testcase"] * (len(order) - 3), "system-out", "system-err"]
        assert all(
            {*case.keys()} >= {"classname", "name", "time"} and len(case) <= 1 for case in suite.iter("testcase")
        )
        assert all({*failure.keys()} >= {"type", "message"} for failure in suite.iter("failure"))


def test_code_quality_of_gitlab_is_stable(wrong: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each finding has a fingerprint of its own, which stays when lines move; paths are those of the repository."""
    monkeypatch.chdir(wrong.parent)
    issues = json.loads(REPORTS["gitlab"]([*validate(wrong), *validate(wrong)], [str(wrong)]))
    wrong.write_text("# a line more\n" + WRONG)
    moved = json.loads(REPORTS["gitlab"]([*validate(wrong), *validate(wrong)], [str(wrong)]))

    prints = [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == len(prints)
    assert prints == [issue["fingerprint"] for issue in moved]
    assert {issue["severity"] for issue in issues} <= {"info", "minor", "major", "critical", "blocker"}
    assert issues[0]["location"]["path"] == "things.swagger.yaml"
    assert issues[0]["location"]["lines"]["begin"] + 1 == moved[0]["location"]["lines"]["begin"]


def test_sarif_says_where_a_finding_ends_and_helps(wrong: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """URIs are relative to the repository and encoded; a region has its end; a rule has a page and its level."""
    (wrong.parent / ".git").mkdir()
    path = wrong.parent / "my api" / "50% ü#1.yaml"
    path.parent.mkdir()
    path.write_text(WRONG)
    monkeypatch.chdir(path.parent)
    run = json.loads(REPORTS["sarif"](validate(Path(path.name)), [path.name]))["runs"][0]

    places = {result["ruleId"]: result["locations"][0]["physicalLocation"] for result in run["results"]}
    assert places["structure-value"]["artifactLocation"] == {"uri": "my%20api/50%25%20%C3%BC%231.yaml"}
    line = WRONG.split("\n")[places["structure-value"]["region"]["startLine"] - 1]
    region = places["structure-value"]["region"]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "strng"
    rules = run["tool"]["driver"]["rules"]
    assert all(rule["helpUri"].startswith("https://") and rule["defaultConfiguration"]["level"] for rule in rules)


def test_sarif_keeps_to_the_limits_of_github(
    findings: tuple[list[Diagnostic], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More results than GitHub takes are cut, the least severe first, and the log says so."""
    monkeypatch.setattr("openconnectors.cli.reports.sarif_log._RESULTS", 25)
    graded = [replace(findings[0][0], severity=severity) for severity in ("info", "error")]
    run = json.loads(REPORTS["sarif"]([*graded[:1] * 25, *graded[1:] * 10], [findings[1]]))["runs"][0]

    assert len(run["results"]) == 25
    assert sum(result["level"] == "error" for result in run["results"]) == 10
    notifications = run["invocations"][0]["toolExecutionNotifications"]
    assert notifications[0]["message"]["text"] == "10 of 35 findings are left out, the least severe"


def test_markdown_is_inert(findings: tuple[list[Diagnostic], str]) -> None:
    """Text of a document is no markup in a summary, and stays in its line."""
    finding = replace(findings[0][0], message="a | b\n<script> `x` [y](z) *w* # ~~v~~")
    line = REPORTS["markdown"]([finding], ["a.yaml"]).splitlines()[2]

    assert line.startswith(r"- a \| b &lt;script> \`x\` \[y\](z) \*w\* \# \~\~v\~\~ (")


@pytest.mark.parametrize("form", [*REPORTS])
def test_no_report_repeats_a_secret(form: str, wrong: Path) -> None:
    """No report shows a secret found in a document."""
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    wrong.write_text(WRONG.replace("description: fine", f"description: {secret}"))
    findings = validate(wrong)
    assert "secret-committed" in {finding.rule for finding in findings}
    assert secret not in REPORTS[form](findings, [str(wrong)])


@pytest.mark.parametrize("form", [*REPORTS])
def test_every_report_can_be_of_nothing(form: str) -> None:
    """Every report can be made of no findings."""
    REPORTS[form]([], ["right.yaml"])


def test_a_long_line_is_cut_around_its_fault(tmp_path: Path) -> None:
    """A long source line is cut to 120 characters around the finding's caret."""
    path = tmp_path / "one.swagger.json"
    path.write_text(json.dumps(document.parse(WRONG, "a.yaml").root))
    _, out, _ = run("validate", str(path), "--select", "structure-value")
    message, shown, caret, _ = out.splitlines()
    assert shown[caret.index("^")] == '"'
    assert shown[caret.index("^") :].startswith('"strng"')
    assert len(shown) < 120
    assert message.endswith("[structure-value]")
