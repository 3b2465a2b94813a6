"""`nas show`: a genotype's text, what each of its stages costs, and its picture."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import RunError, UsageError
from nas.quantity import parse_image, spoken

if TYPE_CHECKING:
    from nas.costs import Cost, Line
    from nas.genotype import Genotype
    from nas.report.drawing.subject import Subject

NAME = "show"
WIDTH, LARGEST = 1600, 16_000  # of a PNG, pixels
HELP = "show a genotype, what each of its stages costs, and its picture"
DESCRIPTION = """\
Print the genotype's text and a line for each part of its main chain: what comes out (channels x
height x width), learned numbers, multiply-accumulates, elements put out by layers with MACs, and
the receptive field in pixels of the image. Parts marked + are there in training only.

Of a search space (choices left), its decisions and the number of its points are printed instead.

With --svg or --png it is drawn on a page: the stages with what they put out and cost, and the
inside of each distinct block; of a space, with its options.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "genotype", help="a reference's or space's name, a .nas file, text, or a run's folder"
    )
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
    page = parser.add_argument_group("a drawing")
    page.add_argument("--svg", type=Path, metavar="FILE", help="draw it as SVG")
    page.add_argument("--png", type=Path, metavar="FILE", help="draw it as PNG")
    page.add_argument(
        "--width",
        type=int,
        metavar="PIXELS",
        help=f"of the PNG (default: {WIDTH})",
    )
    page.add_argument(
        "--dark",
        action="store_true",
        help="on a dark page (default: light; an SVG follows its reader's scheme)",
    )


def run(args: argparse.Namespace) -> int:
    """Print text and table, or JSON, or draw."""
    import nas
    from nas.report.drawing.subject import subject

    _consistent(args)
    what = subject(args.genotype)
    genotype = what.genotype
    if args.svg or args.png:
        _draw(what, args)
        return 0
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


def _consistent(args: argparse.Namespace) -> None:
    """UsageError where the options don't go together."""
    drawn = args.svg or args.png
    for name in ("nodes", "draw", "json"):
        if drawn and getattr(args, name):
            raise UsageError(f"--{name} prints and --svg and --png draw; leave one of them out")
    if args.width is not None and not args.png:
        raise UsageError("--width is a PNG's; give it with --png FILE")
    for name in ("svg", "png"):
        file = getattr(args, name)
        if file and file.suffix.lower() != f".{name}":
            raise UsageError(f"--{name} {file}: must end in .{name}, as programs go by the name")
    if args.dark and not drawn:
        raise UsageError("--dark is a drawing's; give it with --svg FILE or --png FILE")
    if args.width is not None and not 100 <= args.width <= LARGEST:
        raise UsageError(
            f"--width must be from 100 to {LARGEST} pixels, but got {args.width}; "
            f"leave it out for {WIDTH}"
        )


def _draw(what: Subject, args: argparse.Namespace) -> None:
    """Write the drawings and say where they are."""
    from nas.costs.cost import with_image
    from nas.report.drawing import Theme, png, svg

    image = parse_image(args.image)
    genotype = what.genotype if image is None else with_image(what.genotype, image)
    told = {"title": what.title, "source": what.source}
    if args.svg:
        theme = Theme.DARK if args.dark else Theme.AUTO
        _write(args.svg, svg(genotype, theme=theme, **told).encode())
    if args.png:
        theme = Theme.DARK if args.dark else Theme.LIGHT
        _write(args.png, png(svg(genotype, theme=theme, **told), args.width or WIDTH))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise RunError(
            f"{path}: can't be written ({error.strerror}); name a file in a folder that is there"
        ) from error
    print(f"drawn: {path}")


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
