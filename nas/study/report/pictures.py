"""All figures of a run: each drawn, or with a sentence why it can't be."""

from __future__ import annotations

from nas.report.agreement import LEAST as FEW
from nas.report.figures import Figure
from nas.report.figures.agreement import Pair, agreement
from nas.report.figures.front import Axis, front
from nas.report.figures.importance import importance
from nas.report.figures.incumbent import incumbent
from nas.report.figures.outcomes import outcomes
from nas.report.figures.rungs import rungs
from nas.report.figures.volume import volume
from nas.report.trust import Trust
from nas.search.limits import FIGURES
from nas.search.objective import MNASNET
from nas.study.report.baseline import baseline
from nas.study.report.importance import LEAST, importances, ranked
from nas.study.report.told import UNITS, Told
from nas.study.report.ways import ways

NOTHING = "No candidate has a result yet."


def progressed(told: Told, trust: Trust | None) -> list[Figure]:
    """The incumbent over time and results, with rungs and hypervolume where the run has them."""
    if not told.results:
        return [Figure.missing("incumbent-time", "Best so far", _none(told))]
    figures = list(incumbent(told.results, told.what, baseline(told, trust)))
    if told.volumes:
        figures.append(volume(told.volumes))
    if told.reached:
        figures.append(rungs(told.reached, told.what))
    return figures


def fronts(told: Told) -> list[Figure]:
    """What the candidates reach against each cost that was an objective; else against MACs."""
    if not told.finished:
        return [Figure.missing("front-macs", "What it costs", _none(told))]
    objective = told.objective.trained if told.rung else told.objective
    axes = objective.axes
    main = axes[objective.main] if len(objective.names) > 1 else axes[0]
    if all(getattr(each, main, None) is None for each in told.candidates):
        main = objective.names[objective.main]  # a score, where nothing measured an accuracy
    y = Axis(main, UNITS[main], main not in ("loss", *FIGURES))
    others = [name for name in axes if name not in (main, MNASNET)] or ["macs"]
    return [
        front(
            told.candidates,
            Axis(name, UNITS[name], name not in ("loss", *FIGURES)),
            y,
            stairs=len(axes) == 2,
        )
        for name in others
    ]


def decided(told: Told) -> list[Figure]:
    """The importance of decisions, and the candidates' ways through them."""
    results = ranked(told)
    titles = (("importance", "Which decisions matter"), ("parallel", "Ways through the decisions"))
    if not results:
        return [Figure.missing(*title, _none(told)) for title in titles]
    if not any(len(options) > 1 for options in told.journal.options.values()):
        why = "The journal holds no decision with more than one option."
        return [Figure.missing(*title, why) for title in titles]
    rows = importances(told, results) if len(results) >= LEAST else ()
    if rows:
        first = importance(rows, len(results), told.what_at(results[0].rung))
    elif len(results) < LEAST:
        why = f"{len(results)} candidates have a comparable result, and {LEAST} are needed."
        first = Figure.missing(*titles[0], why)
    else:
        why = f"No decision tells the best tenth of {len(results)} candidates from the rest."
        first = Figure.missing(*titles[0], why)
    return [first, ways(told, results, rows)]


def ended(told: Told) -> Figure:
    """Outcomes by kind."""
    rows = told.outcomes
    if not rows:
        return Figure.missing("outcomes", "How the trials ended", "No trial has begun yet.")
    return outcomes(rows)


def trusted(told: Told, trust: Trust | None) -> Figure | None:
    """What a cheap evaluator said against what training gave; None where all are trained."""
    if not told.study.evaluation.cheap:
        return None
    by, title = told.study.evaluation.by, f"{told.study.evaluation.by} against training"
    if trust is None or not trust.trained:
        return Figure.missing("trust", title, f"Nothing that {by} scored has been trained yet.")
    if len(trust.trained) < 2:
        return Figure.missing("trust", title, "Only one candidate has been trained.")
    few = f" Fewer than {FEW} give no interval." * (len(trust.trained) < FEW)
    rows = [
        Pair(
            each.trial, each.figure, each.accuracy, _why(each.chosen, each.random, by), each.seconds
        )
        for each in trust.trained
    ]
    return agreement(rows, by, f"Each point is a candidate that was trained.{few}")


def _why(chosen: bool, random: bool, by: str) -> str:
    best = f"best by {by}"
    return (
        f"{best}, and drawn at random"
        if chosen and random
        else best
        if chosen
        else "drawn at random"
    )


def _none(told: Told) -> str:
    """Why nothing can be drawn of results."""
    own = [trial for trial in told.journal.trials if trial.own]
    if not own:
        return "No trial has begun yet."
    ended = sum(trial.ended for trial in own)
    if not ended:
        return f"{len(own)} trials have begun, and none has a result yet."
    return f"None of {ended} trials that ended gave a result; how they ended stands below."
