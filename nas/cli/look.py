"""`nas look`: what a unit of a trained network responds to, as a picture."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.cli._data import add_data
from nas.cli._reading import at_least
from nas.cli._trained import trained

if TYPE_CHECKING:
    from nas.compiler.network import Network
    from nas.data import DataSet
    from nas.evaluate.deconv import Response

NAME = "look"
HELP = "see what a trained network's units respond to"
DESCRIPTION = """\
Show what a unit (a channel of a layer) responds to, by a deconvolutional network (ZFNet,
arXiv:1311.2901): on the left the images that excite it most, the strongest first, cut to the part
that it sees; on the right the pixels in them that it owes that to, grey where they have no
influence, brighter or darker where more of it excites the unit more. Several channels are rows.

FOLDER is what `nas train --out` left, or a search's folder. Without --layer the layers are listed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a trained network")
    add_data(parser)
    parser.add_argument("--layer", metavar="NAME", help="default: list those that give maps")
    parser.add_argument(
        "--channel", type=int, nargs="+", default=[0], metavar="N", help="default: 0, the first"
    )
    parser.add_argument("--images", type=int, default=9, help="how many of a channel (default: 9)")
    parser.add_argument(
        "--split",
        choices=("train", "validation", "test"),
        default="validation",
        help="where images are looked for (default: validation)",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("unit.png"), help="a PNG (default: unit.png)"
    )
    parser.add_argument("--json", action="store_true", help="layers, or responses, as JSON")


def run(args: argparse.Namespace) -> int:
    """List the layers, or write the picture and say what is in it."""
    at_least(args, images=1)

    from nas.data import Part, load
    from nas.evaluate import sheet
    from nas.evaluate.deconv import respond

    network, data = trained(args.folder, load(args.data))
    if args.layer is None:
        _list(network, as_json=args.json)
        return 0
    part = Part(args.split)
    split = {Part.TRAIN: data.train, Part.VALIDATION: data.validation, Part.TEST: data.test}[part]()
    found = [respond(network, data, split, args.layer, each, args.images) for each in args.channel]
    sheet.save(sheet.sheet([(each.images, each.causes) for each in found]), args.out)
    responses = list(zip(args.channel, found, strict=True))
    if args.json:
        rows = [_row(args.layer, channel, each, data) for channel, each in responses]
        print(json.dumps({"picture": str(args.out), "responses": rows}, indent=2))
        return 0
    for channel, each in responses:
        print(_told(args.layer, channel, each, data))
    print(f"picture: {args.out}")
    return 0


def _list(network: Network, as_json: bool) -> None:
    from nas.evaluate.deconv import maps
    from nas.report.table import Column, show

    found = [
        (name, type(network.get_submodule(name)).__name__, shape)
        for name, shape in maps(network).items()
    ]
    if as_json:
        rows = [{"layer": name, "what": what, "shape": shape} for name, what, shape in found]
        print(json.dumps(rows, indent=2))
        return
    show(
        (Column("layer"), Column("what"), Column("channels", number=True), Column("map")),
        [
            (name, what, str(channels), f"{height}x{width}")
            for name, what, (channels, height, width) in found
        ],
    )


def _row(layer: str, channel: int, found: Response, data: DataSet) -> dict[str, Any]:
    """The images that excite the channel, the strongest first: their classes and activations."""
    return {
        "layer": layer,
        "channel": channel,
        "classes": [data.classes[label] for label in found.labels],
        "activations": found.strength.tolist(),
    }


def _told(layer: str, channel: int, found: Response, data: DataSet) -> str:
    classes = Counter(data.classes[label] for label in found.labels)
    named = ", ".join(f"{name} ({count})" for name, count in classes.most_common())
    highest, lowest = found.strength[0].item(), found.strength[-1].item()
    if highest <= 0:
        return f"{layer}, channel {channel}: no image excites it"
    return (
        f"{layer}, channel {channel}: activation {highest:.3g} to {lowest:.3g} in images of {named}"
    )
