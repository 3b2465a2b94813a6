"""The loop against a plain PyTorch loop written out here, and what it promises besides."""

import statistics
import time
from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from trainees import small
from witness import timm

from nas.data import Split, load
from nas.errors import DataError, DivergenceError
from nas.train import Recipe, fit
from nas.train.loop import seeded
from nas.train.optimizer import SGD, AdamW, RMSProp
from nas.train.schedule import Constant, Cosine, Step

RECIPE = Recipe(
    "test", SGD(0.05, 1e-4, True), Cosine(), epochs=2, batch=64, label_smoothing=0.1, augment=False
)


class Outputs(NamedTuple):
    output: Tensor
    aux: tuple[Tensor, ...]


class WithAux(nn.Module):
    """A network with one auxiliary classifier, as the compiler makes them."""

    aux_weights = (0.3,)

    def __init__(self):
        super().__init__()
        self.body = small()
        with seeded(2, torch.device("cpu")):
            self.side = nn.Linear(8 * 64, 10)

    def forward(self, x):
        early = self.body[:3](x)
        output = self.body[3:](early)
        return Outputs(output, (self.side(early.flatten(1)),)) if self.training else output


def mobile():
    """Ten inverted residuals (arXiv:1801.04381) on a map of 8 x 8, as a search trains them."""

    def inverted():
        return nn.Sequential(
            *(nn.Conv2d(16, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()),
            *(nn.Conv2d(64, 64, 3, 1, 1, groups=64, bias=False), nn.BatchNorm2d(64), nn.ReLU()),
            *(nn.Conv2d(64, 16, 1, bias=False), nn.BatchNorm2d(16)),
        )

    blocks = [inverted() for _ in range(10)]
    return nn.Sequential(nn.Conv2d(1, 16, 4, 4), *blocks, nn.Flatten(), nn.Linear(1024, 10))


def plain(model, optimizer, scheduler, epochs, seed, batch=64, clip=0.0):
    """Training as in PyTorch's tutorial; the loss of each step."""
    data = load("digits")
    split = data.train()
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    images = images.to(memory_format=torch.channels_last)
    model.to(memory_format=torch.channels_last).train()
    order = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(epochs):
        for chosen in torch.randperm(len(images), generator=order).tensor_split(
            -(-len(images) // batch)
        ):
            optimizer.zero_grad()
            outputs, labels = model(images[chosen]), split.labels[chosen]
            if isinstance(outputs, tuple):
                loss = cross_entropy(outputs.output, labels, label_smoothing=0.1)
                loss += 0.3 * cross_entropy(outputs.aux[0], labels, label_smoothing=0.1)
            else:
                loss = cross_entropy(outputs, labels, label_smoothing=0.1)
            loss.backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
    return losses


def cosine(optimizer, steps):
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)


@pytest.mark.parametrize("make", [small, WithAux])
def test_the_loss_curve_is_that_of_a_plain_loop(make):
    models = [make() for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    optimizer = torch.optim.SGD(models[1].parameters(), 0.05, momentum=0.9, weight_decay=1e-4)
    expected = plain(models[1], optimizer, cosine(optimizer, 34), epochs=2, seed=3)
    history = fit(models[0], load("digits"), RECIPE, seed=3, device="cpu")
    assert len(history.losses) == 34
    assert history.losses == pytest.approx(expected, abs=1e-6, rel=0)
    assert history.epochs[1].loss < history.epochs[0].loss


def test_so_it_is_with_steps_clipping_and_the_adaptive_optimizers():
    data = load("digits")
    for ours, torchs in (
        (AdamW(0.003, 0.05, True), lambda p: torch.optim.AdamW(p, 0.003, weight_decay=0.05)),
        (RMSProp(0.003), lambda p: torch.optim.RMSprop(p, 0.003, 0.9, 1e-3, momentum=0.9)),
    ):
        models = small(), small()
        optimizer = torchs(models[1].parameters())
        scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [10], gamma=0.1)
        expected = plain(models[1], optimizer, scheduler, epochs=1, seed=0, batch=54, clip=0.5)
        recipe = replace(
            RECIPE, optimizer=ours, schedule=Step(milestones=(1.0,)), clip=0.5, batch=54
        )
        history = fit(models[0], data, recipe, epochs=1, device="cpu")
        assert history.losses == pytest.approx(expected, abs=1e-6, rel=0)


def test_so_it_is_with_averaged_weights_and_adaptive_clipping():
    recipe = replace(RECIPE, ema=0.9, clip_adaptive=0.02, clip_value=0.05)
    models = small(), small()
    optimizer = torch.optim.SGD(models[1].parameters(), 0.05, momentum=0.9, weight_decay=1e-4)
    average, losses = timm.utils.ModelEmaV2(models[1]), []
    data = load("digits")
    split, order = data.train(), torch.Generator().manual_seed(0)
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    schedule = cosine(optimizer, 34)
    models[1].train()
    for chosen in [c for _ in range(2) for c in order_of(len(images), order)]:
        optimizer.zero_grad()
        loss = cross_entropy(models[1](images[chosen]), split.labels[chosen], label_smoothing=0.1)
        loss.backward()
        timm.utils.adaptive_clip_grad(list(models[1].parameters())[:-2], clip_factor=0.02)
        nn.utils.clip_grad_value_(models[1].parameters(), 0.05)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        average.decay = min(0.9, (1 + len(losses)) / (10 + len(losses)))
        average.update(models[1])
    history = fit(models[0], data, recipe, device="cpu")
    assert history.losses == pytest.approx(losses, abs=1e-6, rel=0)
    for ours, theirs in zip(models[0].parameters(), average.module.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def order_of(images, generator, batch=64):
    return torch.randperm(images, generator=generator).tensor_split(-(-images // batch))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_halved_precision_learns_as_well_nearly(precision):
    seen = []
    model = small()
    model[0].register_forward_hook(lambda _, __, output: seen.append(output.dtype))
    history = fit(model, load("digits"), replace(RECIPE, precision=precision), device="cpu")
    whole = fit(small(), load("digits"), RECIPE, device="cpu")
    assert set(seen) == {torch.bfloat16 if precision == "bf16" else torch.float16}
    assert history.losses != whole.losses
    assert history.losses == pytest.approx(whole.losses, abs=0.05)
    assert {each.dtype for each in model.parameters()} == {torch.float32}


def test_the_same_seed_gives_the_same_weights_and_leaves_the_global_state():
    recipe = replace(RECIPE, augment=True)
    before = torch.get_rng_state()
    trained = []
    for seed in (5, 5, 6):
        torch.rand(3)  # what happened before must not matter
        model = small(dropout=0.5)
        state = torch.get_rng_state()
        fit(model, load("digits"), recipe, seed=seed, device="cpu")
        assert torch.equal(torch.get_rng_state(), state)
        assert not model.training
        trained.append(torch.cat([each.flatten() for each in model.state_dict().values()]))
    assert torch.equal(trained[0], trained[1])
    assert not torch.equal(trained[0], trained[2])
    torch.set_rng_state(before)


def test_it_learns_digits():
    from nas.train import Score

    data, model = load("digits"), small()
    seen = []
    history = fit(model, data, RECIPE, epochs=6, watch=seen.append, device="cpu")
    assert tuple(seen) == history.epochs
    assert [each.number for each in seen] == [1, 2, 3, 4, 5, 6]
    assert history.seconds > 0
    assert seen[0].speed == pytest.approx(1078 / seen[0].seconds)
    assert Score.of(model, data, data.validation()).top1 > 0.9


def test_divergence_is_found_at_its_step():
    model = small()
    recipe = replace(RECIPE, optimizer=SGD(1e30), schedule=Constant())
    with pytest.raises(DivergenceError, match=r"became nan in epoch 1, step \d+; lower the lea"):
        fit(model, load("digits"), recipe, device="cpu")
    assert not model.training


def test_a_last_batch_is_never_too_small_for_batch_norm():
    kept = load("digits")
    model = nn.Sequential(
        nn.Conv2d(1, 4, 8, 8), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(4), nn.Flatten(),
        nn.Linear(4, 10),
    )  # fmt: skip
    for images in (65, 3, 2):
        split = kept.train()
        first = Split(split.images[:images], split.labels[:images])
        data = replace(kept, read=lambda part, first=first: first)
        fit(model, data, replace(RECIPE, batch=2 if images == 3 else 64), device="cpu")
    alone = Split(split.images[:1], split.labels[:1])
    with pytest.raises(DataError, match="digits: training needs at least 2 images, but got 1"):
        fit(model, replace(kept, read=lambda part: alone), RECIPE, device="cpu")


def test_an_interrupt_passes_through_and_the_state_is_put_back():
    def interrupt(epoch):
        raise KeyboardInterrupt

    state = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        fit(small(0.5), load("digits"), RECIPE, watch=interrupt, device="cpu")
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.slow
def test_an_epoch_takes_as_long_as_a_plain_loops():
    network = mobile()
    ratios = []
    for _ in range(9):
        models = [deepcopy(network) for _ in range(3)]
        seconds = []
        for number, model in enumerate(models):  # ours in the middle
            optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, fused=True)
            start = time.process_time()  # on one thread; what else runs here does not count
            if number == 1:
                fit(model, load("digits"), RECIPE, epochs=1, device="cpu")
            else:
                plain(model, optimizer, cosine(optimizer, 17), epochs=1, seed=0)
            seconds.append(time.process_time() - start)
        ratios.append(2 * seconds[1] / (seconds[0] + seconds[2]))
    assert statistics.median(ratios) < 1.03
