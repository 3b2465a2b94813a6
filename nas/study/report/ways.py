"""The rows of parallel coordinates: which candidates and decisions a picture has room for."""

from __future__ import annotations

from collections.abc import Sequence

from nas.report.figures.figure import Figure
from nas.report.figures.importance import Importance
from nas.report.figures.parallel import Place, Step, parallel
from nas.report.figures.thinning import spread
from nas.search.standing import Finished
from nas.study.report.chronicle import Option
from nas.study.report.told import Told

WIDE = 12  # decisions
BEST, OTHERS = 40, 80  # candidates
UNASKED = "not asked"
APART = 0.05  # how far from its option's place a candidate may stand
LABELS = 9  # options that are named on a decision's line
BELOW = -0.2  # where a decision stands that wasn't asked for


def ways(told: Told, results: Sequence[Finished], important: Sequence[Importance]) -> Figure:
    """Parallel coordinates of the results, along the decisions that matter most."""
    options = {key: held for key, held in told.journal.options.items() if len(held) > 1}
    ranks = {row.decision: -row.importance for row in important}
    ordered = sorted(options, key=lambda key: ranks.get(key, 0.0))
    chosen = [key for key in options if key in ordered[:WIDE]]
    by_gain = sorted(results, key=told.gain)
    others = spread(by_gain[:-BEST], OTHERS)
    drawn = [*others, *by_gain[-BEST:]]
    steps = []
    for number, each in enumerate(drawn):
        # neighbours in gain go different ways, so that neither end is all good
        aside = APART * (2 * ((number * 0.618034) % 1) - 1)
        point = told.journal.points[each.number]
        for key in chosen:
            option = UNASKED
            level = BELOW
            if key in point:
                place = options[key].index(point[key])
                option, level = _said(point[key]), _level(place, len(options[key]))
            level = round(level + aside, 4)
            steps.append(Step(each.number, key, _short(option), level, told.value(each)))
    places = [
        Place(key, _short(_said(option)), _level(place, len(options[key])))
        for key in chosen
        for place, option in spread([*enumerate(options[key])], LABELS)
    ]
    unasked = {step.decision for step in steps if step.option == UNASKED}
    places += [Place(key, UNASKED, BELOW) for key in chosen if key in unasked]
    note = _note(told, results, drawn, chosen, ranked=bool(ranks))
    return parallel(steps, places, told.what_at(results[0].rung), note, larger=told.larger)


def _note(
    told: Told,
    results: Sequence[Finished],
    drawn: Sequence[Finished],
    chosen: Sequence[str],
    *,
    ranked: bool,
) -> str:
    said = "Each line is a candidate; the colour is what it reached."
    if len(drawn) < len(results):
        said += (
            f" Drawn are the {BEST} best of {len(results)} candidates and {OTHERS} spread over "
            "the rest."
        )
    decisions = sum(len(held) > 1 for held in told.journal.options.values())
    if len(chosen) < decisions:
        which = "most important" if ranked else "first"
        said += f" The {len(chosen)} {which} of {decisions} decisions."
    return said


def _level(place: int, of: int) -> float:
    return place / (of - 1)


def _said(option: Option) -> str:
    return f"{option:g}" if isinstance(option, float) else str(option)


def _short(option: str) -> str:
    return option if len(option) <= 14 else f"{option[:13]}…"
