"""A figure: what is drawn, and the rows it is drawn from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
HEIGHT = 300  # pixels


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one dataclass, under the name that a specification reads them by.

    All of `rows` are in the CSV; a picture is drawn from those of `shown`, if given: the ones of
    thousands that can be told apart.
    """

    name: str
    rows: Sequence[DataclassInstance]
    shown: Sequence[DataclassInstance] | None = None

    @property
    def thinned(self) -> str:
        """A sentence, after a space, where not all rows are drawn; else nothing."""
        if self.shown is None or len(self.shown) >= len(self.rows):
            return ""
        return f" {len(self.shown):,} of {len(self.rows):,} are drawn; the CSV file has all."

    @property
    def values(self) -> list[dict[str, Any]]:
        """What is drawn, as JSON values: a number that isn't finite is null."""
        drawn = self.rows if self.shown is None else self.shown
        return [plain(row) for row in drawn]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of `tables` by a Vega-Lite `spec`, which names them and holds no data; its parts
    take no width of their own.

    `name` is that of its files ("front"), `note` says in a sentence or two how it is read. One
    that can't be drawn says `why` in a sentence instead, and has no tables.
    """

    name: str
    title: str
    spec: Mapping[str, Any] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    note: str = ""
    why: str = ""
    height: int = HEIGHT

    WIDTH: ClassVar[int] = 720  # pixels, of a picture that isn't on a page

    @classmethod
    def missing(cls, name: str, title: str, why: str) -> Figure:
        """A figure that can't be drawn, and the sentence that says why."""
        return cls(name, title, why=why)

    @property
    def drawn(self) -> bool:
        """Whether there is a picture."""
        return not self.why

    def vega(self, width: int | str = "container") -> dict[str, Any]:
        """The whole specification with its data; as wide as what holds it, or in pixels."""
        return {
            "$schema": SCHEMA,
            "width": width,
            "height": self.height,
            "autosize": {"type": "fit", "contains": "padding"},
            "data": {"name": self.tables[0].name},
            **self.spec,
            "datasets": {table.name: table.values for table in self.tables},
        }


def plain(row: DataclassInstance) -> dict[str, Any]:
    """A row as JSON values."""
    return {each.name: _json(getattr(row, each.name)) for each in fields(row)}


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
