"""Every error that a call can raise: one tree, split by whose fault it is.

Rule 1. Whatever a peer sends, nothing outside this tree leaves a call.

Rule 2. What happened is an attribute (``sent``, ``status``, ``problems``, ``final``), set by who knows it. The text is
made from the attributes, and no decision is read from a text.

Rule 3. A text says what is wrong, where, and what to do, holds no credential, and shows text of a service only through
``printable``. A suggestion is a value (``closest``) before it is words (``nearest``).

    ConnectorError
    ├── InvalidDocument        the document: carries diagnostics with file:line:column
    ├── UnknownName            the caller: no connector, operation or saved connection of that name
    ├── InvalidArguments       the caller: every problem at once, each with its path; nothing was sent
    ├── ConnectionMissing      the operator: connection values are missing or unusable; nothing was sent
    ├── Unsupported            the document needs what no row of our tables can do; nothing was sent
    ├── TransportError         the network: sent says "no", "yes" or "unknown"
    │   ├── ConnectionFailed   no connection could be made: not sent
    │   ├── Timeout            the time of the call, or of a wait within it, ran out
    │   ├── Interrupted        the connection broke during the request or the response
    │   └── OutcomeUnknown     the request may have been carried out and must not be sent again
    ├── AnswerError            the service: an error status; description, value, code, message
    │   ├── BadRequest 400 · Unauthorized 401 · Forbidden 403 · NotFound 404 · Conflict 409
    │   ├── TooManyRequests 429 (retry_after in seconds, if the response has it)
    │   └── ServerError 5xx
    ├── OperationFailed        the service: a long-running operation ended without success; state
    └── InvalidResponse        the service: the response is cut, too large, unreadable or breaks its schema
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

from openconnectors.engine.tracebacks import short_traceback

Sent = Literal["no", "yes", "unknown"]
Path = tuple[str | int, ...]
Part = Literal["value", "body", "argument", "option", "request", "status", "header", "link"]
"""What the path of a problem leads into; ``request`` is the request as a whole, which has no path."""


def dotted(path: Path) -> str:
    """A path as people read it: ``messages[3].sid``; the empty path is ``value``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{_name(step)}" for step in path)
    return text.lstrip(".") or "value"


LONGEST_TEXT = 500
"""How many characters of a service's text a message repeats: enough for a sentence, too few for a page."""


def _name(step: str) -> str:
    """A step as people read it: a member's name comes from a service and may hold anything."""
    return step if step.isprintable() and len(step) <= 100 else printable(step, 100)


def printable(text: str, longest: int = LONGEST_TEXT) -> str:
    """Text of a service in one line, cut to ``longest``: blanks collapsed, and what is not printable (control
    characters, unpaired surrogates, changes of direction) escaped, so that it cannot act on a terminal or forge a log
    line."""
    line = " ".join(text[: longest * 4].split())
    characters = (each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in line)
    shown = "".join(characters)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


UNPAIRED_SURROGATE = "contains an unpaired surrogate, which UTF-8 cannot encode"
"""The message for half of a surrogate pair (``"\\ud800"``), which Python's text can hold but no encoding of Unicode."""


def short_repr(value: object) -> str:
    """The ``repr`` of any value for a message, cut to 60 characters."""
    try:
        text = repr(value[:60] if isinstance(value, (str, bytes)) else value)
    except Exception:  # noqa: BLE001 - an object of the caller's may raise anything
        return f"an object of type {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "…"


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The hint ``; did you mean 'x'?`` for the name that ``closest`` gives, or an empty text."""
    suggestion = closest(name, known, cutoff)
    return f"; did you mean {suggestion!r}?" if suggestion is not None else ""


def closest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that is most like a name, whatever its case; None if none is. ``cutoff`` is how much alike they
    must be, from 0 to 1 (``difflib.get_close_matches``)."""
    import difflib  # for names that are wrong

    folded = {candidate.casefold(): candidate for candidate in known}
    matches = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=cutoff)
    return folded[matches[0]] if matches else None


