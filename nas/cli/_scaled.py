"""What `nas scale` made of a network: the figures of both side by side, and remarks."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nas.errors import UsageError, shown
from nas.quantity import spoken, spoken_seconds

if TYPE_CHECKING:
    from nas.genotype import Genotype
    from nas.scaling import Budget, Factors, Scaled, Solution
    from nas.scaling.laws import ScalingLaw

COEFFICIENTS = ("alpha", "beta", "gamma", "share", "pixels")  # of laws
FAMILY = "efficientnet_b"


class Told:
    """A base, what it was scaled to, and how both are shown; first call `by`, `along` or `to`."""

    def __init__(self, args: argparse.Namespace, base: Genotype) -> None:
        from nas.scaling import laws

        self.args, self.base = args, base
        coefficients = {name: getattr(args, name) for name in COEFFICIENTS}
        self.name = args.law or "compound"
        self.law: ScalingLaw | None = laws.make(
            self.name, **{key: value for key, value in coefficients.items() if value is not None}
        )
        self.solution: Solution | None = None
        self.budgets: list[Budget] = []
        self.phi: float | None = None
        self.factors: Factors
        self.network: Genotype

    def by(self, factors: dict[str, Any]) -> None:
        """Scale by factors."""
        from nas.scaling import Factors, scale
        from nas.scaling.dropout import with_dropout
        from nas.scaling.resolution import sides_of

        self.law = None
        resolution = _resolution(factors.get("resolution", "1.0"))
        width, depth = factors.get("width", 1.0), factors.get("depth", 1.0)
        scaled = scale(self.base, width, depth, resolution, divisor=self.args.divisor)
        before, after = sides_of(self.base), sides_of(scaled)
        larger = after[0] / before[0] if before and after else 1.0
        self.factors = Factors(width, depth, larger)
        self.network = with_dropout(scaled, self.factors.nominal)

    def along(self, phi: float) -> None:
        """Scale along the law."""
        from nas.scaling import grown
        from nas.scaling.resolution import sides_of

        assert self.law is not None
        sides = sides_of(self.base)
        self.phi = phi
        self.factors = self.law.factors(phi, min(sides) if sides else 224)
        self.network = grown(self.base, self.factors, self.args.divisor)

    def to(self, budgets: list[Budget]) -> Genotype:
        """Scale to targets; the nearest network."""
        from nas.scaling import solve

        assert self.law is not None
        self.budgets = budgets
        self.solution = solve(self.base, self.law, budgets, divisor=self.args.divisor)
        found = self.solution.nearest
        self.phi, self.factors, self.network = found.phi, found.factors, found.network
        return self.network

    @property
    def released(self) -> int | None:
        """Which EfficientNet was released for this phi."""
        whole = self.phi is not None and self.phi == int(self.phi) and 1 <= self.phi <= 7
        if not whole or self.name != "compound" or self.solution is not None:
            return None
        from nas.zoo import reference

        same = self.base == reference(f"{FAMILY}0").genotype
        return int(self.phi) if same and self.phi is not None else None

    @property
    def neighbours(self) -> list[tuple[str, Scaled]]:
        """Those beside the nearest network, where it isn't close to the target."""
        if self.solution is None or self.solution.close:
            return []
        named = (("next below", self.solution.below), ("next above", self.solution.above))
        return [(name, one) for name, one in named if one and one.network != self.network]

    def text(self) -> str:
        """The network as a file."""
        how = f"phi = {self.phi:.6g} of the law {self.name}" if self.law else "given factors"
        width, depth, resolution = self.factors.width, self.factors.depth, self.factors.resolution
        head = f"# scaled by {how}: width {width:.4g}, depth {depth:.4g}, "
        return f"{head}resolution {resolution:.4g}\n{self.network}\n"

    def described(self) -> dict[str, Any]:
        """Everything, exact."""
        found: dict[str, Any] = {
            "law": self.name if self.law else None,
            "phi": self.phi,
            "base": _figures(self.base),
            "scaled": {
                **_figures(self.network),
                **_exact(self.factors),
                "genotype": str(self.network),
            },
        }
        if self.released is not None:
            found["released"] = self._released_figures(self.released)
        if self.solution is not None:
            found["miss"] = self.solution.miss
            found["costs"] = _costs(self.budgets, self.solution.nearest)
            found["neighbours"] = {
                name: {"phi": one.phi, **_costs(self.budgets, one), "genotype": str(one.network)}
                for name, one in self.neighbours
            }
        return found

    def show(self) -> None:
        """A table, and what is to be said about it."""
        from nas.report.table import Column, console, show

        columns = [Column(""), Column("base", number=True), Column("scaled", number=True)]
        parts: list[tuple[Factors, Genotype]] = [_unscaled(self.base), (self.factors, self.network)]
        if self.released is not None:
            columns.append(Column(f"released B{self.released}", number=True))
            parts.append(_released(self.released))
        for name, one in self.neighbours:
            columns.append(Column(name, number=True))
            parts.append((one.factors, one.network))
        show(tuple(columns), _rows(self.base, parts, self._latencies()))
        out = console()
        for line in self._remarks():
            out.print(line, soft_wrap=True)

    def _latencies(self) -> list[str]:
        for place, budget in enumerate(self.budgets):
            if budget.name == "latency" and self.solution is not None:
                scaled = [self.solution.nearest, *(one for _, one in self.neighbours)]
                was = spoken_seconds(budget.figure(self.base))
                return ["latency", was, *(spoken_seconds(one.costs[place]) for one in scaled)]
        return []

    def _remarks(self) -> Iterator[str]:
        if self.law is not None:
            phi = f"phi = {self.phi:.4g}"
            yield f"{self.name}, {phi}: keeps {self.law.keeps}; {self.law.source}"
            once = self.law.factors(1.0).nominal
            if self.name == "compound":
                yield (
                    f"alpha * beta^2 * gamma^2 = {once:.4g}: nominally {once:.4g} times the MACs "
                    "for each step of phi"
                )
        if self.released is not None:
            yield (
                f"The released B{self.released} isn't the formula's: each has coefficients of its "
                "own, and no single phi gives them in all three directions."
            )
        if self.solution is not None:
            yield self._missed()
        if self.args.out is not None:
            yield f"written to {self.args.out}"

    def _missed(self) -> str:
        assert self.solution is not None
        costs = zip(self.budgets, self.solution.nearest.costs, strict=True)
        told = ", ".join(
            f"{each.spoken(cost)} of {each.spoken(each.target)} {each.name} "
            f"({cost / each.target - 1:+.1%})"
            for each, cost in costs
        )
        if self.solution.close:
            return told
        return f"{told}: rounding leaves nothing nearer along the law; its neighbours are shown"

    def _released_figures(self, size: int) -> dict[str, Any]:
        factors, network = _released(size)
        return {"name": f"{FAMILY}{size}", **_figures(network), **_exact(factors)}


