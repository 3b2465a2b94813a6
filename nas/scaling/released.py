"""Released families: the coefficients that no formula gives.

EfficientNet: width, depth, pixels and dropout of each network, as in the authors' code
(tensorflow/tpu, `efficientnet_builder.py`); arXiv:1905.11946 gives the formula only. NFNet: pixels
when tested and dropout of F0 to F6, arXiv:2102.06171, Table 1.
"""

from __future__ import annotations

from typing import NamedTuple


class Released(NamedTuple):
    """Times B0's width and depth; the image's side in pixels; the classifier's dropout."""

    width: float
    depth: float
    pixels: int
    dropout: float

    @property
    def nominal(self) -> float:
        """Times B0's MACs by the rule of thumb."""
        return self.depth * self.width**2 * (self.pixels / EFFICIENTNET["b0"].pixels) ** 2


EFFICIENTNET = {
    "b0": Released(1.0, 1.0, 224, 0.2),
    "b1": Released(1.0, 1.1, 240, 0.2),
    "b2": Released(1.1, 1.2, 260, 0.3),
    "b3": Released(1.2, 1.4, 300, 0.3),
    "b4": Released(1.4, 1.8, 380, 0.4),
    "b5": Released(1.6, 2.2, 456, 0.4),
    "b6": Released(1.8, 2.6, 528, 0.5),
    "b7": Released(2.0, 3.1, 600, 0.5),
    "b8": Released(2.2, 3.6, 672, 0.5),
    "l2": Released(4.3, 5.3, 800, 0.5),
}
NFNET_PIXELS = (256, 320, 352, 416, 512, 544, 576)
NFNET_DROPOUT = (0.2, 0.3, 0.4, 0.4, 0.5, 0.5, 0.5)
