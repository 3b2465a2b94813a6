"""A child with its parent's weights answers as its parent does, where the edit allows; else it says
why not. Parents are trained, so that no weight or statistic is what it began as."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

import nas
from nas.compiler.morph import inherit
from nas.data import load
from nas.scaling import scale
from nas.space import Space, fit
from nas.space import load as space
from nas.train import Recipe
from nas.train import fit as train
from nas.train.score import Score

HEAD, TAIL = "image(1, 16, 16) >> ", " >> classifier(10)"
SPACES = {
    "mbconv": "conv(8, 3, stride=2, act='silu') >> mbconv({a}, {k}, stride=2, expand={e}, se={s}) "
    "* {n} @ 's1' >> mbconv(16, 3, expand=3) * 2 @ 's2' >> conv(32, 1, act='silu')",
    "resnet": "conv(8, 3, stride=2) >> xblock({a}, group_width=4, width={e}) * {n} @ 's1' >> "
    "xblock(24, stride=2, group_width=8) * 2 @ 's2'",
    "basic": "conv(8, 3, stride=2) >> basic({a}) * {n} >> bottleneck(32, stride=2, width={e}) * 2",
    "plain": "conv({a}, {k}) * {n} @ 's1' >> maxpool(2, stride=2, padding=0) >> conv({b}, 3) "
    "* {n} @ 's2' >> pool_to(2) >> fc({f}, dropout=0.1) * {n}",
    "dense": "conv({a}, {k}, stride=2) >> dense({n}, {g}, {e}) @ 'd1' >> transition >> "
    "dense(2, {g}) >> norm >> act",
    "inception": "conv(8, 3, stride=2) >> (conv({a}) | conv(4) >> conv({b}, {k}) | maxpool >> "
    "conv({g})) @ 'a' >> (conv(8) | conv(8, 3) * {n}) @ 'b'",
}
SAME = "default(padding='same')"
PATCHES = "default(norm='layer') >> patch_embed"
TOKENS = f"{PATCHES}(16, 4) >> positions"
GROUPED = "conv(16, 3) >> xblock(16, group_width"
USUAL = {"a": 12, "b": 12, "k": 3, "e": 2, "s": 0.25, "n": 1, "f": 24, "g": 4}
EDITS = {
    "kernel": {"k": 5},
    "width": {"a": 20, "b": 20, "f": 40},
    "growth": {"g": 7},
    "expansion": {"e": 3},
    "depth": {"n": 3},
    "all": {"a": 20, "b": 17, "k": 7, "e": 4, "n": 2, "f": 31, "g": 6},
}
KEPT = [
    (name, edit)
    for name, text in SPACES.items()
    for edit, values in EDITS.items()
    if any("{" + key + "}" in text for key in values)
]


@cache
def digits():
    return load("digits").resized(16, 16)


@cache
def parent(text):
    model = nas.compile(nas.parse(HEAD + text + TAIL), seed=0)
    train(model, digits(), Recipe.load("proxy"), epochs=1, seed=0)
    return model.eval()


def child(text, seed=1):
    return nas.compile(nas.parse(HEAD + text + TAIL), seed=seed)


def apart(one, other, images):
    """The largest difference of two networks' answers, as a share of the largest answer."""
    with torch.no_grad():
        wanted = one.eval()(images)
        return float((other.eval()(images) - wanted).abs().max() / wanted.abs().max())


@pytest.fixture(scope="module")
def images():
    return torch.randn(16, 1, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("name", "edit"), KEPT)
def test_a_larger_child_is_its_parents_function(name, edit, images):
    text = SPACES[name]
    older = parent(text.format(**USUAL))
    before = {key: value.clone() for key, value in older.state_dict().items()}
    larger = child(text.format(**{**USUAL, **EDITS[edit]}))
    assert sum(map(torch.numel, larger.parameters())) > sum(map(torch.numel, older.parameters()))
    found = inherit(larger, older)
    assert found.preserving, found.reasons
    assert apart(older, larger, images) < 1e-5
    validation = digits().validation()
    scores = [Score.of(model, digits(), validation) for model in (older, larger)]
    assert scores[0].top1 == scores[1].top1 > 0.15
    assert scores[0].loss == pytest.approx(scores[1].loss, rel=1e-5)
    assert all(torch.equal(before[key], value) for key, value in older.state_dict().items())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mbconv(12, stride=2, se=0) * 2", "mbconv(12, stride=2, se=0.25) * 2"),
        ("conv(8, 3) >> conv(12, 3)", "conv(8, 3) >> conv(8, 5) >> conv(12, 3)"),
        ("conv(8) >> (conv(6) | conv(4, 3))", "conv(8) >> (conv(6) | conv(4, 3) | conv(5, 5))"),
        ("conv(8) >> (conv(8, 3) + identity)", "conv(8) >> (conv(8, 3) + identity + conv(8, 5))"),
        (f"{SAME} >> mbconv(12, 3, stride=2)", f"{SAME} >> mbconv(12, 5, stride=2)"),
        (f"{TOKENS} >> transformer(2) >> norm", f"{TOKENS} >> transformer(2) * 3 >> norm"),
        (f"{PATCHES}(8, 4) >> convnext", f"{PATCHES}(16, 4) >> convnext * 2"),
        ("conv(8, 3) >> nf_bottleneck(16)", "conv(8, 3) >> nf_bottleneck(16) * 2"),
    ],
)
def test_more_edits_that_keep_the_function(before, after, images):
    older, newer = parent(before), child(after)
    found = inherit(newer, older)
    assert found.preserving, found.reasons
    assert apart(older, newer, images) < 1e-5


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("conv(8, 3) * 1", "conv(8, 3, act='silu') * 1", "conv.0.act: relu became silu"),
        ("conv(8, 5)", "conv(8, 3)", "conv.conv: a 5x5 kernel has no room in 3x3"),
        ("conv(12, 3) >> conv(8)", "conv(8, 3) >> conv(8)", "conv2.conv: it reads fewer of its"),
        ("conv(8, 3, act='elu') * 1", "conv(8, 3, act='elu') * 2", "conv.1.act: a new elu can't"),
        ("conv(8) >> maxpool", "conv(8) >> maxpool(5)", "maxpool.pool: its settings are others"),
        ("conv(8, 3) * 2", "conv(8, 3) * 1", "classifier.pool doesn't read what it read"),
        ("conv(8, 3, stride=2)", "conv(8, 3)", "conv.conv: stride or dilation is another"),
        (f"{GROUPED}=4)", f"{GROUPED}=8)", "its 4 groups are other channels than the 2"),
        (f"{PATCHES}(16, 4) >> norm", f"{PATCHES}(20, 4) >> norm", "only whole multiples keep it"),
    ],
)
def test_what_no_weights_can_keep_is_said_and_the_common_part_taken(before, after, why, images):
    older, newer = parent(before), child(after)
    found = inherit(newer, older)
    assert not found.preserving
    assert any(why in reason for reason in found.reasons), found.reasons
    assert "another function (" in str(found)
    assert apart(older, newer, images) > 1e-5
    assert {"classifier.linear"} <= set(found.taken)


