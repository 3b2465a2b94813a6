from dataclasses import replace
from importlib.resources import files

import pytest
import torch
from torch import nn
from witness import timm

import nas
from nas.compiler.network import compile
from nas.errors import UsageError
from nas.train import Recipe
from nas.train.augment import Augmentation
from nas.train.optimizer import SGD, AdamW, RMSProp, RMSPropTF
from nas.train.schedule import Constant, Cosine, Exponential, Step

SMALL = """
epochs = 2
batch = 8
[optimizer]
name = "sgd"
lr = 1
[schedule]
name = "constant"
"""


def test_the_papers_recipes_hold_the_papers_numbers():
    # arXiv:1512.03385, section 4.2: 64k steps of 128 of 50,000 images, divided by 10 at 32k and 48k
    resnet = Recipe.load("resnet")
    assert round(64_000 * 128 / 50_000) == resnet.epochs
    assert resnet.schedule == Step(milestones=(82, 123), gamma=0.1)
    assert resnet.optimizer == SGD(lr=0.1, weight_decay=1e-4, decay_all=True, momentum=0.9)
    # arXiv:1905.11946, section 5.2
    efficientnet = Recipe.load("efficientnet")
    assert efficientnet.schedule == Exponential(warmup=5, gamma=0.97, every=2.4)
    assert efficientnet.optimizer == RMSPropTF(0.256, 1e-5, momentum=0.9, decay=0.9, eps=1e-3)
    assert (efficientnet.drop_path, efficientnet.ema) == (0.2, 0.9999)
    assert efficientnet.augmentation == Augmentation(policy="autoaugment")
    # arXiv:2012.12877, Table 9: 5e-4 * batch / 512
    deit = Recipe.load("deit")
    assert deit.optimizer == AdamW(5e-4 * deit.batch / 512, 0.05)
    assert (deit.schedule, deit.epochs, deit.batch) == (Cosine(5), 300, 1024)
    assert (deit.label_smoothing, deit.drop_path) == (0.1, 0.1)
    assert deit.augmentation == Augmentation(
        erase=0.25, mixup=0.8, cutmix=1.0, policy="randaugment", magnitude=9, spread=0.5
    )
    # arXiv:2102.06171, section A.1: 0.1 * batch / 256
    nfnet = Recipe.load("nfnet")
    assert nfnet.optimizer == SGD(0.1 * nfnet.batch / 256, 2e-5, momentum=0.9, nesterov=True)
    assert (nfnet.schedule, nfnet.epochs, nfnet.batch) == (Cosine(5), 360, 4096)
    assert (nfnet.clip_adaptive, nfnet.ema, nfnet.label_smoothing) == (0.01, 0.99999, 0.1)
    # arXiv:2201.03545, Table 5
    convnext = Recipe.load("convnext")
    assert convnext.optimizer == AdamW(lr=4e-3, weight_decay=0.05, betas=(0.9, 0.999))
    assert convnext.augmentation == deit.augmentation
    assert (convnext.schedule, convnext.epochs, convnext.batch) == (Cosine(20), 300, 4096)


def test_every_recipe_names_its_source_in_its_first_line():
    assert {"convnext", "deit", "efficientnet", "nfnet", "proxy", "resnet"} <= set(Recipe.names())
    for name in Recipe.names():
        text = (files("nas.train") / "recipes" / f"{name}.toml").read_text("utf-8")
        assert text.startswith("# Source: ")
        assert Recipe.load(name).name == name


def test_a_recipe_may_be_a_file(tmp_path):
    (tmp_path / "mine.toml").write_text(SMALL)
    recipe = Recipe.load(tmp_path / "mine.toml")
    assert recipe == Recipe("mine", SGD(1.0), Constant(), epochs=2, batch=8)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("batch = 8", "bach = 8", r"recipe x: 'bach' is not known; did you mean 'batch'\?"),
        ("lr = 1", "lr = 1\nbetas = [0.9]", "recipe x: optimizer sgd: 'betas' is not known; there"),
        ("lr = 1", "momentum = 0.5", "recipe x: optimizer sgd: 'lr' is missing; add it"),
        ("epochs = 2", "", "recipe x: 'epochs' is missing"),
        ("epochs = 2", "epochs = 2.5", "recipe x: epochs must be of type int, but got 2.5"),
        ("epochs = 2", "epochs = true", "recipe x: epochs must be of type int, but got True"),
        ("epochs = 2", "epochs = 0", "recipe x: epochs must be at least 1, but got 0"),
        ("batch = 8", "batch = 1", "recipe x: batch must be at least 2, or batch norm has noth"),
        ("epochs = 2", "epochs = 2\nema = 1.0", r"recipe x: ema must be in \[0, 1\), but got 1.0"),
        (
            "epochs = 2",
            "epochs = 2\nprecision = 'fp8'",
            "precision must be fp32 or bf16 or fp16, bu",
        ),
        ("epochs = 2", "epochs = 2\naccumulate = 0", "accumulate must be at least 1, but got 0"),
        ("lr = 1", "lr = 'high'", "recipe x: optimizer sgd: lr must be of type float, but got 'h"),
        ("lr = 1", "lr = 0", "recipe x: optimizer.lr must be more than 0, but got 0.0"),
        ('"sgd"', '"sdg"', r"recipe x: optimizer: 'sdg' is not known; did you mean 'sgd'\?"),
        ('"constant"', "3", "recipe x: schedule needs a table with a name, one of constant, cos"),
        ("epochs = 2", "epochs", "recipe x is not TOML: "),
        ("epochs = 2", "epochs = 2\naugmentation = 3", "recipe x: augmentation needs a table"),
        ("batch = 8", "batch = 8\n[augmentation]\nmixup = -1", "mixup must be 0 .none. or more"),
        ("batch = 8", "batch = 8\n[augmentation]\nmix = 1", "augmentation: 'mix' is not known; d"),
    ],
)
def test_what_is_not_understood_is_refused(old, new, message):
    with pytest.raises(UsageError, match=message):
        Recipe.parse(SMALL.replace(old, new), "x")


