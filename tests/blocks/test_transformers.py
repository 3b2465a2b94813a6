"""Transformers scale as their authors scaled them; drop-path grows with depth."""

import pytest
import torch

import nas
from nas.scaling.scale import scale
from nas.zoo import reference


@pytest.mark.parametrize(
    ("small", "width", "large"),
    [
        ("vit_tiny_patch16_224", 2, "vit_small_patch16_224"),
        ("vit_small_patch16_224", 2, "vit_b_16"),
        ("swin_s", 4 / 3, "swin_b"),
        ("swinv2_small_window8_256", 4 / 3, "swinv2_base_window8_256"),
        ("convnext_small", 4 / 3, "convnext_base"),
        ("convnext_base", 1.5, "convnext_large"),
        ("coatnet_3", 1, "coatnet_3"),
    ],
)
def test_a_family_s_larger_network_is_its_smaller_one_wider(
    small: str, width: float, large: str
) -> None:
    """Channels and heads grow together, so that each head stays as wide."""
    assert scale(reference(small).genotype, width=width) == reference(large).genotype


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "swin_t", "coatnet_0", "convnext_tiny"])
@pytest.mark.parametrize("width", [0.5, 0.6, 1.25, 1.37])
def test_every_width_can_be_built(name: str, width: float) -> None:
    """In whole heads, each as wide as before."""
    wider = scale(reference(name).genotype, width=width)
    cost = nas.cost(wider)
    built = nas.compile(wider, device="meta")
    assert sum(value.numel() for value in built.parameters()) == cost.params
    assert (cost.params > nas.cost(reference(name).genotype).params) == (width > 1)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "swin_t", "coatnet_0", "convnext_tiny"])
@pytest.mark.parametrize("pixels", [160, 192, 240])
def test_other_resolutions_keep_the_weights_that_no_table_holds(name: str, pixels: int) -> None:
    """Only tables of positions change; windows that fill no map get a border."""
    genotype = reference(name).genotype
    larger = scale(genotype, resolution=pixels)
    shapes = [
        {
            name: value.shape
            for name, value in nas.compile(g, device="meta").state_dict().items()
            if "table" not in name
        }
        for g in (genotype, larger)
    ]
    assert shapes[0] == shapes[1]
    assert (nas.cost(larger).macs > nas.cost(genotype).macs) == (pixels > 224)


def test_drop_path_grows_over_blocks_and_is_alike_in_both_branches() -> None:
    genotype = nas.parse(
        "image(8, 8, 8) >> default(drop_path=0.4) >> transformer(2) * 2"
        " >> cosine_transformer(2) * 1 >> convnext * 1"
    )
    rates = [
        node.item.rate
        for node in nas.cost(genotype).flat.nodes
        if type(node.item).__name__ == "DropPath"
    ]
    assert rates == sorted(rates)
    pairs = list(zip(rates[::2], rates[1::2], strict=False))
    assert len(rates) == 2 * 2 - 2 + 2 + 1  # the first block drops nothing
    assert all(a == b for a, b in pairs[:2])
    assert rates[-1] == pytest.approx(0.3)


def test_zero_gamma_lets_swin_v2_s_branches_begin_at_nothing() -> None:
    """As its authors' own weights begin (res-post-norm)."""
    genotype = nas.parse("image(8, 8, 8) >> cosine_transformer(2, window=4) * 2")
    network = nas.compile(genotype, seed=0, zero_gamma=True).eval()
    x = torch.randn(2, 8, 8, 8, generator=torch.Generator().manual_seed(5))
    assert torch.equal(network(x), x)


@pytest.mark.parametrize(
    "block",
    [
        "transformer(2, mlp=0.01)",
        "cosine_transformer(2, mlp=0.01)",
        "strided_transformer(4, 2, mlp=0.01)",
        "prenorm_mbconv(4, expand=0.01)",
        "convnext(mlp=0.01)",
        "mlp(ratio=0.01)",
        "attention(64)",
    ],
)
def test_something_is_always_left(block: str) -> None:
    """One hidden channel, one channel of a head."""
    network = nas.compile(nas.parse(f"image(4, 6, 6) >> {block}"), seed=0).eval()
    assert network(torch.ones(1, 4, 6, 6)).isfinite().all()
