"""Tokens, the class token, positions and layer scale, by hand."""

import pytest
import torch

import nas
from nas.compiler.network import compile as build
from nas.errors import GenotypeError
from nas.graph import Recorder, Settings
from nas.ops import Spec


def maps(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


def test_tokens_are_pixels_row_by_row_behind_the_class() -> None:
    network = build(nas.parse("image(4, 2, 3) >> class_token >> positions"), seed=0)
    with torch.no_grad():
        token = network.get_parameter("class_token.class_token.token").fill_(7)
        table = network.get_parameter("positions.positions.table")
        x = maps(2, 4, 2, 3)
        y = network(x)
    expected = torch.cat([token.transpose(1, 2).expand(2, -1, -1), x.flatten(2)], 2)
    assert torch.allclose(y, expected + table.transpose(1, 2))


@pytest.mark.parametrize(
    ("pool", "expected"),
    [
        ("token", lambda x: x[:, :, 0]),
        ("avg", lambda x: x.mean(2)),
        ("max", lambda x: x.amax(2)),
    ],
)
def test_a_classifier_reads_tokens(pool: str, expected) -> None:
    network = build(nas.parse(f'image(4, 2, 3) >> tokens >> classifier(5, pool="{pool}")'), seed=0)
    x = maps(2, 4, 2, 3)
    linear = network.get_submodule("classifier.linear")
    assert torch.allclose(network(x), linear(expected(x.flatten(2))), atol=1e-6)


def test_tokens_become_the_map_they_were() -> None:
    recorder = Recorder("Network", Spec(4, (2, 3)))
    x = recorder.start(Settings())
    assert x.tokens().shape == (4, 6)
    assert x.tokens().to_map((2, 3)).shape == x.shape
    with pytest.raises(GenotypeError, match="6 tokens make no map of 2x2"):
        x.tokens().to_map(2)
    with pytest.raises(GenotypeError, match="without a class token"):
        x.tokens().class_token().to_map((2, 3))


def test_layer_scale_weighs_channels_however_they_lie() -> None:
    for text, first in (
        ("image(4, 6, 6) >> convnext(layer_scale=0.5)", "convnext"),
        ("image(4, 6, 6) >> transformer(2, layer_scale=0.5)", "transformer"),
    ):
        scaled = build(nas.parse(text), seed=0).eval()
        plain = build(nas.parse(text.replace("0.5", "0")), seed=0).eval()
        plain.load_state_dict(
            {k: v for k, v in scaled.state_dict().items() if "layer_scale" not in k}
        )
        x = maps(2, 4, 6, 6)
        if first == "convnext":
            assert torch.allclose(scaled(x) - x, 0.5 * (plain(x) - x), atol=1e-6)
        else:
            assert not torch.allclose(scaled(x), plain(x), atol=1e-3)


def test_a_global_token_sees_the_whole_image() -> None:
    assert nas.cost("vit_tiny_patch16_224").receptive_field == (224, 224)
    window = nas.parse("image(3, 56, 56) >> patch_embed(6, 4) >> transformer(2, window=7)")
    assert nas.cost(window).receptive_field == (28, 28)


def test_training_memory_counts_what_attention_keeps() -> None:
    """Queries, keys and values are kept for backward: attention costs more than the same layers
    without."""
    tokens = "image(8, 16, 16) >> tokens"
    cost = nas.cost(nas.parse(f"{tokens} >> transformer(2)"))
    kept = 256 * 8 * (1 + 1 + 3 + 1 + 1 + 1 + 4 + 4)  # inputs of norm, qkv, attend (and its
    # output, proj's input), norm, fc1, act, fc2
    assert cost.training_memory() - 4 * 3 * cost.params == 4 * kept
