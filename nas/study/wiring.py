"""Wiring: the parts that a study's settings name, put together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nas
from nas.data import load as load_data
from nas.errors import UsageError
from nas.execute import Evaluator
from nas.scaling import scale
from nas.search.candidates import Candidates
from nas.search.limits import Limits
from nas.search.objective import MNASNET, Objective
from nas.search.record import Record
from nas.search.samplers import make
from nas.space import Space, fit
from nas.study.settings import Goal, Study


def candidates(goal: Goal) -> Candidates:
    """What may be drawn: the space at the data set's image size and classes, scaled by the width.

    Raises `SpaceError`, naming the smallest candidate found, if none is within the limits.
    """
    data = load_data(goal.data)
    genotype = nas.parse(goal.space)
    if goal.width != 1:
        genotype = scale(genotype, width=goal.width)
    space = Space(fit(genotype, image=data.shape, classes=len(data.classes)))
    found = Candidates(space, Limits(goal.max_macs, goal.max_params))
    found.check()
    return found


def settle(study: Study, among: Candidates) -> Study:
    """`study` with the target of MnasNet's reward, if it has none: the limit, or the usual MACs."""
    goal = study.goal
    if MNASNET not in goal.objectives or goal.target_macs is not None:
        return study
    return replace(study, goal=replace(goal, target_macs=goal.max_macs or among.usual_macs()))


def record(study: Study, among: Candidates, journal: Path) -> Record:
    """The record of `study` at `journal`, new or continued."""
    goal = study.goal
    objective = Objective(goal.objectives, goal.target_macs or 0)
    return Record(journal, make(goal.sampler, among, goal.seed), objective, study.fixed())


def device(gpus: int | None) -> str:
    """Torch's name of where to train: on `gpus` GPUs; None is one if there is one.

    Raises `UsageError` where the machine has fewer, or for more than one.
    """
    import torch

    has = torch.cuda.device_count() if torch.cuda.is_available() else 0
    wanted = min(has, 1) if gpus is None else gpus
    if not 0 <= wanted <= has:
        known = f"{has} GPU{'s' if has > 1 else ''}" if has else "no GPU"
        repair = f"ask for 0 to {has}" if has else "leave --gpus out to train on the CPU"
        raise UsageError(f"--gpus {wanted}: this machine has {known}; {repair}")
    if wanted > 1:
        raise UsageError(
            f"--gpus {wanted}: a search trains on one GPU for now, as several need the Ray "
            "executor, which is not there yet; use --gpus 1"
        )
    return "cuda" if wanted else "cpu"


def evaluator(study: Study, device: str) -> Evaluator:
    """The evaluator that trains candidates on `device`. Raises for an unknown recipe."""
    from nas.evaluate.train import TrainEvaluator
    from nas.train.recipe import Recipe

    training = study.training
    Recipe.load(training.recipe)
    return TrainEvaluator(study.goal.data, training.recipe, training.epochs, device)
