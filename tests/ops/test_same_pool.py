"""Pooling with padding="same": as many windows as TensorFlow's, and what lies outside left out."""

import pytest
import torch
from torch import Tensor

import nas
from nas.dsl import avgpool, default, image, maxpool


def windows(x: Tensor, kernel: int, stride: int) -> list[list[Tensor]]:
    """The valid pixels of each window, by TensorFlow's documented rule, one window at a time."""
    side = x.shape[-1]
    out = -(-side // stride)
    before = max((out - 1) * stride + kernel - side, 0) // 2
    spans = [
        slice(max(i * stride - before, 0), min(i * stride - before + kernel, side))
        for i in range(out)
    ]
    return [[x[..., rows, columns] for columns in spans] for rows in spans]


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [7, 8, 9])
def test_each_window_holds_its_valid_pixels(kernel: int, stride: int, side: int) -> None:
    x = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0)) - 3
    same = default(padding="same")
    for pool, pooled in (
        (maxpool(kernel, stride=stride), lambda w: w.amax((-2, -1))),
        (avgpool(kernel, stride=stride, count_pad=False), lambda w: w.mean((-2, -1))),
    ):
        network = image(3, side, side) >> same >> pool
        expected = torch.stack(
            [torch.stack([pooled(w) for w in row], -1) for row in windows(x, kernel, stride)], -2
        )
        torch.testing.assert_close(nas.compile(network)(x), expected)
        assert nas.cost(network).graph.spec.shape == expected.shape[1:]


def test_counted_zeros_stand_for_what_lies_outside() -> None:
    x = torch.ones(1, 1, 8, 8)
    network = image(1, 8, 8) >> avgpool(3, stride=2, padding="same")
    y = nas.compile(network)(x)[0, 0]
    assert y[0, 0] == 1  # uneven: nothing at the top and left
    assert y[-1, -1] == pytest.approx(4 / 9)
    assert y[-1, 0] == pytest.approx(6 / 9)
