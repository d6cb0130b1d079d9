"""HTTP digest authentication (RFC 7616): the server sends a nonce, the client proves that it knows the password.

1. A service's challenge is remembered for the connection, so that only the first request goes out unsigned. Each
   request counts the nonce up (``nc``), under a lock: a server takes a count that it has seen for a replay.
2. A request that is refused is sent once more with the new challenge if it was not signed, or was signed with a nonce
   that is stale or that the service no longer names. Twice at most; a nonce that came in this exchange and is refused
   without ``stale`` means that user or password are wrong.
3. Of several challenges the first that can be met is taken, since a server lists the best first (section 3.7). Basic is
   never taken in its place: that would hand the password to whoever can change a response.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from openconnectors.engine.auth.challenges import challenges
from openconnectors.engine.auth.scheme import Auth, Guard, Part, Received, SchemeType, Values, quoted
from openconnectors.engine.credentials import Credentials
from openconnectors.engine.deferred import module
from openconnectors.engine.errors import ConnectionMissing
from openconnectors.engine.flows import Flow, Send
from openconnectors.engine.http import Request, Response
from openconnectors.engine.model import Scheme
from openconnectors.engine.secret import Secret

if TYPE_CHECKING:
    import hashlib
    import hmac
    import secrets
else:
    hashlib = module("hashlib")
    hmac = module("hmac")
    secrets = module("secrets")

_HASHES: Mapping[str, str] = {"md5": "md5", "sha-256": "sha256", "sha-512-256": "sha512_256"}
"""Algorithms of RFC 7616 section 3.3 as hashlib names them; each also with ``-sess``."""
_MOST_TRIES = 3
"""Unsigned, with a challenge, and with another if that one is stale by then."""

Hasher: TypeAlias = Callable[[str], str]


def _hasher(algorithm: str) -> Hasher | None:
    """The hash function of an algorithm, from text to lower-case hexadecimal; None for one that is not known."""
    name = _HASHES.get(algorithm.lower().removesuffix("-sess"), "")
    if name not in hashlib.algorithms_available:
        return None
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


class _Account(Struct, frozen=True):
    """One user's name and password."""

    user: Secret
    password: Secret

    def secret(self, hasher: Hasher, algorithm: str, realm: str, nonce: str, cnonce: str) -> Secret:
        """The hash of A1 (section 3.4.2)."""
        first = Secret(hasher(f"{self.user.reveal()}:{_unicode(realm)}:{self.password.reveal()}"))
        if not algorithm.lower().endswith("-sess"):
            return first
        return Secret(hasher(f"{first.reveal()}:{nonce}:{cnonce}"))

    def hashed(self, hasher: Hasher, realm: str) -> str:
        """The user name as ``userhash`` has it (section 3.4.4)."""
        return hasher(f"{self.user.reveal()}:{_unicode(realm)}")


