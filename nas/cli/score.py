"""`nas score`: how good trained networks are, each alone and all together."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.cli._data import add_data
from nas.cli._reading import at_least
from nas.cli._trained import trained
from nas.errors import GenotypeError, UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from nas.data import DataSet, Part
    from nas.evaluate.windows import Windows
    from nas.train.views import Answers, Views

NAME = "score"
HELP = "score trained networks, each alone and as an ensemble"
DESCRIPTION = """\
Score what `nas train --out` left, or a search's folder, on a part of a data set. Nothing in the
folders is executed.

Several folders are an ensemble: each alone; all averaged; weighed class by class as Trimps-Soushen
did, by how each did on the validation split; and how alike each two err (0: as if by chance, 1: on
the same images). An image may be seen several times: --crops 10 (AlexNet), --scales (ResNet), or
slid over with --dense (OverFeat). --resolution is another side of the
images than the network was trained on (FixRes shows why a larger one can be better).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="trained networks")
    add_data(parser)
    parser.add_argument(
        "--split",
        choices=("validation", "test"),
        default="validation",
        help="default: validation; keep the test split for the end",
    )
    seen = parser.add_argument_group("how an image is seen")
    seen.add_argument("--crops", type=int, default=1, help="10: corners, centre, mirrored")
    seen.add_argument(
        "--scales", metavar="A,B", help="sizes to average over (default: 1; --dense: 1,1.15,1.3)"
    )
    seen.add_argument("--dense", action="store_true", help="slide over it, and shift the last pool")
    seen.add_argument("--resolution", type=int, metavar="N", help="images of N x N pixels")
    parser.add_argument(
        "--per-class", action="store_true", help="each class's accuracy, and a confusion matrix"
    )
    parser.add_argument("--json", action="store_true", help="exact figures, confusions included")


def run(args: argparse.Namespace) -> int:
    """Print the scores, or JSON."""
    if len(set(args.folders)) < len(args.folders):
        raise UsageError("a folder is given twice; an ensemble's networks must differ")
    at_least(args, resolution=1)

    from nas.data import Part, load

    data, part = load(args.data), Part(args.split)
    several = len(args.folders) > 1
    parts = (part, Part.VALIDATION) if several and part is not Part.VALIDATION else (part,)
    found = {
        str(folder): _answers(folder, data, parts, args.resolution, _views(args))
        for folder in args.folders
    }
    alone = {name: answers[part] for name, answers in found.items()}
    if not several:
        _tell(alone, {}, data, args)
        return 0
    held = [answers[Part.VALIDATION] for answers in found.values()]
    together, correlation = _fused(list(alone.values()), held)
    _tell(alone, together, data, args, correlation)
    return 0


def _views(args: argparse.Namespace) -> Views | Windows:
    from nas.evaluate.windows import Windows
    from nas.train.views import Views

    scales = numbers(args.scales or ("1,1.15,1.3" if args.dense else "1"))
    if not args.dense:
        return Views(args.crops, scales)
    if args.crops != 1:
        raise UsageError(f"--crops {args.crops}: --dense sees every crop; leave one of them out")
    return Windows(scales)


def numbers(text: str) -> tuple[float, ...]:
    """The numbers of `--scales`. Raises `UsageError` where they are none."""
    try:
        return tuple(float(each) for each in text.split(","))
    except ValueError as error:
        raise UsageError(f"--scales {text}: must be numbers, such as 1,1.15,1.3") from error


def _answers(
    folder: Path,
    data: DataSet,
    parts: tuple[Part, ...],
    resolution: int | None,
    views: Views | Windows,
) -> dict[Part, Answers]:
    """What the network in `folder` says of the images of each part; kept on the CPU."""
    import nas
    from nas.train.loop import default_device
    from nas.train.score import BATCH
    from nas.train.threads import threads, worthwhile
    from nas.train.views import Answers

    network, sized = trained(folder, data, resolution)
    try:
        views.check(network)
    except GenotypeError as error:
        raise GenotypeError(f"{folder}: {error}") from error
    with threads(worthwhile(nas.cost(nas.parse(network.genotype)).macs, BATCH)):
        model = network.to(default_device())
        found = {part: views.answers(model, sized, part) for part in parts}
    return {part: Answers(each.shares.cpu(), each.labels.cpu()) for part, each in found.items()}


def _fused(alone: list[Answers], held: list[Answers]) -> tuple[dict[str, Answers], Tensor]:
    """The ensemble's answers in each way, and its members' error correlation (M, M)."""
    import torch

    from nas.evaluate.ensemble import Fusion, error_correlation
    from nas.train.views import Answers

    shares, labels = torch.stack([each.shares for each in alone]), alone[0].labels
    known = torch.stack([each.shares for each in held])
    ways = {
        "mean": Fusion.mean(len(alone), shares.shape[2]),
        "weighed per class": Fusion.per_class(known, held[0].labels),
    }
    fused = {name: Answers(way.fused(shares), labels) for name, way in ways.items()}
    return fused, error_correlation(shares, labels)


def _tell(
    alone: dict[str, Answers],
    together: dict[str, Answers],
    data: DataSet,
    args: argparse.Namespace,
    correlation: Tensor | None = None,
) -> None:
    from nas.report.scores import described, show_classes, told

    if args.json:
        found: dict[str, Any] = {"data": data.name, "split": args.split}
        for key, group in {"networks": alone, "ensemble": together}.items():
            found[key] = {
                name: described(each, data.classes, confusion=True) for name, each in group.items()
            }
        found["error_correlation"] = None if correlation is None else correlation.tolist()
        print(json.dumps(found))
        return
    if correlation is None:
        print(f"{args.split}: {told(*(each.score() for each in alone.values()))}")
    else:
        _compare(alone, together, correlation, args.split)
    if args.per_class:
        for name, each in (together or alone).items():
            print(f"{name}:" if together else "")
            show_classes(each, data.classes)


def _compare(
    alone: dict[str, Answers], together: dict[str, Answers], correlation: Tensor, split: str
) -> None:
    from nas.report.table import Column, show

    titles = [f"like {number}" for number in range(1, len(alone) + 1)]
    figures = ("accuracy", "top-5", "loss")
    rows = []
    for number, (name, each) in enumerate({**alone, **together}.items(), 1):
        score = each.score()
        member = name in alone
        like = [f"{x:.2f}" for x in correlation[number - 1].tolist()] if member else []
        rows.append(
            (
                *(str(number) if member else "", name),
                *(f"{x:.4f}" for x in (score.top1, score.top5, score.loss)),
                *(like or [""] * len(alone)),
            )
        )
    columns = [Column("", number=True), Column("network", wraps=True)]
    show([*columns, *(Column(each, number=True) for each in (*figures, *titles))], rows)
    print(f"{split}, {score.images} images; like N: correlation of errors with network N")
    if split == "validation":
        print("the weights are fitted to these same images; --split test tells what they gain")
