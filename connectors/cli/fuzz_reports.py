"""Reports of fuzzing for other programs, a row for each format: JUnit's XML, an HTTP archive (HAR 1.2), JSON.

A report is written of a run: the operations, the failures, the exchanges with the service.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from openconnectors.engine.deferred import module
from openconnectors.engine.fuzz import CHECKS, SEQUENCE_CHECKS, Failure
from openconnectors.engine.fuzz.failures import CLIENT, OF_ILLEGAL, OF_LEGAL, REFUSAL
from openconnectors.engine.traffic import har
from openconnectors.engine.traffic.exchanges import Exchange, Recording

if TYPE_CHECKING:
    from xml.etree import ElementTree
else:
    ElementTree = module("xml.etree.ElementTree")


class Run(Struct, frozen=True):
    """What a report is of. ``resources`` are the paths of the resources that sequences were made of, ``reproduced``
    says how a failure is repeated."""

    connector: str
    operations: Sequence[str]
    resources: Sequence[str]
    failures: Sequence[Failure]
    exchanges: Sequence[Exchange]
    reproduced: Callable[[Failure], str]


def write(kind: str, run: Run, path: Path) -> None:
    """Write the report of a kind to a file."""
    REPORTS[kind](run, path)


def _json(run: Run, path: Path) -> None:
    """What ``--save`` writes, beside how much was done: ``--replay`` reads the member ``failures`` alone."""
    report = {
        "connector": run.connector,
        "operations": list(run.operations),
        "requests": len(run.exchanges),
        "failures": [{**failure.saved(), "reproduction": run.reproduced(failure)} for failure in run.failures],
    }
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _junit(run: Run, path: Path) -> None:
    """A suite with a case for each check of each operation, and of each resource."""
    cases = dict(_cases(run))
    suite = ElementTree.Element("testsuite", name=f"connectors fuzz {run.connector}", tests=str(len(cases)))
    failed = [failures for failures in cases.values() if failures]
    suite.set("failures", str(len(failed)))
    for (classname, check), failures in cases.items():
        case = ElementTree.SubElement(suite, "testcase", classname=classname, name=check)
        for failure in failures[:1]:  # JUnit's schema has one failure in a case
            element = ElementTree.SubElement(case, "failure", type=check, message=_printable(failure.message))
            texts = [f"{each.name}: {each.message}\n{run.reproduced(each)}" for each in failures]
            element.text = _printable("\n\n".join(texts))
    path.write_text(ElementTree.tostring(suite, encoding="unicode") + "\n", "utf-8", errors="backslashreplace")


def _cases(run: Run) -> Iterator[tuple[tuple[str, str], list[Failure]]]:
    """The cases by the names of their class and check, each with its failures."""
    single = (*CHECKS, *OF_LEGAL, *OF_ILLEGAL, REFUSAL, CLIENT)
    for name in run.operations:
        for check in single:
            mine = [each for each in run.failures if each.name == name and each.check == check]
            yield (f"{run.connector}.{name}", check), mine
    for path in run.resources:
        for check in SEQUENCE_CHECKS:
            of_path = [each for each in run.failures if each.sequence is not None and each.sequence.resource == path]
            yield (f"{run.connector} {path}", check), [each for each in of_path if each.check == check]


def _har(run: Run, path: Path) -> None:
    """Every exchange with the service, credentials masked."""
    har.write(path, Recording(tuple(run.exchanges), run.connector), version("open-connectors"))


def _printable(value: str) -> str:
    """A text that XML 1.0 can hold (section 2.2)."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in value)


REPORTS: Mapping[str, Callable[[Run, Path], None]] = {"junit": _junit, "har": _har, "json": _json}
"""How a report is written, by its format."""
