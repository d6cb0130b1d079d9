"""What the measurements are held against: a row for each figure, read from what was measured in one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Figures = Mapping[str, Any]


class Goal(NamedTuple):
    """A figure and its limit."""

    name: str
    limit: float
    read: Callable[[Figures], float]
    least: bool = False  # the limit is a least, not a most

    def value(self, figures: Figures) -> float | None:
        """The figure, or None where a part or a client of it was not measured."""
        try:
            return self.read(figures)
        except (KeyError, ZeroDivisionError):
            return None

    def met(self, value: float) -> bool:
        """Whether the figure is within the limit."""
        return value >= self.limit if self.least else value <= self.limit


def _call(call: str, other: str, part: str = "calls") -> Callable[[Figures], float]:
    """CPU time of a call of ours to that of another client."""
    return lambda figures: float(figures[part][call]["ours"][0] / figures[part][call][other][0])


def _counted(call: str, other: str, tls: str = "") -> Callable[[Figures], float]:
    """Instructions of a call of ours to those of another client."""
    return lambda figures: float(
        figures["instructions"][f"ours{tls}"][call] / figures["instructions"][f"{other}{tls}"][call]
    )


def _awaited(call: str) -> Callable[[Figures], float]:
    return lambda figures: float(figures["async"][call]["ours, async"][0] / figures["async"][call]["aiohttp"][0])


def _xml(call: str) -> Callable[[Figures], float]:
    return lambda figures: float(figures["calls"][f"{call}_xml"]["ours"][0] / figures["calls"][call]["ours"][0])


def _command(name: str) -> Callable[[Figures], float]:
    return lambda figures: float(figures["commands"][name][0] / figures["commands"]["python -c pass"][0])


GOALS = (
    Goal("Send, to urllib3", 0.30, _call("send", "urllib3")),
    Goal("Get, to urllib3", 0.30, _call("get", "urllib3")),
    Goal("Send over TLS, to urllib3", 0.35, _call("send", "urllib3", "tls")),
    Goal("Send, to requests", 0.13, _call("send", "requests")),
    Goal("Get, to requests", 0.13, _call("get", "requests")),
    Goal("list of 50, to urllib3 and json.loads", 0.75, _call("list50", "urllib3")),
    Goal("page of 1,000, to json.loads alone", 1.3, _call("list1000", "json.loads")),
    Goal("XML list of 50, to the JSON one", 1.3, _xml("list50")),
    Goal("Send in instructions, to urllib3", 0.30, _counted("send", "urllib3")),
    Goal("Send over TLS in instructions, to urllib3", 0.35, _counted("send", "urllib3", ", TLS")),
    Goal("Send in instructions, to requests", 0.13, _counted("send", "requests")),
    Goal("list of 50 in instructions, to urllib3 and json.loads", 0.75, _counted("list50", "urllib3")),
    Goal("page of 1,000 in instructions, to json.loads alone", 1.3, _counted("list1000", "json.loads")),
    Goal(
        "cold start to the first answer, to requests",
        1.0,
        lambda f: f["starts"]["ours"][0] / f["starts"]["requests"][0],
    ),
    Goal("memory after it, to requests", 1.2, lambda f: f["starts"]["ours"][1] / f["starts"]["requests"][1]),
    Goal("connectors list, to python -c pass", 8, _command("connectors list")),
    Goal("connectors validate of a file, CPU seconds", 0.25, lambda f: f["commands"]["connectors validate"][0]),
    Goal("calls a second by 32 threads", 5000, lambda f: 1 / f["threads"]["ours"][1], least=True),
    Goal("awaited Send, to aiohttp", 0.4, _awaited("send, 1 at once")),
    Goal("awaited Send, 100 at once, to aiohttp", 0.4, _awaited("send, 100 at once")),
    Goal("awaited Send, 1,000 at once, to aiohttp", 0.4, _awaited("send, 1,000 at once")),
    Goal("YAML of 1.5 MB from the cache, CPU ms", 50, lambda f: _document(f, "YAML")["ours, cached"] * 1000),
    Goal(
        "JSON of 10 MB, first load and one operation, to json.loads",
        2,
        lambda f: _document(f, "JSON")["ours, first"] / _document(f, "JSON")["json.loads"],
    ),
)


def _document(figures: Figures, name: str) -> Mapping[str, float]:
    """The row of the document whose name begins so."""
    rows: Mapping[str, Mapping[str, float]] = figures["documents"]
    return next((row for title, row in rows.items() if title.startswith(name)), {})
