"""`nas train`: train one genotype by a recipe, as a search trains its candidates or for longer."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nas.cli._data import add_data, add_download, fetched
from nas.cli._reading import at_least
from nas.cli.score import numbers
from nas.errors import DivergenceError, RunError, UsageError, out_of_memory

if TYPE_CHECKING:
    from nas.compiler.network import Network
    from nas.data import DataSet
    from nas.genotype import Genotype
    from nas.train import Epoch, History, Recipe
    from nas.train.semi import FewLabels
    from nas.train.views import Views

NAME = "train"
HELP = "train one genotype on a data set and score it"
DESCRIPTION = """\
Train a network from scratch by a recipe, then score it on the validation split.

A genotype made for other images or classes is fitted to the data set. The same genotype, recipe,
epochs and seed give the same weights as in a search. Every epoch leaves checkpoint.safetensors in
--out; after Ctrl-C, a crash or a kill the same command with --resume goes on from there, on one CPU
to the same bits as if there had been none. --test reads the test split, once, at the end.

--labels 10 trains as if only 10 images of each class had labels; --semi learns from the others, too
(Meta Pseudo Labels, arXiv:2003.10580; Noisy Student, arXiv:1911.04252). An epoch is then as many
steps as it is with all labels. --test-resolution tunes norms and classifier for larger images
afterwards, a quarter of the epochs (FixRes, arXiv:1906.06423), into a folder of its own in --out.

