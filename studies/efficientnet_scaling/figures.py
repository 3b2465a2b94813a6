"""Draws the paper's Figures 3 and 4 from the trainings, and says whether compound scaling won.

    python studies/efficientnet_scaling/figures.py [--out FOLDER]

Reads FOLDER/trained.csv. Intervals are 95 %, by Student's t: how far trainings of one network with
different seeds deviate is estimated from all networks together.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean, variance
from typing import Any

from scipy.special import stdtrit
from trained import HERE, Row, held

from nas.report.figures import Figure, Table, save

COMPOUND, SEARCHED = "compound", "searched"
SINGLE = ("width", "depth", "resolution")
HEADS = ("line", "times", "width", "depth", "resolution", "pixels", "parameters", "MACs", "seeds",
         "test accuracy", "training")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """A network in a picture: millions of MACs, percent of the test images with an interval."""

    line: str
    times: float
    pixels: int
    seeds: int
    macs: float
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class Trainings:
    """All trainings, by network."""

    rows: Sequence[Row]
    networks: dict[tuple[str, float], list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            self.networks.setdefault((row.line, row.times), []).append(row)

    @property
    def lines(self) -> list[str]:
        return list(dict.fromkeys(line for line, _ in self.networks))

    @property
    def freedom(self) -> int:
        return sum(len(rows) - 1 for rows in self.networks.values())

    @property
    def spread(self) -> float:
        """Standard deviation of a training's accuracy over seeds, of all networks together."""
        own = [rows for rows in self.networks.values() if len(rows) > 1]
        squares = sum(variance([row.test for row in rows]) * (len(rows) - 1) for rows in own)
        return math.sqrt(squares / self.freedom) if self.freedom else math.nan

    def half(self, *counts: int) -> float:
        """Half of the interval of a mean over so many seeds, or of a difference of two means."""
        t = float(stdtrit(self.freedom, 0.975)) if self.freedom else math.nan
        return t * self.spread * math.sqrt(sum(1 / count for count in counts))

    def mean(self, line: str, times: float) -> float:
        return fmean(row.test for row in self.networks[line, times])

    def points(self, lines: Iterable[str], start: str | None = None) -> list[Point]:
        """Those of some lines, each from the network called `start`, if given."""
        found = []
        for name in lines:
            keys = [(start, 1.0)] if start else []
            for key in [*keys, *(each for each in self.networks if each[0] == name)]:
                rows = self.networks[key]
                mean, half = 100 * self.mean(*key), 100 * self.half(len(rows))
                one = rows[0]
                found.append(
                    Point(
                        *(name, one.times, one.pixels, len(rows), one.macs / 1e6),
                        *(mean, mean - half, mean + half),
                    )
                )
        return found

    def table(self) -> str:
        lines = [f"| {' | '.join(HEADS)} |", f"| --- |{' ---: |' * (len(HEADS) - 1)}"]
        for (line, times), rows in self.networks.items():
            one, half = rows[0], 100 * self.half(len(rows))
            about = f" +- {half:.2f}" if self.freedom else ""
            seconds = fmean(row.seconds for row in rows)
            cells = (
                line, f"{times:g}", f"{one.width:.2f}", f"{one.depth:.2f}",
                f"{one.resolution:.2f}", one.pixels, f"{one.params:,}", f"{one.macs:,}", len(rows),
                f"{100 * self.mean(line, times):.2f}{about} %", f"{seconds:.0f} s",
            )  # fmt: skip
            lines.append(f"| {' | '.join(map(str, cells))} |")
        return "\n".join(lines)

    def verdicts(self, name: str) -> list[str]:
        """A compound law beside the best single direction, at each multiple of the MACs."""
        said = []
        for line, times in self.networks:
            rivals = [each for each in SINGLE if (each, times) in self.networks]
            if line != name or not rivals or not self.freedom:
                continue
            best = max(rivals, key=lambda each: self.mean(each, times))
            ahead = 100 * (self.mean(line, times) - self.mean(best, times))
            own, other = self.networks[line, times], self.networks[best, times]
            half, share = 100 * self.half(len(own), len(other)), own[0].macs / other[0].macs
            word = "can't be told apart from" if abs(ahead) <= half else (
                "beats" if ahead > 0 else "loses to"
            )  # fmt: skip
            said.append(
                f"At {times:g} times the MACs, {name} {word} the best single direction, {best}, "
                f"with {share:.2f} of its MACs: {ahead:+.2f} +- {half:.2f} points."
            )
        return said


def drawn(name: str, title: str, points: list[Point], legend: str, note: str) -> Figure:
    order = list(dict.fromkeys(point.line for point in points))
    named = {"field": "line", "type": "nominal", "title": legend, "sort": order}
    x: dict[str, Any] = {
        "field": "macs", "type": "quantitative", "title": "MACs of an image, millions",
        "scale": {"type": "log", "nice": False, "padding": 20},
        "axis": {"values": [0.25, 0.5, 1, 2, 4, 8, 16], "grid": True},
    }  # fmt: skip
    y = {
        "field": "accuracy", "type": "quantitative", "title": "test images right, percent",
        "scale": {"zero": False},
    }  # fmt: skip
    spec = {
        "layer": [
            {
                "mark": {"type": "rule", "opacity": 0.6, "strokeWidth": 1.5},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"},
                             "color": named},
            },
            {"mark": "line", "encoding": {"x": x, "y": y, "color": named}},
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": named, "shape": {**named, "legend": None}},
            },
        ],
    }  # fmt: skip
    return Figure(name, title, spec, (Table("points", points),), note)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=HERE / "results")
    out = parser.parse_args().out
    found = Trainings(held(out / "trained.csv"))
    if not found.rows:
        raise SystemExit(f"{out}/trained.csv holds no training; run trained.py --out {out} first")
    one = found.rows[0]
    minutes = sum(row.seconds for row in found.rows) / 60
    print(
        f"{len(found.rows)} trainings of {len(found.networks)} networks on {one.data}, epochs: "
        f"{one.epochs}; {minutes:.1f} minutes, testing included.",
        f"Between seeds a training deviates by {100 * found.spread:.2f} points.\n"
        if found.freedom
        else "One seed each says nothing of chance.\n",
    )
    print(found.table())
    directions = [each for each in (*SINGLE, COMPOUND, SEARCHED) if each in found.lines]
    for name in (COMPOUND, SEARCHED):
        for verdict in found.verdicts(name):
            print(f"\n{verdict}")
    note = "Means over seeds with 95 % intervals; both axes by what was counted and tested."
    three = found.points(directions, start="base")
    four = [point for point in found.points(["width"], start="base") if point.times <= 4]
    four = [replace(point, line="d=1, r=1") for point in four]
    four += found.points(each for each in found.lines if each.startswith("d="))
    for figure in (
        drawn("figure3", "A small base scaled in one direction or in all", three, "scaled", note),
        drawn("figure4", "Wider, from four baselines", four, "baseline", note),
    ):
        save(figure, out)


if __name__ == "__main__":
    main()
