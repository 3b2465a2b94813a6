"""Primitive operations: the only code that names torch layers.

Each operation knows its output's shape, its parameters and multiply-accumulates, whether nothing
comes of
nothing, and how it is written in a module's `forward`. torch itself is imported only where
something is built.
"""

from nas.ops._base import FREE, Layer, Op, Pair, Spec, Total, pair
from nas.ops.activation import ACTIVATIONS, Activate
from nas.ops.attention import Attend, fitted
from nas.ops.combine import Add, Concat, Multiply
from nas.ops.conv import Conv
from nas.ops.drop import Dropout, DropPath
from nas.ops.learned import LayerScale, Positions
from nas.ops.linear import Linear, QueryKeyValue
from nas.ops.norm import BatchNorm, LayerNorm, LocalResponseNorm
from nas.ops.normfree import GAINS, AddScaled, Scale, ScaledConv, SkipGain
from nas.ops.pool import AdaptivePool, GlobalPool, Pool
from nas.ops.reshape import Flatten, Input, Pad, Permute, SpaceToDepth, Zero
from nas.ops.tokens import ClassToken, PoolTokens, Tokens, ToMap

__all__ = [
    "ACTIVATIONS",
    "FREE",
    "GAINS",
    "Activate",
    "AdaptivePool",
    "Add",
    "AddScaled",
    "Attend",
    "BatchNorm",
    "ClassToken",
    "Concat",
    "Conv",
    "DropPath",
    "Dropout",
    "Flatten",
    "GlobalPool",
    "Input",
    "Layer",
    "LayerNorm",
    "LayerScale",
    "Linear",
    "LocalResponseNorm",
    "Multiply",
    "Op",
    "Pad",
    "Pair",
    "Permute",
    "Pool",
    "PoolTokens",
    "Positions",
    "QueryKeyValue",
    "Scale",
    "ScaledConv",
    "SkipGain",
    "SpaceToDepth",
    "Spec",
    "ToMap",
    "Tokens",
    "Total",
    "Zero",
    "fitted",
    "pair",
]
