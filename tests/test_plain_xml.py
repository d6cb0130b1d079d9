"""Plain XML is read to the value that it has through a tree, without a problem; what is not plain is left to the tree.

60 examples; 3,000 with LONG=1 (``make long``).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from openconnectors.engine.documents import document, loader
from openconnectors.engine.model import XmlRule
from openconnectors.engine.values.body import Compiler
from openconnectors.engine.values.codecs.binding import Binding
from openconnectors.engine.values.codecs.xml.documents import Document
from openconnectors.engine.values.codecs.xml.markup import NotPlain
from openconnectors.engine.values.codecs.xml.plain import PlainDocument
from tests.examples import LONG, examples

LAW = settings(
    max_examples=examples(60, 3_000),
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

COMPONENTS: dict[str, Any] = {
    "Page": {
        "type": "object",
        "required": ["a", "i"],
        "properties": {
            "a": {"type": "string"},
            "n": {"type": "integer"},
            "b": {"type": "boolean", "xml": {"name": "c"}},
            "i": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
            "w": {"type": "array", "xml": {"wrapped": True}, "items": {"type": "number", "xml": {"name": "i"}}},
            "t": {"$ref": "#/components/schemas/Text"},
            "x": {"type": "integer", "nullable": True, "xml": {"attribute": True}},
            "any": {},
            "page": {"$ref": "#/components/schemas/Page"},
        },
    },
    "Item": {
        "type": "object",
        "xml": {"name": "i"},
        "properties": {"a": {"type": "string", "enum": ["a", "7"]}, "n": {"type": "integer"}},
        "additionalProperties": {"type": "integer"},
    },
    "Text": {
        "type": "object",
        "properties": {
            "x": {"type": "string", "xml": {"attribute": True}},
            "n": {"type": "number", "xml": {"x-ms-text": True}},
        },
    },
    "Choice": {"oneOf": [{"$ref": "#/components/schemas/Item"}, {"$ref": "#/components/schemas/Text"}]},
    "Items": {"type": "array", "xml": {"name": "i"}, "items": {"$ref": "#/components/schemas/Item"}},
    "Named": {
        "type": "object",
        "xml": {"namespace": "urn:a"},
        "properties": {
            "a": {"type": "string", "xml": {"namespace": "urn:a"}},
            "n": {"$ref": "#/components/schemas/Any"},
        },
    },
    "Any": {},
    "Number": {"type": "number"},
}
RULES = [
    XmlRule(envelope=envelope, empty_is_null=empty_is_null, absent_is_empty=absent_is_empty)
    for envelope, empty_is_null, absent_is_empty in [
        (None, True, True),
        (None, False, False),
        ("r", True, False),
        ("r", False, True),
    ]
]
NAMES = ["a", "c", "n", "i", "w", "t", "x", "any", "page", "other", "Text", "Number", "Any", "error"]
TEXTS = st.sampled_from(
    [
        "",
        "",
        " ",
        "\n",
        "\u00a0",
        "a",
        "7",
        " 7",
        "-1.50",
        "true",
        "é\u2028x",
        "]]>",
        "a>b",
        "&amp;",
        "&lt;i&gt;",
        "&#55;",
    ]
) | st.sampled_from(
    ["&#xA0;", "&#x0;", "&#xFFFE;", "&copy;", "&", "\r\n", "\x01", "\ufffe", "<![CDATA[7]]>", "<!-- -->7", "<?p?>"]
)
PLAIN_TEXTS = st.sampled_from(["", " ", "\n ", "a", "7", "-1.50", "true", "é", "&lt;7&#55;", "&amp;amp;"])
ATTRIBUTES = st.lists(
    st.sampled_from(
        [
            ' x="7"',
            ' x=""',
            " y='a'",
            '\n x = "&amp;"',
            ' xmlns="urn:a"',
            ' x="&#10;&lt;&amp;"',
            ' z:x="7"',
            ' x="<"',
            ' x="\t"',
            "x",
            ' i:nil="1"',
            ' i:nil="false"',
            ' xmlns:i="urn:i"',
            ' xml:lang="x"',
            ' y=">"',
        ]
    ),
    max_size=2,
).map("".join)


def _element(name: str, attributes: str, inside: list[str], spaced: str) -> str:
    content = "".join(inside)
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}{spaced}/>"


def elements(texts: st.SearchStrategy[str], attributes: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The text of elements of every shape, whether a schema describes it or not."""
    names = st.sampled_from(NAMES)
    leaves = st.builds(lambda name, more, text: f"<{name}{more}>{text}</{name}>", names, attributes, texts)
    blanks = st.sampled_from(["", "", "\n  "])
    return st.recursive(
        leaves | st.builds(_element, names, attributes, st.just([]), st.sampled_from(["", " ", ' i:nil="true"'])),
        lambda inner: st.builds(
            _element, names, attributes, st.lists(st.builds(str.__add__, blanks, inner), max_size=5), st.just("")
        ),
        max_leaves=12,
    )


