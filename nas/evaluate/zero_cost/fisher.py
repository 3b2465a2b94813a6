"""Fisher: what the loss would lose with each channel. Source: arXiv:1801.05787, equation 5; summed
over the network as in BlockSwap, arXiv:1906.04113."""

from __future__ import annotations

from torch import Tensor, nn

from nas.evaluate.zero_cost._probe import Probe, total, weighed


def score(probe: Probe) -> float:
    """Half the mean square over images of (activation * its gradient, summed over the map), over
    all channels of all convolutions and linear layers."""
    model = probe.network()
    importance: list[Tensor] = []

    def follow(_: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> None:
        held = output.detach().clone()  # the next layer may overwrite it

        def weigh(gradient: Tensor) -> None:
            # (N, C, ...) for a convolution; a linear layer's channels come last.
            product = held * gradient
            if product.ndim == 4:
                each = product.sum((2, 3))
            else:
                each = product.flatten(1, -2).sum(1) if product.ndim > 2 else product
            importance.append(each.square().mean(0).sum() / 2)

        output.register_hook(weigh)  # type: ignore[no-untyped-call]

    for layer in weighed(model):
        layer.register_forward_hook(follow)
    probe.loss(model).backward()  # type: ignore[no-untyped-call]
    return total(iter(importance))
