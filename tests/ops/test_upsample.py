"""Upsampling: copies and weighted means, counted, written out and seen as such."""

import pytest
import torch
from torch import Tensor

import nas
from nas.compiler.standalone import standalone
from nas.dsl import classifier, conv, image, upsample
from nas.errors import GenotypeError


def linear(x: Tensor, times: int) -> Tensor:
    """Rows between rows: pixel centres lie at (i + 1/2) / times, and the border goes on."""
    rows = []
    for i in range(times * x.shape[-2]):
        at = min(max((i + 0.5) / times - 0.5, 0.0), x.shape[-2] - 1.0)
        low = int(at)
        high = min(low + 1, x.shape[-2] - 1)
        rows.append(x[..., low, :] * (1 - at + low) + x[..., high, :] * (at - low))
    return torch.stack(rows, -2)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_pixels_are_copied_or_weighed(times: int) -> None:
    x = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    near = nas.compile(image(3, 4, 5) >> upsample(times))(x)
    torch.testing.assert_close(near, x.repeat_interleave(times, -1).repeat_interleave(times, -2))
    between = nas.compile(image(3, 4, 5) >> upsample(times, mode="bilinear"))(x)
    expected = linear(linear(x, times).transpose(-1, -2), times).transpose(-1, -2)
    torch.testing.assert_close(between, expected)


def test_upsampled_pixels_lie_less_than_a_pixel_apart() -> None:
    """By hand: 3 of 2x2 steps; as far apart as the image's again; 3 of those span 2 more."""
    net = image(3, 16, 16) >> conv(4, 3, stride=2) >> upsample(2)
    assert nas.cost(net).receptive_field == (3, 3)
    assert nas.cost(net >> conv(4, 3)).receptive_field == (5, 5)
    assert nas.cost(net >> conv(4, 3, stride=2) >> conv(4, 3)).receptive_field == (9, 9)
    weighed = image(3, 16, 16) >> conv(4, 3, stride=2) >> upsample(2, mode="bilinear")
    assert nas.cost(weighed).receptive_field == (5, 5)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_the_model_file_upsamples_too(mode: str) -> None:
    net = image(3, 6, 6) >> conv(4, 3, stride=2) >> upsample(2, mode=mode) >> classifier(5)
    network = nas.compile(net, seed=0).eval()
    space: dict[str, type[torch.nn.Module]] = {}
    exec(standalone(net), space)
    other = space["Network"]().eval()
    other.load_state_dict(network.state_dict())
    x = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(other(x), network(x))


def test_a_vector_is_refused_with_its_place() -> None:
    with pytest.raises(GenotypeError, match=r"^upsample.upsample: needs a map .* gets 5"):
        nas.cost(image(3, 6, 6) >> classifier(5) >> upsample)
