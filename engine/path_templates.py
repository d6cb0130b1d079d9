"""Path templates: ``/pets/{petId}`` (Swagger 2.0, "Path Templating"; OpenAPI 3.1, section 4.8.2, and server URLs).

Rule. A variable is the text between ``{`` and the next ``}`` if it holds no brace, even if it is empty: a name that the
specification does not allow has to be recognized before it can be reported. This is the only module that reads such
templates.
"""

from __future__ import annotations

from collections.abc import Callable

from openconnectors.engine.deferred import pattern

_VARIABLE = pattern(r"\{([^{}]*)\}")


def variables(template: str) -> list[str]:
    """The names of a template's variables, in their order; one that is used twice is there twice."""
    return _VARIABLE.findall(template)


def split(template: str) -> list[str]:
    """The parts of a template: literal text at even indexes (also empty text), names of variables at odd ones."""
    return _VARIABLE.split(template)


def expand(template: str, value_of: Callable[[str], str]) -> str:
    """A template with each variable replaced by the text that belongs to its name."""
    return _VARIABLE.sub(lambda variable: value_of(variable[1]), template)


def without_names(template: str) -> str:
    """A template with all variables unnamed (``/pets/{}``): two that are then equal lead to the same place."""
    return _VARIABLE.sub("{}", template)


def is_variable(segment: str) -> bool:
    """Return True if a text is one variable and nothing else."""
    return _VARIABLE.fullmatch(segment) is not None
