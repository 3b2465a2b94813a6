"""NASWOT: how differently images switch the network's units. Source: Neural architecture search
without training, arXiv:2006.04647, third version, equation 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from nas.evaluate._calls import Calls
from nas.evaluate.zero_cost._probe import Probe

# A unit is on where the activation's argument is above 0: exactly so of ReLU, nearly of its kin.
SWITCHES = (
    F.relu,
    F.relu6,
    F.leaky_relu,
    F.prelu,
    F.elu,
    F.gelu,
    F.silu,
    F.mish,
    F.hardswish,
    torch.relu,
    torch.relu_,
)


def score(probe: Probe) -> float:
    """The logarithm of |determinant| of the matrix that counts, for each pair of images, the units
    which both switch alike. Minus infinity where two images switch all units alike."""
    codes = _Codes(len(probe.images), probe.images.device)
    model = probe.network()
    with torch.no_grad(), codes:
        model(probe.images)
    _, value = torch.linalg.slogdet(codes.alike)
    return float(value)


class _Codes(Calls):
    """Counts units switched alike at every activation that is called meanwhile."""

    def __init__(self, images: int, device: torch.device) -> None:
        super().__init__()
        self.alike = torch.zeros(images, images, dtype=torch.float64, device=device)

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """As ever, once the units that it switches are counted."""
        if func in SWITCHES:
            self._count(args[0])
        return super().call(func, args, options)

    def _count(self, argument: Tensor) -> None:
        on = (argument.flatten(1) > 0).float()
        off = 1 - on
        self.alike += (on @ on.T + off @ off.T).double()
