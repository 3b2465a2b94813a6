"""Small networks that tests train, for digits of 32 x 32 pixels."""

import torch
from torch import nn

from nas.train.loop import seeded


def small(dropout=0.0):
    """Two strided convolutions with batch norm, and a classifier."""
    with seeded(1, torch.device("cpu")):
        return nn.Sequential(
            *(nn.Conv2d(1, 8, 5, 4, 2, bias=False), nn.BatchNorm2d(8), nn.ReLU()),
            *(nn.Conv2d(8, 16, 3, 4, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()),
            *(nn.Dropout(dropout), nn.Flatten(), nn.Linear(64, 10)),
        )


def normless():
    """The same without batch norm, so that an image's gradient doesn't depend on its company."""
    with seeded(1, torch.device("cpu")):
        return nn.Sequential(
            *(nn.Conv2d(1, 8, 5, 4, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 4, 1), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(64, 10)),
        )


def bits(model):
    """Every tensor of a model's state, as one."""
    return torch.cat([each.flatten().double() for each in model.state_dict().values()])
