"""Networks made ready for use give what they gave, whichever way measures fastest."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn
from witness import timm, torchvision

import nas
from nas.errors import LatencyError
from nas.inference import packing, table
from nas.inference.choice import LIKE, Optimized, optimize
from nas.inference.folding import folded

# one of each thing that is folded, fused or left alone, on images of 32 pixels
NETWORKS = {
    "convolutions, grouped and depthwise": "conv(16, 3) >> bottleneck(32, groups=4) * 2 >> "
    'mbconv(24, stride=2) * 2 >> conv(16, act="gelu") >> classifier(5)',
    "norm before activation": "conv(16, 3) >> dense(3) >> transition >> norm >> act >> "
    "classifier(5)",
    "no norms": "conv(16, 3) >> nf_bottleneck(32) >> nf_bottleneck(32) >> classifier(5)",
    "attention": 'default(norm="layer") >> patch_embed(24, 4) >> norm >> '
    'transformer(2, window=4, bias="relative") >> '
    "cosine_transformer(2, window=4, shift=2) >> norm >> classifier(5)",
    "layer scale": 'default(norm="layer") >> patch_embed(16, 4) >> norm >> convnext * 2 >> '
    "global_pool >> norm >> classifier(5)",
    "branches": '(conv(8, 3) | conv(8) >> conv(8, 3, act="hardswish") | maxpool >> conv(8)) >> '
    'aux(classifier(5)) >> identity + conv(24, act="none") >> act("relu6") >> classifier(5)',
    "a hidden layer": "conv(8, 3) >> flatten >> fc(32) >> classifier(5)",
}


def lived_in(network: nn.Module) -> nn.Module:
    """The network with norms, gains and scales that have seen data, in eval mode."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.dtype == torch.float32 and tensor.ndim <= 1:
                tensor.uniform_(0.5, 1.5, generator=generator)
                if name.endswith(("bias", "mean")):
                    tensor.sub_(1)
    return network.eval()


def network_of(text: str) -> Any:
    return lived_in(nas.compile(f"image(3, 32, 32) >> {text}", seed=0))


def apart(given: torch.Tensor, wanted: torch.Tensor) -> float:
    return float((given - wanted).abs().max() / wanted.abs().max())


@pytest.fixture(params=NETWORKS.values(), ids=NETWORKS)
def network(request: pytest.FixtureRequest) -> Iterator[Any]:
    return network_of(request.param)


def test_outputs_stay(network: Any) -> None:
    """Folded, with channels last and packed, on another batch than the one it was made with."""
    example, images = torch.randn(1, 3, 32, 32), torch.randn(3, 3, 32, 32)
    with torch.inference_mode():
        wanted = network(images)
        made = folded(network, example)
        assert apart(made(images), wanted) < LIKE
        assert apart(made(images.to(memory_format=torch.channels_last)), wanted) < LIKE
        if packing.available():
            kernels = packing.packed(made)
            assert apart(kernels(images.to(memory_format=torch.channels_last)), wanted) < LIKE
            assert not any(type(module) is nn.Conv2d for module in kernels.modules())


def test_the_network_stays_as_it_is(network: Any) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.train()
    optimize(network, seconds=0)
    assert network.training
    after = network.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_every_norm_behind_a_convolution_is_folded() -> None:
    made = folded(
        network_of(NETWORKS["convolutions, grouped and depthwise"]), torch.randn(1, 3, 32, 32)
    )
    assert not any(isinstance(module, nn.BatchNorm2d) for module in made.modules())


def test_the_first_norm_of_a_dense_layer_is_left() -> None:
    before = network_of(NETWORKS["norm before activation"])
    made = folded(before, torch.randn(1, 3, 32, 32))
    left = [module for module in made.modules() if isinstance(module, nn.BatchNorm2d)]
    assert 0 < len(left) < sum(isinstance(each, nn.BatchNorm2d) for each in before.modules())


@pytest.mark.parametrize("bias", [True, False])
def test_a_norm_behind_a_linear_layer(bias: bool) -> None:
    """Of vectors it is folded; of tokens it is over another side than the layer's and stays."""
    vectors = nn.Sequential(nn.Linear(6, 6, bias=bias), nn.BatchNorm1d(6))
    tokens = nn.Sequential(nn.Linear(6, 6, bias=bias), nn.BatchNorm1d(6))
    for module, sides, kept in ((vectors, (4, 6), 0), (tokens, (4, 6, 6), 1)):
        lived_in(module)
        x = torch.randn(*sides)
        made = folded(module, x)
        torch.testing.assert_close(made(x), module(x))
        assert sum(isinstance(each, nn.BatchNorm1d) for each in made.modules()) == kept


def test_a_convolution_that_is_read_twice_keeps_its_weights() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.conv(x)
            return self.norm(y) + y + self.conv(x).relu()

    module, x = lived_in(Twice()), torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(folded(module, x)(x), module(x))


@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_modules_of_other_libraries(library: str) -> None:
    made = (
        torchvision.models.resnet18(num_classes=7)
        if library == "torchvision"
        else timm.create_model("mobilenetv2_050", num_classes=7)
    )
    network = lived_in(made)
    x = torch.randn(1, 3, 64, 64)
    fast = nas.optimize(network, x, seconds=0)
    with torch.inference_mode():
        assert apart(fast(x), network(x)) < LIKE
    assert len(fast.tried) >= 3


def test_what_was_tried_is_told() -> None:
    fast = optimize(network_of(NETWORKS["branches"]), seconds=0)
    assert isinstance(fast, Optimized)
    assert fast.kept.seconds == min(each.seconds for each in fast.tried if each.seconds)
    assert [each.name for each in fast.tried][:3] == ["as it is", "folded", "folded, channels last"]
    text = table(fast)
    assert text.count("\n") == len(fast.tried)
    assert text.count("* ") == 1
    assert all(each.name in text for each in fast.tried)


def test_a_variant_with_other_outputs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that fails: the search for a faster one never ends the use."""
    from nas.inference import choice

    def fails(*_: Any) -> nn.Module:
        raise RuntimeError("no such kernel\nand a page more")

    monkeypatch.setattr(choice, "folded", lambda *_: nn.Sequential(nn.Flatten(), nn.LazyLinear(5)))
    monkeypatch.setattr(choice.packing, "packed", fails)
    monkeypatch.setattr(choice.packing, "available", lambda: True)
    network = network_of(NETWORKS["branches"])
    fast = optimize(network, seconds=0)
    assert fast.kept.name == "as it is"
    why = {each.name: each.why for each in fast.tried}
    assert why["folded"].startswith("its outputs are off by ")
    assert why["folded, channels last, oneDNN's own kernels"] == "doesn't work here: no such kernel"
    assert "no such kernel" in table(fast)


def test_a_variant_that_is_right_for_the_example_alone_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from nas.inference import choice

    class Learned(nn.Module):
        def __init__(self, answer: torch.Tensor) -> None:
            super().__init__()
            self.answer = answer

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.answer

    monkeypatch.setattr(choice, "folded", lambda network, example: Learned(network(example)))
    fast = optimize(network_of(NETWORKS["branches"]), seconds=0)
    assert fast.kept.name == "as it is"
    assert any(each.why.startswith("its outputs are off by ") for each in fast.tried)


def test_a_module_of_unknown_images_needs_an_example() -> None:
    with pytest.raises(LatencyError, match="needs an example batch"):
        nas.optimize(nn.Linear(2, 2))


def test_a_name_is_no_module() -> None:
    name: Any = "resnet50"
    with pytest.raises(LatencyError, match=r"needs a module, but got 'resnet50'; nas\.load or"):
        nas.optimize(name)
