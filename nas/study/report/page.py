"""The page of a run: what it came to, then each part under a heading of its own."""

from __future__ import annotations

import json
import platform
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nas.costs import card, card_lines, cost
from nas.genotype import Genotype
from nas.quantity import format_count, format_seconds, spoken
from nas.report.drawing import svg
from nas.report.page import (
    Markup,
    Section,
    code,
    document,
    drawing,
    element,
    facts,
    folded,
    sortable,
)
from nas.report.status import Status
from nas.report.table import Column
from nas.search.limits import FIGURES, said
from nas.study.report.lineage import Lineage
from nas.study.report.report import Report
from nas.study.report.told import UNITS, Told
from nas.study.run import BEST
from nas.study.status import SETTINGS, entry

EARLY = 8  # steps of a lineage that are folded away where there are more after them
MANY = 12  # changes of a step that are not
FILES = "cost.json"


def page(report: Report) -> str:
    """The whole page as HTML."""
    trust = _trust(report)
    sections = [
        Section("progress", "The search", report.progress),
        Section("front", "Quality against cost", [*report.fronts, *_members(report.told)]),
        Section("best", "The best network", list(_best(report))),
        Section("lineage", "How it came about", list(_lineage(report.lineage, report.told))),
        Section("decisions", "Decisions", report.decisions),
        Section("outcomes", "Outcomes", [report.outcomes, *_endings(report.told)]),
        *([Section("trust", "How far the evaluator can be trusted", trust)] if trust else []),
        Section("again", "To reproduce it", list(_again(report))),
    ]
    name = report.folder.resolve().name
    return document(f"Run {name}", list(_head(report)), sections)


def _head(report: Report) -> Iterator[Markup]:
    told, status = report.told, report.status
    yield element("p", _summary(told, status), class_="lead")
    study = told.study
    goal, training, evaluation = study.goal, study.training, study.evaluation
    how = f"recipe {training.recipe}" + (f", {_epochs(training.epochs)}" if training.epochs else "")
    if training.rungs:
        how += f", rungs of {', '.join(map(str, training.rungs))} epochs"
    if evaluation.cheap:
        how = f"scored by {evaluation.by}, then the best trained: {how}"
    limits = [said(name, held) for name in FIGURES if (held := getattr(goal, f"max_{name}"))]
    rows: list[tuple[object, object]] = [
        ("state", _state(status)),
        ("objective", ", ".join(UNITS[name] for name in told.objective.names)),
        ("data", goal.data),
        ("sampler", f"{goal.sampler}, seed {goal.seed}"),
        ("each candidate", how),
        ("limits", ", ".join(limits) or "none"),
        ("decisions", len(told.journal.options) or "none yet"),
    ]
    test = told.journal.notes.get("test")
    if isinstance(test, dict) and isinstance(test.get("figures"), dict):
        accuracy = test["figures"].get("accuracy")
        if isinstance(accuracy, float):
            of = f"trial {test.get('trial')}: {accuracy:.2%} of the images right"
            rows.append(("on the test images", f"{of}, which the search never saw"))
    yield facts(rows)


def _epochs(number: int) -> str:
    return f"{number} epoch{'s' * (number > 1)}"


def _summary(told: Told, status: Status) -> str:
    progress = status.progress
    if status.driver is None or not status.driver.writes:  # then no time is left
        progress = replace(progress, seconds=None, trials=None)
    headline = progress.headline()
    if told.best is None:
        return f"{headline}. No candidate has a result yet."
    return f"{headline}. Best: {entry(told.best, told.study)}."


def _state(status: Status) -> str:
    if status.ended:
        return f"ended {status.ended}"
    driver = status.driver
    if driver is not None and driver.writes:
        return f"going on: process {driver.process} on {driver.host} writes it"
    left = len(status.broken_off)
    if left:
        which = f"{left} trials" if left > 1 else "a trial"
        return f"broken off while {which} ran; `nas search --resume` goes on"
    return "at rest: nobody writes it"


def _members(told: Told) -> Iterator[Markup]:
    """The front's genotypes, for whom no pointer serves: on paper, by keyboard, in a search."""
    members = sorted(told.front, key=told.gain, reverse=True)
    parts = [
        part
        for each in members
        for part in (element("p", entry(each, told.study)), code(each.genotype))
    ]
    if members:
        yield folded(f"The front's genotypes ({len(members)})", *parts)


def _best(report: Report) -> Iterator[Markup | str]:
    network, best = report.network, report.told.best
    if isinstance(network, str) or best is None:
        yield element("p", network, class_="why")
        return
    yield f"Trial {best.number}, {report.told.level(best.rung)}."
    yield code(best.genotype)
    yield drawing(svg(network, title=f"Trial {best.number}"))
    yield facts(
        (name.strip(), f"{value} ({note})") for name, value, note in card_lines(card(network))
    )
    yield _stages(network)
    yield (
        f"The folder {BEST}/ holds it whole: genotype.nas, weights.safetensors, a model.py that "
        "needs only torch, and its costs."
    )