def test_unknown_and_unreadable_recipes_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"recipe 'resnt' is not known; did you mean 'resnet'\?"):
        Recipe.load("resnt")
    with pytest.raises(UsageError, match=r"can't be read: .*No such file"):
        Recipe.load(tmp_path / "none.toml")


def test_another_batch_moves_the_learning_rate():
    sgd = Recipe.parse(SMALL, "x")
    assert (sgd.at_batch(2).batch, sgd.at_batch(2).optimizer.lr) == (2, 0.25)
    adam = replace(sgd, optimizer=AdamW(lr=1.0))
    assert adam.at_batch(2).optimizer.lr == 0.5


def test_norms_and_biases_are_not_decayed_unless_asked():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    spared, everything = SGD(0.1, 0.5), SGD(0.1, 0.5, decay_all=True)
    decays = {
        p: group["weight_decay"]
        for group in spared.build(model).param_groups
        for p in group["params"]
    }
    assert [decays[p] for p in model.parameters()] == [0.5, 0, 0, 0]
    (group,) = everything.build(model).param_groups
    assert (len(group["params"]), group["weight_decay"]) == (4, 0.5)


@pytest.mark.parametrize(
    ("name", "witness"),
    [
        ("deit_tiny_patch16_224",) * 2,
        ("swin_t", "swin_tiny_patch4_window7_224"),
        ("convnext_tiny",) * 2,
        ("efficientnet_b0",) * 2,
    ],
)
def test_what_is_decayed_is_what_timm_decays(name, witness):
    with torch.device("meta"):
        theirs = timm.create_model(witness)
    left = theirs.no_weight_decay() if hasattr(theirs, "no_weight_decay") else ()
    groups = [
        AdamW(0.1, 0.05).build(compile(nas.genotype(name), device="meta")).param_groups,
        timm.optim.param_groups_weight_decay(theirs, 0.05, no_weight_decay_list=left),
    ]
    ours, expected = (
        {each["weight_decay"]: sorted(p.numel() for p in each["params"]) for each in some}
        for some in groups
    )
    assert ours == expected


def test_a_norm_free_networks_gains_are_not_decayed():
    """arXiv:2102.06171, section A.1."""
    network = compile(nas.genotype("nfnet_f0"), device="meta")
    decays = {
        id(p): group["weight_decay"]
        for group in SGD(0.1, 0.5).build(network).param_groups
        for p in group["params"]
    }
    kinds = {name.rpartition(".")[2]: decays[id(p)] for name, p in network.named_parameters()}
    assert kinds == {"weight": 0.5, "bias": 0, "gain": 0}


@pytest.mark.parametrize(
    ("ours", "torchs"),
    [
        (SGD(0.1, 0.01, True, 0.9, True), lambda p: torch.optim.SGD(
            p, 0.1, weight_decay=0.01, momentum=0.9, nesterov=True)),
        (AdamW(0.1, 0.01, True), lambda p: torch.optim.AdamW(p, 0.1, weight_decay=0.01)),
        (RMSPropTF(0.1, 0.01, True), lambda p: timm.optim.RMSpropTF(
            p, 0.1, alpha=0.9, eps=1e-3, momentum=0.9, weight_decay=0.01)),
        (RMSProp(0.1, 0.01, True), lambda p: torch.optim.RMSprop(
            p, 0.1, alpha=0.9, eps=1e-3, momentum=0.9, weight_decay=0.01)),
    ],
)  # fmt: skip
def test_optimizers_step_as_torchs_own(ours, torchs):
    models = [nn.Linear(3, 2) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    optimizers = [ours.build(models[0]), torchs(models[1].parameters())]
    for _ in range(5):
        for model, optimizer in zip(models, optimizers, strict=True):
            optimizer.zero_grad()
            model(torch.eye(3)).square().sum().backward()
            optimizer.step()
    for one, other in zip(models[0].parameters(), models[1].parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)
