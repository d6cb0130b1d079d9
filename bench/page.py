"""The figures as a page: tables in Markdown, and a plot as SVG."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from bench.goals import GOALS

INTRODUCTION = """# Benchmarks

Calls of this package with every check on, beside other clients: what `make bench` measured, which writes this page.
Every client is a process of its own and calls one server in another process, over loopback and kept connections; they
take turns, and the median of the rounds counts. Times are CPU time of the client. They move with the machine and its
load: read the ratios, which are of one run, and the instructions, which hardly move (valgrind counts those of the
process, not of the kernel). `python -m bench.calls --compare` fails if a count is a tenth above `bench/baseline.json`.

*Send* posts a form of three fields and reads the new message of 750 bytes, *Get* reads one, *list of 50* and *page of
1,000* read pages of 43 kB and 860 kB. Ours calls Twilio's own connector, with its policies, and validates arguments and
responses. bravado and aiopenapi3 call a smaller document of the same operations and validate too; requests, httpx2,
urllib3, http.client and aiohttp parse the JSON and no more; `json.loads` has the bytes already.
"""
LIMITS = """## What holds a page of 1,000, and XML

Of a page of 1,000 the check for duplicate members, which `json.loads` does not make, is a quarter: the value is written
again and quotes are counted on both sides, byte by byte in CPython before 3.13. msgspec reads with bounds on depth and
integers in half the time of `json.loads`; policy, validation and conversions share the rest with copying 860 kB out of
the kernel. A list in XML is read in one pass by Python over the text, 6.2 million instructions for 50 messages where
JSON takes 2.9: each of its 1,050 elements is a few steps of the interpreter.

A million items by `items()`, a million calls, with one thread and with eight, and a million awaited calls, a hundred
at once, take no more memory at their end than after a fifth of them (`python -m bench.million`: 37.3 MiB after 36.7 for
the items, whose pages it remembers; 38.1, 38.6 and 42.2 MiB throughout). 100,000 rows of `map` with a ledger:
44.6 MiB after 42.4, when the caches of SQLite are full.

