"""Wiring: the parts that a study's settings name, put together."""

from __future__ import annotations

from dataclasses import replace

import nas
from nas.data import load as load_data
from nas.errors import UsageError
from nas.execute import Evaluator
from nas.scaling import scale
from nas.search.candidates import Candidates
from nas.search.limits import Limits
from nas.search.objective import MNASNET, Objective
from nas.search.samplers import make
from nas.search.samplers._base import SpaceSampler
from nas.space import Space, fit
from nas.study.settings import Goal, Study, Training

# Of images of up to so many pixels a quarter of a space's channels is enough, so that the default
# two minutes try dozens of candidates.
SMALL = 64 * 64
NARROW = 0.25


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


def usual_width(data: str) -> float:
    """The width at which a data set's proxy search runs unless told: 1, or 0.25 of small images."""
    _, height, width = load_data(data).shape
    return NARROW if height * width <= SMALL else 1.0


def settle(study: Study, among: Candidates) -> Study:
    """`study` with the target of MnasNet's reward, if it has none: the limit, or the usual MACs."""
    goal = study.goal
    if MNASNET not in goal.objectives or goal.target_macs is not None:
        return study
    return replace(study, goal=replace(goal, target_macs=goal.max_macs or among.usual_macs()))


def searcher(study: Study, among: Candidates) -> tuple[SpaceSampler, Objective]:
    """What draws the candidates, and what is optimized. Raises `UsageError` for unknown names."""
    goal = study.goal
    return make(goal.sampler, among, goal.seed), Objective(goal.objectives, goal.target_macs or 0)


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


def evaluator(data: str, training: Training, device: str) -> Evaluator:
    """The evaluator that trains candidates on `device`. Raises for an unknown recipe."""
    from nas.evaluate.train import TrainEvaluator
    from nas.train.recipe import Recipe

    Recipe.load(training.recipe)
    return TrainEvaluator(data, training.recipe, training.epochs, device)
