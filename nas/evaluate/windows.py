"""Dense evaluation of a split: every window of every image, at several sizes."""

from __future__ import annotations

from dataclasses import dataclass

from nas.compiler.network import Network
from nas.data import DataSet, Part
from nas.errors import UsageError
from nas.evaluate.dense import Dense, dense
from nas.genotype import parse
from nas.train.views import Answers

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Windows:
    """How a network slides over an image that is resized to each of `scales` times its own size.

    Of all windows, and all shifts of the last pooling, each class's largest share counts; these are
    averaged over the scales. Source: OverFeat, arXiv:1312.6229, section 3.3.
    """

    scales: tuple[float, ...] = (1.0,)
    shifts: bool = True

    def __post_init__(self) -> None:
        if not self.scales or not all(1 <= each <= 10 for each in self.scales):
            raise UsageError(
                "dense evaluation's scales must be numbers from 1, where one window fits, to 10, "
                f"but got {self.scales}"
            )

    def check(self, model: Network) -> None:
        """Raise `GenotypeError` where the network can't slide."""
        genotype = parse(model.genotype)
        for scale in self.scales:
            dense(genotype, *_size(scale, model))

    def answers(self, model: Network, data: DataSet, part: Part) -> Answers:
        """What `model` says of a part of `data`, on its device. Raises as `check`."""
        sliding = Dense(model, self.shifts)
        device = next(model.parameters()).device
        training = model.training
        model.eval()
        try:
            return Answers.mean(
                [
                    Answers.of(data.resized(*_size(scale, model)), part, device, sliding.shares)
                    for scale in self.scales
                ]
            )
        finally:
            model.train(training)


def _size(scale: float, model: Network) -> Size:
    _, height, width = model.input_shape
    return round(scale * height), round(scale * width)
