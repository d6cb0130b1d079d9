"""The commands, in the order in which ``connectors --help`` lists them.

A command is one module here, called as the command, whose ``command`` is a click command; and one row of ``COMMANDS``.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Row(Struct, frozen=True):
    """What is known of a command without its module: its help in one sentence, with which the longer help in the module
    begins, and the extra whose packages the module imports."""

    help: str
    extra: str = "cli"


COMMANDS: Mapping[str, Row] = {
    "list": Row("List the connectors that are found by name, and where each comes from."),
    "show": Row("Show a connector or operation: arguments, responses, connection."),
    "call": Row("Call an operation; its arguments are options."),
    "sandbox": Row("Serve a connector's document on loopback, until interrupted.", "sandbox"),
    "validate": Row("Check documents and the properties beside them: files, folders, patterns."),
    "diff": Row("Compare two versions of a document: changes for callers, and the version number they call for."),
    "convert": Row("Convert a document between Swagger 2.0 and OpenAPI 3.0, 3.1, 3.2, and report what is lost."),
    "bundle": Row("Write a document of many files as one file that means the same."),
    "stubs": Row("Write the types of connectors, for editors, mypy and pyright."),
    "fuzz": Row(
        "Fuzz operations: valid calls whose responses are checked, calls that break one rule and must be refused, and "
        "malformed responses.",
        "fuzz",
    ),
    "add": Row("Check a connector's document, and copy it to the connectors that are found by name."),
    "remove": Row("Remove a connector that was added; its saved connections are kept."),
    "connect": Row("Save a connection: values, and a token if the service issues one."),
    "connections": Row("List, test and remove saved connections."),
}
