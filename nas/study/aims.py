"""Aims: the limits and objectives that a study's settings name, checked against each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from nas.data import load as load_data
from nas.errors import UsageError
from nas.search.candidates import Candidates
from nas.search.limits import FIGURES, Limits, said
from nas.search.objective import MNASNET, Objective
from nas.study.grid import GRID, grid
from nas.study.settings import Goal, Study

if TYPE_CHECKING:
    from nas.latency import Calibration
    from nas.space import Space

CALIBRATING = 30.0  # seconds
TARGETS = ("macs", "latency")  # the costs that MnasNet's reward may weigh


def limits(goal: Goal) -> Limits:
    """The most of each figure. Raises `UsageError` for an unknown objective, a limit or target that
    is no positive number, a target that nothing reads, two of them, or one above its limit."""
    Objective(goal.objectives, target=1)
    most = {name: getattr(goal, f"max_{name}") for name in FIGURES}
    targets = {name: getattr(goal, f"target_{name}") for name in TARGETS}
    for option, held in (("max", most), ("target", targets)):
        for name, value in held.items():
            if value is not None and not value > 0:
                raise UsageError(f"--{option}-{name} {value}: must be more than 0")
    given = [name for name in TARGETS if targets[name] is not None]
    if given and MNASNET not in goal.objectives:
        raise UsageError(
            f"--target-{given[0]}: only the objective mnasnet has a target; leave it out, or "
            f"limit the candidates with --max-{given[0]}"
        )
    if len(given) > 1:
        raise UsageError(
            "--target-macs and --target-latency: the reward weighs one cost; leave one of them out"
        )
    for name in given:
        if most[name] is not None and targets[name] > most[name]:
            raise UsageError(
                f"--target-{name}: {said(name, targets[name])} are above --max-{name}, "
                f"{said(name, most[name])}, which no candidate may pass; lower the target or raise "
                "the limit"
            )
    return Limits(**most)


def objective(settings: Goal | Mapping[str, Any]) -> Objective:
    """What is optimized, of a goal or of the settings that a journal holds. Raises `UsageError`
    for unknown names."""
    held = asdict(settings) if isinstance(settings, Goal) else settings
    cost = "latency" if held.get("target_latency") else "macs"
    return Objective(
        tuple(held["objectives"]),
        held.get(f"target_{cost}") or 0,
        cost,
        tuple(held.get("reference") or ()),
    )


def asks_latency(goal: Goal) -> bool:
    """Whether a limit or an objective needs candidates' latency."""
    return "latency" in goal.objectives or bool(goal.max_latency or goal.target_latency)


def calibrated(space: Space) -> Calibration:
    """What predicts the latency of a space's candidates for one image on this machine's CPU,
    measured in half a minute."""
    from nas.latency import calibrate

    return calibrate(space, seconds=CALIBRATING)


def settle(study: Study, among: Candidates) -> Study:
    """`study` with what follows from its space where it isn't given, fixed for the whole run.

    The target of MnasNet's reward: the limit on MACs, else on latency, else the usual MACs. Of
    several objectives, the worst values that count in the hypervolume: accuracy and reward 0, the
    loss of guessing, the limit of a cost or the largest candidate found. Of a grid of coefficients,
    how many networks it holds.
    """
    goal = study.goal
    if MNASNET in goal.objectives and not (goal.target_macs or goal.target_latency):
        if goal.max_latency and not goal.max_macs:
            goal = replace(goal, target_latency=goal.max_latency)
        else:
            goal = replace(goal, target_macs=goal.max_macs or among.usual_macs())
    if len(goal.objectives) > 1 and goal.reference is None:
        known = objective(goal)  # refuses unknown names
        goal = replace(goal, reference=tuple(_worst(name, goal, among) for name in known.axes))
    budget = study.budget
    if goal.sampler == GRID and goal.scaling and budget.trials is None:
        budget = replace(budget, trials=len(grid(among).networks))
    return replace(study, goal=goal, budget=budget)


def _worst(name: str, goal: Goal, among: Candidates) -> float:
    if name in FIGURES:
        return float(among.largest(name))
    return math.log(len(load_data(goal.data).classes)) if name == "loss" else 0.0
