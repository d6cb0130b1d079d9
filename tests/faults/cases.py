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

KINDS: dict[str, Seed] = {
    name: seed
    for module in (structure, references, paths, parameters, security, connectors)
    for name, seed in module.KINDS.items()
}
"""Every kind of fault of a document's tree. ``seeded`` draws in this order: another order gives other documents."""


@dataclass(frozen=True, slots=True)
class Case:
    """A document with a fault: its kind and file, the right lines, and the file without the fault (``before``).

    ``beside``: the fault is in the properties file.
    """

    kind: str
    file: str
    lines: frozenset[int]
    before: str
    beside: bool = False


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
            cases.append(Case(what, file.name, _lines(file, places), before))
            done += 1
            if done == count:
                break
    for number, (what, change) in enumerate(TEXTS.items()):
        for index, before in enumerate(sorted(roots)[:count]):
            changed = change((folder / before).read_text("utf-8"))
            if changed is not None:
                (folder / f"t{number:03}-{index}.json").write_text(changed[0], "utf-8")
                cases.append(Case(what, f"t{number:03}-{index}.json", frozenset((changed[1], changed[1] + 1)), before))
    for number, (what, (properties, places)) in enumerate(PROPERTIES.items()):
        before = sorted(name for name in roots if "swagger" in roots[name])[0]
        file = folder / f"p{number:03}-0.json"
        file.write_text((folder / before).read_text("utf-8"), "utf-8")
        beside = folder / f"p{number:03}-0.properties.json"
        beside.write_text(json.dumps(properties, indent=2), "utf-8")
        cases.append(Case(what, file.name, _lines(beside, places), before, True))
    return cases


def _lines(file: Path, places: Place) -> frozenset[int]:
    parsed = document.read(file)
    return frozenset(parsed.position(place.lstrip("!"), key=place.startswith("!"))[0] for place in places)


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
