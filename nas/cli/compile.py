"""`nas compile`: a genotype as a torch module in a folder, ready to be loaded."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import UsageError

if TYPE_CHECKING:
    from nas.compiler.network import Network

NAME = "compile"
HELP = "write a genotype as a torch module with weights"
DESCRIPTION = """\
Write a folder with genotype.nas, weights.safetensors (initial ones, drawn with the seed, or those
of --weights), model.py (a module that needs only torch, with the state dict's names and the same
outputs to the bit), cost.json, cost.md and a README.md that says how to load it and how it was
made.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("genotype", help="a reference's name, a .nas file, a run's folder or text")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder")
    parser.add_argument("--seed", type=int, default=0, help="of the weights (default: 0)")
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


def run(args: argparse.Namespace) -> int:
    """Build, write, say what was written."""
    if args.seed < 0:
        raise UsageError(f"--seed {args.seed}: must be at least 0")
    if not re.fullmatch(r"cpu|cuda(:\d+)?", args.device):
        raise UsageError(f"--device {args.device}: must be cpu, cuda or cuda:N")
    import nas

    genotype = nas.genotype(args.genotype)
    _there(args.device)

    from nas.artefacts.readme import Origin
    from nas.artefacts.whole import FILES, write
    from nas.train.checkpoint import save

    network: Network = nas.compile(
        genotype, seed=args.seed, zero_gamma=args.zero_gamma, device=args.device
    )
    drawn = f"drawn with seed {args.seed}, not trained"
    if args.weights:
        print(nas.load_weights(network, args.weights), file=sys.stderr)
        drawn = f"taken from {args.weights}"
    origin = Origin(_title(args.genotype), drawn, "Made by", _command(args), {"seed": args.seed})
    write(args.out, genotype, lambda path: save(network, path), origin)
    for name in FILES:
        print(args.out / name)
    return 0


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
    """The network's name: the reference's or the file's."""
    name = Path(what).stem if what.endswith(".nas") else what.strip()
    return name if re.fullmatch(r"[\w.+-]{1,64}", name) else "A network"


def _command(args: argparse.Namespace) -> str:
    words = ["nas", "compile", args.genotype, "--out", str(args.out), "--seed", str(args.seed)]
    words += ["--zero-gamma"] * args.zero_gamma
    words += ["--weights", args.weights] if args.weights else []
    words += ["--device", args.device] if args.device != "cpu" else []
    return shlex.join(words)
