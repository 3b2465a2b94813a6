"""The field's history: its references, results and ideas, and the figures that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from nas.report.figures import Figure
from nas.report.figures.efficiency import Sized, efficiency
from nas.report.figures.errors import MORE, ONE, Published, Winner, errors, winners
from nas.report.figures.figure import plain
from nas.report.zoo.records import Record, record
from nas.zoo import Reference, references
from nas.zoo._history import ENTRIES, HUMAN, IDEAS, RESULTS

OTHER_DATA = ("JFT", "ImageNet-21K", "Noisy Student")  # in a source: more than ImageNet's images


@dataclass(frozen=True, slots=True)
class Step:
    """An idea, the year it came, where it is from, and the references that show it."""

    year: int
    name: str
    idea: str
    source: str
    networks: tuple[str, ...]


@dataclass(frozen=True)
class History:
    """All references in order of year, with their facts."""

    references: Mapping[str, Reference]

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Facts of each."""
        return tuple(map(record, self.references.values()))

    @cached_property
    def published(self) -> tuple[Published, ...]:
        """Top-1 errors on ImageNet by year, of single networks and of anything else."""
        found = [
            Published(
                each.year,
                each.name,
                each.top1,
                each.top5,
                MORE if _more(each) else ONE,
                "x".join(map(str, each.image[1:])) + " pixels",
                False,
                each.source,
            )
            for each in self.records
            if each.top1 is not None
        ]
        found += [
            Published(
                each.year,
                each.name,
                each.top1_error,
                each.top5_error,
                MORE,
                each.how,
                False,
                each.source,
            )
            for each in RESULTS
        ]
        return _marked(sorted(found, key=lambda each: (each.year, each.top1_error)))

    @cached_property
    def sized(self) -> tuple[Sized, ...]:
        """Networks with a published accuracy of their own, by their costs."""
        known = [each for each in self.records if each.top1 is not None and not _more(each)]
        best = {name: _unbeaten(known, name) for name in ("params", "macs")}
        return tuple(
            Sized(
                each.name,
                each.family,
                each.year,
                round(100 - (each.top1 or 0.0), 4),
                each.params,
                each.macs,
                each.name in best["params"],
                each.name in best["macs"],
                each.source,
                str(self.references[each.name].genotype),
            )
            for each in known
        )

    @property
    def steps(self) -> tuple[Step, ...]:
        """Ideas by year: those of networks, one a paper, and those of training."""
        papers: dict[tuple[int, str, str], list[str]] = {}
        for each in self.records:
            if each.idea:
                papers.setdefault((each.year, each.paper, each.idea), []).append(each.name)
        found = [
            Step(year, _titled(paper), idea, paper, tuple(names))
            for (year, paper, idea), names in papers.items()
        ]
        found += [Step(each.year, each.name, each.idea, each.citation, ()) for each in IDEAS]
        return tuple(sorted(found, key=lambda each: each.year))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures."""
        rows = [Winner(e.year, e.name, e.top5_error, e.place, e.source) for e in ENTRIES]
        return (
            winners(rows, HUMAN),
            errors(self.published),
            efficiency(self.sized, "params"),
            efficiency(self.sized, "macs"),
        )

    def as_json(self) -> dict[str, Any]:
        """The page's data."""
        return {
            "references": [asdict(each) for each in self.records],
            "ideas": [asdict(each) for each in self.steps],
            "figures": {
                figure.name: {
                    table.name: [plain(row) for row in table.rows] for table in figure.tables
                }
                for figure in self.figures
            },
        }


def history() -> History:
    """The history that the references tell."""
    return History(references())


def _titled(paper: str) -> str:
    """A paper's name, as a line begins with it."""
    name = paper.rpartition(", ")[0]
    return name[0].upper() + name[1:]


def _more(each: Record) -> bool:
    """Whether a published error isn't the network's own on ImageNet alone."""
    return any(word in each.source for word in OTHER_DATA)


def _marked(rows: Sequence[Published]) -> tuple[Published, ...]:
    """The same rows, in order of year, those marked that are the best of their kind until then."""
    least: dict[str, float] = {}
    found = []
    for row in rows:
        best = row.top1_error < least.get(row.kind, 100.0)
        if best:
            least[row.kind] = row.top1_error
        found.append(Published(**{**asdict(row), "best": best}))
    return tuple(found)


def _unbeaten(rows: Sequence[Record], cost: str) -> set[str]:
    """The names of those that none of at most their cost beats."""
    found, least = set(), 100.0
    for row in sorted(rows, key=lambda each: (getattr(each, cost), each.top1 or 100.0)):
        if row.top1 is not None and row.top1 < least:
            least = row.top1
            found.add(row.name)
    return found
