"""The commands, in the order in which ``connectors --help`` lists them.

A command is one module here, called as the command, whose ``command`` is a click command; and one row of ``COMMANDS``.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Row(Struct, frozen=True):
    """What is known of a command without its module: its help in one sentence, with which the longer help in the module
    begins, the section of ``connectors --help`` that it is in, the extra whose packages the module imports, and what
    its first argument names, a row of ``NAMES`` in ``completion``: a shell is offered that without the module."""

    help: str
    section: str = "Commands"
    extra: str = "cli"
    takes: str = ""


_CALLING, _CONNECTING, _KEEPING, _DOCUMENTS = "Call services", "Sign in", "Keep connectors", "Check and write documents"

COMMANDS: Mapping[str, Row] = {
    "list": Row("List the connectors that are found by name, and where each comes from.", _CALLING),
    "show": Row("Show a connector or operation: arguments, responses, connection.", _CALLING, takes="connector"),
    "call": Row("Call an operation; its arguments are options.", _CALLING, takes="connector"),
    "sandbox": Row(
        "Serve a connector's document on loopback, until interrupted.", _CALLING, "sandbox", takes="connector"
    ),
    "mcp": Row(
        "Serve operations to agents as tools of the Model Context Protocol, over stdio or HTTP.",
        _CALLING,
        "mcp",
        takes="connector",
    ),
    "proxy": Row(
        "Forward to a service from loopback, and report where the traffic deviates from the document.",
        _CALLING,
        "sandbox",
        takes="connector",
    ),
    "console": Row(
        "Show the reference page of a connector in the browser, and call its operations from forms.",
        _CALLING,
        "docs",
        takes="connector",
    ),
    "connect": Row("Save a connection: values, and a token if the service issues one.", _CONNECTING, takes="connector"),
    "connections": Row("List, test and remove saved connections.", _CONNECTING),
    "new": Row("Start a document: three operations, which can be called in a sandbox at once.", _KEEPING),
    "add": Row("Check a connector's document, and copy it to the connectors that are found by name.", _KEEPING),
    "lock": Row("Write which connectors a project uses, with the digests of their files, or compare them.", _KEEPING),
    "update": Row(
        "Read the sources of added connectors again, show what changes for callers, and replace what changed.",
        _KEEPING,
        takes="added",
    ),
    "remove": Row("Remove a connector that was added; its saved connections are kept.", _KEEPING, takes="added"),
    "validate": Row("Check documents and the properties beside them: files, folders, patterns.", _DOCUMENTS),
    "lsp": Row("Check documents in an editor, as they are typed: a language server over stdio.", _DOCUMENTS, "lsp"),
    "schema": Row("Write the JSON schema of documents with the extensions that are known, for editors.", _DOCUMENTS),
    "diff": Row(
        "Compare two versions of a document: changes for callers, and the version number they call for.", _DOCUMENTS
    ),
    "convert": Row(
        "Convert a document between Swagger 2.0 and OpenAPI 3.0, 3.1, 3.2, and report what is lost.", _DOCUMENTS
    ),
    "bundle": Row("Write a document of many files as one file that means the same.", _DOCUMENTS),
    "stubs": Row("Write the types of connectors, for editors, mypy and pyright.", _DOCUMENTS, takes="connector"),
    "docs": Row(
        "Write the reference pages of connectors: connection, triggers, actions, definitions.",
        _DOCUMENTS,
        "docs",
        takes="connector",
    ),
    "test": Row(
        "Call each operation once with made-up arguments, in a sandbox of the connector.",
        _DOCUMENTS,
        "sandbox",
        takes="connector",
    ),
    "fuzz": Row(
        "Fuzz operations: valid calls whose responses are checked, illegal requests, which the service must refuse, "
        "and malformed responses.",
        _DOCUMENTS,
        "fuzz",
        takes="connector",
    ),
    "completion": Row(
        "Complete commands in bash, zsh and fish: install it, show the script, remove it.", "This program"
    ),
}
