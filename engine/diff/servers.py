"""What changed in the servers: the URLs that calls may go to, however they are written.

A server is compared by the URLs that it stands for: the scheme and host in lower case, without the port that a scheme
has anyway and without a slash at the end (RFC 3986 section 6.2), with each value that a variable may have. Calls to a
URL that none of the new servers stands for are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product

from openconnectors.engine.diff.changes import Changes
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.model import Operation, Server
from openconnectors.engine.path_templates import expand, split, variables, without_names

_PORTS = {"https": "443", "http": "80"}
_MOST = 200
"""URLs of one server that are compared."""
Pairs = Sequence[tuple[Operation, Operation]]


def compare_servers(changes: Changes, pairs: Pairs) -> None:
    """Record the changes of the document's servers. ``pairs`` are the operations that both versions have; those that
    lead to the same URLs as before need no server of before."""
    users = [pair for pair in pairs if not pair[0].servers and not pair[1].servers]
    if pairs and all(is_same_place(changes, *pair) for pair in users):
        return
    sides = (changes.before, changes.after)
    _compare(changes, "the server", [side.servers for side in sides], [_pointer(side) for side in sides])


def compare_own_servers(changes: Changes, name: str, old: Operation, new: Operation) -> None:
    """Record the changes of the servers of an operation that has some of its own in one of the versions."""
    if not (old.servers or new.servers) or is_same_place(changes, old, new):
        return
    servers = [operation.servers or side.servers for side, operation in _sides(changes, old, new)]
    _compare(changes, f"the server of {name}", servers, [old.at, new.at])


def is_same_place(changes: Changes, old: Operation, new: Operation) -> bool:
    """Return True if requests of two operations go to the same URLs, whatever of these is the server's."""
    first, second = (_places(side, operation) for side, operation in _sides(changes, old, new))
    return old.method.upper() == new.method.upper() and first == second


def _places(side: Side, operation: Operation) -> tuple[str, frozenset[str]]:
    """The usual URL of an operation, and all that it may have, with unnamed variables."""
    path, servers = without_names(operation.path), operation.servers or side.servers
    return _usual_url(servers) + path, frozenset(url + path for url in urls_of(servers))


def _sides(changes: Changes, old: Operation, new: Operation) -> tuple[tuple[Side, Operation], tuple[Side, Operation]]:
    return (changes.before, old), (changes.after, new)


def _compare(changes: Changes, subject: str, servers: Sequence[Sequence[Server]], at: Sequence[str]) -> None:
    old, new = map(urls_of, servers)
    lost = [url for url in old if not any(_covers(other, url) for other in new)]
    gained = [url for url in new if not any(_covers(other, url) for other in old)]
    was, now = map(_usual_url, servers)
    message = f"{subject} is now {now} (was {was})"
    if lost and (len(lost) == len(old) or was in lost):
        is_elsewhere = any(_is_relative(url) for url in (was, now)) and _path(was) == _path(now)
        changes.add("server-changed" if is_elsewhere else "server-removed", message, *at, key=False)
    elif lost:
        words = f"{subject} can no longer be {', '.join(lost[:5])}"
        changes.add("server-removed", words, *at, key=False)
    elif gained:
        rule = "server-added" if was == now or _covers(now, was) else "server-changed"
        words = f"{subject} can now also be {', '.join(gained[:5])}" if rule == "server-added" else message
        changes.add(rule, words, *at, key=False)
    elif was != now:
        changes.add("server-changed", message, *at, key=False)


def urls_of(servers: Sequence[Server]) -> dict[str, None]:
    """The URLs that servers stand for, the first ahead. A variable of any value stays one, without a name."""
    return dict.fromkeys(_normal(url) for server in servers for url in _expanded(server))


def _expanded(server: Server) -> Iterator[str]:
    """The URLs of a server: with the default of each variable first, then with its other values."""
    names = variables(server.url)
    values = []
    for name in names:
        variable = server.variables.get(name)
        allowed = () if variable is None else variable.allowed
        default = [variable.default] if variable is not None and variable.default in allowed else []
        values.append(list(dict.fromkeys([*default, *allowed])) or ["{}"])
    for chosen in islice(product(*values), _MOST):
        by_name = dict(zip(names, chosen, strict=True))
        yield expand(server.url, by_name.__getitem__)


def _usual_url(servers: Sequence[Server]) -> str:
    """The URL of the first server with the default of each variable that has one."""
    if not servers:
        return "unspecified"
    listed = servers[0].variables.items()
    defaults = {name: variable.default for name, variable in listed if variable.default is not None}
    return _normal(expand(servers[0].url, lambda name: defaults.get(name, "{}")))


def _normal(url: str) -> str:
    """A URL as RFC 3986 section 6.2 writes it; the path alone, if it is relative to where the document is served."""
    scheme, separator, rest = url.rpartition("://")
    host, slash, path = rest.partition("/") if separator else ("", "/", url.lstrip("/"))
    if not host:
        return f"/{path}".rstrip("/")
    name, colon, port = host.lower().rpartition(":")
    host = name if colon and port == _PORTS.get(scheme.lower()) else host.lower()
    return f"{scheme.lower()}://{host}{slash}{path}".rstrip("/")


def _covers(wide: str, url: str) -> bool:
    """Return True if a URL is one that another with variables of any value stands for."""
    if wide == url or "{" not in wide:
        return wide == url
    pattern = "[^/]*".join(re.escape(part) for part in split(wide)[::2])
    return re.fullmatch(pattern, url) is not None


def _is_relative(url: str) -> bool:
    return "://" not in url


def _path(url: str) -> str:
    path = url if _is_relative(url) else url.partition("://")[2].partition("/")[2]
    return path.strip("/")


def _pointer(side: Side) -> str:
    return "/host" if side.context.tree.swagger2 else "/servers/0/url"
