"""A whole page: its sections, the style and the scripts, and a policy that lets nothing else run.

The Vega libraries are written into the page once, so that it needs no network. The content
security policy names the page's own scripts by their hashes: whatever else a text might smuggle in,
a browser doesn't execute or load it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from nas.report.figures import Figure
from nas.report.figures.theme import config
from nas.report.page.markup import Markup, element
from nas.report.page.parts import shown


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under a heading; `name` is its address on the page, `parts` what it shows:
    figures, markup, or text that becomes paragraphs."""

    name: str
    title: str
    parts: Sequence[Figure | Markup | str] = field(default_factory=tuple)


def document(title: str, head: Iterable[Markup | str], sections: Sequence[Section]) -> str:
    """The page as HTML: `head` stands above the sections, and a menu leads to each of them."""
    figures = [part for one in sections for part in one.parts if isinstance(part, Figure)]
    drawn = {figure.name: figure.vega() for figure in figures if figure.drawn}
    scripts = [_asset("page.js")]
    data: list[Markup] = []
    if drawn:
        themes = {name: config(dark=name == "dark") for name in ("light", "dark")}
        scripts.insert(0, _libraries())
        data = [_data("figures", drawn), _data("themes", themes)]
    menu = [element("a", one.title, href=f"#{one.name}") for one in sections if len(sections) > 1]
    body = element(
        "body",
        element(
            "header",
            element("h1", title),
            element("button", "Dark", id="theme", type="button", title="light or dark"),
        ),
        element("nav", *menu) if menu else None,
        element("main", *map(_part, head), *map(_section, sections)),
        *data,
        *(Markup(f"<script>{script}</script>") for script in scripts),
    )
    top = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        Markup(f"<style>{_asset('page.css')}</style>"),
    )
    return f"<!DOCTYPE html>\n{element('html', top, body, lang='en')}\n"


def _section(one: Section) -> Markup:
    return element("section", element("h2", one.title), *map(_part, one.parts), id=one.name)


def _part(part: Figure | Markup | str) -> Markup:
    if isinstance(part, Figure):
        return shown(part)
    return part if isinstance(part, Markup) else element("p", part)


def _data(name: str, values: Any) -> Markup:
    """Values that the scripts read; no letter of them can end the element."""
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(f'<script type="application/json" id="{name}">{text}</script>')


def _policy(scripts: Iterable[str]) -> str:
    hashes = (base64.b64encode(hashlib.sha256(each.encode()).digest()) for each in scripts)
    allowed = " ".join(f"'sha256-{each.decode()}'" for each in hashes)
    # Vega makes functions of the expressions that a specification holds, hence 'unsafe-eval'.
    return (
        f"default-src 'none'; script-src {allowed} 'unsafe-eval'; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8").strip()


@cache
def _libraries() -> str:
    """Vega, Vega-Lite and vega-embed in one script."""
    from vl_convert import javascript_bundle

    bundle: str = javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", r"<\/script")  # else a text inside could end the element
