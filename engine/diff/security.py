"""What changed in the credentials that an operation needs. Schemes are compared by what they are, not by name."""

from __future__ import annotations

from typing import TypeAlias

from openconnectors.engine.diff.changes import Changes
from openconnectors.engine.diff.sides import Side
from openconnectors.engine.model import OAuth, Operation, Scheme

Kind: TypeAlias = tuple[str, ...]
Alternative: TypeAlias = dict[Kind, frozenset[str]]
"""The kinds of credentials that are needed together, with their scopes."""

_TOKENS = ("oauth2", "openIdConnect")


def compare_security(changes: Changes, name: str, old: Operation, new: Operation) -> None:
    """Record the changes of the credentials that an operation needs."""
    before, after = _alternatives(changes.before, old), _alternatives(changes.after, new)
    at, now = f"{old.at}/security", f"{new.at}/security"
    if not _is_free(after):
        needed = [alternative for alternative in after if not any(_serves(other, alternative) for other in before)]
        lost = [alternative for alternative in before if not any(_serves(alternative, other) for other in after)]
        if len(needed) == len(after) or _is_free(before):
            _refused(changes, name, before, after, (at, now))
        elif lost:
            words = " or ".join(_worded(alternative) for alternative in lost)
            changes.add("alternative-removed", f"{name} no longer takes {words}", at, now)
        elif needed:
            words = " or ".join(_worded(alternative) for alternative in needed)
            changes.add("alternative-added", f"{name} now also takes {words}", at, now)
        elif before != after and _scopes(after) < _scopes(before):
            words = ", ".join(sorted(_scopes(before) - _scopes(after)))
            changes.add("scope-removed", f"{name} no longer requires the scope {words}", at, now)
        elif any(alternative not in before for alternative in after):
            words = " or ".join(_worded(alternative) for alternative in after if alternative not in before)
            changes.add("alternative-added", f"{name} now takes {words}", at, now)
    elif not _is_free(before):
        changes.add("security-removed", f"{name} no longer requires credentials", at, now)
    elif any(alternative and alternative not in before for alternative in after):
        words = " or ".join(_worded(alternative) for alternative in after if alternative and alternative not in before)
        changes.add("alternative-added", f"{name} now also takes {words}", at, now)


def compare_schemes(changes: Changes) -> None:
    """Record where credentials of the same kind are sent, and where tokens come from. A scheme that no operation needs
    is nobody's concern."""
    before, after = (_used(side) for side in (changes.before, changes.after))
    for name, old in before.items():
        same = next((scheme for scheme in after.values() if _kind(scheme) == _kind(old)), None)
        new = after.get(name) or same
        if new is None or _kind(old) != _kind(new):
            continue
        if _sent_as(old) != _sent_as(new):
            message = f"the credential {name!r} is now sent in {new.location} {new.parameter!r}"
            changes.add("credential-moved", f"{message} (was {old.location} {old.parameter!r})", old.at, new.at)
        if old.oauth is not None and new.oauth is not None:
            _tokens(changes, name, old, new)


def _sent_as(scheme: Scheme) -> tuple[str, str]:
    """Where a credential is sent. The case of a header field's name says nothing (RFC 9110 section 5.1)."""
    is_header = scheme.location == "header"
    return scheme.location, scheme.parameter.lower() if is_header else scheme.parameter


def _used(side: Side) -> dict[str, Scheme]:
    """The schemes that operations need, by name."""
    needed = {name for operation in side.operations.values() for alternative in operation.security
              for name in alternative}  # fmt: skip
    return {name: scheme for name, scheme in side.service.schemes.items() if name in needed}


def _tokens(changes: Changes, name: str, old: Scheme, new: Scheme) -> None:
    """Record the flows of a scheme that are gone, new, or at other endpoints."""
    before, after = (_endpoints(scheme.oauth) for scheme in (old, new))
    for grant in before.keys() - after.keys():
        changes.add("flow-removed", f"tokens of {name!r} can no longer be had by the flow {grant}", old.at, new.at)
    for grant in after.keys() - before.keys():
        changes.add("flow-added", f"tokens of {name!r} can now also be had by the flow {grant}", old.at, new.at)
    if any(before[grant] != after[grant] for grant in before.keys() & after.keys()):
        changes.add("token-moved", f"tokens of {name!r} come from another endpoint now", old.at, new.at)


def _refused(
    changes: Changes, name: str, before: list[Alternative], after: list[Alternative], at: tuple[str, str]
) -> None:
    """Record what is needed of callers that no alternative of before had."""
    recorded = len(changes.findings)
    for alternative in after:
        for kind, scopes in alternative.items():
            known = [] if _is_free(before) else [other[kind] for other in before if kind in other]
            more = scopes - frozenset().union(*known) if known else frozenset[str]()
            if known and more:
                words = f"the scope {', '.join(sorted(more))} of {' '.join(kind)}"
                changes.add("scope-added", f"{name} now requires {words}", *at)
            elif not known:
                changes.add("security-added", f"{name} now requires {' '.join(kind)}", *at)
    if len(changes.findings) == recorded:
        words = " or ".join(map(_worded, after))
        changes.add("security-added", f"{name} now requires {words} together", *at)


def _serves(credentials: Alternative, alternative: Alternative) -> bool:
    """Return True if who has these credentials has all that an alternative needs."""
    return all(kind in credentials and scopes <= credentials[kind] for kind, scopes in alternative.items())


def _scopes(alternatives: list[Alternative]) -> frozenset[str]:
    return frozenset(scope for alternative in alternatives for scopes in alternative.values() for scope in scopes)


def _is_free(alternatives: list[Alternative]) -> bool:
    return not alternatives or any(not alternative for alternative in alternatives)


def _alternatives(side: Side, operation: Operation) -> list[Alternative]:
    schemes = side.service.schemes
    return [
        {
            _kind(schemes[name]): frozenset(scopes if schemes[name].type in _TOKENS else ())
            for name, scopes in requirement.items()
            if name in schemes
        }
        for requirement in operation.security
    ]


def _kind(scheme: Scheme) -> Kind:
    """What a caller has to have for a scheme."""
    if scheme.oauth is not None and scheme.type == "oauth2":
        return ("oauth2",)
    if scheme.type == "apiKey":
        return ("apiKey", scheme.parameter.lower())
    return ("http", scheme.http_scheme.lower()) if scheme.type == "http" else (scheme.type,)


def _worded(alternative: Alternative) -> str:
    return " and ".join(" ".join(kind) for kind in alternative) or "calls without credentials"


def _endpoints(oauth: OAuth | None) -> dict[str, tuple[str, str]]:
    """Where the tokens of each flow come from."""
    flows = () if oauth is None else (oauth, *oauth.others)
    return {flow.grant: (flow.authorize, flow.token or flow.metadata) for flow in flows}
