"""Facts of path templates and of the encoding of URLs: what is a variable, and what a value may not do to its place."""

from __future__ import annotations

import pytest

from openconnectors.engine.errors import Unsupported
from openconnectors.engine.path_templates import expand, is_variable, split, variables, without_names
from openconnectors.engine.urls import encoded_path, encoded_query, open_path, path_text, query_text, segment

TEMPLATES: dict[str, list[str]] = {
    "/pets": [],
    "/pets/{id}": ["id"],
    "/pets/{id}/photos/{photoId}": ["id", "photoId"],
    "/{a}{b}": ["a", "b"],
    "/pets/{id}/again/{id}": ["id", "id"],
    "/pets/{}": [""],
    "/pets/{{id}}": ["id"],
    "/pets/{id": [],
}
"""Templates with the names of their variables."""


@pytest.mark.parametrize(("template", "names"), TEMPLATES.items())
def test_a_template_has_variables(template: str, names: list[str]) -> None:
    """A variable is the text between two braces that holds no brace, in the order of the template."""
    assert variables(template) == names


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_its_parts(template: str) -> None:
    """The names are at odd indexes; expanding each variable to itself gives the template."""
    parts = split(template)

    assert parts[1::2] == variables(template)
    assert expand(template, lambda name: f"{{{name}}}") == template


def test_a_value_is_not_expanded_again() -> None:
    """A value that looks like a variable is only text."""
    assert expand("/{a}/{b}", {"a": "{b}", "b": "x"}.__getitem__) == "/{b}/x"


def test_templates_that_differ_in_names_are_one_path() -> None:
    """Without its names a template says which requests it matches."""
    assert without_names("/pets/{id}") == without_names("/pets/{petId}") == "/pets/{}"


@pytest.mark.parametrize(("text", "expected"), [("{id}", True), ("a{id}", False), ("{a}{b}", False), ("", False)])
def test_a_segment_may_be_a_variable(text: str, expected: bool) -> None:
    """Only a variable and nothing else is one."""
    assert is_variable(text) is expected


def test_a_value_of_the_path_is_one_segment() -> None:
    """All but unreserved characters are encoded, the slash too (RFC 6570 section 3.2.2)."""
    assert path_text("a/b c~$é") == "a%2Fb%20c~%24%C3%A9"


def test_a_value_of_the_query_keeps_what_delimits_nothing() -> None:
    """Reserved characters stay, except those that delimit pairs (RFC 3986 section 3.4)."""
    assert query_text("$a,b/c?d&e=f+g#h;i[j]") == "$a,b/c?d%26e%3Df%2Bg%23h%3Bi%5Bj%5D"


@pytest.mark.parametrize("value", ["", ".", "..", "a/../b", "a\\..\\b", "a\x00b"])
def test_a_value_that_leads_elsewhere_is_refused(value: str) -> None:
    """A segment cannot be empty, or lead to another path, however a server decodes it."""
    with pytest.raises(ValueError, match="must not"):
        segment(value)


@pytest.mark.parametrize("path", ["/a/{b", "/a/b}", "/a/../b", "/./a"])
def test_a_path_that_cannot_be_sent_is_unsupported(path: str) -> None:
    """A brace without its other, and a segment of dots, are faults of the document."""
    with pytest.raises(Unsupported, match="the path"):
        encoded_path(path)


def test_what_the_document_encoded_is_not_encoded_again() -> None:
    """The document's path is meant as written; only what a URL cannot hold is encoded."""
    assert encoded_path("/a%2Fb/c d/{id}?x=1") == ["/a%2Fb/c%20d/", "id", ""]


def test_the_query_of_a_path() -> None:
    """Each pair has its name; its variables are expanded with the values of a call."""
    assert encoded_query("/a?x=1&y={b}") == (("x", "x=1"), ("y", "y={b}"))


def test_a_value_with_its_own_slashes() -> None:
    """Where a document says that a value is not encoded, it may be a path, but lead nowhere else."""
    assert open_path("/a/b?c=d") == "a/b?c=d"
    with pytest.raises(ValueError, match="must not"):
        open_path("a/../../b")
    with pytest.raises(ValueError, match="encode it first"):
        open_path("a b")
