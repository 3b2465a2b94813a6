"""A page is whole in one file, and runs only its own scripts."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from nas.report.figures import Figure, Table
from nas.report.page import Markup, Section, document, element, link, sortable
from nas.report.table import Column

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@dataclass(frozen=True)
class Point:
    name: str
    size: float


SPEC = {"mark": "point", "encoding": {"x": {"field": "size", "type": "quantitative"}}}
FIGURE = Figure("sizes", "Sizes", SPEC, (Table("points", (Point(EVIL, 1.0),)),), note=EVIL)


class Reader(HTMLParser):
    """What a browser would find: elements with attributes, and the text of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = ""
        self.within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.within = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        if self.within == "script":
            attrs, text = self.scripts[-1]
            self.scripts[-1] = attrs, text + data
        self.text += data


@pytest.fixture(scope="module")
def page() -> Reader:
    table = sortable([Column("name"), Column("size", number=True)], [(EVIL, 1)])
    parts = [FIGURE, Figure.missing("none", "None", EVIL), EVIL, table]
    return Reader(document(EVIL, [EVIL], [Section("one", EVIL, parts), Section("two", "Two")]))


def test_what_came_from_outside_is_text(page: Reader) -> None:
    assert page.text.count(EVIL) >= 7
    assert [tag for tag, _ in page.elements if tag == "img"] == []
    assert len(page.scripts) == 4  # figures, themes, the libraries, the page's own
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]


def test_only_the_scripts_of_the_page_may_run(page: Reader) -> None:
    policy = next(
        str(attributes["content"])
        for tag, attributes in page.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    code = [text for attributes, text in page.scripts if "type" not in attributes]
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in code
    }
    assert set(re.findall(r"'sha256-[^']+'", policy)) == hashes
    assert len(code) == 2


def test_nothing_is_loaded(page: Reader) -> None:
    for _, attributes in page.elements:
        assert "src" not in attributes
        assert "srcset" not in attributes
        assert (attributes.get("href") or "#").startswith("#")


def test_the_data_arrives_as_it_was(page: Reader) -> None:
    held = {attributes["id"]: text for attributes, text in page.scripts if "type" in attributes}
    figures = json.loads(held["figures"])
    assert figures["sizes"]["datasets"] == {"points": [{"name": EVIL, "size": 1.0}]}
    assert set(json.loads(held["themes"])) == {"light", "dark"}


def test_a_page_without_figures_carries_no_libraries() -> None:
    assert len(document("Words", ["only"], [])) < 20_000


def test_links_lead_only_to_the_web() -> None:
    assert link("ResNet", "https://arxiv.org/abs/1512.03385").startswith("<a href=")
    assert link("x", "javascript:alert(1)") == "x"
    assert isinstance(link("<x>", "file:///"), Markup)


def test_no_attribute_runs_code() -> None:
    with pytest.raises(ValueError, match="onclick"):
        element("p", onclick="alert(1)")
    with pytest.raises(ValueError, match="no attribute"):
        element("p", **{'a b="': 1})
