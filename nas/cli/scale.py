"""`nas scale`: a network wider, deeper, on larger images: by a law, to a target, or by factors."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.errors import NasError, UsageError, shown
from nas.quantity import parse_count, parse_latency, spoken, spoken_seconds

if TYPE_CHECKING:
    from nas.genotype import Genotype
    from nas.scaling import Budget, Factors, Scaled, Solution
    from nas.scaling.laws import ScalingLaw

NAME = "scale"
HELP = "scale a network by a law, to a target, or by factors"
DESCRIPTION = """\
Scale a network's width (channels), depth (repeats of its main chain) and resolution (its
image), and print both side by side. The exact figures are counted; the nominal factor is the rule
of thumb, depth x width^2 x resolution^2.

  nas scale efficientnet_b0 --phi 3           along a law: phi doublings of the nominal MACs
  nas scale resnet50 --target-macs 2G         the network along the law nearest to a target
  nas scale my.nas --width 1.4 --depth 1.8 --resolution 380 --out my_b4.nas

Laws: compound (EfficientNet; --alpha depth, --beta width, --gamma resolution), width, depth,
resolution, fast (mostly width; --share), regnet, nfnet (phi is its F number), efficientnetv2 (at
most --pixels). Of several targets the one that binds first decides; where rounding leaves it more
than 3 % away, both neighbours are shown.
"""
COEFFICIENTS = ("alpha", "beta", "gamma", "share", "pixels")
TARGETS = {"macs": "MACs", "params": "parameters", "latency": "latency"}
MEASURED = 0.5  # seconds that measuring one network's latency takes
FAMILY = "efficientnet_b"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("genotype", help="a reference's name, a .nas file, a run's folder or text")
    law = parser.add_argument_group("along a law")
    law.add_argument("--phi", type=float, help="how far; below 0 for a smaller network")
    law.add_argument("--law", help="default: compound")
    for name in COEFFICIENTS:
        law.add_argument(f"--{name}", type=float, metavar="X", help="the law's coefficient")
    to = parser.add_argument_group("to a target, along a law")
    to.add_argument("--target-macs", metavar="N", help="multiply-accumulates, such as 2G")
    to.add_argument("--target-params", metavar="N", help="learned numbers, such as 5M")
    to.add_argument("--target-latency", metavar="T", help="of one image, such as 20ms")
    to.add_argument(
        "--latency",
        type=Path,
        metavar="FILE",
        help="a calibration that predicts it (default: a few networks are measured here, seconds)",
    )
    by = parser.add_argument_group("by factors")
    by.add_argument("--width", type=float, help="times the channels")
    by.add_argument("--depth", type=float, help="times the repeats")
    by.add_argument("--resolution", help="pixels a side such as 380, or times the sides: 1.5")
    parser.add_argument(
        "--divisor", type=int, default=8, help="channels are multiples of it (default: 8)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.nas", help="write the network there")
    parser.add_argument("--json", action="store_true", help="exact figures and the network's text")


def run(args: argparse.Namespace) -> int:
    """Print what was and what is, and write the network."""
    targets = {key: getattr(args, f"target_{key}") for key in TARGETS}
    targets = {key: text for key, text in targets.items() if text is not None}
    factors = {key: getattr(args, key) for key in ("width", "depth", "resolution")}
    factors = {key: value for key, value in factors.items() if value is not None}
    _one_way(args, targets, factors)
    if args.out is not None and (args.out.is_dir() or not args.out.parent.is_dir()):
        raise UsageError(f"--out {args.out}: must be a file in a folder that exists")
    import nas

    told = _Told(args, nas.genotype(args.genotype))
    if factors:
        told.by(factors)
    elif targets:
        if "latency" in targets and args.latency is None:
            _measured(told, _counted(targets), parse_latency(targets["latency"]))
        else:
            told.to([*_counted(targets), *_predicted(targets, args.latency)])
    else:
        told.along(args.phi)
    if args.out is not None:
        try:
            args.out.write_text(told.text(), encoding="utf-8")
        except OSError as error:
            raise NasError(
                f"--out {args.out}: can't be written: {error.strerror}; choose another"
            ) from None
    print(json.dumps(told.described(), indent=2)) if args.json else told.show()
    return 0


def _one_way(args: argparse.Namespace, targets: dict[str, str], factors: dict[str, object]) -> None:
    """UsageError unless it is said in one way how far to scale."""
    ways = [args.phi is not None, bool(targets), bool(factors)]
    if sum(ways) != 1:
        said = "but got more than one of them" if any(ways) else "but got none"
        raise UsageError(
            f"say how far in one way: --phi, --target-..., or --width, --depth and --resolution; "
            f"{said}"
        )
    coefficients = [name for name in ("law", *COEFFICIENTS) if getattr(args, name) is not None]
    if factors and coefficients:
        raise UsageError(f"--{coefficients[0]}: only with --phi or --target-..., not with factors")
    if args.latency is not None and "latency" not in targets:
        raise UsageError("--latency: only with --target-latency")


def _counted(targets: dict[str, str]) -> list[Budget]:
    """What the network may cost, of what is counted."""
    from nas.costs import figures
    from nas.scaling import Budget

    def macs(network: Genotype) -> float:
        return figures(network).macs

    def params(network: Genotype) -> float:
        return figures(network).params

    def count(value: float) -> str:
        return spoken(round(value))

    found = []
    if "macs" in targets:
        found.append(Budget("MACs", parse_count(targets["macs"]), macs, count))
    if "params" in targets:
        found.append(Budget("parameters", parse_count(targets["params"]), params, count))
    return found


def _predicted(targets: dict[str, str], calibration: Path | None) -> list[Budget]:
    """How long the network may take, by a calibration."""
    if calibration is None:
        return []
    from nas.latency import Calibration
    from nas.scaling import Budget

    predict = Calibration.load(calibration).predict
    return [Budget("latency", parse_latency(targets["latency"]), predict, spoken_seconds)]


def _measured(told: _Told, counted: list[Budget], seconds: float) -> None:
    """Scale to a latency: measure the network that the ones measured so far make the nearest, until
    it is. The least of the runs counts, as in a calibration: a busy machine doesn't raise it."""
    from nas.latency import measured as how
    from nas.latency.along import Along
    from nas.latency.bench import Bench
    from nas.scaling import Budget

    with Bench(batch=1, device="cpu", threads=None) as bench:
        along = Along(lambda network: how.measured(bench, network, MEASURED).least)
        print("measuring the latency of a few networks, a second or so each", file=sys.stderr)
        along.measure(told.base)
        budgets = [*counted, Budget("latency", seconds, along.predict, spoken_seconds)]
        along.settle(lambda: told.to(budgets), seconds)
        told.to(budgets)


class _Told:
    """What was asked, what came of it, and how it is shown."""

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