class Problem(Struct, frozen=True):
    """One thing wrong at one place: of the arguments of a call, or of a response (a deviation)."""

    path: Path
    """The steps to the place within ``part``: from the value itself (of a response: its body), or from the name of an
    argument, an option or a header field."""
    message: str
    """What is wrong."""
    kind: str = "schema"
    """The kind of difference: a row of ``LENIENCY``, which docs/responses.md lists."""
    part: Part = "value"
    """The part of the request or the response that the path leads into."""

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.message}"


class Diagnostic(Struct, frozen=True):
    """A finding about a document."""

    rule: str
    """The id of its rule, which docs/rules.md explains."""
    severity: Literal["error", "warning", "info"]
    """How much it matters."""
    message: str
    """What is wrong."""
    file: str
    """The file that it is in."""
    line: int
    """Its line, from 1."""
    column: int
    """Its column, from 1."""
    pointer: str = ""
    """The JSON Pointer (RFC 6901) of the node that it is about."""
    fix: str = ""
    """How to fix it, if the message does not say so."""
    related: tuple[str, int, int] | None = None
    """File, line and column of the other place that the message is about, if there is one."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message} [{self.rule}]"

    @property
    def mend(self) -> str:
        """The former name of ``fix``."""
        warnings.warn("Diagnostic.mend is now Diagnostic.fix", DeprecationWarning, stacklevel=2)
        return self.fix


class ConnectorError(Exception):
    """Base of every error that a connector raises. It can be pickled and copied, with its attributes and its cause, so
    that it can go from a worker process to the one that waits for it."""

    sent: Sent = "no"

    def __reduce__(self) -> Any:
        cause = self.__cause__ if isinstance(self.__cause__, ConnectorError) else None
        return _restored, (type(self), self.args, {name: _portable(value) for name, value in vars(self).items()}, cause)

    def _render_traceback_(self) -> list[str]:
        """The traceback that notebooks show."""
        return short_traceback(self)

    def rewrite(self, change: Callable[[Any], Any]) -> None:
        """Replace every text and value that the error holds by ``change`` of it, and those of its cause."""
        self.args = change(self.args)
        for name, value in vars(self).items():
            setattr(self, name, change(value))
        cause = self.__cause__
        if isinstance(cause, ConnectorError) and cause is not self:
            cause.rewrite(change)
            cause.__context__ = None
            cause.__traceback__ = None


def _restored(
    kind: type[ConnectorError], args: tuple[Any, ...], attributes: dict[str, Any], cause: BaseException | None
) -> ConnectorError:
    """An error as it was, whatever the arguments of its class."""
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(attributes)
    error.__cause__ = cause
    return error


def _portable(value: Any) -> Any:
    """A value, or its text if it cannot be pickled: the error must arrive."""
    import pickle  # for an error that goes to another process

    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - whatever a class of the caller's raises
        return repr(value)
    return value


class InvalidDocument(ConnectorError):
    """The document cannot be used. ``diagnostics`` says what is wrong and where, errors first."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


class UnknownName(ConnectorError, LookupError):
    """No connector, operation, parameter or saved connection has this name; the message suggests the nearest one."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        known = sorted(known)
        tail = hint or (f" Known: {', '.join(known)}." if 0 < len(known) <= 12 else "")
        super().__init__(f"there is no {kind} {name!r}{nearest(name, known) or '.'}{tail}")
        self.wanted = name
        self.known = known


class InvalidArguments(ConnectorError, ValueError):
    """The arguments break the operation's schema; ``problems`` has them all, nothing was sent."""

    def __init__(self, operation: str, problems: Iterable[Problem]) -> None:
        self.operation = operation
        self.problems: tuple[Problem, ...] = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        count = len(self.problems)
        super().__init__(f"{operation} was not sent, {count} problem{'s' * (count != 1)}:\n{lines}")


