"""The path and the query of a request: the document's text with the values of a call in their places.

How a value becomes text is decided in ``parameters``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from msgspec.structs import replace

from openconnectors.engine.errors import Problem, Unsupported
from openconnectors.engine.model import Operation, Representation
from openconnectors.engine.plan.arguments import Argument, Arguments
from openconnectors.engine.plan.parameters import Placed, placed
from openconnectors.engine.urls import (
    checked_segment,
    encoded_path,
    encoded_query,
    expanded,
    open_path,
    query_text,
)
from openconnectors.engine.values.body import Compiler

_IN_QUERY: Mapping[str, Literal["sparing", "twice", "none"]] = {"once": "sparing", "twice": "twice", "none": "none"}
"""The encoding of a variable in the query of a path, by that in the path itself."""


class Url:
    """Path and query of the requests of one operation. If the document has a suffix of the path, or a query parameter,
    choose the media type of the response (``representation``), they bring it along."""

    def __init__(
        self,
        operation: Operation,
        arguments: Arguments,
        representation: Representation,
        compiler: Compiler,
    ) -> None:
        self._operation = operation
        self._arguments = arguments
        self._representation = representation
        self._compiler = compiler
        self._contract = compiler.contract.resolve

    @cached_property
    def placed(self) -> Mapping[tuple[str, str], Placed]:
        """The parameters of the operation, compiled, by location and name."""
        return placed(self._operation, self._compiler)

    def parameter(self, argument: Argument) -> Placed:
        """The compiled parameter of an argument."""
        return self.placed[argument.location, argument.wire]

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
        text = self.parameter(argument).text(value)
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
            variables: dict[str, str] = {}
            for argument in self._arguments.at["path"] if self._fixed_query_has_variables else ():
                try:
                    variables[argument.wire] = self._variables_of_query[argument.wire].text(values[argument.name])
                except ValueError as error:
                    problems.append(Problem((argument.name,), str(error), part="argument"))
            names = {argument.wire for argument in arguments}
            fixed = [expanded(pair, variables) for name, pair in self.fixed_query if name not in names]
            pairs += [pair for pair in fixed if pair is not None]
        for argument, parameter in self._in_query:
            if argument.name in values:
                try:
                    pairs += parameter.pairs(values[argument.name])
                except ValueError as error:
                    problems.append(Problem((argument.name,), str(error), part="argument"))
        if self._representation.where == "query":
            pairs.append(f"{query_text(self._representation.name)}={query_text(self._text_for(accept))}")
        return pairs, problems

    @cached_property
    def _in_query(self) -> tuple[tuple[Argument, Placed], ...]:
        """The arguments of the query, or of the whole query, with their compiled parameters."""
        arguments = (*self._arguments.at["query"], *self._arguments.at["querystring"])
        return tuple((argument, self.parameter(argument)) for argument in arguments)

    @cached_property
    def _variables_of_query(self) -> Mapping[str, Placed]:
        """The variables of the path as they stand in its query, by name: written as parameters of the query are."""
        moved = tuple(
            replace(parameter, location="query", encoding=_IN_QUERY[parameter.encoding])
            for parameter in self._operation.parameters
            if parameter.location == "path"
        )
        compiled = placed(replace(self._operation, parameters=moved), self._compiler)
        return {name: parameter for (_, name), parameter in compiled.items()}

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