def test_a_smaller_kernel_is_the_middle_and_fewer_channels_are_the_first():
    older = parent("conv(12, 5) >> conv(8)")
    newer = child("conv(6, 3) >> conv(8)")
    inherit(newer, older)
    assert torch.equal(newer.conv.conv.weight, older.conv.conv.weight[:6, :, 1:4, 1:4])
    torch.testing.assert_close(newer.conv2.conv.weight, older.conv2.conv.weight[:, :6])


def test_layers_are_found_by_their_place_not_by_their_order():
    older = parent("conv(8, 3) >> conv(8, 3) >> conv(8, 3)")
    newer = child("conv(8, 3) >> mbconv(8) >> conv(8, 3) >> conv(8, 3)")
    found = inherit(newer, older)
    assert found.preserving
    for number in ("", "2", "3"):
        one = newer.get_submodule(f"conv{number}.conv").weight
        assert torch.equal(one, older.get_submodule(f"conv{number}.conv").weight)
    last = child("conv(8, 3) >> conv(8, 3)")  # the first was taken out: those behind it stay
    last_again = parent("conv(4, 5) >> conv(8, 3) >> conv(8, 3)")
    inherit(last, last_again)
    assert torch.equal(last.conv2.conv.weight, last_again.conv3.conv.weight)


def test_new_norms_in_a_chain_undo_what_they_do_in_training_where_they_saw_images():
    text = "conv(8, 3) * {n} >> maxpool"
    older, split = parent(text.format(n=1)), digits().train()
    data = (split.images[:256].float() / 255 - digits().mean[0]) / digits().std[0]
    off = []
    for seen in (None, data):
        newer = child(text.format(n=3))
        assert inherit(newer, older, seen).preserving
        assert apart(older, newer, data[:16]) < 1e-5
        with torch.no_grad():
            off.append(float((newer.train()(data) - older(data)).abs().mean()))
    assert off[1] < off[0] / 5


def test_copies_of_a_channel_part_ways_when_they_are_trained():
    older, newer = parent("conv(8, 3) >> conv(8, 3)"), child("conv(16, 3) >> conv(8, 3)")
    inherit(newer, older)
    first = newer.conv.conv.weight.detach().clone()
    pairs = [(i, j) for i in range(16) for j in range(i) if torch.equal(first[i], first[j])]
    assert len(pairs) == 8
    train(newer, digits(), Recipe.load("proxy"), epochs=1, seed=0)
    now = newer.conv.conv.weight.detach()
    change = (now - first.to(now)).norm()
    assert all((now[i] - now[j]).norm() > 0.01 * change for i, j in pairs)


@pytest.mark.parametrize("name", ["mbconv", "resnet", "plain", "dense", "inception"])
def test_whatever_a_mutation_changes_what_is_said_to_be_kept_is_kept(name):
    side = 64 if name in ("dense", "inception") else 32
    among = Space(fit(scale(space(name), width=0.1), image=(1, side, side), classes=10))
    rng, images = np.random.default_rng(3), torch.randn(2, 1, side, side)
    kept = 0
    for seed in range(3):
        point = among.sample(rng)
        older = shaken(nas.compile(among.resolve(point), seed=seed))
        for _ in range(3):
            newer = nas.compile(among.resolve(among.mutate(point, rng)), seed=seed + 1)
            if inherit(newer, older).preserving:
                kept += 1
                assert apart(older, newer, images) < 1e-5
    assert kept


def shaken(model):
    """The network with statistics, scales and shifts of norms as no initialisation has them."""
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3, generator=random)
                module.running_var.uniform_(0.5, 2, generator=random)
                module.weight.uniform_(0.5, 1.5, generator=random)
                module.bias.normal_(0, 0.3, generator=random)
    return model
