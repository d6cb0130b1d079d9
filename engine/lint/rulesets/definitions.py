"""The rules that a file of a rule set defines: each member judged, each query and option compiled once to see that it
can be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from openconnectors.engine.documents.file import File
from openconnectors.engine.documents.pointers import escape
from openconnectors.engine.errors import Diagnostic, nearest
from openconnectors.engine.lint.rules import VERSIONS
from openconnectors.engine.lint.rulesets.aliases import Aliases
from openconnectors.engine.lint.rulesets.functions import FUNCTIONS, faults, judge
from openconnectors.engine.lint.rulesets.queries import query
from openconnectors.engine.lint.rulesets.ruleset import Then, Written
from openconnectors.engine.lint.rulesets.target import is_query
from openconnectors.engine.lint.tree import KINDS

FORMATS: Mapping[str, tuple[str, ...]] = {
    "oas2": ("2.0",), "oas3": ("3.0", "3.1", "3.2"), "oas3.0": ("3.0",), "oas3.1": ("3.1",), "oas3.2": ("3.2",),
    "oas3_0": ("3.0",), "oas3_1": ("3.1",), "oas3_2": ("3.2",), **{version: (version,) for version in VERSIONS},
    **dict.fromkeys(("aas2", *(f"aas2_{minor}" for minor in range(7)), "aas3", "aas3_0", "asyncapi2", "asyncapi3"), ()),
    **dict.fromkeys(("arazzo1", "arazzo1_0", "json-schema", "json-schema-loose"), ()),
    **dict.fromkeys((f"json-schema-{draft}" for draft in ("draft4", "draft6", "draft7", "2019-09", "2020-12")), ()),
}  # fmt: skip
"""The formats that a rule can be for, and the versions that these are; none for documents that are not ours."""
_RULE = (
    "given", "then", "severity", "message", "description", "recommended", "formats", "resolved", "documentationUrl",
    "enabled", "type", "tags", "extensions",
)  # fmt: skip
_THEN = ("field", "function", "functionOptions")


class Source(Struct):
    """A file of rules while it is read: what is wrong with it is added to ``errors``."""

    file: File
    path: Path
    errors: list[Diagnostic]
    aliases: Aliases
    formats: tuple[str, ...] | None = None
    """The versions that its rules are for if they do not say; None: all."""

    def fail(self, at: str, message: str, key: bool = False) -> None:
        """Note what is wrong at a place of the file, or at its key."""
        self.errors.append(Diagnostic("rule-set", "error", message, self.file.file, *self.file.place(at, key), at))

    def members(self, holder: Mapping[str, Any], known: tuple[str, ...], at: str, what: str) -> None:
        """Note the members of a mapping that are not known."""
        for name in holder:
            if name not in known:
                message = f"{name!r} is no member of {what}{nearest(str(name), known)}"
                self.fail(f"{at}/{escape(str(name))}", message, True)

    def versions(self, holder: Mapping[str, Any], at: str) -> tuple[str, ...] | None:
        """The versions that formats stand for; None if there are no formats."""
        if "formats" not in holder:
            return None
        formats = holder["formats"]
        versions: list[str] = []
        for index, name in enumerate(formats if isinstance(formats, list) else [formats]):
            if str(name) in FORMATS:
                versions += FORMATS[str(name)]
            else:
                message = f"{name!r} is not a known format{nearest(str(name), FORMATS)}"
                self.fail(f"{at}/formats/{index}", message)
        return tuple(version for version in VERSIONS if version in versions)

    def definition(self, id: str, value: Mapping[str, Any], at: str, before: Written | None) -> Written | None:
        """The rule that a rule set defines, with what it leaves as it was before; None if something is wrong with
        it."""
        errors = len(self.errors)
        self.members(value, _RULE, at, "a rule")
        formats = self.versions(value, at)
        versions = self.formats if formats is None else formats
        selectors, then = (before.selectors, before.then) if before is not None else (None, None)
        if "given" in value:
            selectors = self._selectors(value["given"], f"{at}/given", VERSIONS if versions is None else versions)
        if "then" in value:
            then = self._thens(value["then"], f"{at}/then")
        for name, present in (("given", selectors), ("then", then)):
            if present is None:
                self.fail(at, f"the rule {id!r} has no {name!r}", True)
        if len(self.errors) > errors or selectors is None or then is None:
            return None
        return Written(
            id,
            "warning",
            selectors,
            then,
            description=str(value.get("description", "")),
            message=str(value.get("message", "")),
            url=str(value.get("documentationUrl", "")),
            resolved=value.get("resolved") is not False,
        )

    def _selectors(self, selectors: object, at: str, versions: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """The kinds of nodes and the queries of a rule, by version, its aliases replaced."""
        queries: dict[str, list[str]] = {version: [] for version in VERSIONS}
        for index, text in enumerate(selectors if isinstance(selectors, list) else [selectors]):
            place = f"{at}/{index}" if isinstance(selectors, list) else at
            if not isinstance(text, str) or (text not in KINDS and text[:1] not in ("$", "#")):
                message = f"{text!r} is neither a kind of node nor a query that begins with $ or #"
                self.fail(place, message + nearest(str(text), KINDS))
                continue
            try:
                for version in VERSIONS:
                    expanded = [text] if text in KINDS else self.aliases.expanded(text, version)
                    for each in expanded if text not in KINDS else ():
                        query(each)
                    queries[version] += expanded if version in versions else ()
            except ValueError as error:
                self.fail(place, str(error))
        return {version: tuple(texts) for version, texts in queries.items()}

    def _thens(self, value: object, at: str) -> tuple[Then, ...]:
        items = value if isinstance(value, list) else [value]
        thens = (
            self._then(item, f"{at}/{index}" if isinstance(value, list) else at) for index, item in enumerate(items)
        )
        return tuple(then for then in thens if then is not None)

    def _then(self, item: object, at: str) -> Then | None:
        if not isinstance(item, Mapping):
            self.fail(at, "then is a mapping with a function, or a list of such")
            return None
        self.members(item, _THEN, at, "then")
        field, function = item.get("field"), item.get("function")
        if field is not None and not isinstance(field, str):
            self.fail(f"{at}/field", "field is a name, a path of names, a query or @key")
            return None
        if not isinstance(function, str) or function not in FUNCTIONS:
            self.fail(f"{at}/function" if "function" in item else at, _unknown(function))
            return None
        options = item.get("functionOptions")
        problems = list(faults(function, options))
        for member, message in problems:
            self.fail(f"{at}/functionOptions" + (f"/{escape(member)}" if member else ""), message)
        try:
            if field is not None and is_query(field):
                query(field)
            if not problems:
                judge(function, options or {})
        except ValueError as error:
            self.fail(f"{at}/functionOptions" if options else at, str(error))
        return Then(function, field, msgspec.json.encode(options or {}))


def _unknown(function: object) -> str:
    """The message for a function that is not there."""
    hint = nearest(str(function), FUNCTIONS) or f"; known are {', '.join(FUNCTIONS)}"
    return f"there is no function {function!r}{hint}; {CODE}"


CODE = "functions in JavaScript are not run: a rule that needs code is written in Python (docs/rules-of-your-own.md)"
