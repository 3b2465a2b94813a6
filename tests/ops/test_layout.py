"""Channels first or last in memory: the recorder sees to it, and nobody notices."""

import pytest
import torch
from torch import Tensor

import nas
from nas.compiler.network import compile as build
from nas.genotype import canonical_hash
from nas.genotype.normal import normal


def maps(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


def permutes(text: str) -> int:
    nodes = normal(nas.genotype(text)).flat().nodes
    return sum(type(node.item).__name__ == "Permute" for node in nodes)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("vit_tiny_patch16_224", 1),  # patches to tokens
        ("swin_t", 2),  # patches to the first norm, and before the pooling
        ("resnet18", 0),
    ],
)
def test_nothing_is_permuted_between_blocks_that_lie_alike(name: str, count: int) -> None:
    assert permutes(name) == count


def test_convnexts_blocks_permute_to_their_convolution_and_back() -> None:
    one, two = (permutes(f"image(8, 8, 8) >> convnext * {n}") for n in (1, 2))
    assert two - one == 2


@pytest.mark.parametrize(
    "text",
    [
        "image(6, 8, 8) >> transformer(2)",
        "image(6, 8, 8) >> transformer(2) >> conv(4, 3)",
        "image(6, 8, 8) >> transformer(2) + identity",
        "image(6, 8, 8) >> (conv(4, 3) | transformer(2) | patch_embed(6, 1))",
        "image(6, 8, 8) >> (patch_merge(6) | maxpool(2, stride=2))",
        'image(6, 8, 8) >> transformer(2) @ "a" >> conv(4, 3) >> (tap("a") | identity)',
        "image(6, 8, 8) >> transformer(2) >> aux(classifier(3)) >> maxpool(3, stride=2)",
        "image(6, 8, 8) >> tokens >> transformer(2)",
        "image(6, 8, 8) >> tokens >> transformer(2) >> flatten >> linear(3)",
        'image(6, 8, 8) >> tokens >> act(act="softmax")',
        'image(6, 8, 8) >> tokens >> norm(norm="batch") >> norm(norm="layer")',
    ],
)
def test_what_comes_out_is_channels_first_and_as_counted(text: str) -> None:
    genotype = nas.parse(text)
    network = build(genotype, seed=0).eval()
    y = network(maps(2, 6, 8, 8))
    assert tuple(y.shape[1:]) == nas.cost(genotype).graph.spec.shape


def test_a_sum_of_differently_laid_terms_is_the_sum() -> None:
    network = build(nas.parse("image(6, 8, 8) >> (transformer(2) + identity)"), seed=0).eval()
    x = maps(2, 6, 8, 8)
    branch = build(nas.parse("image(6, 8, 8) >> transformer(2)"), seed=0).eval()
    state = network.state_dict()
    branch.load_state_dict({f"transformer.{n.split('.', 2)[2]}": v for n, v in state.items()})
    assert torch.allclose(network(x), branch(x) + x, atol=1e-6)


def test_concatenation_is_along_channels_whatever_lies_how() -> None:
    """Softmax, too, is over channels."""
    network = build(nas.parse("image(6, 8, 8) >> (patch_embed(2, 1) | norm(norm='layer'))"), seed=0)
    x = maps(2, 6, 8, 8)
    y = network.eval()(x)
    mean = x.mean(1, keepdim=True)
    spread = (x.var(1, correction=0, keepdim=True) + 1e-6).sqrt()
    assert torch.allclose(y[:, 2:], (x - mean) / spread, atol=1e-5)
    soft = build(nas.parse("image(6, 8, 8) >> norm(norm='layer') >> act('softmax')"), seed=0)
    assert torch.allclose(soft(x).sum(1), torch.ones(2, 8, 8), atol=1e-5)


def test_the_order_of_a_sum_and_of_memory_is_no_part_of_the_hash() -> None:
    first, second = (
        canonical_hash(nas.parse(f"image(6, 8, 8) >> ({text}) >> classifier(3)"))
        for text in ("transformer(2) + conv(6, 3)", "conv(6, 3) + transformer(2)")
    )
    assert first == second
    other = canonical_hash(nas.parse("image(6, 8, 8) >> transformer(2) >> classifier(3)"))
    assert other != first
