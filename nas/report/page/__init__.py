"""Pages: HTML that is whole in one file, works from disk, and loads nothing."""

from nas.report.page.document import Section, document
from nas.report.page.markup import Markup, element, join, link
from nas.report.page.parts import code, drawing, facts, folded, shown, sortable

__all__ = [
    "Markup",
    "Section",
    "code",
    "document",
    "drawing",
    "element",
    "facts",
    "folded",
    "join",
    "link",
    "shown",
    "sortable",
]
