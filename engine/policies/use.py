"""The parameters of a policy: which a template has, and those of one use of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.policies.expressions import Expression, Step, Template, path, steps_of, template


class UnusablePolicy(Unsupported):
    """A use of a policy that cannot be compiled. ``parameter`` is the name of the parameter that is wrong or missing;
    empty if it is the use as a whole."""

    def __init__(self, message: str, parameter: str = "") -> None:
        super().__init__(message)
        self.parameter = parameter


class PolicyParameter(Struct, frozen=True):
    """A parameter of a template: its name, and the values it may have, in lower case (compared without case); none:
    any."""

    name: str
    required: bool = True
    choices: tuple[str, ...] = ()


class Use(Struct, frozen=True):
    """The parameters of one use of a template, and what they are compiled with: the values of the connection, and the
    names of those that are secret, in lower case."""

    parameters: Mapping[str, Any]
    section: str = "request"
    connection: Mapping[str, Any] = field(default_factory=dict)
    secret: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> str:
        return str(self.parameters[name])

    def get(self, name: str, default: str = "") -> str:
        """A parameter that may be left out."""
        value = self.parameters.get(name)
        return default if value is None else str(value)

    def path(self, name: str) -> Expression:
        """A parameter that is one expression."""
        try:
            return path(self[name])
        except Unsupported as error:
            raise UnusablePolicy(str(error), name) from None

    def template(self, name: str) -> Template:
        """A parameter that is a text with expressions."""
        try:
            return template(self.get(name))
        except Unsupported as error:
            raise UnusablePolicy(str(error), name) from None

    def sub_path(self, name: str) -> tuple[Step, ...]:
        """The steps of a parameter that may be left out: a relative path, or one from ``@item()``."""
        text = self.get(name).strip()
        if text in ("", "null"):
            return ()
        return self.path(name).steps if text.startswith("@") else steps_of(text)

    def hides(self, text: Template) -> bool:
        """Whether a text holds a secret of the connection."""
        return any(
            expression.root == "connectionparameters" and expression.name.lower() in self.secret
            for expression in text.expressions
        )