def _unicode(text: str) -> str:
    """A text of a header field, whose bytes were read as Latin-1, as the UTF-8 that it is, if it is that."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def _proof(hasher: Hasher, secret: Secret, method: str, uri: str, nonce: str, count: str, cnonce: str, qop: str) -> str:
    """The value of ``response`` (section 3.4.1); without ``qop`` that of RFC 2069, which older servers ask for."""
    second = hasher(f"{method}:{uri}")
    middle = f"{nonce}:{count}:{cnonce}:{qop}" if qop else nonce
    return hasher(f"{secret.reveal()}:{middle}:{second}")


class _Session:
    """A challenge that is being answered: its nonce, how often that was used, and the client's own nonce, which stays
    the same for ``-sess`` (section 3.4.2)."""

    def __init__(self, parameters: Mapping[str, str], hasher: Hasher) -> None:
        self.parameters = parameters
        self.nonce = parameters.get("nonce", "")
        self._hasher = hasher
        self._cnonce = secrets.token_hex(16)
        self._count = 0
        self._lock = threading.Lock()

    def renewed(self, nonce: str) -> _Session:
        """The session with the nonce that the service wants next (section 3.5)."""
        return _Session({**self.parameters, "nonce": nonce}, self._hasher)

    def authorization(self, method: str, uri: str, account: _Account) -> str:
        """The value of ``Authorization`` for the next request (section 3.4)."""
        with self._lock:
            self._count += 1
            count = f"{self._count:08x}"
        realm, algorithm = self.parameters.get("realm", ""), self.parameters.get("algorithm", "")
        qop = "auth" if "qop" in self.parameters else ""
        secret = account.secret(self._hasher, algorithm, realm, self.nonce, self._cnonce)
        fields = {
            **self._user(account, realm),
            "realm": quoted(realm),
            "nonce": quoted(self.nonce),
            "uri": quoted(uri),
            "response": quoted(_proof(self._hasher, secret, method, uri, self.nonce, count, self._cnonce, qop)),
        }
        if algorithm:
            fields["algorithm"] = algorithm
        if "opaque" in self.parameters:
            fields["opaque"] = quoted(self.parameters["opaque"])
        if qop:
            fields |= {"qop": qop, "nc": count, "cnonce": quoted(self._cnonce)}
        elif algorithm.lower().endswith("-sess"):
            fields["cnonce"] = quoted(self._cnonce)
        return f"Digest {', '.join(f'{name}={text}' for name, text in fields.items())}"

    def _user(self, account: _Account, realm: str) -> dict[str, str]:
        """The user name: hashed if the service wants that (section 3.4.4), encoded by RFC 8187 if it is not ASCII."""
        if self.parameters.get("userhash", "").lower() == "true":
            return {"username": quoted(account.hashed(self._hasher, realm)), "userhash": "true"}
        if not account.user.reveal().isascii():
            return {"username*": f"UTF-8''{quote(account.user.reveal(), safe='')}"}
        return {"username": quoted(account.user.reveal())}


def _session(fields: Iterable[str]) -> _Session | None:
    """The first challenge of header fields that can be answered; None if there is none."""
    for challenge in challenges(fields):
        hasher = _hasher(challenge.parameters.get("algorithm", "MD5"))
        offers = [offer.strip().lower() for offer in challenge.parameters.get("qop", "auth").split(",")]
        if challenge.scheme == "digest" and hasher and "auth" in offers and challenge.parameters.get("nonce"):
            return _Session(challenge.parameters, hasher)
    return None


class _Digest:
    """User name and password of a connection, and the challenge that its service sent last."""

    def __init__(self, account: _Account) -> None:
        self._account = account
        self._session: _Session | None = None

    def flow(self, request: Request, send: Send) -> Flow[Response]:
        """Send a request, with the remembered challenge answered, and again with one that the response brings."""
        session, is_new = self._session, False
        for left in reversed(range(_MOST_TRIES)):
            response = yield from send(self._signed(request, session))
            if response.status != 401:
                self._remember(response, session, is_new)
                return response
            offered = _session(response.headers.every("WWW-Authenticate"))
            if offered is None or not left or not request.repeatable:
                return response
            stale = offered.parameters.get("stale", "").lower() == "true"
            if session is not None and not stale and (is_new or offered.nonce == session.nonce):
                return response  # the challenge was answered, and the answer is wrong
            session, is_new = offered, True
        return response

    def _signed(self, request: Request, session: _Session | None) -> Request:
        if session is None:
            return request
        parts = urlsplit(request.credentials.reveal(request)[0])
        uri = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        credentials = Credentials({"Authorization": session.authorization(request.method, uri, self._account)})
        return replace(request, credentials=credentials.merged(request.credentials))

    def _remember(self, response: Response, session: _Session | None, is_new: bool) -> None:
        """Keep a session that was let in, with the nonce that the service announces for the next request (section 3.5).

        Until then it is this request's alone, so that no other can overtake it: a service may want counts to rise.
        """
        infos = challenges([f"Digest {text}" for text in response.headers.every("Authentication-Info")])
        nonces = (info.parameters.get("nextnonce") for info in infos)
        nonce = next((nonce for nonce in nonces if nonce), None)
        if session is not None and (is_new or nonce is not None):
            self._session = session if nonce is None else session.renewed(nonce)


def _account(values: Values) -> _Account:
    account = _Account(values["username"], values["password"])
    if ":" in account.user.reveal():
        raise ConnectionMissing("the user name of digest authentication must not hold a colon (RFC 7616 section 3.4.4)")
    if any(ord(character) < 32 or ord(character) == 127 for character in account.user.reveal()):
        raise ConnectionMissing("the user name of digest authentication must not hold a control character")
    return account


def _authenticate(scheme: Scheme, values: Values) -> Auth:
    return _Digest(_account(values))


_LIFETIME = 300.0
"""Seconds that a nonce of ours is good for."""
_OFFERED = ("SHA-256", "MD5")
_MOST_NONCES = 1000


class _Guard:
    """Checks requests for one user, with nonces of its own, each count of which is good once."""

    def __init__(self, account: _Account) -> None:
        self._account = account
        self._key = secrets.token_bytes(32)
        self._counts: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def admits(self, received: Received) -> bool:
        """Return whether a request answers a challenge of ours that is not stale, for the first time."""
        parameters = _parameters(received)
        return parameters is not None and self._proves(parameters, received) and self._is_first(parameters)

    def challenge(self, realm: str, scopes: tuple[str, ...], received: Received) -> str:
        """A challenge for each algorithm, the best first, with a new nonce."""
        parameters = _parameters(received)
        stale = parameters is not None and self._proves(parameters, received)
        moment = f"{time.time():.3f}-{secrets.token_hex(4)}"
        nonce = f"{moment}-{self._signature(moment)}"
        common = f'realm={quoted(realm)}, qop="auth", nonce={quoted(nonce)}, charset=UTF-8'
        tail = ", stale=true" if stale else ""
        return ", ".join(f"Digest {common}, algorithm={algorithm}{tail}" for algorithm in _OFFERED)

    def _signature(self, moment: str) -> str:
        return hmac.new(self._key, moment.encode(), "sha256").hexdigest()[:32]

    def _proves(self, parameters: Mapping[str, str], received: Received) -> bool:
        """Return whether credentials prove that the password is known, whatever their nonce."""
        algorithm = parameters.get("algorithm", "MD5")
        hasher = _hasher(algorithm)
        if hasher is None or algorithm.upper().removesuffix("-SESS") not in _OFFERED:
            return False
        nonce, cnonce, realm = parameters.get("nonce", ""), parameters.get("cnonce", ""), parameters.get("realm", "")
        secret = self._account.secret(hasher, algorithm, realm, nonce, cnonce)
        uri = parameters.get("uri", "")
        proof = _proof(
            hasher, secret, received.method, uri, nonce, parameters.get("nc", ""), cnonce, parameters.get("qop", "")
        )
        return (
            uri == received.target
            and parameters.get("qop", "").lower() == "auth"
            and self._names(parameters, realm, hasher)
            and hmac.compare_digest(proof.encode(), parameters.get("response", "").encode())
        )

    def _names(self, parameters: Mapping[str, str], realm: str, hasher: Hasher) -> bool:
        """Return whether credentials name the user, in clear, encoded, or hashed."""
        if parameters.get("userhash", "").lower() == "true":
            return parameters.get("username") == self._account.hashed(hasher, realm)
        if "username*" in parameters:
            return Secret(unquote(parameters["username*"].rpartition("'")[2])) == self._account.user
        return Secret(parameters.get("username", "")) == self._account.user

    def _is_first(self, parameters: Mapping[str, str]) -> bool:
        """Return whether a nonce is ours and fresh, and its count is new."""
        nonce, count = parameters.get("nonce", ""), parameters.get("nc", "")
        moment, _, signature = nonce.rpartition("-")
        if not hmac.compare_digest(self._signature(moment).encode(), signature.encode()):
            return False
        if float(moment.partition("-")[0]) + _LIFETIME < time.time():
            return False
        with self._lock:
            while len(self._counts) > _MOST_NONCES:
                del self._counts[next(iter(self._counts))]
            counts = self._counts.setdefault(nonce, set())
            if count in counts:
                return False
            counts.add(count)
            return True


def _parameters(received: Received) -> Mapping[str, str] | None:
    """The parameters of the credentials that a request carries; None if it carries none of digest."""
    credentials = next(iter(challenges([received.headers.get("Authorization", "")])), None)
    return credentials.parameters if credentials is not None and credentials.scheme == "digest" else None


def _guard(scheme: Scheme, values: Values) -> Guard:
    return _Guard(_account(values))


DIGEST = SchemeType(
    "digest",
    (Part("username", "username", secret=False), Part("password", "password")),
    _authenticate,
    _guard,
    http_name="Digest",
    base="basic",
    covers_request=True,
)
