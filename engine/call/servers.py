"""Where paths begin: the servers of a document with the values of a connection (OpenAPI 3.1, "Server Object").

Rule 1. ``base_url`` takes the place of the scheme and the host of every server; their paths stay.
Rule 2. A server that is relative has the scheme and host of ``base_url``: where a document was served is not known of a
file. Without one it has those of the service's server, if that one has any.
Rule 3. A variable has the value of the connection, else the default that the server itself gives it. A value stays in
its place: in the host it is a part of that, in the path it is encoded. It may have slashes if those of the document
have some.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from openconnectors.engine.endpoints import HOST
from openconnectors.engine.errors import ConnectionMissing, UnknownName
from openconnectors.engine.http import NO_HOST, checked_base
from openconnectors.engine.masking import Mask, Url, revealed
from openconnectors.engine.model import UNUSABLE, Server, Service
from openconnectors.engine.path_templates import expand, split, variables
from openconnectors.engine.urls import document_path, segment


class Servers:
    """The base URLs of one connection, with its ``values``. Those of ``chosen`` were chosen for it: they go before the
    defaults of a server. ``wanted`` is the URL, name or description of the server that is used instead of the first.

    Raises ``ConnectionMissing`` for values that are missing or cannot be used, ``UnknownName`` for a server that the
    document does not have.
    """

    def __init__(
        self,
        service: Service,
        values: Mapping[str, Any],
        chosen: Mapping[str, Any],
        mask: Mask,
        missing: Callable[[str, Sequence[str]], ConnectionMissing],
        base_url: str | None = None,
        wanted: str | None = None,
    ) -> None:
        self._service = service
        self._values = values
        self._chosen = chosen
        self._mask = mask
        self._missing = missing
        self._wanted = wanted
        every = (*service.servers, *service.further_servers)
        if wanted is not None and not any(map(self._is_wanted, every)):
            raise UnknownName("server", wanted, [server.name or server.url for server in every])
        server = self.of(service.servers) if service.servers else Server(url="")
        self._place = ""
        """The scheme and host, and the path before it, of servers that are relative."""
        if base_url is not None:
            self._place = checked_base(Url(self._absolute(Server(url=base_url)), mask))
        self.fixed = base_url is not None
        """Whether the operator has named the place, so that no policy chooses another."""
        self.base = Url(self._service_base(server), mask)
        """The URL below which the paths of operations stand; empty if a policy has to name one."""
        if not self.fixed and self.base:
            self._place = "{0.scheme}://{0.netloc}".format(urlsplit(revealed(self.base)))

    def of(self, servers: Sequence[Server]) -> Server:
        """The server of several that is used."""
        return next(filter(self._is_wanted, servers), servers[0])

    def _is_wanted(self, server: Server) -> bool:
        wanted = self._wanted
        return bool(wanted) and wanted in (server.url, f"{server.url}/", server.name, server.description)

    def base_of(self, server: Server) -> Url:
        """The URL below which a path stands that has a server of its own."""
        return Url(self._base(server), self._mask)

    def _service_base(self, server: Server) -> str:
        """The base of the service. If its document names no host, or a value for it is missing, a policy may name one:
        then it is empty, and a request that still has none is refused. So it is if there is nothing to call."""
        if not self.fixed and not _host(server.url) and not self._service.places and self._service.webhooks:
            return ""
        if not self.fixed and self._service.policies:
            known = {*self._values, *server.variables}
            if not _host(server.url) or any(name not in known for name in variables(server.url)):
                return ""
        return self._base(server)

    def _base(self, server: Server) -> str:
        """A base URL in clear. A server without a host is at the place of those that are relative."""
        if self.fixed:
            return self._place + self._path(server)
        if not _host(server.url):
            if not self._place:
                unusable = [str(problem) for problem in self._service.diagnostics if problem.rule == UNUSABLE]
                raise ConnectionMissing("\n".join([*unusable, NO_HOST]))
            return self._place + self._path(server)
        return checked_base(Url(self._absolute(server), self._mask))

    def _absolute(self, server: Server) -> str:
        """A URL with the values of its variables. If it has no scheme, a value brings one along."""
        scheme, separator, host, path = self._parts(server)
        expanded = expand(host, lambda name: self._value(server, name))
        if separator and expanded != host and not HOST.match(expanded):
            raise ConnectionMissing(f"{expanded!r}, which the connection's values make, is not a host name")
        if not expanded:
            names = variables(host)
            raise self._missing(f"the connection has no {', '.join(names)}, which is a part of the base URL", names)
        if not separator and path:
            expanded = expanded.rstrip("/")
        scheme = expand(scheme, lambda name: self._value(server, name))
        return f"{scheme}{separator}{expanded}{self._encoded(server, path)}"

    def _parts(self, server: Server) -> tuple[str, str, str, str]:
        """The scheme of a server's URL, what ends it, the host and the path, as templates. A variable right after the
        host is of the path if its value begins with a slash (``https://api.example.com{basePath}``)."""
        scheme, separator, rest = server.url.rpartition("://")
        host, slash, path = rest.partition("/")
        path = slash + path
        *before, last, after = split(host) if variables(host) else ["", "", host]
        if separator and any(before) and last and not after:
            known = self._known(server, last)
            if known is not None and revealed(known).startswith("/"):
                host, path = host.removesuffix(f"{{{last}}}"), f"{{{last}}}{path}"
        return scheme, separator, host, path

    def _path(self, server: Server) -> str:
        """The path of a server, without a slash at its end; with that which a value brings along before it."""
        _, separator, host, path = self._parts(server)
        before = ""
        if not separator and variables(host):
            known = self._known(server, variables(host)[0])
            before = urlsplit(revealed(known)).path.rstrip("/") if known else ""
        return (before + self._encoded(server, path)).rstrip("/")

    def _encoded(self, server: Server, path: str) -> str:
        parts = split(path)
        parts[1::2] = [self._segment(server, name) for name in parts[1::2]]
        return "".join(parts)

    def _segment(self, server: Server, name: str) -> str:
        """The value of a variable as it is in a path."""
        value = self._value(server, name)
        variable = server.variables.get(name)
        written = (variable.default, *variable.allowed) if variable is not None else ()
        try:
            if value in written:
                return document_path(value)
            slashes = any("/" in text for text in written if text)
            return "/".join(segment(part) if part else "" for part in value.split("/")) if slashes else segment(value)
        except ValueError as error:
            raise ConnectionMissing(f"the connection value {name} {error}") from None

    def _value(self, server: Server, name: str) -> str:
        """The value of a variable, in clear."""
        value = self._known(server, name)
        if value is None:
            raise self._missing(f"the connection has no {name}, which is a part of the base URL", [name])
        variable = server.variables.get(name)
        clear: str = revealed(value)
        if variable is not None and variable.allowed and name in self._chosen and clear not in variable.allowed:
            raise ConnectionMissing(f"the connection value {name} must be one of {', '.join(variable.allowed)}")
        return clear

    def _known(self, server: Server, name: str) -> Any:
        """The value of a variable: the one that was chosen, else the default of the server, else that of the
        connection; None if there is none."""
        variable = server.variables.get(name)
        default = variable.default if variable is not None else None
        return self._chosen.get(name, self._values.get(name) if default is None else default)


def _host(url: str) -> str:
    """The host of a server's URL with its port, as a template; empty for one that is relative."""
    return url.rpartition("://")[2].partition("/")[0]
