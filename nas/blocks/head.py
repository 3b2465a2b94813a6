"""Heads: from a map to one number a class."""

from __future__ import annotations

from typing import Annotated

from nas.blocks._base import Anchor, Block, block
from nas.blocks.fields import Activation, Channels, Classes, Rate, Switch, one_of
from nas.graph import Value


@block("classifier")
class Classifier(Block):
    """The mean of each channel of a map or tokens, dropout, one linear layer: the last block of a
    network.

    Shape: (C, H, W), (C, N) or (C,) -> (classes,).
    """

    classes: Classes
    dropout: Rate = 0.0
    pool: Annotated[str, one_of("avg", "max", "flatten", "token")] = "avg"  # "token": the class's

    anchors = (
        Anchor(
            {"classes": 1000},
            shape=(1280, 7, 7),
            params=1_281_000,
            macs=1_280_000,
            source="EfficientNet-B0's head, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Pool, drop, weigh."""
        if x.spec.size:
            x = x.flatten() if self.pool == "flatten" else x.global_pool(self.pool)
        return x.dropout(self.dropout).linear(self.classes)


@block("fc")
class FullyConnected(Block):
    """Flatten what is a map, one linear layer, activation, dropout: the hidden layers of
    AlexNet's and VGG's heads.

    Shape: (C, H, W) or (C,) -> (out,).
    """

    out: Channels
    act: Activation = "relu"
    dropout: Rate = 0.0
    bias: Switch = True

    anchors = (
        Anchor(
            {"out": 4096},
            shape=(256, 6, 6),
            params=37_752_832,
            macs=37_748_736,
            source="AlexNet's first fully connected layer: 9216*4096 + 4096, by hand",
        ),
    )

    def body(self, x: Value) -> Value:
        """Weigh all, activate, drop."""
        return x.flatten().linear(self.out, bias=self.bias).act(self.act).dropout(self.dropout)


@block("linear")
class Linear(Block):
    """One linear layer on a vector, nothing else.

    Shape: (C,) -> (out,).
    """

    out: Channels
    bias: Switch = True

    anchors = (
        Anchor(
            {"out": 10}, shape=(84,), params=850, macs=840, source="LeNet-5's last layer, by hand"
        ),
    )

    def body(self, x: Value) -> Value:
        """One operation."""
        return x.linear(self.out, bias=self.bias)