--weights FILE begins with trained weights instead, also of another library or for other classes
(the classifier is then new); --freeze 2 leaves the first two parts of the network as they are, the
statistics of their norms too.
"""
CHECKPOINT = "checkpoint.safetensors"
WEIGHTS = "weights.safetensors"
HISTORY = "history.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("genotype", help="a reference's name, a .nas file, a run's folder or text")
    add_data(parser)
    add_download(parser)
    parser.add_argument(
        "--resolution",
        type=int,
        metavar="N",
        help="train it for images of N x N pixels (default: its own)",
    )
    parser.add_argument("--out", type=Path, default=Path("trained"), help="default: trained/")
    parser.add_argument("--resume", action="store_true", help="go on with the training in --out")
    parser.add_argument("--gpus", type=int, help="0 trains on the CPU (default: 1 if there is one)")
    how = parser.add_argument_group("how")
    how.add_argument(
        "--recipe", help="a name or a .toml file (default: proxy; with --labels few-labels)"
    )
    how.add_argument("--epochs", type=int, help="default: the recipe's")
    how.add_argument(
        "--stop", type=int, metavar="N", help="end after N of the epochs, as at a search's rung"
    )
    how.add_argument("--batch", type=int, help="images a step (default: the recipe's)")
    how.add_argument("--seed", type=int, default=0, help="of weights and order (default: 0)")
    how.add_argument(
        "--ema", type=float, metavar="X", help="average the weights, keeping X of it at each step"
    )
    how.add_argument("--precision", help="bf16, fp16 or fp32 (default: the recipe's)")
    how.add_argument(
        "--accumulate", type=int, metavar="N", help="take a step in N parts, for less memory"
    )
    how.add_argument(
        "--weights",
        metavar="FILE",
        help="begin with these weights: a .safetensors or .pth file, or timm:NAME",
    )
    how.add_argument(
        "--freeze",
        type=int,
        default=0,
        metavar="N",
        help="with --weights: don't train the first N parts that have weights",
    )
    how.add_argument("--labels", type=int, metavar="N", help="use N labels a class, no others")
    how.add_argument(
        "--semi", metavar="METHOD", help="meta-pseudo-labels or noisy-student, beside --labels"
    )
    how.add_argument(
        "--test-resolution", type=int, metavar="N", help="then tune it for N x N pixels (FixRes)"
    )
    score = parser.add_argument_group("scores")
    score.add_argument("--test", action="store_true", help="score on the test split, too")
    score.add_argument(
        "--per-class", action="store_true", help="each class's accuracy, and a confusion"
    )
    score.add_argument("--crops", type=int, default=1, help="10: corners, centre, mirrored")
    score.add_argument(
        "--scales", default="1", metavar="A,B", help="sizes to average over, such as 1,1.15,1.3"
    )


def run(args: argparse.Namespace) -> int:
    """Train; print the scores, and leave weights, genotype, history, scores and data.json."""
    lowest = {"epochs": 1, "stop": 1, "batch": 2, "seed": 0, "accumulate": 1}
    lowest |= {"labels": 1, "resolution": 1, "test_resolution": 1, "freeze": 0}
    at_least(args, **lowest)
    if args.freeze and args.weights is None:
        raise UsageError(
            f"--freeze {args.freeze}: only with --weights, or untrained parts would stay so"
        )

    import torch

    import nas
    from nas.compiler.weights import load_weights
    from nas.data import load
    from nas.evaluate.train import matched
    from nas.report.epochs import display
    from nas.study import wiring
    from nas.train.checkpoint import save
    from nas.train.fixres import at_resolution
    from nas.train.threads import threads, worthwhile
    from nas.train.trainee import trainee
    from nas.train.views import Views

    if args.download:
        fetched(args.data)
    recipe = _recipe(args)
    if args.resume and _complete(args.out, args.epochs or recipe.epochs):
        print(f"{args.out}: the training is complete")
        return 0
    few = _few(args, recipe)
    views = Views(args.crops, numbers(args.scales))
    device = wiring.device(args.gpus)
    network = _fitted(nas.genotype(args.genotype), load(args.data), args.resolution)
    data = matched(load(args.data), network)
    checkpoint = _checkpoint(args)
    try:
        with threads(worthwhile(nas.cost(network).macs, recipe.batch)):
            model = trainee(network, recipe, args.seed).to(device)
            views.check(model)
            if args.weights is not None and not args.resume:
                print(load_weights(model, args.weights, strict=False))
            if args.test_resolution:
                at_resolution(model, args.test_resolution, args.test_resolution)
            if not args.resume:  # what is refused has been by now, and leaves no folder
                _write(args.out, "genotype.nas", f"{network}\n")
            if few is not None:
                (args.out / HISTORY).unlink(missing_ok=True)  # of a training before
                epochs = args.epochs or recipe.epochs
                with display(epochs) as shown:
                    model = few.trained(
                        *(network, data, recipe), epochs=epochs, seed=args.seed,
                        device=torch.device(device), beat=shown.step,
                    )  # fmt: skip
                save(model, args.out / WEIGHTS)
            else:
                history = _trained(str(network), model, data, recipe, args)
                _write(args.out, HISTORY, history.to_json())
                if len(history.epochs) == (args.epochs or recipe.epochs):
                    checkpoint.unlink(missing_ok=True)
            _score(model, data, views, args.out, args)
            if args.test_resolution:
                _fixed(model, data, recipe, views, args)
    except DivergenceError as error:
        kept = f"; {checkpoint} is of the epoch before" if checkpoint.exists() else ""
        raise DivergenceError(f"{error}{kept}") from error
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        raise RunError(
            f"memory ran out at {recipe.batch} images a step; take it in parts with --accumulate "
            f"{2 * recipe.accumulate}, or lower --batch"
        ) from error
    return 0


def _trained(
    genotype: str, model: Network, data: DataSet, recipe: Recipe, args: argparse.Namespace
) -> History:
    """The history of the model's training, shown meanwhile; its weights are on the disk."""
    from nas.execute.ray_train import Task, train
    from nas.report.epochs import display
    from nas.train import Score, fit
    from nas.train.checkpoint import restore, save
    from nas.train.transfer import frozen

    epochs = args.epochs or recipe.epochs
    if args.gpus is not None and args.gpus > 1:
        task = Task(
            *(genotype, args.data, recipe, epochs, args.stop, args.seed, args.out.absolute()),
            *(args.weights, args.freeze),
        )
        with display(epochs) as shown:
            history = train(task, args.gpus, shown)
        restore(model, args.out / WEIGHTS)
        return history
    device, validation = next(model.parameters()).device, data.validation()

    def watch(epoch: Epoch) -> None:
        shown.epoch(epoch, Score.of(model, data, validation).top1)

    with display(epochs) as shown, frozen(model, args.freeze):
        history = fit(
            *(model, data, recipe), epochs=epochs, stop=args.stop, seed=args.seed, device=device,
            watch=watch, beat=shown.step, checkpoint=args.out / CHECKPOINT,
        )  # fmt: skip
    save(model, args.out / WEIGHTS)
    return history


def _recipe(args: argparse.Namespace) -> Recipe:
    """The recipe, and what the command line says instead."""
    from nas.train import Recipe

    usual = "proxy" if args.labels is None else "few-labels"
    recipe = Recipe.load(args.recipe or usual)
    if args.batch is not None:
        recipe = recipe.at_batch(args.batch)
    given = {name: getattr(args, name) for name in ("ema", "precision", "accumulate")}
    return replace(recipe, **{name: value for name, value in given.items() if value is not None})


