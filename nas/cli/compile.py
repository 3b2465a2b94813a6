"""`nas compile`: a genotype as a torch module in a folder, ready to be loaded."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nas.artefacts.formats import parse_formats
from nas.cli._formats import add_formats
from nas.cli._kept import BEST, JOURNAL
from nas.cli._reading import at_least
from nas.errors import UsageError

if TYPE_CHECKING:
    from nas.cli._kept import Kept
    from nas.compiler.network import Network

NAME = "compile"
HELP = "write a genotype as a torch module with weights"
DESCRIPTION = """\
Write a folder with genotype.nas, weights.safetensors (initial ones, drawn with the seed, those of
--weights, or the trained ones of a run's folder), model.py (a module that needs only torch, with
the state dict's names and the same outputs to the bit), model.onnx and model.pt2 (torch's exported
program; both for any number of images, read again and compared), cost.json, cost.md and a README.md
that says how to load each and how it was made. What can't be exported is left out, and told.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "genotype", help="a reference's name, a .nas file, a folder of a network or a run, or text"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the folder (default: one named as it in compiled/)"
    )
    parser.add_argument(
        "--trial", type=int, metavar="N", help="of a run's folder: this trial, not the best"
    )
    parser.add_argument("--seed", type=int, help="of the weights (default: 0)")
    parser.add_argument(
        "--weights",
        metavar="SOURCE",
        help="another library's: a .safetensors, .pth, .pt or .bin file, timm:NAME or "
        "torchvision:NAME",
    )
    parser.add_argument(
        "--zero-gamma", action="store_true", help="let residual branches begin at zero"
    )
    parser.add_argument(
        "--device", default="cpu", help="where weights are drawn: cpu, cuda or cuda:N"
    )
    add_formats(parser)
    parser.add_argument(
        "--optimize",
        choices=["inference"],
        help="inference: work norms into the weights of what is exported, try which way to run it "
        "is fastest on this device, all within 1e-5 of the largest output, and tell in "
        "inference.md",
    )


def run(args: argparse.Namespace) -> int:
    """Build, write, say what was written; 1 where a file had to be left out."""
    args.out = args.out or Path("compiled") / (_name(args.genotype) or "network")
    _check(args)
    formats = parse_formats(args.formats)
    import nas
    from nas.artefacts.formats import exports
    from nas.artefacts.readme import Origin
    from nas.artefacts.whole import free, write
    from nas.train.checkpoint import restore, save

    kept = _kept(args)
    genotype = kept.genotype if kept else nas.genotype(args.genotype)
    _there(args.device)
    free(args.out)
    network: Network = nas.compile(
        genotype, seed=args.seed or 0, zero_gamma=args.zero_gamma, device=args.device
    )
    if args.weights:
        print(nas.load_weights(network, args.weights), file=sys.stderr)
        drawn = f"taken from {args.weights}"
    elif kept:
        restore(network, kept.weights)
        drawn = kept.told
    else:
        drawn = f"drawn with seed {args.seed or 0}, not trained"
    title = kept.title if kept else _title(args.genotype)
    figures = {} if kept else {"seed": args.seed or 0}
    data = kept.data if kept and not args.weights else None
    origin = Origin(title, drawn, "Made by", _command(args), figures, data)
    measured, instead = _measured(network, title) if args.optimize else ("", None)
    made = exports(network, network.input_shape, formats, instead)
    write(
        args.out,
        genotype,
        lambda path: save(network, path),
        origin,
        made,
        model="py" in formats,
        measured=measured,
    )
    for path in sorted(args.out.iterdir()):
        if path.is_file():
            print(path)
    for problem in made.problems:
        print(f"nas: {problem}", file=sys.stderr)
    return 1 if made.problems else 0


def _check(args: argparse.Namespace) -> None:
    """UsageError for options that can't be or don't go together."""
    at_least(args, seed=0)
    if not re.fullmatch(r"cpu|cuda(:\d+)?", args.device):
        raise UsageError(f"--device {args.device}: must be cpu, cuda or cuda:N")
    if args.trial is not None and _folder(args) is None:
        raise UsageError(f"--trial {args.trial}: {args.genotype!r} is no run's folder")
    run = args.out.absolute().parent
    if args.out.name == BEST and (run / JOURNAL).exists():
        raise UsageError(f"--out {args.out}: the run in {run} keeps its best there; name another")


def _folder(args: argparse.Namespace) -> Path | None:
    """The folder that stands in the genotype's place, if it is one."""
    try:
        folder = Path(args.genotype)
        return folder if folder.is_dir() else None
    except (OSError, ValueError):  # text that can be no path
        return None


def _kept(args: argparse.Namespace) -> Kept | None:
    """The trained network that a folder holds; None where the genotype is no folder."""
    folder = _folder(args)
    if folder is None:
        return None
    if args.seed is not None or args.zero_gamma:
        option = "--zero-gamma" if args.zero_gamma else f"--seed {args.seed}"
        raise UsageError(f"{option}: not with a folder, whose network has its weights")
    from nas.cli._kept import kept

    return kept(folder, args.trial)


def _measured(network: Network, title: str) -> tuple[str, Network | None]:
    """inference.md: what was tried to run the network fast; and what is exported in its place, with
    constants worked into the weights, if that gives the same."""
    import torch

    from nas.inference.choice import FOLDED, optimize, table
    from nas.inference.folding import folded

    fast = optimize(network)
    text = table(fast)
    print(text, file=sys.stderr)
    alike = any(each.name == FOLDED and each.seconds is not None for each in fast.tried)
    state = "folded" if alike else "as it is, for folded it doesn't give the same"
    said = (
        f"# How {title} runs fastest\n\n```\n{text}\n```\n\nThe way with the star is kept by "
        '`nas.optimize(nas.load("."))`, which measures anew on the machine where it runs. Exported '
        f"files hold the network {state}.\n"
    )
    like = next(network.parameters(), torch.empty(0))
    example = torch.zeros(1, *network.input_shape, device=like.device)
    return said, folded(network, example) if alike else None  # type: ignore[return-value]


def _there(device: str) -> None:
    """UsageError where the machine hasn't got the device."""
    if device != "cpu":
        import torch

        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        number = int(device.partition(":")[2] or 0)
        if number >= count:
            has = f"{count} GPU{'s' if count > 1 else ''}" if count else "no GPU"
            raise UsageError(f"--device {device}: this machine has {has}; leave --device out")


def _title(what: str) -> str:
    """What a page calls the network."""
    return _name(what) or "A network"


def _name(what: str) -> str | None:
    """The network's name: the reference's, the file's or the folder's; None of text."""
    written = what.strip()
    name = written.rstrip("/").rpartition("/")[2].removesuffix(".nas")
    return name if re.fullmatch(r"\w[\w.+-]{0,63}", name) else None


def _command(args: argparse.Namespace) -> str:
    words = ["nas", "compile", args.genotype, "--out", str(args.out)]
    words += ["--trial", str(args.trial)] if args.trial is not None else []
    words += ["--seed", str(args.seed or 0)] if _folder(args) is None else []
    words += ["--zero-gamma"] * args.zero_gamma
    words += ["--weights", args.weights] if args.weights else []
    words += ["--device", args.device] if args.device != "cpu" else []
    words += ["--optimize", args.optimize] if args.optimize else []
    words += ["--formats", args.formats] if args.formats != "all" else []
    return shlex.join(words)
