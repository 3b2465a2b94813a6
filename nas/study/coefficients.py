"""A search of scaling coefficients: what its grid holds, and what came of it by now."""

from __future__ import annotations

from pathlib import Path

from optuna.trial import FrozenTrial

from nas.errors import RunError
from nas.genotype import parse
from nas.report.coefficients import Findings, Tried
from nas.scaling.resolution import sides_of
from nas.search.candidates import Candidates
from nas.search.kept import REFERENCE, results
from nas.search.warm_start import stored
from nas.space.coefficients import BASE, Coefficients, ScaledBase
from nas.study import wiring
from nas.study.grid import GRID, grid
from nas.study.settings import Scaling, Study
from nas.study.status import JOURNAL, SETTINGS
from nas.trial import Kind

RESULT = "result.json"
BASE_FILE = "base.nas"


def opening(study: Study, among: Candidates) -> str:
    """What is searched, in a line before the first trial."""
    space, scaling = among.space, study.goal.scaling
    assert isinstance(space, ScaledBase)
    assert scaling is not None
    what = "exact MACs" if scaling.exact else "alpha * beta^2 * gamma^2"
    about = f"{what} within {scaling.tolerance:g} of {scaling.target:g}"
    said = ""
    if study.goal.sampler == GRID:
        found = grid(among)
        count = len(found.networks) - 1
        said = f"{found.points} points of a grid of {scaling.step:g} have {about}"
        if count < found.points:
            said += f", and give {count} networks after rounding, each trained once"
        if found.outside:
            said += f"; {found.outside} more are left out ({found.reason})"
    else:
        said = f"{space.size:,} points of a grid of {scaling.step:g} to draw from, with {about}"
    for direction in space.idle:
        said += f"; {direction} changes nothing in this base"
    return said


def found(folder: Path) -> Findings:
    """What the run in `folder` has found by now, which another process may be writing.

    Raises `RunError` where there is none, or it searched something else.
    """
    journal = folder / JOURNAL
    if not journal.exists():
        raise RunError(
            f"{folder}: holds no run (no {JOURNAL}); name a folder of `nas scale-search`"
        )
    study = Study.load(folder / SETTINGS)
    scaling = study.goal.scaling
    if scaling is None:
        raise RunError(f"{folder}: searched a space, not coefficients; see it by `nas status`")
    _, trials = stored(journal, complete=False)
    among = wiring.candidates(study.goal)
    space = among.space
    assert isinstance(space, ScaledBase)
    merged = grid(among).networks if study.goal.sampler == GRID else _merged(trials)
    tried = [_tried(each, among, space, scaling, merged) for each in trials if _ran(each)]
    training = study.training
    return Findings(
        data=study.goal.data,
        recipe=training.recipe,
        epochs=wiring.epochs(training),
        target=scaling.target,
        tolerance=scaling.tolerance,
        step=scaling.step,
        exact=scaling.exact,
        divisor=space.divisor,
        sampler=study.goal.sampler,
        seeds=training.seeds or 1,
        base=study.goal.space,
        idle=space.idle,
        reference=next((one for one, is_base in tried if is_base), None),
        tried=tuple(one for one, is_base in tried if not is_base),
    )


def _merged(trials: list[FrozenTrial]) -> dict[str, tuple[Coefficients, ...]]:
    """What a sampler drew of each network, by canonical hash: the first, and those refused as the
    same."""
    held: dict[str, list[Coefficients]] = {}
    for trial in trials:
        held.setdefault(trial.user_attrs["hash"], []).append(Coefficients.of(trial.params))
    return {key: tuple(all_) for key, all_ in held.items()}


def _ran(trial: FrozenTrial) -> bool:
    return trial.user_attrs.get("outcome") not in (Kind.DUPLICATE, Kind.INFEASIBLE)


def _tried(
    trial: FrozenTrial,
    among: Candidates,
    space: ScaledBase,
    scaling: Scaling,
    merged: dict[str, tuple[Coefficients, ...]],
) -> tuple[Tried, bool]:
    """A trial of a run, and whether it is the base."""
    held = trial.user_attrs
    own = Coefficients.of(trial.params)
    accuracies = [each["own"]["accuracy"] for each in results(held)]
    if not accuracies and held.get("outcome") == Kind.COMPLETE:
        accuracies = [held["figures"]["accuracy"]]
    also = tuple(each for each in merged.get(held["hash"], ()) if each not in (own, BASE))
    network = parse(held["genotype"])
    one = Tried(
        trial=trial.number,
        alpha=own.alpha,
        beta=own.beta,
        gamma=own.gamma,
        nominal=own.factors.nominal,
        factor=held["macs"] / space.macs,
        macs=int(held["macs"]),
        params=int(held["params"]),
        image=sides_of(network) or (),
        accuracies=tuple(accuracies),
        outcome=held.get("outcome", ""),
        genotype=held["genotype"],
        also=also,
    )
    return one, REFERENCE in held


def publish(findings: Findings, folder: Path) -> None:
    """Write result.json, coefficients.csv, .svg and .png, and base.nas into a run's folder.

    Raises `RunError` where that can't be done.
    """
    from nas.report.figures import save
    from nas.report.figures.coefficients import coefficients

    findings.save(folder / RESULT)
    try:
        (folder / BASE_FILE).write_text(f"{findings.base}\n", encoding="utf-8")
        save(coefficients(findings), folder)
    except OSError as error:
        raise RunError(f"{folder}: can't be written: {error.strerror}; make room") from error
