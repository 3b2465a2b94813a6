"""Wiring: the parts that a study's settings name, put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nas
from nas.blocks.fields import DIVISOR
from nas.data import DataSet
from nas.data import load as load_data
from nas.errors import GenotypeError, RunError, SpaceError, UsageError
from nas.execute import Evaluator, Executor, InProcess, Local
from nas.genotype import Genotype
from nas.genotype.expression import Chain, Image
from nas.scaling import scale
from nas.search.candidates import Candidates
from nas.search.card import Latency
from nas.search.objective import Objective
from nas.search.repeats import Repeats
from nas.search.rungs import ETA, WHOLE, Rungs
from nas.search.samplers import make
from nas.search.samplers._base import SpaceSampler
from nas.search.screening import Screening
from nas.space import Space, around, fit_to
from nas.space.coefficients import ScaledBase
from nas.study import aims, screening
from nas.study.features import scores
from nas.study.grid import GRID
from nas.study.settings import Evaluation, Goal, Study, Training

if TYPE_CHECKING:
    from nas.evaluate.staged import Prepared
    from nas.execute.ray_tune import Cluster, Stopping
    from nas.search.warm_start import WarmStart

# A space written for images of so many times the data set's pixels is searched at a quarter of its
# channels, so that the default two minutes try dozens of candidates.
FAR_LARGER = 16  # times the data set's pixels
NARROW = 0.25


def fitted(goal: Goal) -> Space:
    """The space at the data set's image size and classes, scaled by the width."""
    data = load_data(goal.data)
    genotype = nas.parse(goal.space)
    if goal.width != 1:
        genotype = scale(genotype, width=goal.width)
    fitting = fit_to(genotype, data, goal.resolution)
    return Space(fitting, near=goal.around)


def neighbourhood(
    seed: Genotype, data: str, width: float | None = None, resolution: int | None = None
) -> Genotype:
    """The space around a network at the data set's classes and image size (or the `resolution`),
    its channels scaled by the width (None: the usual one).

    Raises `SpaceError` where the network can't be built at that size, or nothing in it varies.
    """
    held = load_data(data)
    factor = usual_width(seed, data, resolution) if width is None else width
    fitting = fit_to(scale(seed, width=factor), held, resolution)
    if not fitting.open:
        try:
            nas.cost(fitting)
        except GenotypeError as error:
            high, wide = (resolution, resolution) if resolution else held.shape[1:]
            larger = "--resolution 224, " if held.any_size else ""
            raise SpaceError(
                f"the network, its channels times {factor:g}, can't be built for the {high}x{wide} "
                f"images of {data}: {error}; search around one made for small images, such as "
                f"resnet20_cifar10, or give {larger}another --width, or write upsample(times=7) "
                "behind image(...) in its .nas file"
            ) from error
    return around(fitting)


def base(
    network: Genotype, data: str, width: float | None = None, resolution: int | None = None
) -> Genotype:
    """A network as its coefficients are searched for a data set: as it is where its channels and
    classes are the data set's and nothing else is asked for, else at the data set's classes and
    the `resolution`, its channels scaled by the width (None: the usual ones).

    Raises `SpaceError` for a search space, and where it can't be built at that size.
    """
    if network.open:
        raise SpaceError(
            "the base has choices, but coefficients scale one network; name a reference (`nas "
            "list`) or a .nas file without choice(...), such as a search's best/genotype.nas"
        )
    held = load_data(data)
    try:
        shape, answers = nas.cost(network).graph.input.shape, nas.cost(network).graph.spec.shape
        suits = shape[0] == held.shape[0] and answers == (len(held.classes),)
    except GenotypeError:
        suits = False
    if suits and width is None and resolution is None:
        return network
    side = resolution or usual_resolution(network, data)
    factor = usual_width(network, data, side) if width is None else width
    fitting = fit_to(scale(network, width=factor), held, side)
    try:
        nas.cost(fitting)
    except GenotypeError as error:
        high, wide = (side, side) if side else held.shape[1:]
        raise SpaceError(
            f"the base, its channels times {factor:g}, can't be built for the {high}x{wide} images "
            f"of {data}: {error}; give one made for small images, such as resnet20_cifar10, or "
            "another --width"
        ) from error
    return fitting


