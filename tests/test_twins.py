"""Every fault is reported at its place, and its right twin is not."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from openconnectors.engine.errors import Diagnostic
from openconnectors.engine.lint import Settings, validate
from tests.examples import spread
from tests.faults.twins import DOCUMENT, FAULTS, Fault, written
from tests.faults.twins.skeletons import SKELETONS


def findings(folder: Path, profile: str) -> list[Diagnostic]:
    """What is reported about the document of a folder and the files beside it."""
    properties = folder / "apiProperties.json"
    return validate(folder / DOCUMENT, properties if properties.is_file() else None, Settings(profile=profile))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all documents of this module."""
    return tmp_path_factory.mktemp("twins")


QUICK = [fault for fault in FAULTS if not fault.long]
SLOW = [pytest.param(fault, marks=pytest.mark.long) for fault in FAULTS if fault.long]


@pytest.mark.parametrize("fault", [*spread(QUICK, 5), *SLOW], ids=lambda fault: fault.name)
def test_a_fault_is_reported_at_its_place_and_its_twin_is_not(fault: Fault, folder: Path) -> None:
    """Some rule reports the fault at its place, and nothing in the right twin."""
    below = folder / str(FAULTS.index(fault))
    below.mkdir()
    for pair in written([fault], below):
        wrong, right = (findings(folder, fault.profile) for folder in (pair.wrong, pair.right))
        placed = {item.rule for item in wrong if (Path(item.file).name, item.line) in pair.places}
        alarms = {item.rule for item in right}

        assert placed - alarms, [pair.version, sorted(pair.places), *map(str, wrong), "the twin:", *map(str, right)]


def test_every_name_of_a_fault_is_of_this_fault_alone() -> None:
    """No two faults have the same name."""
    assert [name for name, times in Counter(fault.name for fault in FAULTS).items() if times > 1] == []


@pytest.mark.parametrize("name", SKELETONS)
def test_a_skeleton_is_right(name: str, tmp_path: Path) -> None:
    """A document without a fault has no finding at all."""
    (tmp_path / DOCUMENT).write_text(json.dumps(SKELETONS[name]), "utf-8")

    assert [str(item) for item in findings(tmp_path, "microsoft" if name == "microsoft" else "default")] == []
