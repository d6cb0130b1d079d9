"""The path and the query of a request: the document's text with the values of a call in their places.

What may stand in a URL as it is, is decided in ``openconnectors.engine.urls``; how a value becomes text, by its style.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from openconnectors.engine.errors import Problem, Unsupported
from openconnectors.engine.model import Operation, Parameter, Representation, Schema
from openconnectors.engine.plan.arguments import Argument, Arguments
from openconnectors.engine.urls import (
    checked_segment,
    encoded_path,
    encoded_query,
    expanded,
    open_path,
    open_query,
    path_text,
    query_text,
)
from openconnectors.engine.values.styles import Style, style_of


def _twice(encode: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: path_text(encode(text))


_ENCODERS: Mapping[tuple[str, str], Callable[[str], str]] = {
    ("path", "once"): path_text,
    ("path", "twice"): _twice(path_text),
    ("path", "none"): str,
    ("query", "once"): query_text,
    ("query", "twice"): _twice(path_text),
    ("query", "none"): str,
}
"""How a value is encoded, by its location and the times it is encoded."""


class Url:
    """Path and query of the requests of one operation. If the document has a suffix of the path, or a query parameter,
    choose the media type of the response (``representation``), they bring it along."""

    def __init__(
        self,
        operation: Operation,
        arguments: Arguments,
        representation: Representation,
        contract: Callable[[Schema], Schema],
    ) -> None:
        self._operation = operation
        self._arguments = arguments
        self._representation = representation
        self._contract = contract

    @cached_property
    def styles(self) -> Mapping[tuple[str, str], Style]:
        """How the value of each parameter is written, by its location and name."""
        return {
            (parameter.location, parameter.name): self._compiled_style(parameter)
            for parameter in self._operation.parameters
        }

    def _compiled_style(self, parameter: Parameter) -> Style:
        if parameter.content or parameter.allow_reserved:
            how = "with reserved characters" if parameter.allow_reserved else f"as {', '.join(parameter.content)}"
            raise Unsupported(f"parameter {parameter.name!r} of {self._operation.id} is sent {how}; no row writes that")
        return style_of(parameter.style, parameter.explode, parameter.schema, self._contract)

    def style(self, argument: Argument) -> Style:
        """How the value of a parameter is written."""
        return self.styles[argument.location, argument.wire]

    # The path

    @cached_property
    def _template(self) -> tuple[tuple[str, ...], tuple[Argument, ...]]:
        """The literal parts of the path, and the arguments of the variables between them; without the suffix that
        names the representation."""
        parts = encoded_path(self._operation.path)
        if self._representation.where == "path":
            parts[-1] = parts[-1].removesuffix(self._suffix(parts[-1]))
        declared = {argument.wire: argument for argument in self._arguments.at["path"]}
        for name in parts[1::2]:
            if name not in declared:
                raise Unsupported(f"the path {self._operation.path!r} has {{{name}}}, which no parameter fills")
        return tuple(parts[::2]), tuple(declared[name] for name in parts[1::2])

    def path(self, values: Mapping[str, Any], accept: str | None) -> tuple[str, list[Problem]]:
        """The path for the values of a call, encoded, with the problems of values that cannot stand in it."""
        problems: list[Problem] = []
        literals, variables = self._template
        parts = [literals[0]]
        for argument, literal in zip(variables, literals[1:], strict=True):
            try:
                parts += (self.segment(argument, values[argument.name]), literal)
            except ValueError as error:
                problems.append(Problem((argument.name,), str(error), part="argument"))
        if self._representation.where == "path":
            parts.append(self._text_for(accept))
        return "".join(parts), problems

    def segment(self, argument: Argument, value: Any) -> str:
        """The value of a path variable, encoded; ``ValueError`` for one that would leave its place."""
        parameter = argument.parameter
        text = ",".join(self.style(argument).write(value, _ENCODERS["path", parameter.encoding], exact=False))
        if not text and (parameter.allow_empty or "" in (self._contract(argument.schema).enum or ())):
            return ""  # the document itself has this segment empty
        if parameter.encoding == "none":
            return open_path(text)
        return checked_segment(text)

    # The query

    @cached_property
    def fixed_query(self) -> tuple[tuple[str, str], ...]:
        """The query that the path itself has, pairs with their names: a parameter of the same name takes its place."""
        return encoded_query(self._operation.path)

    @cached_property
    def _fixed_query_has_variables(self) -> bool:
        return any("{" in pair for _, pair in self.fixed_query)

    def query(self, values: Mapping[str, Any], accept: str | None) -> tuple[list[str], list[Problem]]:
        """The pairs of the query for the values of a call, encoded, with the problems of values that cannot stand
        there."""
        problems: list[Problem] = []
        arguments = [argument for argument in self._arguments.at["query"] if argument.name in values]
        pairs: list[str] = []
        if self.fixed_query:
            variables = {}
            for argument in self._arguments.at["path"] if self._fixed_query_has_variables else ():
                texts, wrong = self._texts(argument, values[argument.name])
                variables[argument.wire] = ",".join(texts)
                problems += wrong
            names = {argument.wire for argument in arguments}
            fixed = [expanded(pair, variables) for name, pair in self.fixed_query if name not in names]
            pairs += [pair for pair in fixed if pair is not None]
        for argument in arguments:
            texts, wrong = self._texts(argument, values[argument.name])
            pairs += [f"{query_text(argument.wire)}={text}" for text in texts]
            problems += wrong
        if self._representation.where == "query":
            pairs.append(f"{query_text(self._representation.name)}={query_text(self._text_for(accept))}")
        return pairs, problems

    def _texts(self, argument: Argument, value: Any) -> tuple[list[str], list[Problem]]:
        """The texts of an argument in the query, encoded; none if they cannot be, with the problem."""
        encoding = argument.parameter.encoding
        try:
            texts = self.style(argument).write(value, _ENCODERS["query", encoding], exact=False)
            return [open_query(text) for text in texts] if encoding == "none" else texts, []
        except ValueError as error:
            return [], [Problem((argument.name,), str(error), part="argument")]

    # The representation

    @cached_property
    def _suffixes(self) -> tuple[str, ...]:
        """The suffixes of the path that name a representation, longest first: one may end with another."""
        return tuple(sorted(filter(None, self._representation.values), key=len, reverse=True))

    def _suffix(self, path: str) -> str:
        return next((suffix for suffix in self._suffixes if path.endswith(suffix)), "")

    def _text_for(self, media_type: str | None) -> str:
        """What stands in the URL for a media type: a suffix of the path or the value of a query parameter."""
        return self._texts_by_media_type.get(media_type, "")

    @cached_property
    def _texts_by_media_type(self) -> Mapping[str | None, str]:
        # Of several texts for a media type the first is sent.
        return {media_type: text for text, media_type in reversed([*self._representation.values.items()])}

    def same_representation(self, url: str, like: str) -> str:
        """The URL in the representation of another, if a suffix of the path chooses it: a next page is requested as
        the first was."""
        if self._representation.where != "path":
            return url
        path, separator, query = url.partition("?")
        suffix = self._suffix(like.partition("?")[0])
        return f"{path.removesuffix(self._suffix(path))}{suffix}{separator}{query}"