def scaled(goal: Goal) -> ScaledBase | None:
    """The space of a base's coefficients, None where a space of choices is searched."""
    held = goal.scaling
    if held is None:
        return None
    network = nas.parse(goal.space)
    divisor = DIVISOR if held.divisor is None else held.divisor
    return ScaledBase(network, held.target, held.tolerance, held.step, held.exact, divisor)


def candidates(goal: Goal, latency: Latency | None = None) -> Candidates:
    """What may be drawn from the fitted space, its `latency` predicted where it is asked for.

    Raises `SpaceError`, naming the smallest candidate found, if none is within the limits, and
    `UsageError` for limits that contradict each other.
    """
    limits, grid = aims.limits(goal), scaled(goal)
    if grid is not None:
        return Candidates(grid, limits, latency=latency, origin=grid.origin, reference=True)
    space = fitted(goal)
    found = Candidates(space, limits, latency=latency, origin=space.origin, scores=scores(goal))
    found.check()
    return found


def usual_resolution(network: Genotype, data: str) -> int | None:
    """The side of the images, in pixels, that a search sees unless told: None for the data set's,
    or the space's own, of pictures of any size; where those are smaller than it, what is usual
    among them. Only the heads of some files are read.

    Raises `DataError` where there are too few pictures, or none.
    """
    image, held = _image(network), load_data(data)
    if held.side is None or image is None:
        return None
    side = held.side()
    return side if side < min(image.height, image.width) else None


def usual_width(space: Genotype, data: str, resolution: int | None = None) -> float:
    """The width of a search unless told: 1, or 0.25 of a space written for far larger images."""
    image, held = _image(space), load_data(data)
    if image is None or (held.any_size and resolution is None):
        return 1.0
    height, width = (resolution, resolution) if resolution else held.shape[1:]
    if image.height * image.width >= FAR_LARGER * height * width:
        return NARROW
    return 1.0


def sized(goal: Goal) -> DataSet:
    """The data set at the size of image that candidates see."""
    data = load_data(goal.data)
    image = _image(fit_to(nas.parse(goal.space), data, goal.resolution))
    return data if image is None else data.resized(image.height, image.width)


def read(study: Study) -> None:
    """Read what candidates are trained on and scored on, as the first of them would.

    Raises `DataError` where no candidate could: too few images of a class, too many damaged.
    """
    if study.evaluation.cheap is not None and not study.evaluation.trained:
        return
    data = sized(study.goal)
    data.train()
    data.validation()


def _image(network: Genotype) -> Image | None:
    first = network.items[0] if isinstance(network, Chain) else network
    return first if isinstance(first, Image) else None


def searcher(study: Study, among: Candidates) -> tuple[SpaceSampler, Objective]:
    """What draws the candidates, and what is optimized. Raises `UsageError` for unknown names."""
    goal = study.goal
    return make(goal.sampler, among, goal.seed), aims.objective(goal)


def ladder(study: Study) -> Rungs | Screening | Repeats:
    """The rungs that candidates climb: of a cheap evaluator's search, score and training; of
    repeats, the seeds. Raises `UsageError` for what an evaluator can't do."""
    screening.check(study)
    if study.training.seeds is not None:
        return repeats(study)
    return screening.screened(study) or rungs(study.training)


def repeats(study: Study) -> Repeats:
    """The seeds that every candidate is trained with. Raises `UsageError` for what they don't go
    with."""
    training = study.training
    for option, given in (
        ("--rungs", training.rungs is not None),
        ("--inherit", training.inherit),
        (f"--evaluator {study.evaluation.evaluator}", study.evaluation.cheap is not None),
    ):
        if given:
            raise UsageError(
                f"--seeds {training.seeds}: not with {option}, as every candidate is trained whole "
                "and from scratch with each seed; leave one of them out"
            )
    return Repeats(training.seeds or 0, breadth=study.goal.sampler == GRID)