def _costs(budgets: list[Budget], one: Scaled) -> dict[str, float]:
    return {each.name: cost for each, cost in zip(budgets, one.costs, strict=True)}


def _exact(factors: Factors) -> dict[str, float]:
    return {
        "width": factors.width,
        "depth": factors.depth,
        "resolution": factors.resolution,
        "nominal": factors.nominal,
    }


def _figures(network: Genotype) -> dict[str, Any]:
    from nas.costs import figures
    from nas.scaling.resolution import sides_of

    counted = figures(network)
    return {"image": sides_of(network), "params": counted.params, "macs": counted.macs}


def _unscaled(base: Genotype) -> tuple[Factors, Genotype]:
    from nas.scaling import Factors

    return Factors(), base


def _released(size: int) -> tuple[Factors, Genotype]:
    from nas.scaling import Factors
    from nas.scaling.released import EFFICIENTNET
    from nas.zoo import reference

    own, base = EFFICIENTNET[f"b{size}"], EFFICIENTNET["b0"]
    factors = Factors(own.width, own.depth, own.pixels / base.pixels)
    return factors, reference(f"{FAMILY}{size}").genotype


def _rows(
    base: Genotype, parts: list[tuple[Factors, Genotype]], latencies: list[str]
) -> list[list[str]]:
    from nas.costs import figures

    was = figures(base)
    counted = [figures(network) for _, network in parts]
    factors = [one for one, _ in parts]
    rows = [
        ["width", *(f"{one.width:.3f}" for one in factors)],
        ["depth", *(f"{one.depth:.3f}" for one in factors)],
        ["resolution", *(f"{one.resolution:.3f}" for one in factors)],
        ["image", *("x".join(map(str, _figures(network)["image"] or "-")) for _, network in parts)],
        ["parameters", *(spoken(one.params) for one in counted)],
        ["MACs", *(spoken(one.macs) for one in counted)],
        ["MACs, nominal factor", *(f"{one.nominal:.3f}" for one in factors)],
        ["MACs, exact factor", *(f"{one.macs / max(1, was.macs):.3f}" for one in counted)],
    ]
    return [*rows, latencies] if latencies else rows


def _resolution(text: str) -> float | int:
    """Pixels or a factor, as written."""
    try:
        return int(text) if text.strip().lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise UsageError(
            f"--resolution {shown(text)}: must be pixels such as 380, or a factor such as 1.5"
        ) from None
