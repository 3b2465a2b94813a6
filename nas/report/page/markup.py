"""HTML made of elements: what is not `Markup` already is text, and is escaped.

So a name, a genotype or a message that contains `<script>` shows these letters, wherever it came
from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

VOID = ("br", "col", "hr", "img", "input", "meta")
_NAME = re.compile(r"[a-z][a-z0-9-]*")


class Markup(str):
    """Text that is HTML, made here or known to be harmless."""

    __slots__ = ()


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """`<tag ...>children</tag>`; of an attribute `class_` the underscore goes and `data_name` is
    written `data-name`; one that is None or False is left out, True is written without a value."""
    written = [tag]
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        if not _NAME.fullmatch(name) or name.startswith("on"):
            raise ValueError(f"{name}: no attribute of a page")
        if value is True:
            written.append(name)
        elif value is not None and value is not False:
            written.append(f'{name}="{escape(str(value))}"')
    opened = f"<{' '.join(written)}>"
    return Markup(opened if tag in VOID else f"{opened}{join(children)}</{tag}>")


def join(children: Iterable[object]) -> Markup:
    """Parts one after another; None is nothing."""
    return Markup("".join(map(_child, children)))


def link(text: str, address: str) -> Markup:
    """A link to a page elsewhere, which is opened only when clicked; only text where the address
    is none of the web."""
    if not address.startswith("https://"):
        return _child(text)
    return element("a", text, href=address, rel="noreferrer noopener", target="_blank")


def _child(child: object) -> Markup:
    if isinstance(child, Markup):
        return child
    return Markup("" if child is None else escape(str(child)))