A virtual machine moves times of the same code by a third from minute to minute, so a ratio near its goal falls on
either side from run to run; counts of instructions repeat within a hundredth.
"""
TITLES = {
    "send": "Send",
    "get": "Get",
    "list50": "list of 50",
    "list1000": "page of 1,000",
    "get_xml": "Get, XML",
    "list50_xml": "list of 50, XML",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, its figures to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _by_client(rows: Mapping[str, Mapping[str, Any]], reference: str, scale: float, index: int | None = 0) -> str:
    """Calls as columns, clients as rows: figures, and their ratios to a reference."""
    clients = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = []
    for client in clients:
        cells = [client]
        for row in rows.values():
            figure = row.get(client)
            if figure is None:
                cells.append("")
                continue
            value, against = (
                item[index] if index is not None else item for item in (figure, row.get(reference, figure))
            )
            cells.append(
                f"{value * scale:,.0f} ({value / against:.2f})" if reference in row else f"{value * scale:,.0f}"
            )
        lines.append(cells)
    return table(["", *(TITLES.get(name, name) for name in rows)], lines)


def tables(figures: Mapping[str, Any]) -> str:
    """Everything that was measured, as tables with their headings."""
    parts = [_goals(figures)]
    if rows := figures.get("calls"):
        parts.append("## Calls\n\nCPU µs a call (to urllib3).\n\n" + _by_client(rows, "urllib3", 1e6))
    if rows := figures.get("tls"):
        parts.append("## Calls over TLS\n\nCPU µs a call (to urllib3).\n\n" + _by_client(rows, "urllib3", 1e6))
    if rows := figures.get("instructions"):
        turned: dict[str, dict[str, float]] = {}
        for client, counts in rows.items():
            for name, count in counts.items():
                turned.setdefault(name, {})[client] = count
        turned = {name: turned[name] for name in (*TITLES, "start") if name in turned}
        note = "Thousands of instructions a call (to urllib3); *start* is a process with its first answer.\n\n"
        parts.append("## Instructions\n\n" + note + _by_client(turned, "urllib3", 1e-3, None))
    if rows := figures.get("threads"):
        lines = [[name, f"{1 / clock:,.0f}", f"{cpu * 1e6:,.0f}"] for name, (cpu, clock) in rows.items()]
        head = ["", "calls a second", "CPU µs a call"]
        parts.append("## 32 threads\n\nSending through one client that they share.\n\n" + table(head, lines))
    if rows := figures.get("async"):
        parts.append("## Async\n\nCPU µs a call (to aiohttp).\n\n" + _by_client(rows, "aiohttp", 1e6))
    for part, title, note in (
        ("starts", "Cold start", "A process to its first answer, less `python -c pass`."),
        ("commands", "Commands", "Whole processes."),
    ):
        if rows := figures.get(part):
            lines = [[name, f"{cpu * 1000:,.0f}", f"{peak:,.0f}" if peak else ""] for name, (cpu, peak) in rows.items()]
            parts.append(f"## {title}\n\n{note}\n\n" + table(["", "CPU ms", "peak MiB"], lines))
    if rows := figures.get("documents"):
        lines = [
            [name, client, f"{seconds * 1000:,.0f}"]
            for name, row in rows.items()
            for client, seconds in sorted(row.items(), key=lambda item: item[1])
        ]
        note = "From the text to a request of one operation; of the parsers, to plain data.\n\n"
        parts.append("## Large documents\n\n" + note + table(["", "", "CPU ms"], lines))
    if rows := figures.get("corpus"):
        lines = [
            [name, *(f"{item:,.1f}" if isinstance(item, float) else f"{item:,}" for item in row)]
            for name, row in rows.items()
        ]
        note = "Each tenth document of Microsoft's published connectors, in one process, uncached.\n\n"
        parts.append(
            "## Many documents\n\n" + note + table(["", "documents", "operations", "CPU s", "peak MiB"], lines)
        )
    return "\n".join(parts)


def _goals(figures: Mapping[str, Any]) -> str:
    """The goals whose figures were measured."""
    lines = []
    for goal in GOALS:
        value = goal.value(figures)
        if value is not None:
            sign = "≥" if goal.least else "≤"
            text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
            lines.append([goal.name, text, f"{sign} {goal.limit:,g}", "yes" if goal.met(value) else "**no**"])
    return "## Goals\n\n" + table(["", "measured", "goal", "met"], lines)


def plot(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Bars of the CPU time of a Send and of a list of 50, by client, as SVG."""
    width, left, bar = 640, 120, 18
    parts, top = [], 10
    for call in ("send", "list50"):
        times = sorted((pair[0] * 1e6, name) for name, pair in rows.get(call, {}).items() if name != "json.loads")
        most = max((time for time, _ in times if time < 20 * times[0][0]), default=1.0)
        parts.append(f'<text x="{left}" y="{top + 14}" font-weight="bold">{TITLES[call]}, CPU µs</text>')
        top += 24
        for time, name in times:
            length = min(1.0, time / most) * (width - left - 100)
            colour = "#1a7f5a" if name == "ours" else "#9aa5b1"
            parts.append(f'<text x="{left - 8}" y="{top + 13}" text-anchor="end">{escape(name)}</text>')
            parts.append(f'<rect x="{left}" y="{top}" width="{length:.0f}" height="{bar - 4}" fill="{colour}"/>')
            note = " (cut)" if time > most else ""
            parts.append(f'<text x="{left + length + 6:.0f}" y="{top + 12}">{time:,.0f}{note}</text>')
            top += bar
        top += 14
    style = f'font-family="sans-serif" font-size="12" viewBox="0 0 {width} {top}" width="{width}" height="{top}"'
    background = f'<rect width="{width}" height="{top}" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {style}>\n{background}\n' + "\n".join(parts) + "\n</svg>\n"


def write(path: Path, figures: Mapping[str, Any]) -> None:
    """Write the page, and its plot beside it."""
    image = path.with_suffix(".svg")
    image.write_text(plot(figures.get("calls", {})), "utf-8")
    run = f"{datetime.now(UTC):%Y-%m-%d}, {platform.python_implementation()} {platform.python_version()}, "
    run += f"{platform.system()} {platform.machine()}.\n"
    link = f"![CPU time of a Send and of a list of 50, by client]({image.name})\n"
    path.write_text("\n".join([INTRODUCTION, run, link, tables(figures), LIMITS]), "utf-8")