def rungs(training: Training) -> Rungs:
    """The rungs of training. Raises `UsageError` for epochs that don't increase, or are given
    twice."""
    if training.rungs is None:
        if training.eta is not None:
            raise UsageError(f"--eta {training.eta}: only with --rungs, such as --rungs 1,3,9")
        return WHOLE
    if training.epochs is not None:
        raise UsageError(
            f"--epochs {training.epochs}: not with --rungs, whose last is the whole training"
        )
    return Rungs(training.rungs, ETA if training.eta is None else training.eta)


def epochs(training: Training) -> int:
    """How many epochs a whole training takes. Raises for an unknown recipe."""
    from nas.train.recipe import Recipe

    if training.rungs:
        return training.rungs[-1]
    return training.epochs or Recipe.load(training.recipe).epochs


def known(study: Study, among: Candidates) -> WarmStart | None:
    """What the study's warm start gives, None without one.

    Raises `RunError` where there is no such run, or its trials were trained otherwise.
    """
    if study.goal.warm_start is None:
        return None
    from nas.search.warm_start import stored, warm_start

    run = Path(study.goal.warm_start)
    settings, trials = stored(run / "journal.log")
    by = Evaluation(settings.get("evaluator"), survivors=settings.get("survivors"))
    if by.cheap is not None and not by.trained:
        raise RunError(
            f"--warm-start {run}: its candidates were scored by --evaluator {by.cheap}, and none "
            "was trained; name a run that trains"
        )
    rungs = settings.get("rungs")
    theirs = Training(settings["recipe"], settings.get("epochs"), tuple(rungs) if rungs else None)
    for name, was, now in (
        ("data", settings["data"], study.goal.data),
        ("recipe", theirs.recipe, study.training.recipe),
        ("epochs", epochs(theirs), epochs(study.training)),
        ("inherit", settings.get("inherit") or False, study.training.inherit),
    ):
        if was != now:
            raise RunError(
                f"--warm-start {run}: its trials were trained with {name} = {was}, not {now}, so "
                "their scores can't be compared; search with the same, or without its trials"
            )
    assert isinstance(among.space, Space)
    return warm_start(str(run), trials, among.space, among)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where trials run; it may change between sittings of one run.

    `gpus` None is one if there is one; `workers` and `limit` (seconds for one trial) mean
    supervised processes on this machine; several GPUs, a part of one, or an address mean Ray.
    """

    gpus: int | None = None
    gpus_per_trial: float | None = None
    workers: int | None = None
    limit: float | None = None
    address: str | None = None
    tune_scheduler: str | None = None

    @property
    def on_ray(self) -> bool:
        """Whether Ray places the trials."""
        several = self.gpus is not None and self.gpus > 1
        return several or self.gpus_per_trial is not None or self.address is not None


def device(gpus: int | None) -> str:
    """Torch's name of where to train: on `gpus` GPUs of this machine; None is one if there is one.

    Raises `UsageError` where the machine has fewer.
    """
    import torch

    has = torch.cuda.device_count() if torch.cuda.is_available() else 0
    wanted = min(has, 1) if gpus is None else gpus
    if not 0 <= wanted <= has:
        known = f"{has} GPU{'s' if has > 1 else ''}" if has else "no GPU"
        repair = f"ask for 0 to {has}" if has else "leave --gpus out to train on the CPU"
        raise UsageError(f"--gpus {wanted}: this machine has {known}; {repair}")
    return "cuda" if wanted else "cpu"


def where(placement: Placement) -> str:
    """Torch's name of where candidates train. Raises `UsageError` for GPUs that aren't there."""
    if placement.address is None:
        return device(placement.gpus)
    return "cuda" if placement.gpus else "cpu"


def cluster(placement: Placement) -> Cluster:
    """What Ray is to run on."""
    from nas.execute.ray_tune import Cluster

    share = 1.0 if placement.gpus_per_trial is None else placement.gpus_per_trial
    gpus = placement.gpus or 0
    return Cluster(gpus, share, address=placement.address, slots=placement.workers)


def join(placement: Placement) -> None:
    """Join the cluster that a placement names, if it does: one that isn't there is refused with a
    `UsageError` before a run is made."""
    if placement.address is not None:
        from nas.execute.ray_tune import connect

        connect(cluster(placement))


def stopping(placement: Placement, study: Study) -> Stopping | None:
    """What stops trials between epochs, if Ray Tune is to. Raises `UsageError` where it can't."""
    name, training = placement.tune_scheduler, study.training
    if name is None:
        return None
    from nas.execute.ray_tune import PBT, Stopping
    from nas.train.recipe import Recipe

    option = f"--tune-scheduler {name}"
    if not placement.on_ray:
        raise UsageError(
            f"{option}: only where Ray places the trials; add --address local, or GPUs"
        )
    if study.goal.objectives != ("accuracy",):
        raise UsageError(
            f"{option}: it compares trials by their accuracy alone, but the objective is "
            f"{','.join(study.goal.objectives)}; add --objective accuracy, or use --rungs"
        )
    if study.evaluation.cheap is not None:
        raise UsageError(
            f"{option}: not with --evaluator {study.evaluation.evaluator}, which decides who is "
            "trained"
        )
    if training.rungs is not None:
        raise UsageError(f"{option}: not with --rungs; one of them decides who goes on")
    if training.seeds is not None:
        raise UsageError(f"{option}: not with --seeds, which trains every candidate whole")
    if name == PBT and not training.inherit:
        raise UsageError(
            f"{option}: a trial that falls behind makes room for a child that begins with a better "
            "one's weights; add --inherit"
        )
    return Stopping(name, training.epochs or Recipe.load(training.recipe).epochs)


