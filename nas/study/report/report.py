"""A run's report: its figures and texts, read once, then written as a page, files or JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nas.artefacts.folder import replace
from nas.errors import NasError, RunError
from nas.genotype import Genotype, parse
from nas.report.figures import Figure, csv, save
from nas.report.figures.figure import plain
from nas.report.status import Status
from nas.search.reading import driver
from nas.study.report import pictures
from nas.study.report.chronicle import chronicle
from nas.study.report.lineage import Lineage, lineage
from nas.study.report.told import Told
from nas.study.settings import Study
from nas.study.status import JOURNAL, SETTINGS, status_of

PAGE = "report.html"


@dataclass(frozen=True)
class Report:
    """What is told of a run, by part."""

    folder: Path
    status: Status
    told: Told

    @cached_property
    def progress(self) -> list[Figure]:
        """The incumbent and what else changed as the run went on."""
        return pictures.progressed(self.told, self.status.trust)

    @cached_property
    def fronts(self) -> list[Figure]:
        """Quality against cost."""
        return pictures.fronts(self.told)

    @cached_property
    def decisions(self) -> list[Figure]:
        """Importance and parallel coordinates."""
        return pictures.decided(self.told)

    @cached_property
    def outcomes(self) -> Figure:
        """How trials ended."""
        return pictures.ended(self.told)

    @cached_property
    def trust(self) -> Figure | None:
        """A cheap evaluator against training."""
        return pictures.trusted(self.told, self.status.trust)

    @cached_property
    def lineage(self) -> Lineage:
        """The way to the winner."""
        return lineage(self.told)

    @cached_property
    def network(self) -> Genotype | str:
        """The best network, or in a sentence why there is none."""
        if self.told.best is None:
            return "No candidate has a result yet."
        try:
            return parse(self.told.best.genotype)
        except NasError as error:
            return f"The genotype of trial {self.told.best.number} can't be read: {error}"

    @property
    def figures(self) -> list[Figure]:
        """All of them, in the order of the page."""
        trust = [self.trust] if self.trust else []
        return [*self.progress, *self.fronts, *self.decisions, self.outcomes, *trust]

    def html(self) -> str:
        """The page."""
        from nas.study.report.page import page

        return page(self)

    def save(self, folder: Path) -> Path:
        """`folder` holds just the page and each figure's SVG, PNG and CSV; the page's path. Raises
        `RunError` where it can't be written, or holds something else."""
        html = self.html()

        def fill(new: Path) -> None:
            (new / PAGE).write_text(html, encoding="utf-8")
            for figure in self.figures:
                save(figure, new)
            if self.lineage.stages:
                (new / "lineage.csv").write_text(csv(self.lineage.stages), encoding="utf-8")

        if folder.exists() and not (folder / PAGE).exists():
            raise RunError(f"{folder}: is no report (no {PAGE}); move it away, or give --out")
        try:
            replace(folder, fill)
        except OSError as error:
            raise RunError(
                f"{folder}: can't be written ({error.strerror or error}); make room, or write the "
                "page elsewhere with --out FILE.html"
            ) from error
        return folder / PAGE

    def as_json(self) -> dict[str, Any]:
        """The page's data: how the run stands, every figure's rows, the lineage."""
        return {
            "status": self.status.as_json(),
            "figures": {
                figure.name: {
                    "title": figure.title,
                    "note": figure.note,
                    "missing": figure.why or None,
                    "tables": {
                        table.name: [plain(row) for row in table.rows] for table in figure.tables
                    },
                }
                for figure in self.figures
            },
            "lineage": asdict(self.lineage),
        }


def report(folder: Path) -> Report:
    """What the run in `folder` came to by now; nothing is locked or changed.

    Raises `RunError` where there is none, or it can't be read.
    """
    journal = folder / JOURNAL
    if not journal.exists():
        raise RunError(f"{folder}: holds no run (no {JOURNAL}); name a folder of `nas search`")
    held = driver(journal)  # before it is read: a driver that has just ended has written all
    told = Told(Study.load(folder / SETTINGS), chronicle(journal))
    return Report(folder, status_of(folder, held, told.journal, told.study), told)
