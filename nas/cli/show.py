"""`nas show`: a genotype's text and what each of its stages costs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nas.quantity import parse_image, spoken

if TYPE_CHECKING:
    from nas.costs import Cost, Line
    from nas.genotype import Genotype

NAME = "show"
HELP = "show a genotype and what each of its stages costs"
DESCRIPTION = """\
Print the genotype's text and a line for each part of its main chain: what comes out (channels x
height x width), learned numbers, multiply-accumulates, elements put out by layers with MACs, and
the receptive field in pixels of the image. Parts marked + are there in training only.

Of a search space (choices left), its decisions and the number of its points are printed instead.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("genotype", help="a reference's or space's name, a .nas file or text")
    parser.add_argument("--nodes", action="store_true", help="a line for every operation")
    parser.add_argument(
        "--image", metavar="C,H,W", help="the input of a part that has no image(...)"
    )
    parser.add_argument(
        "--draw",
        action="store_true",
        help="a picture in one screen: maps as bands, dark where the MACs are",
    )
    parser.add_argument("--json", action="store_true", help="exact figures")


def run(args: argparse.Namespace) -> int:
    """Print text and table, or JSON."""
    import nas
    from nas.space import load
    from nas.space.library import known

    named = args.genotype in known()
    genotype = load(args.genotype) if named else nas.genotype(args.genotype)
    if genotype.open:
        return _space(genotype, as_json=args.json)
    cost = nas.cost(genotype, parse_image(args.image))
    lines = cost.nodes if args.nodes else cost.stages
    if args.json:
        print(json.dumps(_described(genotype, cost, lines, "nodes" if args.nodes else "stages")))
        return 0
    if args.draw:
        from nas.report.sketch import sketch

        print(sketch(cost))
        return 0
    print(genotype)
    print()
    _print(cost, lines, title="operation" if args.nodes else "stage")
    return 0


def _described(genotype: Genotype, cost: Cost, lines: Sequence[Line], word: str) -> dict[str, Any]:
    return {
        "genotype": str(genotype),
        word: [
            {
                "name": line.name,
                "what": line.what,
                "shape": list(line.shape),
                "params": line.params,
                "macs": line.macs,
                "activations": line.activations,
                "receptive_field": list(line.field),
                "training_only": line.training,
            }
            for line in lines
        ],
        "total": {
            "params": cost.params,
            "training_params": cost.training_params,
            "macs": cost.macs,
            "activations": cost.activations,
            "receptive_field": list(cost.receptive_field),
        },
    }


def _print(cost: Cost, lines: Sequence[Line], title: str) -> None:
    from nas.report.table import Column, show

    show(
        (
            Column(title),
            Column("what", wraps=True),
            Column("output"),
            Column("params", number=True),
            Column("MACs", number=True),
            Column("activations", number=True),
            Column("sees", number=True),
        ),
        [
            (
                line.name + (" +" if line.training else ""),
                line.what,
                "x".join(map(str, line.shape)),
                *(
                    spoken(figure) if figure else "-"
                    for figure in (line.params, line.macs, line.activations)
                ),
                "x".join(map(str, line.field)) if len(line.shape) == 3 else "",
            )
            for line in lines
        ],
        (
            "total",
            "",
            "x".join(map(str, cost.graph.spec.shape)),
            spoken(cost.params),
            spoken(cost.macs),
            spoken(cost.activations),
            "x".join(map(str, cost.receptive_field)),
        ),
    )
    extra = cost.training_params - cost.params
    if extra:
        print(f"+ in training only, not in the total: {spoken(extra)} parameters more")


def _space(genotype: Genotype, *, as_json: bool) -> int:
    from nas.space import Space

    space = Space(genotype)
    decisions = {one.key: [str(option) for option in one.options] for one in space.decisions}
    if as_json:
        print(json.dumps({"genotype": str(genotype), "size": space.size, "decisions": decisions}))
        return 0
    from nas.report.table import Column, show

    print(genotype)
    print()
    show(
        (Column("decision"), Column("options", wraps=True)),
        [(key, ", ".join(options)) for key, options in decisions.items()],
    )
    print(f"a search space: {len(decisions)} decisions, {_points(space.size)} points")
    return 0


def _points(size: int) -> str:
    return f"{size:,}" if size < 10**9 else f"{float(size):.3g}" if size < 10**300 else "over 1e300"
