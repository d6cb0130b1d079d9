"""``connectors docs``: what a page says is what the document says, and nothing on it acts."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from lxml.html import document_fromstring
from markdown_it import MarkdownIt

import openconnectors
from openconnectors import BadRequest, registry
from openconnectors.cli import app
from openconnectors.cli.arguments import flags_of
from openconnectors.cli.commands.call import RESERVED
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.http import Headers, Request, Response
from openconnectors.engine.masking import revealed
from openconnectors.engine.pages import html, markdown, texts
from openconnectors.engine.pages.examples import Names, connection_of
from openconnectors.engine.pages.reading import page
from openconnectors.engine.pages.records import Page
from openconnectors.loading import service_of
from openconnectors.pages import FORMATS, pages
from tests.conftest import ROOT, SHARED, command

REFERENCE = yaml.safe_load(Path(__file__).with_name("twilio_reference.yaml").read_text("utf-8"))
SEED = SHARED / "seed/twilio-connector.md"
BODY_TYPE = {"sendMessageRequest": "SendMessageRequest"}  # the page leaves this cell empty
NOT_DEFINED = {"not defined": "Capabilities"}  # and calls the type of a definition "not defined"
FURTHER_PARAMETERS = {"List Messages": ["DateSent<", "DateSent>"]}
FURTHER_RESPONSES = {"Send Message": ["201"]}


def page_of(name: str) -> Page:
    """The page of a connector, as the command has it."""
    ((_, described),) = pages([name], lambda plan: flags_of(plan, RESERVED))
    return described


@pytest.fixture(scope="module")
def twilio_page() -> Page:
    return page_of("twilio")


# The reference page, table by table

Tables = dict[str, list[list[dict[str, str]]]]


def tables_of(text: str) -> Tables:
    """The tables of a Markdown page below each heading: rows of cells by their columns."""
    tables: Tables = {}
    heading, row, cell, columns = "", [""], "", [""]
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "inline":
            cell = "".join(child.content for child in token.children or () if child.type in ("text", "code_inline"))
        elif token.type == "heading_close":
            heading = cell
        elif token.type == "table_open":
            columns = []
            tables.setdefault(heading, []).append([])
        elif token.type == "tr_open":
            row = []
        elif token.type in ("th_close", "td_close"):
            (columns if token.type == "th_close" else row).append(cell.strip())
            cell = ""
        elif token.type == "tr_close" and row:
            tables[heading][-1].append(dict(zip(columns, row, strict=True)))
    return tables


@pytest.fixture(scope="module")
def written(twilio_page: Page) -> Tables:
    return tables_of(markdown.connector_page(twilio_page))


def _cells(table: list[dict[str, str]], *columns: str) -> list[list[str]]:
    return [[row[column] for column in columns] for row in table]


def test_the_connection_is_that_of_the_reference_page(written: Tables) -> None:
    """The table of the connection has the rows of the reference page."""
    (table,) = written["Connection"]
    assert _cells(table, "Property", "Required", "Description") == REFERENCE["connection"]


def test_the_triggers_and_actions_are_those_of_the_reference_page(written: Tables) -> None:
    """There are no triggers, and the actions of the reference page are listed."""
    ((row,),) = written["Triggers and actions"]
    assert row["Triggers"] == "None"
    assert {action["title"] for action in REFERENCE["actions"]} <= {
        title for title in written if title in row["Actions"]
    }


@pytest.mark.parametrize("wanted", REFERENCE["actions"], ids=lambda row: row["title"])
def test_an_action_is_that_of_the_reference_page(written: Tables, twilio_page: Page, wanted: Any) -> None:
    """The tables of each action have the rows of the reference page, in its order, and those that the service has
    beside them."""
    title = wanted["title"]
    columns = ("Name", "Data Type", "Required", "Located In", "Default Value", "Description")
    (table,) = written[title]
    rows = [[name, BODY_TYPE.get(name, kind), *rest] for name, kind, *rest in wanted["parameters"]]
    assert _cells(table, *columns)[: len(rows)] == rows
    assert [row["Name"] for row in table[len(rows) :]] == FURTHER_PARAMETERS.get(title, [])
    text = markdown.connector_page(twilio_page)
    section = text[text.index(f"\n### {title}\n") :].partition("\n### ")[2].partition("\n### ")[0]
    assert f"`{wanted['method']}: {wanted['path']}`" in section
    assert wanted["description"] in section
    (responses,) = tables_of(section)["Responses"]
    further = FURTHER_RESPONSES.get(title, [])
    assert [row for row in _cells(responses, "Name", "Description") if row[0] not in further] == wanted["answers"]


@pytest.mark.parametrize("wanted", REFERENCE["definitions"], ids=lambda row: row["name"])
def test_a_definition_is_that_of_the_reference_page(written: Tables, wanted: Any) -> None:
    """The table of each definition has the rows of the reference page, and no other."""
    (table,) = written[wanted["name"]]
    rows = [[name, NOT_DEFINED.get(kind, kind), needed] for name, kind, needed in wanted["properties"]]
    assert _cells(table, "Property Name", "Data Type", "Required") == rows


@pytest.mark.skipif(not SEED.exists(), reason="the reference page is not here; its rows are in twilio_reference.yaml")
def test_the_rows_are_those_of_the_reference_page() -> None:
    """twilio_reference.yaml has every row of every table of the reference page."""
    text = re.sub(r"(?m)^(###? Response)\n", r"\n\1\n\n", SEED.read_text("utf-8"))
    read: Tables = {}
    for part in re.split(r"(?m)^(?=### (?!Response))", text):  # each action has a table called Response
        for heading, tables in tables_of(part).items():
            title = part[4:].partition("\n")[0].strip() if heading == "Response" else ""
            read[f"{title}: Response" if title else heading] = tables
    assert _rows(read["Create a connection to Twilio"]) == REFERENCE["connection"]
    for action in REFERENCE["actions"]:
        assert _rows(read[action["title"]]) == action["parameters"]
        assert _rows(read[f"{action['title']}: Response"]) == action["answers"]
    for definition in REFERENCE["definitions"]:
        assert _rows(read[f"{definition['name']}: {definition['description']}"]) == definition["properties"]


def _rows(tables: list[list[dict[str, str]]]) -> list[list[str]]:
    (table,) = tables
    return [list(row.values()) for row in table]


def test_the_html_page_has_the_rows_of_the_markdown_page(twilio_page: Page, written: Tables) -> None:
    """The tables of parameters, responses and definitions in HTML have the names of those in Markdown, in order, under
    a caption and with headings of columns and rows."""
    root = document_fromstring(html.connector_page(twilio_page))
    for table in root.iter("table"):
        assert table.findtext("caption")
        assert {cell.get("scope") for cell in table.iterfind("thead/tr/th")} == {"col"}
    for title in ("Get Message", "List Messages", "Send Message"):
        (table,) = root.xpath("//table[caption=$caption]", caption=f"Parameters of {title}")
        assert table.xpath("tbody/tr/th[@scope='row']/code/text()") == [row["Name"] for row in written[title][0]]
    for definition in REFERENCE["definitions"]:
        (table,) = root.xpath("//table[caption=$caption]", caption=f"Properties of {definition['name']}")
        assert table.xpath("tbody/tr/th/code/text()") == [row[0] for row in definition["properties"]]


# Examples


class Recorder:
    """A transport that sends nothing: it keeps each request, and refuses it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def send(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(400, Headers())


def parts_of(text: str) -> tuple[str, str, Any]:
    """Method, URL and body of a request as a dry run or an example shows it; query parameters of credentials left
    out."""
    head, _, body = text.strip().partition("\n\n")
    lines = head.split("\n")
    method, url = lines[0].removesuffix(" HTTP/1.1").split(" ", 1)
    host = next((line.removeprefix("Host: ") for line in lines if line.startswith("Host: ")), "")
    parts = urlsplit(url)
    query = "&".join(pair for pair in parts.query.split("&") if not pair.endswith("=***"))
    with suppress(ValueError):
        body = json.loads(body)
    is_upload = "multipart/" in head  # a dry run shows its size alone
    return method, f"{parts.netloc or host}{parts.path}?{query}", None if is_upload else body


@pytest.mark.parametrize("name", [path.name.partition(".")[0] for path in sorted((ROOT / "spec").glob("*.yaml"))])
def test_the_examples_of_an_operation_are_one_request(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """For every operation of a built-in connector, the example in Python and that on the command line make the request
    that is shown in HTTP."""
    described = page_of(name)
    service = service_of(registry.find(name))
    connection = connection_of(service)
    assert connection is not None
    values = {key: revealed(value) for key, value in connection.values.items()}
    for value in described.connection:
        monkeypatch.setenv(value.environment[0], values[value.name])
    monkeypatch.chdir(tmp_path)
    Path("FILE").write_bytes(b"example")
    recorder = Recorder()
    package = SimpleNamespace(load=lambda name: openconnectors.load(name, transport=recorder))
    for operation in described.operations:
        examples = operation.examples
        assert all((examples.python, examples.command, examples.http)), operation.id
        with suppress(BadRequest):
            exec(examples.python.replace("import openconnectors\n", ""), {"openconnectors": package})
        words = shlex.split(examples.command.replace("\\\n", ""))
        done, shown = app.run([*words[1:], "--dry-run"]), capsys.readouterr()
        assert (done, shown.err) == (0, ""), examples.command
        assert parts_of(shown.out) == parts_of(examples.http), examples.command
        assert parts_of(str(recorder.requests.pop())) == parts_of(examples.http), examples.python


def test_the_start_names_the_values_of_a_connection(tmp_path: Path) -> None:
    """How a connector is loaded names the values that it needs, all where none is required; the words for a document
    that is found by its path are those for a path, whatever its name."""
    start = page_of("twilio").start
    assert '"account_id": "…"' in start.python
    assert start.environment.split() == ["export", "TWILIO_ACCOUNT_SID=…", "export", "TWILIO_AUTH_TOKEN=…"]
    assert '"api_key": "…"' in page_of("petstore").start.python
    path = tmp_path / "my api.swagger.yaml"
    shutil.copyfile(ROOT / "spec/twilio.swagger.yaml", path)
    start = page_of(str(path)).start
    assert (start.command, start.environment) == (f"connectors connect '{path}' --as NAME", "")
    assert f'openconnectors.load_file("{path}", connection=' in start.python


# What a document says does not act

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>`</code>`'
LINKS = "[a](javascript:alert(1)) [b]: <javascript:alert(1)> ![i](https://example.com/i.png) [d](data:text/html,x)"


def hostile_document(document: dict[str, Any]) -> dict[str, Any]:
    """A document like Twilio's with a hostile text in each place that a page shows."""
    document = _hostile(document)
    name = "<script>alert(1)</script>"
    parameter = {"name": name, "in": "query", "type": "string", "enum": [HOSTILE], "default": HOSTILE}
    listing = document["paths"]["/Messages.json"]["get"]
    listing["parameters"].append(parameter)
    listing["responses"][name] = {"description": HOSTILE}
    document["definitions"]["Message"]["properties"][HOSTILE] = {"type": "string"}
    return document


def _hostile(node: Any) -> Any:
    if isinstance(node, dict):
        shown = ("title", "summary", "description", "x-ms-summary", "displayName")
        return {
            key: f"{HOSTILE} {LINKS}" if key in shown and isinstance(value, str) else _hostile(value)
            for key, value in node.items()
        }
    return [_hostile(item) for item in node] if isinstance(node, list) else node


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Page:
    document = hostile_document(yaml.safe_load((ROOT / "spec/twilio.swagger.yaml").read_text("utf-8")))
    path = tmp_path_factory.mktemp("hostile") / "api.swagger.yaml"
    path.write_text(json.dumps(document), "utf-8")
    return page_of(str(path))


def test_texts_of_a_document_are_inert_in_html(hostile: Page) -> None:
    """A script, an image, an event handler and a link of another kind in titles, descriptions, names, enumerations and
    defaults are text: the page has its own script alone, and loads nothing of theirs."""
    links = [html.link_to(hostile, "api.html")]
    for text in (html.connector_page(hostile), html.index_page(links, HOSTILE)):
        root = document_fromstring(text)
        assert {script.get("src") for script in root.iter("script")} <= {"assets/pages.js", "assets/operations.js"}
        assert not list(root.iter("img", "iframe", "object", "embed", "base"))
        assert [name for node in root.iter() for name in node.attrib if name.startswith("on")] == []
        schemes = {urlsplit(link.get("href")).scheme for link in root.iter("a")}
        assert schemes <= {"", "https"}, schemes
        assert "<script>alert" in root.text_content()
    assert "<" not in html.search_script(links)


def test_texts_of_a_document_are_inert_in_markdown(hostile: Page) -> None:
    """Read with HTML on, the Markdown of a hostile document has no HTML but the page's anchors and line breaks, no
    image, and no link of another kind."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    tokens = reader.parse(markdown.connector_page(hostile))
    every = [*tokens, *(child for token in tokens for child in token.children or ())]
    active = {token.content.strip() for token in every if token.type in ("html_inline", "html_block")}
    assert {
        text for text in active if not re.fullmatch(r'<a id="[\w.-]+">|</a>|<br>|<a id="[\w.-]+"></a>', text)
    } == set()
    assert [token for token in every if token.type == "image"] == []
    links = {str(token.attrGet("href")).partition(":")[0] for token in every if token.type == "link_open"}
    assert {link for link in links if not link.startswith("#")} <= {"https"}


def test_descriptions_are_commonmark() -> None:
    """Lists, code, links and tables of a description are rendered; tags that only format leave what they enclose, a
    heading is a paragraph, and code keeps its tags."""
    assert texts.html("# A\n\n- *b*\n- `<p>`") == (
        "<p><strong>A</strong></p>\n<ul>\n<li><em>b</em></li>\n<li><code>&lt;p&gt;</code></li>\n</ul>"
    )
    assert texts.html("<p>One <b>two</b></p><p>List<String></p>") == "<p>One two</p>\n<p>List&lt;String&gt;</p>"
    assert texts.html("See:<ul><li><p>One</p></li><li>Two</li></ul>") == (
        "<p>See:</p>\n<ul>\n<li>\n<p>One</p>\n</li>\n<li>\n<p>Two</p>\n</li>\n</ul>"
    )
    assert texts.html("[x](https://example.com/?a=1&b=2)") == (
        '<p><a href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer">x</a></p>'
    )
    assert 'role="group"' in texts.html("|a|\n|-|\n|b|")


def test_a_secret_is_in_no_page(tmp_path: Path) -> None:
    """Neither a value that the environment has, nor the default of a secret parameter, nor what a policy sets is in a
    page."""
    document = yaml.safe_load((ROOT / "spec/twilio.swagger.yaml").read_text("utf-8"))
    parameters = document["x-connector-properties"]["connectionParameters"]
    parameters["access_token"]["default"] = parameters["access_token"]["defaultValue"] = "hush-hush"
    path = tmp_path / "twilio.swagger.yaml"
    path.write_text(json.dumps(document), "utf-8")
    for form in FORMATS.values():
        text = "".join(text for _, text in form([("twilio", page_of(str(path)))], True))
        assert "hush" not in text
        assert "stand-in" not in text


# The command


def test_the_page_of_the_command_runs(tmp_path: Path) -> None:
    """What docs/pages.md shows runs, and writes the files that it names."""
    (tmp_path / "specs").mkdir()
    shutil.copyfile(ROOT / "docs/library.swagger.yaml", tmp_path / "specs/crm.swagger.yaml")
    lines = re.findall(r"(?m)^connectors (.+)$", (ROOT / "docs/pages.md").read_text("utf-8"))
    assert lines
    for line in lines:
        assert command(*shlex.split(line), cwd=tmp_path).returncode == 0, line
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written >= {"site/index.html", "site/twilio.html", "site/slack.html", "site/crm.html", "docs/twilio.md"}
    assert written >= {"site/assets/pages.css", "site/assets/pages.js", "site/assets/operations.js"}


PARTS = 6


@pytest.mark.long
@pytest.mark.skipif(not (SHARED / "corpus").exists(), reason="the corpus of published documents is not here")
@pytest.mark.parametrize("corpus", ["microsoft", "openapi3"])
@pytest.mark.parametrize("part", range(PARTS))
def test_every_published_document_has_its_pages(corpus: str, part: int) -> None:
    """Every published connector, and every document of OpenAPI 3.x, that can be read has its pages: an example of each
    operation that can be called, links that lead to parts of the page, ids that are used once, and no script but
    ours."""
    for entry in list(registry.below(SHARED / "corpus" / corpus))[part::PARTS]:
        try:
            service = service_of(entry)
        except InvalidDocument:
            continue
        names = Names(str(entry.document), True)
        described = page(names, entry.name, service, lambda plan: flags_of(plan, RESERVED), lambda value: ())
        assert all(operation.problem or operation.examples.python for operation in described.operations), entry.document
        root = document_fromstring(html.connector_page(described))
        ids = [node.get("id") for node in root.iter() if node.get("id")]
        assert len(ids) == len(set(ids)), entry.document
        links = {link.get("href")[1:] for link in root.iter("a") if link.get("href").startswith("#")}
        assert {link for link in links if not _is_of_a_description(root, link)} <= set(ids), entry.document
        assert [script.get("src") for script in root.iter("script")] == ["assets/pages.js"]
        assert markdown.connector_page(described)


def _is_of_a_description(root: Any, anchor: str) -> bool:
    """Whether only descriptions link to a part: to one of the vendor's own page."""
    return all(link.get("rel") for link in root.iter("a") if link.get("href") == f"#{anchor}")