def _stages(network: Genotype) -> Markup:
    """A line for each part of the main chain."""
    counted = cost(network)
    names = ("params", "MACs", "activations")
    columns = [Column("stage"), Column("what"), Column("output")]
    columns += [Column(name, number=True) for name in (*names, "sees (pixels)")]
    rows, keys = [], []
    for line in counted.stages:
        shape = "x".join(map(str, line.shape))
        figures = (line.params, line.macs, line.activations)
        sees = "x".join(map(str, line.field)) if len(line.shape) == 3 else ""
        name = line.name + (" (training only)" if line.training else "")
        rows.append(
            (name, line.what, shape, *(spoken(each) if each else "" for each in figures), sees)
        )
        keys.append((name, line.what, line.shape[0], *figures, line.field[0] if sees else None))
    total = ("total", "", "", *map(spoken, (counted.params, counted.macs, counted.activations)))
    sees = "x".join(map(str, counted.receptive_field))
    return sortable(columns, rows, keys=keys, total=(*total, sees))


def _lineage(line: Lineage, told: Told) -> Iterator[Markup | str]:
    yield line.says
    items = []
    for number, stage in enumerate(line.stages):
        before = line.stages[number - 1].value if number else None
        gain = "" if before is None else f" ({stage.value - before:+.4g})"
        items.append(
            element(
                "li",
                element("strong", f"trial {stage.trial}"),
                f": {told.what} {stage.value:.5g}{gain}",
                *_changes(stage.lines),
            )
        )
    if len(items) > 2 * EARLY:
        yield folded(
            f"the first {EARLY} of {len(items)}", element("ol", *items[:EARLY], class_="steps")
        )
        yield element("ol", *items[EARLY:], class_="steps", start=EARLY + 1)
    elif items:
        yield element("ol", *items, class_="steps")


def _changes(lines: Sequence[str]) -> Iterator[Markup]:
    """What changed in a step: the first of many, the others folded."""
    items = [element("li", line) for line in lines]
    few = MANY if len(items) > MANY + 1 else len(items)
    if items:
        yield element("ul", *items[:few])
    if items[few:]:
        yield folded(f"and {len(items) - few} more", element("ul", *items[few:]))


def _endings(told: Told) -> Iterator[Markup]:
    """The reasons, where there were any."""
    rows = [(row.outcome, row.trials, row.reason) for row in told.outcomes if row.reason]
    if rows:
        columns = (Column("outcome"), Column("trials", number=True))
        yield sortable((*columns, Column("most frequent reason", wraps=True)), rows)


def _trust(report: Report) -> list[Any]:
    if report.trust is None:
        return []
    trust = report.status.trust
    lines = [] if trust is None else [line.removeprefix("trust: ") for line in trust.lines()]
    return [*lines, report.trust]


def _again(report: Report) -> Iterator[Markup | str]:
    folder, told = report.folder, report.told
    study = folder / SETTINGS
    yield "The same search, in a new folder, by the settings in the run's own file:"
    yield code(shlex.join(["nas", "search", "--study", str(study), "--out", f"{folder}-again"]))
    yield "This run, on from where it stands:"
    yield code(shlex.join(["nas", "search", "--resume", str(folder)]))
    made = _made(folder / BEST / FILES)
    if made:
        yield "Its best network alone:"
        yield code(_from_here(str(made.get("command", "")), folder / BEST))
    yield facts(_versions(told, made))
    yield folded(f"{SETTINGS}, with the space", code(_text(study)))


def _from_here(command: str, folder: Path) -> str:
    """A command with the folder's files named as they are found from where the run is, as the data
    in it is."""
    words = shlex.split(command)
    found = {"genotype.nas": folder / "genotype.nas", "../again": folder.parent / "again"}
    return shlex.join(str(found.get(word, word)) for word in words)


def _versions(told: Told, made: dict[str, Any]) -> Iterator[tuple[object, object]]:
    yield "seed", told.study.goal.seed
    held = made.get("versions")
    if isinstance(held, dict):
        yield "made with", ", ".join(f"{name} {held[name]}" for name in held)
    names = ("nas", "torch", "optuna", "ray")
    now = ", ".join(f"{name} {version(name)}" for name in names)
    yield "reported with", f"{now}, python {platform.python_version()}"
    yield "reported at", f"{datetime.now():%Y-%m-%d %H:%M}"
    if told.journal.now:
        yield "time of the run", format_seconds(told.journal.now)
    if told.best is not None:
        figures = told.best.figures
        yield (
            "best",
            f"{format_count(figures['macs'])} MACs, {format_count(figures['params'])} parameters",
        )


def _made(path: Path) -> dict[str, Any]:
    """What the best network's folder says of how it was made; {} where there is none."""
    try:
        made = json.loads(_text(path))["made"]
    except (ValueError, LookupError, TypeError):
        return {}
    return made if isinstance(made, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