def _few(args: argparse.Namespace, recipe: Recipe) -> FewLabels | None:
    """How few labels are used, and the method that uses all other images; None: all labels."""
    from nas.train.semi import FewLabels

    if args.labels is None:
        if args.semi is not None:
            raise UsageError(f"--semi {args.semi}: say with --labels how many a class are known")
        return None
    for name in ("resume", "stop"):
        if getattr(args, name):
            raise UsageError(
                f"--{name}: a training with few labels is done in one go; leave it out"
            )
    if args.weights is not None:
        raise UsageError("--weights: a training with few labels begins anew; leave it out")
    if args.gpus is not None and args.gpus > 1:
        raise UsageError(f"--gpus {args.gpus}: a training with few labels takes one at most")
    few = FewLabels(args.labels, args.semi)
    few.check(recipe)
    return few


def _fixed(
    model: Network, data: DataSet, recipe: Recipe, views: Views, args: argparse.Namespace
) -> None:
    """Tune the model for --test-resolution; print its scores before and after, save what it is."""
    from nas.train.checkpoint import save
    from nas.train.fixres import at_resolution, fix_resolution

    side, epochs = args.test_resolution, max(1, (args.epochs or recipe.epochs) // 4)
    folder, sized = args.out / f"fixres-{side}", data.resized(side, side)
    print(f"at {side} x {side} pixels, untuned:")
    _score(at_resolution(model, side, side), sized, views, None, args)
    tuned, _ = fix_resolution(model, data, recipe, side, side, epochs=epochs, seed=args.seed)
    _write(folder, "genotype.nas", f"{tuned.genotype}\n")
    save(tuned, folder / WEIGHTS)
    print(f"at {side} x {side} pixels, norms and classifier tuned:")
    _score(tuned, sized, views, folder, args)


def _score(
    model: Network, data: DataSet, views: Views, folder: Path | None, args: argparse.Namespace
) -> None:
    """Print the model's scores; in `folder`, where its weights are, scores.json holds them."""
    from nas.data import Part
    from nas.report.scores import described, show_classes, told

    scores = {}
    for part in (Part.VALIDATION, Part.TEST) if args.test else (Part.VALIDATION,):
        answers = views.answers(model, data, part)
        print(f"{part}: {told(answers.score())}")
        if args.per_class:
            show_classes(answers, data.classes)
        scores[str(part)] = described(answers, data.classes, confusion=args.per_class)
    if folder is not None:
        _write(folder, "scores.json", json.dumps(scores) + "\n")
        _write(folder, "data.json", json.dumps(data.card()) + "\n")
        print(f"weights: {folder / WEIGHTS}")


def _checkpoint(args: argparse.Namespace) -> Path:
    """Where the training's checkpoint is or will be. Raises `UsageError` where there is none to go
    on from, and where a training before left something that this one would overwrite."""
    path: Path = args.out / CHECKPOINT
    if args.resume and not path.exists():
        raise UsageError(f"--resume: there is no {path} to go on from; leave it out to begin")
    if path.exists() and not args.resume:
        raise UsageError(
            f"{path} is of a training that was broken off; go on with --resume, choose another "
            "--out, or delete it"
        )
    if (args.out / WEIGHTS).exists() and not args.resume:
        raise UsageError(f"{args.out} holds a trained network; choose another --out, or delete it")
    return path


def _complete(folder: Path, epochs: int) -> bool:
    """Whether the training in the folder came to its end. Raises `UsageError` where it is to have
    more epochs now."""
    from nas.train import History

    history = folder / HISTORY
    if (folder / CHECKPOINT).exists() or not history.exists():
        return False
    done = len(History.from_json(history.read_text()).epochs)
    if epochs > done:
        raise UsageError(
            f"--resume: the training in {folder} was complete after {done} epochs, not {epochs}; "
            f"begin another from its weights: --weights {folder / WEIGHTS} --out ANOTHER"
        )
    return True


def _fitted(network: Genotype, data: DataSet, side: int | None) -> Genotype:
    """The genotype for the data set's channels and classes, and for images of `side` if it is
    given; said, where that changes it."""
    from nas.errors import DataError
    from nas.evaluate.train import matched
    from nas.genotype.recording import graph
    from nas.space import fit_to

    try:
        sized = matched(data, network).shape[1:]
        suits = side is None or sized == (side, side)
    except DataError:
        suits = False
    if not suits:
        network = fit_to(network, data, side)
        channels, height, width = graph(network).input.shape
        print(
            f"fitted to {data.name}: image({channels}, {height}, {width}), "
            f"{len(data.classes)} classes"
        )
    return network


def _write(folder: Path, name: str, text: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(
            f"{folder / name}: can't be written: {error.strerror}; choose another --out"
        ) from error