class ConnectionMissing(ConnectorError):
    """Connection values are missing or unusable; the message names them and the ways to pass them. ``code`` is the
    error code of a token endpoint that refused a token (RFC 6749 section 5.2), else empty; ``lacking`` has the names of
    the missing values."""

    code: str = ""

    def __init__(self, message: str, lacking: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.lacking: tuple[str, ...] = tuple(lacking)


class Unsupported(ConnectorError):
    """The document declares something the engine has no row for; the message names it and its place."""


class TransportError(ConnectorError):
    """No usable response came back. ``sent`` is what the transport recorded: "no" before the first byte of the request
    was handed to the socket, "unknown" from then on, "yes" once a response has begun."""

    def __init__(self, message: str, sent: Sent = "unknown", final: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.final = final
        """True if trying again cannot help (a certificate that is refused)."""


class ConnectionFailed(TransportError):
    """No connection (name, refusal, TLS, connect timeout): the request was not sent."""

    def __init__(self, message: str, sent: Sent = "no", final: bool = False) -> None:
        super().__init__(message, sent, final)


class Timeout(TransportError):
    """The time of the call, or of one wait within it, ran out."""


class Interrupted(TransportError):
    """The connection was closed or reset during the request or its response."""


class OutcomeUnknown(TransportError):
    """The request may have been carried out and must not be repeated blindly.

    Look for its effect (list or get what it would have created) before sending it again.
    ``__cause__`` is the failure itself.
    """


class AnswerError(ConnectorError):
    """An error status. ``code`` and ``message`` are the provider's own, from the place that the document names, else
    from the places that services use by convention. ``value`` is the decoded body, ``fields`` are the declared header
    fields, typed, ``description`` is the document's text, ``target`` the URL of a redirect that was not followed."""

    sent: Sent = "yes"

    def __init__(
        self,
        operation: str,
        status: int,
        *,
        description: str = "",
        value: Any = None,
        code: Any = None,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        fields: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
        target: str = "",
    ) -> None:
        self.operation = operation
        self.status = status
        self.description = description
        self.value = value
        self.code = code
        self.message = message
        self.headers: Mapping[str, str] = headers or {}
        self.fields: Mapping[str, Any] = fields or {}
        self.retry_after = retry_after
        self.target = target
        reason = printable(message or description or "") or "no description"
        code_text = f" (code {printable(str(code), 100)})" if code is not None else ""
        wait = f"; try again after {retry_after:g} s" if retry_after is not None else ""
        redirect = f"; it leads to {printable(target)}, which was not followed" if target else ""
        super().__init__(f"{operation} answered {status}: {reason}{code_text}{wait}{redirect}")


class BadRequest(AnswerError):
    """400: the service cannot use the request as it is."""


class Unauthorized(AnswerError):
    """401: the credentials are wrong, or missing."""


class Forbidden(AnswerError):
    """403: the credentials are known, and do not allow this."""


class NotFound(AnswerError):
    """404: there is nothing of that id or at that path."""


class Conflict(AnswerError):
    """409: the request contradicts what the service has now."""


class TooManyRequests(AnswerError):
    """429: too many requests came. ``retry_after`` is in seconds, if the response has it."""


class ServerError(AnswerError):
    """5xx: the service could not carry out the request."""


ANSWER_ERRORS: Mapping[int, type[AnswerError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: TooManyRequests,
}


def answer_error(status: int) -> type[AnswerError]:
    """The class for an error status (RFC 9110 section 15)."""
    return ANSWER_ERRORS.get(status, ServerError if status >= 500 else AnswerError)


class OperationFailed(ConnectorError):
    """A long-running operation ended in a state other than success.

    ``state`` is the service's word for it (``Failed``, ``Canceled``), ``value`` the last response, ``code`` and
    ``message`` those of its ``error`` member, if it has one.
    """

    sent: Sent = "yes"

    def __init__(self, operation: str, state: str, value: Any = None) -> None:
        error = value.get("error") if isinstance(value, Mapping) else None
        error = error if isinstance(error, Mapping) else {}
        self.operation = operation
        self.state = state
        self.value = value
        self.code = error.get("code")
        self.message = error.get("message")
        reason = f": {printable(str(self.message))}" if self.message else ""
        super().__init__(f"{operation} ended as {printable(state, 100)}{reason}")


class InvalidResponse(ConnectorError):
    """What came back is not a whole, readable response of the declared shape. ``body`` and ``content_type`` are those
    of the response, if it came whole."""

    sent: Sent = "yes"

    def __init__(
        self, message: str, problems: Iterable[Problem] = (), *, body: bytes | None = None, content_type: str = ""
    ) -> None:
        self.body = body
        self.content_type = content_type
        self.problems: tuple[Problem, ...] = tuple(problems)
        lines = "".join(f"\n  {problem}" for problem in self.problems[:20])
        super().__init__(message + lines)
