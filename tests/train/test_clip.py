import pytest
import torch
from torch import nn
from trainees import small
from witness import timm

import nas
from nas.compiler.network import compile
from nas.train.clip import Clip, unclassifying


def with_gradients(scale=1.0):
    model = small()
    torch.manual_seed(0)
    for each in model.parameters():
        each.grad = torch.randn_like(each) * scale
    return model


def gradients(model):
    return [each.grad for each in model.parameters()]


@pytest.mark.parametrize("scale", [1e-4, 1.0])
def test_adaptive_clipping_is_timms(scale):
    ours, theirs = with_gradients(scale), with_gradients(scale)
    Clip(adaptive=0.01)(ours)
    timm.utils.adaptive_clip_grad(list(theirs.parameters())[:-2], clip_factor=0.01)
    torch.testing.assert_close(gradients(ours), gradients(theirs))
    assert torch.equal(ours[-1].weight.grad, with_gradients(scale)[-1].weight.grad)


def test_values_and_the_common_norm_are_limited():
    model = with_gradients()
    Clip(value=0.5)(model)
    assert max(each.abs().max() for each in gradients(model)) == 0.5
    Clip(norm=0.25)(model)
    norm = torch.stack([each.norm() for each in gradients(model)]).norm()
    assert norm.item() == pytest.approx(0.25, rel=1e-4)
    assert not Clip()


def test_the_classifiers_are_spared_those_of_auxiliary_heads_too():
    text = "image(3, 8, 8) >> conv(4) >> aux(conv(5) >> classifier(7)) >> conv(6) >> classifier(9)"
    network = compile(nas.parse(text), seed=0)
    kept = {id(each) for each in unclassifying(network)}
    spared = {name for name, each in network.named_parameters() if id(each) not in kept}
    lasts = {module for module in network.modules() if isinstance(module, nn.Linear)}
    widths = {each.out_features for each in lasts if id(each.weight) not in kept}
    assert widths == {7, 9}
    assert len(spared) == 4