def executor(
    evaluator: Evaluator, scratch: Path, placement: Placement, stopping: Stopping | None = None
) -> Executor:
    """The executor that a placement asks for. Raises `UsageError` for a cluster that isn't
    there."""
    if placement.on_ray:
        from nas.execute.ray_tune import RayTune

        return RayTune(evaluator, scratch, cluster(placement), placement.limit, stopping)
    if placement.workers is not None or placement.limit is not None:
        return Local(evaluator, scratch, placement.workers or 1, placement.limit)
    return InProcess(evaluator, scratch)


def prepared(evaluator: Evaluator) -> Prepared | None:
    """What has to be prepared once before a search, if anything has."""
    from nas.evaluate.staged import StagedEvaluator

    return evaluator.prepared if isinstance(evaluator, StagedEvaluator) else None


def evaluator(study: Study, device: str, folder: Path) -> Evaluator:
    """What measures the study's candidates on `device`; it may keep files in `folder`.

    Raises for an unknown recipe or evaluator, and where the data set's files are missing.
    """
    from nas.evaluate.train import TrainEvaluator
    from nas.train.recipe import Recipe

    goal, training = study.goal, study.training
    ladder(study)
    Recipe.load(training.recipe)
    trainer = TrainEvaluator(goal.data, training.recipe, training.epochs, device)
    name = study.evaluation.cheap
    if name is None or study.evaluation.trained:
        load_data(goal.data).require()
    if name is None:
        return trainer
    from nas.evaluate.cheap import Given, make
    from nas.evaluate.staged import StagedEvaluator

    given = Given(
        goal.data,
        str(fitted(goal).genotype),
        device,
        goal.seed,
        training.recipe,
        folder,
        near=goal.around,
        max_macs=goal.max_macs,
        max_params=goal.max_params,
        proxy=study.evaluation.proxy,
        table=study.evaluation.table,
    )
    return StagedEvaluator(make(name, given), trainer)
