"""`nas train`: train one genotype by a recipe, as a search trains its candidates or for longer."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import RunError, UsageError, out_of_memory

if TYPE_CHECKING:
    from nas.data import DataSet
    from nas.genotype import Genotype
    from nas.train import Epoch, Score

NAME = "train"
HELP = "train one genotype on a data set and score it"
DESCRIPTION = """\
Train a network from scratch by a recipe, then score it on the validation split.

A genotype made for other images or classes is fitted to the data set. The same genotype, recipe,
epochs and seed give the same weights as in a search. --test reads the test split, once, at the end.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("genotype", help="a reference's name, a .nas file or text")
    parser.add_argument("--data", default="digits", help="the data set (default: digits)")
    parser.add_argument(
        "--recipe", default="proxy", help="how to train: a name or a .toml file (default: proxy)"
    )
    parser.add_argument("--epochs", type=int, help="default: the recipe's")
    parser.add_argument("--batch", type=int, help="images a step (default: the recipe's)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and order (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("trained"), help="default: trained/")
    parser.add_argument("--test", action="store_true", help="score on the test split, too")
    parser.add_argument("--gpus", type=int, help="0 trains on the CPU (default: 1 if there is one)")


def run(args: argparse.Namespace) -> int:
    """Train; write weights.safetensors, genotype.nas and history.json; print the scores."""
    for name, least in (("epochs", 1), ("batch", 2), ("seed", 0)):
        value = getattr(args, name)
        if value is not None and value < least:
            raise UsageError(f"--{name} {value}: must be at least {least}")

    import nas
    from nas.data import load
    from nas.evaluate.train import matched
    from nas.study import wiring
    from nas.train import Recipe, Score, fit
    from nas.train.checkpoint import save
    from nas.train.threads import threads, worthwhile
    from nas.train.trainee import trainee

    recipe = Recipe.load(args.recipe)
    if args.batch is not None:
        recipe = recipe.at_batch(args.batch)
    device = wiring.device(args.gpus)
    network = _fitted(nas.genotype(args.genotype), load(args.data))
    data = matched(load(args.data), network)
    _write(args.out, "genotype.nas", f"{network}\n")
    epochs = args.epochs or recipe.epochs

    def tell(epoch: Epoch) -> None:
        print(
            f"epoch {epoch.number}/{epochs}: loss {epoch.loss:.4f}, {epoch.speed:.0f} images/s",
            flush=True,
        )

    try:
        with threads(worthwhile(nas.cost(network).macs, recipe.batch)):
            model = trainee(network, recipe, args.seed)
            history = fit(
                model, data, recipe, epochs=epochs, seed=args.seed, device=device, watch=tell
            )
            save(model, args.out / "weights.safetensors")
            _write(args.out, "history.json", history.to_json())
            _say("validation", Score.of(model, data, data.validation()))
            if args.test:
                _say("test", Score.of(model, data, data.test()))
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        raise RunError(f"memory ran out at {recipe.batch} images a step; lower --batch") from error
    print(f"weights: {args.out / 'weights.safetensors'}")
    return 0


def _fitted(network: Genotype, data: DataSet) -> Genotype:
    """The genotype for the data set's channels and classes; said, where that changes it."""
    from nas.errors import DataError
    from nas.evaluate.train import matched
    from nas.space import fit

    try:
        matched(data, network)
    except DataError:
        network = fit(network, data.shape, len(data.classes))
        channels, height, width = data.shape
        print(
            f"fitted to {data.name}: image({channels}, {height}, {width}), "
            f"{len(data.classes)} classes"
        )
    return network


def _say(part: str, score: Score) -> None:
    print(
        f"{part}: accuracy {score.top1:.4f}, top-5 {score.top5:.4f}, loss {score.loss:.4f} "
        f"({score.images} images)"
    )


def _write(folder: Path, name: str, text: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunError(
            f"{folder / name}: can't be written: {error.strerror}; choose another --out"
        ) from error
