"""Receptive field against gradients, training memory against what torch saves, and published
figures."""

import pytest
import torch
from torch import nn

import nas
from nas.errors import GenotypeError

STEM = "image(3, 32, 32) >> conv(16, 3) >> "


def seen(text):
    """(height, width) that the middle output pixel's gradient covers, with all weights positive."""
    network = nas.compile(nas.parse(text), seed=0).eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 0.1)
    x = torch.rand(1, *network.input_shape, requires_grad=True)
    y = network(x)
    y[0, :, y.shape[2] // 2, y.shape[3] // 2].sum().backward()
    rows, columns = x.grad[0].abs().sum(0).nonzero(as_tuple=True)
    return tuple(int(i.max() - i.min() + 1) for i in (rows, columns))


@pytest.mark.parametrize(
    ("text", "by_hand"),
    [
        ("conv(4, 3)", (3, 3)),
        ("conv(4, 3) * 3", (7, 7)),
        ("conv(4, 3, stride=2) >> conv(4, 3)", (7, 7)),
        ("conv(4, 7, stride=2) >> avgpool(3, stride=2) >> conv(4, 3)", (19, 19)),
        ("conv(4, 3, dilation=2) >> conv(4, 3)", (7, 7)),
        ("conv(4, (1, 5)) >> conv(4, (3, 1))", (3, 5)),
        ("avgpool(2, stride=2, padding=0) >> conv(4, 3)", (6, 6)),
        ("(conv(4, 3) | conv(4, 5) | conv(4))", (5, 5)),
        ("conv(3, 3) * 2 + identity", (5, 5)),
        ("conv(3, 5) >> norm + conv(3, 3)", (7, 7)),
        ('conv(4, 3) @ "a" >> conv(4, 3) >> tap("a") >> conv(4, 3)', (5, 5)),
        ("default(padding='same') >> conv(4, 3, stride=2) >> conv(4, 3, stride=2)", (7, 7)),
        ("mbconv(4, 5, se=0, act='relu') >> basic(4)", (9, 9)),
        ("mbconv(4, 5, act='relu') >> basic(4)", (9, 9)),  # a gate weighs, it doesn't see
    ],
)
def test_receptive_fields(text, by_hand):
    network = f"image(3, 64, 64) >> {text}"
    assert nas.cost(network).receptive_field == by_hand
    if "se=" in text or "mbconv" not in text:
        assert seen(network) == by_hand


@pytest.mark.parametrize(("name", "pixels"), [("vgg16", 212), ("alexnet", 195)])
def test_published_receptive_fields(name, pixels):
    """Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill
    2019, table of networks (vgg_16, alexnet_v2)."""
    assert nas.cost(name).receptive_field == (pixels, pixels)


@pytest.mark.parametrize(
    ("name", "millions"), [("resnet50", 11.1), ("resnext50_32x4d", 14.4), ("efficientnet_b0", 6.7)]
)
def test_activations_are_counted_as_pycls_does(name, millions):
    """pycls, MODEL_ZOO.md, column acts (M): elements put out by convolutions and linear layers."""
    assert nas.cost(name).activations / 1e6 == pytest.approx(millions, abs=0.05)


def saved(genotype, batch=2):
    """Bytes an image that the forward pass keeps for backward, without weights and statistics."""
    network = nas.compile(genotype, seed=0).train()
    own = {t.untyped_storage().data_ptr() for t in [*network.parameters(), *network.buffers()]}
    kept = {}

    def pack(tensor):
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in own:
            kept[memory.data_ptr()] = memory.nbytes(), tensor  # held, so that no address returns
        return tensor

    x = torch.randn(batch, *network.input_shape)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network(x)
    return sum(size for size, _ in kept.values()) / batch


@pytest.mark.parametrize(
    "text",
    [
        "conv(16, 3)",
        'conv(16, act="silu")',
        'conv(16, 3, act="relu6") * 2',
        "maxpool(2, 2, padding=0)",
        "avgpool(2, 2)",
        "mbconv(16)",
        'mbconv(16, act="relu6", se=0)',
        "basic(16)",
        "bottleneck(32, se=0.25)",
        "preact(32)",
        "dense(4, 8)",
        "transition",
        "(conv | maxpool)",
        "conv + identity",
        "dropout(0.5)",
        "lrn",
        "se(0.5)",
        'act("tanh")',
        'act("scaled_tanh")',
        'act("prelu")',
        'global_pool("max")',
        "pool_to(4)",
        "fc(10, dropout=0.5) >> classifier(4)",
        "default(drop_path=0.5) >> mbconv(16) * 2",
        "sep(16) >> norm",
        'default(padding="same") >> conv(16, 3, stride=2)',
        "conv(16) >> aux(fc(3)) >> maxpool",
    ],
)
def test_training_memory_counts_what_torch_saves(text):
    """Within 1 % of `saved_tensors_hooks`, beyond three copies of the weights."""
    genotype = nas.parse(f"{STEM}({text})")
    cost = nas.cost(genotype)
    counted = (cost.training_memory(2) - cost.training_memory(1)) / 1
    assert counted == pytest.approx(saved(genotype), rel=0.01)
    assert cost.training_memory(0) == 3 * 4 * cost.training_params


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "googlenet", "squeezenet1_1"])
def test_training_memory_of_references(name):
    from nas.zoo import genotype

    counted = nas.cost(name).training_memory(1) - nas.cost(name).training_memory(0)
    assert counted == pytest.approx(saved(genotype(name), batch=2), rel=0.01)


def test_inference_memory_by_hand():
    cost = nas.cost("image(3, 8, 8) >> conv(16, 3, act='none', bias=True) >> conv(2, act='none')")
    # elements alive: 3*64 and 16*64 at the first convolution, 16*64 twice at its norm
    assert cost.inference_memory(1) == 4 * (cost.params + 2 * 16 * 64)
    assert cost.inference_memory(5) == 4 * (cost.params + 5 * 2 * 16 * 64)
    # a branch keeps its input alive: 16*64 (input) + 16*64 + 16*64 (a step and its norm)
    branched = nas.cost("image(16, 8, 8) >> conv(16, act='none') + identity")
    assert branched.inference_memory() == 4 * (branched.params + 3 * 16 * 64)


def test_stages_and_nodes_add_up():
    cost = nas.cost("resnet18")
    for lines in (cost.stages, cost.nodes):
        assert sum(line.params for line in lines) == cost.params
        assert sum(line.macs for line in lines) == cost.macs
        assert sum(line.activations for line in lines) == cost.activations
    assert cost.stages[-1].shape == (1000,)
    assert cost.stages[0].shape == (3, 224, 224)


def test_a_part_is_counted_on_a_given_image():
    assert nas.cost("mbconv(16, expand=1)", image=(32, 112, 112)).params == 1_448
    for image, rule in (((3, 0, 8), "image's height"), ((3, 8, 8), "an input of its own")):
        with pytest.raises(GenotypeError, match=rule):
            nas.cost("image(3, 8, 8) >> conv" if rule.startswith("an") else "conv(8)", image=image)
    for image in ("3,8,8", (3, 8)):
        with pytest.raises(GenotypeError, match=r"is \(channels, height, width\) in pixels, such"):
            nas.cost("conv(8)", image=image)
