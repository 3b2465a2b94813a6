"""Neighbourhoods of networks: the laws hold for every reference; families get what makes sense."""

import numpy as np
import pytest

import nas
from nas.errors import GenotypeError, SpaceError
from nas.genotype import canonical_hash
from nas.space import Space, around
from nas.zoo import references

SAMPLE = (
    "lenet5", "alexnet", "nin", "vgg11", "googlenet", "resnet18", "resnext50_32x4d",
    "squeezenet1_0", "xception", "mobilenet_v2", "mobilenet_v3_small", "shufflenet_g1_w1",
    "nasnetamobile",
    "darts_cifar10", "nas_bench_201_best", "regnetx_002", "vit_tiny_patch16_224", "coatnet_0",
    "nf_resnet50", "swin_t", "convnext_tiny",
)  # fmt: skip
EVERY = [
    pytest.param(name, marks=() if name in SAMPLE else pytest.mark.slow) for name in references()
]
DRAWS = 16


def options(name: str) -> dict[str, tuple[object, ...]]:
    return {d.key: d.options for d in Space(around(nas.genotype(name))).decisions}


@pytest.mark.parametrize("name", EVERY)
def test_every_reference_is_a_seed(name: str) -> None:
    seed = nas.genotype(name)
    text = around(seed)
    assert nas.parse(str(text)) == text
    space = Space(text, near=True)
    assert space.origin is not None
    assert canonical_hash(space.resolve(space.origin)) == canonical_hash(seed)
    rng, output, built = np.random.default_rng(0), nas.cost(seed).graph.spec, 0
    for _ in range(DRAWS):
        try:
            made = nas.cost(space.resolve(space.sample(rng)))
        except GenotypeError:
            continue
        assert made.graph.spec == output
        built += 1
    assert built >= 0.3 * DRAWS


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "swin_t", "shufflenet_g1_w1", "lenet5"])
def test_each_step_alone_builds_and_changes_something(name: str) -> None:
    seed = nas.genotype(name)
    space = Space(around(seed), near=True)
    own, output = canonical_hash(seed), nas.cost(seed).graph.spec
    for point in space.neighbours(space.origin or {}):
        network = space.resolve(point)
        assert nas.cost(network).graph.spec == output
        assert canonical_hash(network) != own


def test_a_residual_network_varies_in_what_the_issue_names() -> None:
    found = options("resnet50")
    assert found["conv.conv.kernel"] == (7, 5)
    assert found["bottleneck_out"] == (256, 192, 320)
    assert found["bottleneck2.bottleneck.width"] == (0.25, 0.125, 0.375)
    assert found["bottleneck3.bottleneck.se"] == (0, 0.25)
    assert found["bottleneck4.bottleneck.groups"] == (1, 2, 4)
    assert found["bottleneck4.repeats"] == (3, 2, 4)
    assert found["bottleneck4"][0] == "bottleneck"
    assert found["bottleneck4"][1:] == ("basic", "xblock")
    assert found["act_relu"] == ("relu", "silu", "hardswish")
    assert not any("classifier" in key or "stride" in key for key in found)


def test_mobile_blocks_vary_in_kernel_and_expansion_and_may_be_fused() -> None:
    found = options("efficientnet_b0")
    assert found["mbconv2.mbconv.kernel"] == (3, 5)
    assert found["mbconv3.mbconv.expand"] == (6, 3, 9)
    assert found["mbconv3.mbconv.se"] == (0.25, 0)
    assert found["mbconv4"] == ("mbconv", "fused_mbconv")


def test_blocks_that_stand_alone_are_doubled_left_out_or_replaced() -> None:
    found = options("alexnet")
    assert found["conv3"] == ("conv", "dwsep", "identity")
    assert found["conv3.conv.repeats"] == (1, 2)
    assert found["fc"] == ("fc", "identity")
    assert options("vgg11")["fc.repeats"] == (2, 1, 3)


def test_transformers_keep_heads_and_channels_together() -> None:
    found = options("vit_b_16")
    assert found["transformer.heads"] == (12, 6, 24)
    assert found["transformer.mlp"] == (4, 2, 6)
    assert found["patch_embed.out"] == (768, 576, 960)
    assert not any("patch_embed.patch" in key or "positions" in key for key in found)


def test_widths_that_meet_in_a_sum_move_together() -> None:
    seed = nas.parse(
        "image(3, 32, 32) >> conv(16, 3) >> (conv(24, 3) + conv(24)) >> identity + conv(24, 3)"
        ">> (conv(40) | conv(8)) >> classifier(10)"
    )
    space = Space(around(seed), near=True)
    together = [d for d in space.decisions if d.options == (24, 18, 32)]
    assert len(together) == 1
    network = space.resolve({**(space.origin or {}), together[0].key: 32})
    assert str(network).count("conv(32") == 3
    assert nas.cost(network).graph.spec.shape == (10,)


def test_a_cell_is_the_same_wherever_it_stands() -> None:
    keys = [key for key in options("nasnetamobile") if key.startswith("inside")]
    stems = {key.split(".")[0] for key in keys}
    # the stem's cell, the normal and the reduction cell
    assert stems == {"inside1", "inside2", "inside3"}


def test_draws_stay_near_the_seed_and_reach_everything() -> None:
    space = Space(
        nas.parse(
            'image(3, 8, 8) >> conv(choice(8, 4), choice(3, 5), act=choice("relu", "silu"))'
            ">> choice(conv(choice(4, 8)), act)"
        ),
        near=True,
    )
    rng = np.random.default_rng(0)
    drawn = [space.sample(rng) for _ in range(3000)]
    assert space.size == 2 * 2 * 2 * (2 + 1)
    assert len({tuple(sorted(point.items())) for point in drawn}) == space.size - 1
    assert space.origin not in drawn


def test_the_number_of_steps_is_geometric() -> None:
    keys = " >> ".join(f'conv(choice(8, 4)) @ "c{i}"' for i in range(40))
    space = Space(nas.parse(f"image(3, 8, 8) >> {keys}"), near=True)
    rng = np.random.default_rng(0)
    steps = np.array([sum(v == 4 for v in space.sample(rng).values()) for _ in range(2000)])
    assert steps.min() == 1
    assert abs(steps.mean() - 3) < 0.25  # deviation 2.45 / sqrt(2000) = 0.055
    assert abs((steps == 1).mean() - 1 / 3) < 0.05


REFUSED = {
    "a space": ("image(3, 8, 8) >> conv(choice(8, 16)) >> classifier(10)", "--space"),
    "nothing to vary": ("image(3, 8, 8) >> classifier(10)", "nothing about the network"),
    "what can't be built": (
        "image(3, 8, 8) >> conv(8, 9, padding=0) >> classifier(10)",
        "can't be built",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_seed_is_refused_in_a_sentence(name: str) -> None:
    text, said = REFUSED[name]
    with pytest.raises(SpaceError, match=said):
        around(nas.parse(text))
