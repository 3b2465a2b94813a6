"""The networks of the paper's Figures 3 and 4, made from a small base: each line of a figure is the
base along one law, at the same multiples of its MACs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nas.costs import figures
from nas.data import load as load_data
from nas.genotype import Genotype, load
from nas.genotype.hashing import canonical_hash
from nas.scaling import Budget, Factors, grown, laws, solve
from nas.scaling.resolution import sides_of
from nas.space import fit

BASE = Path(__file__).parent / "base.nas"
DIRECTIONS = ("width", "depth", "resolution", "compound")  # Figure 3
BASELINES = ((1.0, 1.3), (2.0, 1.0), (2.0, 1.3))  # depth and resolution of Figure 4, beside 1 and 1
WIDENED = 2.0  # times a baseline's MACs by width
DIVISOR = 1  # of the channels: the base is too narrow for multiples of 8 to meet a target


@dataclass(frozen=True, slots=True)
class Variant:
    """A network on a line of a figure (3 or 4), `times` the MACs of that line's first one."""

    line: str
    times: float
    factors: Factors  # of the base
    network: Genotype
    figure: int = 3

    @property
    def hash(self) -> str:
        return canonical_hash(self.network)[:12]

    @property
    def macs(self) -> int:
        return figures(self.network).macs

    @property
    def params(self) -> int:
        return figures(self.network).params

    @property
    def pixels(self) -> int:
        sides = sides_of(self.network)
        assert sides is not None
        return sides[0]


def base(data: str) -> Genotype:
    """The base with the channels and classes of a data set, on images of its own size."""
    held, small = load_data(data), load(str(BASE))
    sides = sides_of(small)
    assert sides is not None
    return fit(small, image=(held.shape[0], *sides), classes=len(held.classes))


def variants(
    start: Genotype, times: Sequence[float], searched: Sequence[float] | None = None
) -> Iterator[Variant]:
    """The base, its lines of Figure 3 at so many times its MACs, then those of Figure 4; `searched`
    are depth, width and resolution of a further compound law."""
    yield Variant("base", 1.0, Factors(), start)
    found = {name: laws.make(name) for name in DIRECTIONS}
    if searched is not None:
        alpha, beta, gamma = searched
        found["searched"] = laws.make("compound", alpha=alpha, beta=beta, gamma=gamma)
    for each in times:
        for name, law in found.items():
            if each != 1:
                yield along(name, start, law, each, Factors())
    for depth, resolution in BASELINES:
        factors = Factors(depth=depth, resolution=resolution)
        baseline, name = grown(start, factors), f"d={depth:g}, r={resolution:g}"
        yield Variant(name, 1.0, factors, baseline, 4)
        wider = along(name, baseline, laws.make("width"), WIDENED, factors)
        yield replace(wider, figure=4)


def along(
    line: str, start: Genotype, law: laws.ScalingLaw, times: float, before: Factors
) -> Variant:
    """The network along a law nearest to so many times the MACs of `start`, which has been scaled
    by the factors `before`."""

    def macs(network: Genotype) -> int:
        return figures(network).macs

    budget = Budget("MACs", macs(start) * times, macs)
    nearest = solve(start, law, [budget], divisor=DIVISOR).nearest
    own = nearest.factors
    factors = Factors(
        own.width * before.width, own.depth * before.depth, own.resolution * before.resolution
    )
    return Variant(line, times, factors, nearest.network)
