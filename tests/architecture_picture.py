"""docs/architecture.svg: the folders of the engine, each above all that it imports.

    python -m tests.architecture_picture

writes it again. The folders and their imports are those of the sources, what each does is that of docs/architecture.md.
A line leads to a folder that is imported and reached by no other line; colours follow the reader's system.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from html import escape

from tests.conftest import ROOT
from tests.test_house import GRAPH

PICTURE = ROOT / "docs/architecture.svg"
PAGE = ROOT / "docs/architecture.md"
WIDTH, BOX, HEIGHT, GAP, ABOVE = 1000, 232, 92, 16, 46
"""Pixels: of the picture, of a box and between boxes, and between rows."""
BAND = 46
STYLE = """
text { font: 12px system-ui, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif; fill: #566072 }
.name { font-weight: 650; font-size: 14px; fill: #1c2430 }
rect { fill: #f6f7f9; stroke: #d5dae2 } path { fill: none; stroke: #9aa5b5; stroke-width: 1.3 }
.end { fill: #9aa5b5; stroke: none } .ground { fill: #ffffff; stroke: none } .band { fill: #e8f3f0; stroke: #b9d8d0 }
@media (prefers-color-scheme: dark) {
text { fill: #a0a9b8 } .name { fill: #e3e7ed } .ground { fill: #14171c }
rect { fill: #1b1f26; stroke: #2d333d } path { stroke: #667080 } .end { fill: #667080 }
.band { fill: #17302b; stroke: #2b5148 } }
""".strip()

Graph = Mapping[str, set[str]]


def folders() -> dict[str, set[str]]:
    """The folders of the engine, each with those that it imports."""
    prefix = "openconnectors.engine."
    names = {path.name for path in (ROOT / "engine").iterdir() if (path / "__init__.py").exists()}
    graph: dict[str, set[str]] = {name: set() for name in sorted(names)}
    for module, others in GRAPH.items():
        importer = module.removeprefix(prefix).split(".")[0]
        if module.startswith(prefix) and importer in names:
            imported = {other.removeprefix(prefix).split(".")[0] for other in others if other.startswith(prefix)}
            graph[importer] |= imported & names - {importer}
    return graph


def reached(graph: Graph, name: str) -> set[str]:
    """Every folder below another."""
    return {below for other in graph[name] for below in {other, *reached(graph, other)}}


def lines(graph: Graph) -> list[tuple[str, str]]:
    """The imports that are not implied by others."""
    return [
        (name, other)
        for name, others in graph.items()
        for other in sorted(others)
        if not any(other in reached(graph, between) for between in others)
    ]


def rows(graph: Graph) -> list[list[str]]:
    """The folders row by row, the lowest first; in a row, each stands near those that it imports."""
    levels: dict[str, int] = {}
    while len(levels) < len(graph):
        for name in graph.keys() - levels.keys():
            if graph[name] <= levels.keys():
                levels[name] = 1 + max((levels[other] for other in graph[name]), default=-1)
    for name in sorted(levels, key=lambda name: -levels[name]):  # close to the lowest that imports it
        importers = [levels[other] for other, others in graph.items() if name in others]
        levels[name] = min(importers) - 1 if importers else levels[name]
    result: list[list[str]] = []
    places: dict[str, float] = {}
    for level in range(max(levels.values()) + 1):
        row = sorted(name for name in levels if levels[name] == level)
        row.sort(key=lambda name: sum(places[other] for other in graph[name]) / max(len(graph[name]), 1))
        places |= dict(zip(row, _columns(len(row)), strict=True))
        result.append(row)
    return result


def _columns(count: int) -> list[float]:
    """The middles of so many boxes in a row."""
    width = count * BOX + (count - 1) * GAP
    return [(WIDTH - width) / 2 + BOX / 2 + index * (BOX + GAP) for index in range(count)]


def picture() -> str:
    """The text of the picture."""
    text = PAGE.read_text("utf-8")
    described = dict(re.findall(r"^    (\w+)/ +(.+)$", text, re.MULTILINE))
    graph = folders()
    listed = rows(graph)[::-1]
    top = GAP + BAND + ABOVE
    places = {
        name: (x, top + index * (HEIGHT + ABOVE))
        for index, row in enumerate(listed)
        for name, x in zip(row, _columns(len(row)), strict=True)
    }
    height = top + len(listed) * (HEIGHT + ABOVE) + BAND + GAP
    parts = [_line(places[upper], places[lower]) for upper, lower in lines(graph)]
    parts += [_box(*places[name], name, described[name]) for name in places]
    ground = ", ".join(re.findall(r"`(\w+)`", text.partition("Below them are")[2].partition("\n\n")[0])[1:])
    parts.append(_band(GAP, "connectors/", "what people import: loading, the registry, connections, the command line"))
    parts.append(_band(height - BAND - GAP, "engine/*.py", f"{ground[:110].rpartition(', ')[0]}, …"))
    title = "The folders of the engine: each imports only folders below it"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _line(upper: Sequence[float], lower: Sequence[float]) -> str:
    (x, y), (below_x, below_y) = (upper[0], upper[1] + HEIGHT), (lower[0], lower[1])
    bend = max((below_y - y) / 2, 20)
    curve = f"M{x:g} {y:g}C{x:g} {y + bend:g} {below_x:g} {below_y - bend:g} {below_x:g} {below_y - 5:g}"
    head = f"M{below_x - 4:g} {below_y - 7:g}h8l-4 7z"
    return f'<path d="{curve}"/><path class="end" d="{head}"/>'


def _box(x: float, y: float, name: str, does: str) -> str:
    left = x - BOX / 2
    parts = [f'<rect x="{left:g}" y="{y:g}" width="{BOX}" height="{HEIGHT}" rx="8"/>']
    parts.append(f'<text class="name" x="{left + 14:g}" y="{y + 24:g}">{name}/</text>')
    wrapped = textwrap.wrap(re.sub(r"; .*", "", does), 32, max_lines=3, placeholder=" …")
    parts += [
        f'<text x="{left + 14:g}" y="{y + 43 + 17 * index:g}">{escape(line)}</text>'
        for index, line in enumerate(wrapped)
    ]
    return "".join(parts)


def _band(y: float, name: str, does: str) -> str:
    box = f'<rect class="band" x="{GAP}" y="{y:g}" width="{WIDTH - 2 * GAP}" height="{BAND}" rx="8"/>'
    title = f'<text class="name" x="{2 * GAP}" y="{y + 28:g}">{name}</text>'
    return f'{box}{title}<text x="{2 * GAP + 110}" y="{y + 28:g}">{escape(does)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(picture(), "utf-8")
