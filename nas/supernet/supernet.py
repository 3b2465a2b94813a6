"""The supernet: a module that trains every candidate of a space in one set of weights."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nas.compiler.network import Network, compile, last_norms
from nas.errors import GenotypeError, UsageError
from nas.genotype.expression import Genotype
from nas.genotype.normal import normal
from nas.graph import Path
from nas.space import Space
from nas.supernet.extremes import Allowed, ends, met
from nas.supernet.sandwich import Answers, Sandwich, logits
from nas.supernet.shelf import Shelf
from nas.supernet.slices import Part, parts
from nas.supernet.subnet import Subnet
from nas.train.loss import Loss

RULES = ("single", "sandwich")
BETWEEN = 2  # random candidates between the largest and the smallest, as BigNAS has it
DRAWS = 1_000  # until one is allowed
SWITCH = {"True", "False"}  # its options, as 1 and 0 are not
KEPT = 512  # candidates whose modules are kept


class Supernet(nn.Module):
    """All candidates of a space; in training each batch goes through some of them.

    `single` is one candidate a step, every decision drawn uniformly (single-path one-shot,
    arXiv:1904.00420, section 3.2). `sandwich` is the largest, the smallest and two drawn ones; the
    largest learns from the labels, the others from its answers (BigNAS, arXiv:2003.11142, section
    3.1). Only what is `allowed` is drawn. `nas.train.fit` trains it like any module; the draws come
    from torch's global generator. `zero_gamma` and `drop_path` are a recipe's.

    A training tells how far it is (`reached`): at its beginning all switches of a space, such as
    `skip`, are on, and more and more of them are as they were drawn until its end. Blocks without
    skips that are new all at once let nothing through, and nothing is learned before them;
    between trained ones they are learned one by one (from the easiest candidates to all of them,
    as progressive shrinking goes, arXiv:1908.09791, section 3.3).

    Its parameters are the shared weights. It keeps no batch statistics, since each candidate has
    its own: measure them (`nas.train.calibration`) in what `extracted` gives, before it is used.

    Shape: images (B, C, H, W) -> logits (B, classes) of the candidate of the step, under the
    sandwich rule `nas.supernet.sandwich.Answers`; in eval mode always of the largest.
    Raises SpaceError for a space without a candidate to train.
    """

    def __init__(
        self,
        space: Space | Genotype,
        *,
        rule: str = "single",
        seed: int = 0,
        allowed: Allowed | None = None,
        zero_gamma: bool = False,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        if rule not in RULES:
            raise UsageError(f"a supernet's rule is {' or '.join(RULES)}, but got {rule!r}")
        self.space = space if isinstance(space, Space) else Space(space)
        self.rule, self.drop_path = rule, drop_path
        self.freedom = 1.0  # the chance of a switch to be as it is drawn; else it is on
        self._switches = [
            each.key for each in self.space.decisions if set(map(repr, each.options)) == SWITCH
        ]
        self._allowed = allowed
        self._subnets: OrderedDict[tuple[Genotype, float, torch.device], Subnet] = OrderedDict()
        small, large = ends(self.space, allowed)
        self.smallest, self.largest = self.space.resolve(small), self.space.resolve(large)
        told: list[Part] = []
        zeros: set[Path] = set()
        for candidate in met(self.space):
            found = list(parts(self.space.genotype, candidate, dead=True))
            told += found
            if zero_gamma:
                zeros.update(_ending(candidate, found))
        self.shelf = Shelf(told, seed, frozenset(zeros))
        self.aux_weights = tuple(weight for _, weight in normal(self.largest).aux)
        # what a checkpoint must agree in
        self.genotype = f"{rule} {drop_path} {self.smallest} {self.largest} {self.space.genotype}"

    def training_loss(self, smoothing: float, aux_weights: tuple[float, ...]) -> Loss:
        """The loss that goes with the rule; a training asks for it."""
        return (Sandwich if self.rule == "sandwich" else Loss)(smoothing, aux_weights)

    def forward(self, images: Tensor) -> Any:
        """The answers of a step's candidates."""
        if not self.training:
            return self.subnet(self.largest)(images, training=False)
        if self.rule == "single":
            return self.subnet(self.drawn(), self.drop_path)(images, training=True)
        # only the largest is regularised: the others rather learn too little (BigNAS, section 3.2)
        largest = self.subnet(self.largest, self.drop_path)(images, training=True)
        others = [self.smallest, *(self.drawn() for _ in range(BETWEEN))]
        said = [logits(self.subnet(each)(images, training=True)) for each in others]
        return Answers(largest, tuple(said))

    def reached(self, share: float) -> None:
        """Draw as at that share of the training, from 0 to 1."""
        self.freedom = share

    def drawn(self) -> Genotype:
        """A candidate, every decision uniform but for switches that are still on, drawn again until
        one is allowed; the smallest where a thousand weren't."""
        rng = np.random.default_rng(int(torch.randint(1 << 62, ())))
        for _ in range(DRAWS):
            point = self.space.sample(rng)
            held = [key for key in self._switches if key in point and rng.random() >= self.freedom]
            candidate = self.space.resolve(point | dict.fromkeys(held, True))
            if self._fits(candidate):
                return candidate
        return self.smallest

    def subnet(self, candidate: Genotype, drop_path: float = 0.0) -> Subnet:
        """The module of a candidate on the shared weights, kept for the next time.

        Raises SpaceError where it is none of the space's, GenotypeError where it can't be built.
        """
        key = candidate, drop_path, next(self.parameters()).device
        found = self._subnets.pop(key, None)
        if found is None:
            found = Subnet(self.shelf, self._parts(candidate), *key)
            if len(self._subnets) >= KEPT:
                self._subnets.popitem(last=False)
        self._subnets[key] = found
        return found

    def extracted(self, candidate: Genotype) -> Network:
        """The candidate as a network of its own, in eval mode, with a copy of its weights.

        Its batch norms know no data yet: `nas.train.calibration.calibrate` measures their
        statistics. Raises as `subnet`.
        """
        network = compile(candidate, seed=0, device=next(self.parameters()).device)
        weights = self.subnet(candidate).weights()
        network.load_state_dict(network.state_dict() | weights)
        return network.eval()

    def _parts(self, candidate: Genotype) -> list[Part]:
        return list(parts(self.space.genotype, candidate))

    def _fits(self, candidate: Genotype) -> bool:
        """Whether it may be trained: it can be built, and is within the limits."""
        try:
            normal(candidate)
        except GenotypeError:
            return False
        return self._allowed is None or self._allowed(candidate)


def _ending(candidate: Genotype, found: Sequence[Part]) -> Iterator[Path]:
    """The places of the norms that end the residual branches of a candidate."""
    names = {f"{path}.weight" for path in last_norms(normal(candidate).flat())}
    for part in found:
        yield from (each.place for _, each in part.slices if each.name in names)
