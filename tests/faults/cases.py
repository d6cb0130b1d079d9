"""Documents with one fault each, and the lines at which a checker should report it."""

from __future__ import annotations

import copy
import json
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from openconnectors import registry
from openconnectors.engine.documents import document
from openconnectors.engine.errors import InvalidDocument
from openconnectors.engine.lint import validate
from tests.faults import connectors, parameters, paths, references, security, structure
from tests.faults.parts import Place, Seed
from tests.faults.texts import PROPERTIES, TEXTS
from tests.faults.twins import DOCUMENT, FAULTS, written

KINDS: dict[str, Seed] = {
    name: seed
    for module in (structure, references, paths, parameters, security, connectors)
    for name, seed in module.KINDS.items()
}
"""Every kind of fault of a document's tree. ``seeded`` draws in this order: another order gives other documents."""


Places = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Case:
    """A document with a fault: its kind and file, the right places, and the file without the fault (``before``).

    Files are relative to the folder of all cases. A place is the name of a file and a line of it. ``properties`` is the
    properties file beside the document, ``profile`` the profile that is to report the fault.
    """

    kind: str
    file: str
    places: Places
    before: str
    properties: str = ""
    profile: str = "default"


def seeded(sources: list[Path], folder: Path, count: int) -> list[Case]:
    """Write documents with one fault each into a folder, at most ``count`` of a kind, and those without it."""
    rng = random.Random(20)  # noqa: S311 - the same faults in every run
    roots = {}
    for source in sources:
        root = json.loads(json.dumps(document.read(source, tolerant=True).root))
        name = f"right-{len(roots)}.json"
        (folder / name).write_text(json.dumps(root, indent=2, ensure_ascii=False), "utf-8")
        roots[name] = root
    cases: list[Case] = []
    for number, (what, seed) in enumerate(KINDS.items()):
        done = 0
        for before in rng.sample(sorted(roots), len(roots)):
            root = copy.deepcopy(roots[before])
            places = seed(root, rng)
            if places is None or root == roots[before]:
                continue
            file = folder / f"k{number:03}-{done}.json"
            file.write_text(json.dumps(root, indent=2, ensure_ascii=False), "utf-8")
            cases.append(Case(what, file.name, _places(file, places), before))
            done += 1
            if done == count:
                break
    for number, (what, change) in enumerate(TEXTS.items()):
        for index, before in enumerate(sorted(roots)[:count]):
            changed = change((folder / before).read_text("utf-8"))
            if changed is not None:
                name = f"t{number:03}-{index}.json"
                (folder / name).write_text(changed[0], "utf-8")
                cases.append(Case(what, name, frozenset(((name, changed[1]), (name, changed[1] + 1))), before))
    for number, (what, (properties, places)) in enumerate(PROPERTIES.items()):
        before = sorted(name for name in roots if "swagger" in roots[name])[0]
        file = folder / f"p{number:03}-0.json"
        file.write_text((folder / before).read_text("utf-8"), "utf-8")
        beside = folder / f"p{number:03}-0.properties.json"
        beside.write_text(json.dumps(properties, indent=2), "utf-8")
        cases.append(Case(what, file.name, _places(beside, places), before, beside.name))
    return cases


def _places(file: Path, places: Place) -> Places:
    parsed = document.read(file)
    lines = (parsed.position(place.lstrip("!"), key=place.startswith("!"))[0] for place in places)
    return frozenset((file.name, line) for line in lines)


def twins(folder: Path) -> list[Case]:
    """Write the faults that have twins into a folder."""
    cases = []
    for pair in written(FAULTS, folder):
        wrong, right = (f"{side.name}/{DOCUMENT}" for side in (pair.wrong, pair.right))
        properties = f"{pair.wrong.name}/{PROPERTIES_FILE}" if (pair.wrong / PROPERTIES_FILE).is_file() else ""
        cases.append(Case(pair.fault.name, wrong, pair.places, right, properties, pair.fault.profile))
    return cases


PROPERTIES_FILE = "apiProperties.json"


def _wrong(path: Path) -> bool:
    return any(finding.severity == "error" for finding in validate(path))


def sources_below(folder: Path, most: int) -> list[Path]:
    """At most ``most`` documents of each version below a folder: small ones in which the linter finds no error."""
    chosen: dict[str, list[Path]] = defaultdict(list)
    for entry in registry.below(folder):
        try:
            if entry.document.stat().st_size > 60_000 or len(chosen["swagger"]) + len(chosen["openapi"]) >= 2 * most:
                continue
            root = document.read(entry.document, tolerant=True).root
        except InvalidDocument:
            continue
        version = "swagger" if "swagger" in root else "openapi"
        rich = len(root.get("paths", {})) >= 3 and bool(root.get("definitions") or root.get("components"))
        if len(chosen[version]) < most and rich and not _wrong(entry.document):
            chosen[version].append(entry.document)
    return [*chosen["swagger"], *chosen["openapi"]]
