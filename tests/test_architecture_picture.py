"""docs/architecture.svg shows the folders of the engine as they are."""

from __future__ import annotations

from lxml import etree

from tests import architecture_picture as shown


def test_the_picture_is_that_of_the_sources() -> None:
    """The picture has every folder, and is what the sources and the page make; if it is not, python -m
    tests.architecture_picture writes it again."""
    text = shown.PICTURE.read_text("utf-8")
    names = etree.fromstring(text.encode()).xpath("//*[@class='name']/text()")

    assert {f"{name}/" for name in shown.folders()} <= set(names)
    assert text == shown.picture()


def test_each_folder_stands_above_all_that_it_imports() -> None:
    """The rows of the picture have an order: no folder imports one that stands beside it or above."""
    graph = shown.folders()
    level = {name: index for index, row in enumerate(shown.rows(graph)) for name in row}

    assert [(name, other) for name, others in graph.items() for other in others if level[other] >= level[name]] == []
