"""Forward and training step of compiled networks against timm's, in turns on the same images."""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from abba import compare, ratio, spread
from peers import timm
from torch import nn

import nas

NETWORKS = {  # nas -> timm
    "resnet50": "resnet50",
    "mobilenet_v2": "mobilenetv2_100",
    "efficientnet_b0": "efficientnet_b0",
    "densenet121": "densenet121",
}


def inference(network: nn.Module, images: torch.Tensor) -> Callable[[], None]:
    def run() -> None:
        network.eval()
        with torch.inference_mode():
            network(images)

    return run


def training(network: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> Callable[[], None]:
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9)

    def run() -> None:
        network.train()
        loss = nn.functional.cross_entropy(network(images), classes)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return run


def main(rounds: int = 5, images: int = 4, side: int = 160) -> None:
    torch.set_num_threads(1)
    print(
        f"timm {timm.__version__}, torch {torch.__version__}, 1 thread, {images} images of {side} "
        f"pixels, {2 * rounds} runs each, CPU time"
    )
    x = torch.randn(images, 3, side, side, generator=torch.Generator().manual_seed(0))
    y = torch.arange(images)
    for ours, theirs in NETWORKS.items():
        a, b = nas.compile(ours, seed=0), timm.create_model(theirs)
        for label, pair in (
            ("forward", compare(inference(a, x), inference(b, x), rounds)),
            ("training step", compare(training(a, x, y), training(b, x, y), rounds)),
        ):
            print(
                f"{ours}, {label}: {spread(pair.a.cpu)}, timm {spread(pair.b.cpu)}, "
                f"ratio {ratio(pair.ratio)}, by the wall {ratio(pair.wall_ratio)}",
                flush=True,
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
