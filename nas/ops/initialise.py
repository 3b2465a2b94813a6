"""Initial weights, as the field sets them.

Convolutions: He's normal distribution by fan-out (arXiv:1502.01852), groups counted as EfficientNet
does, but patches (stride = kernel) by fan-in, as ViT's; linear layers: uniform within
1 / sqrt(inputs), torch's own, in transformers normal with deviation 0.02, cut at two; norms: scale
1, shift 0; biases 0.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from nas.ops.draw import cut_normal, normal, uniform
from nas.ops.fresh import NORMS


@torch.no_grad()
def initialise(module: nn.Module, generator: torch.Generator | None) -> None:
    """Set a layer's own parameters and buffers; its children are left alone, and norms are as they
    were made.

    A layer of our own says itself how it begins.
    """
    start = getattr(type(module), "start", None)
    if start is not None:
        start(module, generator)
    elif isinstance(module, nn.Conv2d):
        height, width = module.kernel_size
        fan = module.out_channels // module.groups * height * width / 2
        if module.stride == module.kernel_size != (1, 1):
            fan = module.in_channels // module.groups * height * width
        normal(module.weight, math.sqrt(1 / fan), generator)
        if module.bias is not None:
            module.bias.zero_()
    elif isinstance(module, nn.Linear) and "spread" in vars(module):
        cut_normal(module.weight, float(vars(module)["spread"]), generator)
        if module.bias is not None:
            module.bias.zero_()
    elif isinstance(module, nn.Linear):
        uniform(module.weight, 1 / math.sqrt(module.in_features), generator)
        if module.bias is not None:
            module.bias.zero_()
    elif isinstance(module, nn.PReLU):
        module.reset_parameters()
    elif not isinstance(module, NORMS) and next(module.parameters(recurse=False), None) is not None:
        raise AssertionError(f"no initialisation is known for {type(module).__name__}")
