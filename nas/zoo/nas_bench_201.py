"""NAS-Bench-201: the 15,625 networks of four-node cells, in the paper's own notation.

The benchmark's table counts convolutions that nothing reads, as the recorded graph does and the
normalized one (`nas.cost`) doesn't; its MACs count the classifier's 10 biases too.
Source: arXiv:2001.00326.
"""

from __future__ import annotations

import re
from functools import partial

from nas.dsl import act, avgpool, classifier, conv, default, identity, image, norm, tap, zero
from nas.errors import GenotypeError, nearest
from nas.genotype import Genotype
from nas.genotype.expression import Chain, Named, Repeat, Sum, Tap, Tie
from nas.zoo._base import Paper

PAPER = Paper(
    "NAS-Bench-201",
    2020,
    "NAS-Bench-201, arXiv:2001.00326",
    idea="all 15,625 cells trained, so that searches can be compared",
)

OPERATIONS: dict[str, Genotype] = {
    "none": zero(),
    "skip_connect": identity(),
    "nor_conv_1x1": act >> conv(act="none"),
    "nor_conv_3x3": act >> conv(kernel=3, act="none"),
    "avg_pool_3x3": avgpool(3, count_pad=False),
}
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # in the notation's order
EXAMPLE = (  # the best on CIFAR-10 after 200 epochs
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
    "+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
)


def nas_bench_201(notation: str, classes: int = 10, pixels: int = 32) -> Genotype:
    """The network of a cell, `|operation~from|` for each edge, a node's between two `+`.

    GenotypeError where the notation is another or names an operation that the paper hasn't.
    """
    names = re.findall(r"(\w+)~\d", notation)
    if len(names) != len(EDGES) or notation != _written(names):
        raise GenotypeError(
            f"a cell of NAS-Bench-201 is written as {EXAMPLE!r}, but got {notation!r}"
        )
    for name in names:
        if name not in OPERATIONS:
            hint = nearest(name, OPERATIONS) or f"; it has {', '.join(OPERATIONS)}"
            raise GenotypeError(f"NAS-Bench-201 has no operation {name!r}{hint}")
    return network(cell(*(OPERATIONS[name] for name in names)), classes, pixels)


def network(cell: Genotype, classes: int = 10, pixels: int = 32) -> Genotype:
    """The benchmark's frame around a cell: three stages of five, 16, 32 and 64 channels.

    With choices in the cell, all of its copies share them only where it is tied.
    """
    net = image(3, pixels, pixels) >> conv(16, 3, act="none") >> cell * 5
    net = net >> _reduction(32) >> cell * 5 >> _reduction(64) >> cell * 5
    return net >> norm >> act >> classifier(classes)


def cell(*edges: Genotype) -> Genotype:
    """A cell from its edges, in the notation's order: each node the sum of what reaches it."""
    a, b, c, d, e, f = edges
    two = ((tap("a") >> b) + c) @ "c"
    return identity @ "a" >> a @ "b" >> two >> (tap("a") >> d) + (tap("b") >> e) + f


def notation(genotype: Genotype) -> str:
    """The cell of such a network, or a cell itself, in the paper's notation.

    GenotypeError where it is another network or choices are left.
    """
    names = {operation: name for name, operation in OPERATIONS.items()}
    found = [names.get(edge) for edge in _edges(genotype)]
    written = [name for name in found if name is not None]
    if len(written) != len(EDGES) or cell(*(OPERATIONS[name] for name in written)) != _cell(
        genotype
    ):
        raise GenotypeError(
            "is no cell of NAS-Bench-201, six edges of "
            f"{', '.join(OPERATIONS)}; nas.zoo.nas_bench_201.cell makes one"
        )
    return _written(written)


def from_digits(digits: str) -> str:
    """The notation of a cell given as six digits, each edge's place among `OPERATIONS`.

    GenotypeError for any other text.
    """
    if not re.fullmatch(f"[0-{len(OPERATIONS) - 1}]{{{len(EDGES)}}}", digits):
        raise GenotypeError(
            f"a cell of NAS-Bench-201 has {len(EDGES)} digits from 0 to {len(OPERATIONS) - 1}, "
            f"but got {digits!r}"
        )
    return _written([list(OPERATIONS)[int(each)] for each in digits])


def _written(names: list[str]) -> str:
    edges = [f"{name}~{start}|" for name, (start, _) in zip(names, EDGES, strict=True)]
    return f"|{edges[0]}+|{''.join(edges[1:3])}+|{''.join(edges[3:])}"


def _reduction(out: int) -> Genotype:
    """A residual block of stride 2, activations first, a mean and a bare 1x1 beside it."""
    first, second = conv(out, 3, stride=2, act="none"), conv(out, 3, act="none")
    bare = default(norm="none") >> conv(out, act="none", bias=False)
    return (act >> first >> act >> second) + (avgpool(2, stride=2, padding=0) >> bare)


def _cell(genotype: Genotype) -> Genotype:
    """What a network repeats first; a cell is handed back."""
    if isinstance(genotype, Chain):
        stages = (part.body for part in genotype.items if isinstance(part, Repeat))
        genotype = next(stages, genotype)
    return genotype.body if isinstance(genotype, Tie) else genotype


def _edges(genotype: Genotype) -> list[Genotype]:
    """The operations that may be edges, in the order in which they stand; too few where it's no
    cell."""
    match _cell(genotype):
        case Chain(items=(Named(), Named(body=a), Named(body=Sum(items=two)), Sum(items=three))):
            return [a, *map(_untapped, two), *map(_untapped, three)]
    return []


def _untapped(term: Genotype) -> Genotype:
    match term:
        case Chain(items=(Tap(), *rest)):
            return rest[0] if len(rest) == 1 else Chain(tuple(rest))
    return term


REFERENCES = (PAPER.net("nas_bench_201_best", partial(nas_bench_201, EXAMPLE)),)
NOTATIONS = {"|": nas_bench_201}