PROLOGS = st.sampled_from(
    [
        *("", "", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n', '<?xml version="1.1"?>'),
        *("<?xml version='1.0' encoding='latin-1'?>", "\n", "\ufeff", "<!DOCTYPE a>", "<!-- -->"),
    ]
)
BROKEN = st.tuples(
    st.integers(0, 400), st.integers(0, 3), st.sampled_from(["", "<", ">", "/", "&", '"', " ", "x", "</a>", "<a>"])
)


XSI = ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
DECLARED = st.sampled_from(["", ' xmlns="urn:a"', XSI, f'{XSI} xmlns="urn:a"', ' xmlns:x="urn:x"'])


Breaks = list[tuple[int, int, str]]


def _document(
    prolog: str, envelope: bool, root: str, declared: str, inside: list[str], end: str, breaks: Breaks
) -> bytes:
    text = _element(root, "" if envelope else declared, inside, "")
    text = prolog + (f"<r{declared}>{text}</r>" if envelope else text) + end
    for start, length, put in breaks:
        text = text[:start] + put + text[start + length :]
    return text.encode()


def documents(*, plain: bool) -> st.SearchStrategy[bytes]:
    """Documents, of which some are well-formed and some are as a schema says."""
    inside = elements(PLAIN_TEXTS, st.sampled_from(["", "", "", ' x="7"'])) if plain else elements(TEXTS, ATTRIBUTES)
    return st.builds(
        _document,
        st.sampled_from(["", '<?xml version="1.0" encoding="utf-8"?>\n']) if plain else PROLOGS,
        st.booleans(),
        st.sampled_from([*COMPONENTS, "i"]),
        st.sampled_from([XSI, f'{XSI} xmlns="urn:a"']) if plain else DECLARED,
        st.lists(inside, max_size=6),
        st.sampled_from(["", "\n"]),
        st.just([]) if plain else st.lists(BROKEN, max_size=1),
    )


def compiled() -> list[tuple[Document, PlainDocument]]:
    """For each component and rule, what reads documents through a tree and what reads the plain ones."""
    raw = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {},
        "components": {"schemas": COMPONENTS},
    }
    compiler = Compiler(loader.service_of(document.parse(json.dumps(raw), "test.json")))
    pairs = []
    for name in COMPONENTS:
        schema = compiler.service.schemas[f"#/components/schemas/{name}"]
        for rule in RULES:
            whole = Document(Binding(schema, compiler.wire.resolve, compiler.wire.variants, rule))
            pairs.append((whole, whole.plain))
    return pairs


PAIRS = compiled()


def agree(data: bytes, pairs: list[tuple[Document, PlainDocument]], charset: str | None = None) -> int:
    """Check that every plain reading is that of the tree; return how many there were."""
    accepted = 0
    for whole, plain in pairs:
        try:
            value = plain.read(data, charset)
        except NotPlain:
            continue
        problems: list[Any] = []
        assert repr(whole.decode_tree(data, {"charset": charset} if charset else {}, problems)) == repr(value)
        assert problems == []
        accepted += 1
    return accepted


@LAW
@given(documents(plain=True) | documents(plain=False), st.sampled_from([None, None, "utf-8", "latin-1", "nothing"]))
def test_what_is_read_as_plain_has_the_value_of_the_tree(data: bytes, charset: str | None) -> None:
    """A document that is read without a tree has the same value through one, members in the same order, and no
    problems."""
    event(f"accepted {'yes' if agree(data, PAIRS, charset) else 'no'}")


PLAIN = [
    "<Page><a>x</a><n>7</n></Page>",
    '<?xml version="1.0"?>\n<Page x="7">\n  <a>&lt;&#233; b &gt; c</a>\n  <other k="v"><o/></other>\n</Page>\n',
    '<Page xmlns="urn:a" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><a i:nil="true"/><n>7</n></Page>',
    "<Page><i><a>a</a></i><i/><w><i>1.5</i></w><t x='&amp;'>7</t><page><a/></page></Page>",
]
NOT_PLAIN = [
    "<p:Page xmlns:p='urn:p'/>",
    "<Page><a><![CDATA[x]]></a></Page>",
    "<Page><!-- --><a/></Page>",
    "<!DOCTYPE Page><Page/>",
    "<Page><a>x</a><a>y</a></Page>",
    "<Page><a>&copy;</a></Page>",
    "<Page><a>x<b/></a></Page>",
    "<Page>text<a/></Page>",
    "<Page><a>x</Page>",
    "<Page><a>x\r\n</a></Page>",
    "<Page/><Page/>",
    "<error/>",
]


@pytest.mark.parametrize("text", PLAIN)
def test_a_document_of_the_names_of_its_schema_is_plain(text: str) -> None:
    """Members, undeclared ones too, attributes, lists of both forms, references and blanks need no tree."""
    assert agree(text.encode(), PAIRS[:1]) == 1


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_a_document_that_needs_more_is_not_plain(text: str) -> None:
    """Namespaces, CDATA, comments, a DOCTYPE, carriage returns, and whatever has a deviation or an error, are left."""
    with pytest.raises(NotPlain):
        PAIRS[0][1].read(text.encode(), None)
