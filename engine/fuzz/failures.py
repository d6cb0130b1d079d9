"""A failed call as a value: shown as a command and as Python, saved as plain data, read again."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, ValidationError, convert
from msgspec.structs import asdict

from openconnectors.engine.errors import printable
from openconnectors.engine.fuzz.calls import Login
from openconnectors.engine.fuzz.checks import CHECKS
from openconnectors.engine.fuzz.sequence_checks import SEQUENCE_CHECKS
from openconnectors.engine.fuzz.steps import CallSequence, saved_steps, steps_of

REFUSAL, CLIENT = "refusal", "client"
"""The checks of the client: it refuses wrong arguments; no malformed response breaks it."""

ACCEPTED, STORED, METHOD = "accepted", "stored", "method"
OF_ILLEGAL = (ACCEPTED, STORED, METHOD)
"""The checks of illegal requests, beside those of any response: none is accepted, none is stored, and a method that is
not documented is refused as RFC 9110 section 15.5.6 has it."""

REFUSED = "refused"
OF_LEGAL = (REFUSED,)
"""The checks of several calls: a legal value is not refused if another is accepted."""


class Sent(Struct, frozen=True):
    """An illegal request: its URL without the base, the credentials that it is sent with (``own``, ``none``,
    ``wrong``), the part that is wrong, of which parameter or member, and the rule that it breaks. ``lenient``: only a
    failure of the service is one."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    login: Login
    part: str
    where: str
    rule: str
    lenient: bool = False


class Failure(Struct, frozen=True):
    """A call that fails a check: the operation by its id and its Python name, and arguments by Python name.

    ``response`` are the bytes that were sent to the client, for the check ``client``; ``sent`` is the illegal request,
    made of the call with these arguments. ``curl`` is the request as a command, credentials as variables.
    ``sequence`` are the calls before and with it, if it takes several to fail.
    """

    check: str
    operation: str
    name: str
    arguments: Mapping[str, Any]
    message: str
    accept: str | None = None
    response: bytes | None = None
    sent: Sent | None = None
    curl: str = ""
    sequence: CallSequence | None = None

    def __str__(self) -> str:
        """What is wrong, and below it the requests that show it as commands of curl."""
        requests = self.sequence.curl() if self.sequence is not None else self.curl
        lines = [f"{self.check}: {self.name}: {printable(self.message)}", *requests.splitlines()]
        lines += [f"answered with {self.response!r}"] if self.response is not None else []
        return "\n".join(f"  {line}" if index else line for index, line in enumerate(lines))

    def command(self, connector: str, url: str | None) -> str:
        """The call on the command line: of the service at ``url``, or of a sandbox; a sequence as commands of curl."""
        if self.sequence is not None:
            return self.sequence.curl()
        parts = ["connectors", "call", connector, self.name]
        for name, value in self.arguments.items():
            text = value if isinstance(value, str) else json.dumps(_packed(value), ensure_ascii=False)
            parts += [f"--{name.replace('_', '-')}", text]
        parts += ["--accept", self.accept] if self.accept else []
        parts += ["--base-url", url] if url else ["--sandbox"]
        return shlex.join(parts)

    def python(self, connector: str, url: str | None, transport: str = "") -> str:
        """The call in Python; ``transport`` is the expression of one that is not the network."""
        base_url = f", base_url={url!r}" if url else ""
        base_url += f", transport={transport}" if transport else ""
        load = "load_file" if "/" in connector or "." in connector else "load"
        if self.sequence is not None:
            return self.sequence.python(f"openconnectors.{load}({connector!r}{base_url})")
        using = f".using(accept={self.accept!r})" if self.accept else ""
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"openconnectors.{load}({connector!r}{base_url}).{self.name}{using}({arguments})"

    def saved(self) -> dict[str, Any]:
        """The failure as plain data, which ``failure_of`` reads. Bytes are ``{"$octets": base64}``."""
        return {
            "check": self.check,
            "operation": self.operation,
            "name": self.name,
            "arguments": _packed(dict(self.arguments)),
            "message": self.message,
            "accept": self.accept,
            "answer": _packed(self.response),
            "sent": _packed(asdict(self.sent)) if self.sent is not None else None,
            "curl": self.curl,
            **({"sequence": saved_steps(self.sequence, _packed)} if self.sequence is not None else {}),
        }


def failure_of(saved: object) -> Failure:
    """The failure of saved data; ``ValueError`` if it is something else."""
    if not isinstance(saved, Mapping):
        raise ValueError("a saved failure must be a mapping")
    members = {_ATTRIBUTES.get(str(name), str(name)): _unpacked(value) for name, value in saved.items()}
    if "sequence" in members:
        members["sequence"] = steps_of(members["sequence"])
    members.pop("reproduction", None)  # which reports have beside it
    try:
        sent = members.pop("sent", None)
        failure = Failure(**members, sent=convert(sent, Sent) if sent is not None else None)
    except (TypeError, KeyError, ValidationError) as error:
        raise ValueError(f"this is not a saved failure: {error}") from None
    if failure.check not in (REFUSAL, CLIENT, *CHECKS, *OF_ILLEGAL, *OF_LEGAL, *SEQUENCE_CHECKS):
        raise ValueError(f"there is no check {failure.check!r}")
    types = {"name": str, "arguments": Mapping, "accept": str | None, "response": bytes | None, "curl": str}
    for attribute, expected in types.items():
        if not isinstance(getattr(failure, attribute), expected):
            raise ValueError(f"{attribute} of a saved failure has the wrong type")
    return failure


_ATTRIBUTES = {"answer": "response"}  # members of saved failures that are named otherwise here
_BYTES = "$octets"


def _packed(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        return {name: _packed(member) for name, member in value.items()}
    return [_packed(item) for item in value] if isinstance(value, list) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {_BYTES}:
            return base64.b64decode(value[_BYTES])
        return {name: _unpacked(member) for name, member in value.items()}
    return [_unpacked(item) for item in value] if isinstance(value, list) else value
