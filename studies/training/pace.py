"""Time of an epoch: nas.train.fit beside a plain PyTorch loop of the same steps.

Processor time of one thread, plain - ours - plain in each round; prints each round's ratio and the
medians.
"""

import argparse
import statistics
import time
from copy import deepcopy

import torch
from torch.nn.functional import cross_entropy

import nas
from nas.data import load
from nas.train import Recipe, fit
from nas.train.optimizer import SGD
from nas.train.schedule import Cosine

RECIPE = Recipe(
    "pace", SGD(0.05, 1e-4, True), Cosine(), epochs=1, batch=64, label_smoothing=0.1, augment=False
)
NETWORKS = {
    "one layer, so the loop alone": "image(1, 32, 32) >> flatten >> fc(10)",
    "inverted residuals": "image(1, 32, 32) >> conv(16, 4, stride=4) >> mbconv(16, expand=4, se=0)"
    " * 10 >> classifier(10)",
    "resnet20 at half width": "image(1, 32, 32) >> conv(8, 3) >> basic(8) * 3"
    " >> basic(16, stride=2) * 3 >> basic(32, stride=2) * 3 >> classifier(10)",
}


def plain(model):
    """An epoch as in PyTorch's tutorial, images normalised once for all."""
    data = load("digits")
    split = data.train()
    images = (split.images.float() / 255 - data.mean[0]) / data.std[0]
    images = images.to(memory_format=torch.channels_last)
    model.to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(
        model.parameters(), 0.05, momentum=0.9, weight_decay=1e-4, fused=True
    )
    steps = -(-len(images) // RECIPE.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    order = torch.Generator().manual_seed(0)
    for chosen in torch.randperm(len(images), generator=order).tensor_split(steps):
        optimizer.zero_grad()
        loss = cross_entropy(model(images[chosen]), split.labels[chosen], label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        schedule.step()
        loss.item()


def ours(model):
    fit(model, load("digits"), RECIPE, device="cpu")


def seconds(train, model):
    start = time.process_time()
    train(model)
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    load("digits").train()  # read once: neither pays for it
    for name, text in NETWORKS.items():
        network = nas.compile(nas.parse(text), seed=0)
        ours(deepcopy(network)), plain(deepcopy(network))  # warm
        ratios, times = [], []
        for _ in range(rounds):
            before, mine, after = (
                seconds(each, deepcopy(network)) for each in (plain, ours, plain)
            )
            ratios.append(2 * mine / (before + after))
            times.append(mine)
        told = " ".join(f"{ratio:.3f}" for ratio in ratios)
        print(
            f"{name}: {statistics.median(times):.3f} s an epoch, ratio to the plain loop "
            f"{statistics.median(ratios):.3f} (median of {told})",
            flush=True,
        )


if __name__ == "__main__":
    main()
