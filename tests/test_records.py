"""What commands print as records: the formats of ``--output``, and what ``--filter`` selects."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from openconnectors.cli.records import FORMATS, Printing

from .conftest import Done, command, serving

ORDERS = [
    {"id": 1, "state": "sent", "total": 12.5, "lines": [{"sku": "a,b"}]},
    {"id": 2, "state": "open", "note": 'says "hi"\nand more', "gift": True},
    {"id": 3, "state": "sent", "note": None},
]

DOCUMENT = """
swagger: "2.0"
info: {title: Orders, version: "1"}
produces: [application/json]
paths:
  /orders:
    get:
      operationId: listOrders
      x-ms-pageable: {nextLinkName: next, itemName: orders}
      parameters:
        - {name: $filter, in: query, type: string}
        - {name: state, in: query, type: string, enum: [open, sent]}
      responses: {"200": {description: fine, schema: {type: object}}}
  /order:
    get:
      operationId: getOrder
      responses: {"200": {description: fine, schema: {type: object}}}
"""


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A document, and the URL of a service that has three orders on two pages."""
    path = tmp_path / "orders.swagger.yaml"
    path.write_text(DOCUMENT)

    @Request.application
    def application(request: Request) -> Response:
        if request.path == "/order":
            value: Any = ORDERS[0]
        elif "page" in request.args:
            value = {"orders": ORDERS[2:]}
        else:
            value = {"orders": ORDERS[:2], "next": f"{request.host_url}orders?page=2"}
        return Response(json.dumps(value), content_type="application/json")

    with serving(make_server("127.0.0.1", 0, application, threaded=True)) as url:
        yield str(path), url


def _call(orders: tuple[str, str], *arguments: str) -> Done:
    path, url = orders
    done = command("call", path, *arguments, "--base-url", url)
    assert (done.returncode, done.stderr) == (0, "")
    return done


def test_a_page_is_printed_record_by_record(orders: tuple[str, str]) -> None:
    """A table, lines of JSON and comma-separated values have a record for each item of a page."""
    lines = _call(orders, "list_orders", "--output", "ndjson").stdout
    assert [json.loads(line) for line in lines.splitlines()] == ORDERS[:2]

    table = _call(orders, "list_orders", "--output", "table").stdout.splitlines()
    assert table[0].split() == ["id", "state", "total", "lines", "note", "gift"]
    assert [line.split()[:2] for line in table[1:]] == [["1", "sent"], ["2", "open"]]

    rows = list(csv.DictReader(StringIO(_call(orders, "list_orders", "--output", "csv").stdout)))
    assert [row["note"] for row in rows] == ["", 'says "hi"\nand more']
    assert (rows[0]["lines"], rows[1]["gift"]) == ('[{"sku": "a,b"}]', "true")


def test_json_is_the_value_as_it_is(orders: tuple[str, str]) -> None:
    """``--output json`` prints what a call without options prints: the whole of the value."""
    assert _call(orders, "list_orders", "--output", "json").stdout == _call(orders, "list_orders").stdout


@pytest.mark.parametrize("form", FORMATS)
def test_items_of_every_page_have_the_formats(form: str, orders: tuple[str, str]) -> None:
    """``--items`` follows the pages in each format."""
    out = _call(orders, "list_orders", "--items", "--output", form).stdout

    assert sum(out.count(state) for state in ("sent", "open")) == 3


def test_a_path_selects_in_the_value(orders: tuple[str, str]) -> None:
    """``--filter`` is a JSONPath of RFC 9535; what it selects is a list."""
    path = "$.orders[?@.state=='sent'].id"
    assert json.loads(_call(orders, "get_order", "--filter", "$.lines[*].sku").stdout) == ["a,b"]

    assert command("call", "--filter", path, *_at(orders)).stdout == "[\n  1\n]\n"
    assert command("call", "--filter", path, "--output", "csv", *_at(orders)).stdout == "value\n1\n"


def _at(orders: tuple[str, str]) -> list[str]:
    path, url = orders
    return [path, "list_orders", "--base-url", url]


def test_a_path_selects_among_items_one_by_one(orders: tuple[str, str]) -> None:
    """With ``--items`` a path selects in a list of each item, so that they are printed as they come."""
    done = command("call", "--filter", "$[?@.state=='sent'].id", *_at(orders), "--items")

    assert (done.returncode, done.stdout) == (0, "1\n3\n")


def test_an_argument_keeps_its_name(orders: tuple[str, str]) -> None:
    """An operation with an argument of that name takes it; the option is then one of ``call``."""
    done = command("call", "--output", "json", *_at(orders), "--filter", "id eq 1", "--dry-run")

    assert (done.returncode, "?$filter=id%20eq%201" in done.stdout) == (0, True), done.stdout
    assert "--filter JSONPATH" not in command("call", orders[0], "list_orders", "--help").stdout


def test_choices_are_records(orders: tuple[str, str]) -> None:
    """``--choices`` prints the values that may be given for a parameter, and calls nothing else."""
    out = _call(orders, "list_orders", "--choices", "state", "--output", "csv").stdout
    assert out == "value,title\nopen,open\nsent,sent\n"

    done = command("call", *_at(orders), "--choices", "stat")
    assert (done.returncode, "did you mean 'state'" in done.stderr) == (2, True)


@pytest.mark.parametrize("line", ["list", "connections list", "show twilio", "show twilio list_messages"])
def test_every_command_with_records_has_the_formats(line: str) -> None:
    """The same records in each format; what a path selects is printed in each, too."""
    arguments = line.split()
    lines = command(*arguments, "--output", "ndjson").stdout.splitlines()
    table = command(*arguments, "--output", "table").stdout.splitlines()
    rows = list(csv.reader(StringIO(command(*arguments, "--output", "csv").stdout)))

    assert sum(not line.startswith(" ") for line in table) == len(rows) == len(lines) + 1
    assert all(list(json.loads(line)) == rows[0] for line in lines)
    assert isinstance(json.loads(command(*arguments, "--filter", "$.*", "--output", "json").stdout), list)


@pytest.mark.parametrize("path", ["$[?", "name", "$..", "$[?@.a==1e400]", "$[?nothing(@)]"])
def test_a_wrong_path_is_wrong_usage(path: str) -> None:
    """Exit code 2, with the path and what is wrong with it."""
    done = command("list", "--filter", path)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"--filter {path!r} is not a JSONPath (RFC 9535): " in done.stderr


def test_columns_are_those_of_all_records(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns are in the order in which they come up; records that are not objects have the column ``value``."""
    Printing("csv").print_value([{"a": 1}, {"b": None, "a": 2}, 3], "json")

    assert capsys.readouterr().out == "a,b,value\n1,,\n2,,\n,,3\n"
