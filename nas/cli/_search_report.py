"""The last lines of `nas search`: where the best is, what is predicted, how far scores go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import RunError
from nas.quantity import format_count

if TYPE_CHECKING:
    from nas.search.standing import Finished
    from nas.study import Result, Run

INTERRUPTED = 130


def report(run: Run, result: Result) -> int:
    """Print the last lines; the exit code."""
    best, folder = result.best, run.folder
    go_on = f"nas search --resume {folder}"
    if best is None:
        if result.interrupted:
            print(f"stopped before a trial was complete; go on with `{go_on}`")
            return INTERRUPTED
        raise RunError(f"{folder}: no trial was complete; {result.why or 'the budget is spent'}")
    if result.why:
        print(f"ended: {result.why}")
    _predicted(run, result)
    trust = result.trust
    if trust is not None and not (result.interrupted and trust.agreement is None):
        print("\n".join(trust.lines()))
    trained = run.trained(best)
    which = f"trial {best.number}, after {trained}" if trained else f"trial {best.number}"
    untrained = run.untrained(best)
    if result.interrupted:
        print(f"stopped; go on with `{go_on}`")
        if untrained and run.study.evaluation.trained:
            print(f"best so far: trial {best.number} by {untrained}; none is trained yet")
            return INTERRUPTED
        accuracy = best.figures.get("accuracy", 0.0)
        print(f"best so far: {folder}/best ({which}): {accuracy:.2%} valid., {_sizes(best)}")
        return INTERRUPTED
    if untrained and run.study.evaluation.trained:
        raise RunError(
            f"{folder}: no candidate could be trained; give --resume {folder} a longer --time, or "
            "see the reasons above"
        )
    if result.untested:
        accuracy = best.figures.get("accuracy", 0.0)
        print(f"not tested: {result.untested}")
        print(f"best: {folder}/best ({which}): {accuracy:.2%} valid., {_sizes(best)}")
        return 0
    if result.test is None:
        print(f"best: {folder}/best ({which}), not trained: {untrained}; {_sizes(best)}")
        return 0
    print(
        f"best: {folder}/best ({which}): {result.test['accuracy']:.2%} of the test "
        f"images right, which the search never saw; {_sizes(best)}"
    )
    return 0


def _predicted(run: Run, result: Result) -> None:
    """Print the observed front of several objectives, and what the sampler believes, where it isn't
    what was observed."""
    from nas.study.run import PREDICTED

    front = run.record.standing.front
    if len(run.study.goal.objectives) > 1:
        print(f"front as observed: {_numbers(front)}")
        if result.believed:
            print(f"front by predicted means: {_numbers(result.believed)}")
        return
    for other in result.believed:
        if other != result.best:
            accuracy = other.figures.get("accuracy", 0.0)
            where = run.folder / PREDICTED
            kept = f" ({where})" if where.exists() else ""
            print(
                f"best by predicted mean: trial {other.number}{kept}: {accuracy:.2%} valid. "
                f"observed, {_sizes(other)}"
            )


def _numbers(trials: tuple[Finished, ...]) -> str:
    return f"trial{'s' * (len(trials) > 1)} {', '.join(str(each.number) for each in trials)}"


def _sizes(trial: Finished) -> str:
    figures = trial.figures
    return f"{format_count(figures['macs'])} MACs, {format_count(figures['params'])} parameters"
