"""What a page is made of besides text: figures, facts, code, drawings, tables that sort."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nas.report.figures import Figure
from nas.report.page.markup import Markup, element
from nas.report.table import Column


def shown(figure: Figure) -> Markup:
    """A figure with its title, the place it is drawn in, and how it is read; or why there is
    none."""
    if not figure.drawn:
        return element(
            "figure",
            element("figcaption", element("strong", figure.title)),
            element("p", figure.why, class_="why"),
            id=f"figure-{figure.name}",
        )
    place = element(
        "div",
        class_="chart",
        data_figure=figure.name,
        style=f"min-height:{figure.height}px",
        role="img",
        aria_label=figure.title,
    )
    files = (
        element("button", kind, type="button", data_save=kind.lower(), data_of=figure.name)
        for kind in ("SVG", "PNG", "CSV")
    )
    return element(
        "figure",
        element(
            "figcaption", element("strong", figure.title), element("span", *files, class_="files")
        ),
        place,
        element("p", figure.note, class_="note") if figure.note else None,
        id=f"figure-{figure.name}",
    )


def facts(rows: Iterable[tuple[object, object]]) -> Markup:
    """Names and what they are, in two columns."""
    pairs = [(element("dt", name), element("dd", value)) for name, value in rows]
    return element("dl", *(each for pair in pairs for each in pair))


def code(text: str) -> Markup:
    """Text as it stands, with a button that copies it."""
    button = element("button", "Copy", type="button", data_copy="")
    return element("div", element("pre", text), button, class_="text")


def folded(title: str, *parts: Markup | str) -> Markup:
    """Parts that stand behind their title until it is clicked."""
    return element("details", element("summary", title), *parts)


def drawing(svg: str) -> Markup:
    """A drawing of `nas.report.drawing`, which follows the page's light or dark."""
    return element("div", Markup(svg), class_="drawing", tabindex="0")


def sortable(
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    *,
    keys: Iterable[Sequence[object]] | None = None,
    total: Sequence[object] | None = None,
) -> Markup:
    """A table that a click on a heading sorts; `keys` are what its cells are sorted by, where that
    isn't what they show (exact numbers of rounded ones). It scrolls by itself where it is wider
    than the page."""
    rows = [tuple(row) for row in rows]
    sorts = rows if keys is None else [tuple(row) for row in keys]
    heading = element(
        "tr",
        *(
            element(
                "th",
                element("button", column.title, type="button"),
                scope="col",
                class_="number" if column.number else None,
            )
            for column in columns
        ),
    )
    lines = [
        element(
            "tr",
            *(
                element(
                    "td",
                    cell,
                    class_="number" if column.number else "wraps" if column.wraps else None,
                    data_key=None if key is cell else ("" if key is None else key),
                )
                for column, cell, key in zip(columns, row, sort, strict=True)
            ),
        )
        for row, sort in zip(rows, sorts, strict=True)
    ]
    foot = None
    if total is not None:
        cells = (
            element("td", cell, class_="number" if column.number else None)
            for column, cell in zip(columns, total, strict=True)
        )
        foot = element("tfoot", element("tr", *cells))
    table = element("table", element("thead", heading), element("tbody", *lines), foot)
    return element("div", table, class_="wide", tabindex="0")
