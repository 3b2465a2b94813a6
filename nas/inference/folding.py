"""A trained network with everything that is constant in eval mode worked into its weights.

Batch norm after a convolution or linear layer, layer scale, standardised filters (NFNet), the bias
of queries, keys and values and the masks of attention are numbers that no image changes.
"""

from __future__ import annotations

import copy
import operator
from collections import Counter
from typing import Any, cast

import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp, TensorMetadata

from nas.ops import layers

Weighted = nn.Conv2d | nn.Linear
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
_IDLE = (nn.Dropout, nn.Dropout2d, nn.Identity, layers.DropPath)


class Masked(layers.Attend):
    """Attention whose mask was worked out once."""

    mask: torch.Tensor | None

    @classmethod
    def of(cls, attend: layers.Attend) -> Masked:
        """The same attention with a constant mask."""
        made = cls.__new__(cls)
        made.__dict__.update(attend.__dict__)
        windows = 1
        if attend.size and attend.window:
            windows = attend.size[0] // attend.window[0] * (attend.size[1] // attend.window[1])
        like = next(attend.parameters(), torch.empty(0))
        mask = attend._mask(windows, like)
        made.register_buffer("mask", None if mask is None else mask.contiguous(), persistent=False)
        return made

    def _mask(self, windows: int, x: torch.Tensor) -> torch.Tensor | None:
        return self.mask


def folded(network: nn.Module, example: torch.Tensor) -> fx.GraphModule:
    """A module that computes what `network` does in eval mode, within rounding; `network` stays as
    it is. Its nodes know the shapes they have where `example` goes in.

    Batch norm that nothing weighted comes before (DenseNet, ResNet-v2) stays. Raises what
    `torch.fx` raises where a module of one's own can't be traced.
    """
    network = copy.deepcopy(network).eval()
    with torch.no_grad():
        network = _frozen(network)
        traced = fx.GraphModule(network, _Tracer().trace(network), type(network).__name__)
        ShapeProp(traced).propagate(example)
        _fold(traced)
    for parameter in traced.parameters():
        parameter.requires_grad_(False)
    return traced.eval()


class _Tracer(fx.Tracer):
    """Goes into whatever was compiled from a genotype; layers are taken as they are."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """torch's layers and ours."""
        ours = isinstance(m, Masked) or type(m).__module__ == layers.__name__
        return ours or super().is_leaf_module(m, module_qualified_name)


def _frozen(network: nn.Module) -> nn.Module:
    for name, module in list(network.named_modules()):
        constant = _constant(module)
        if constant is None:
            continue
        if not name:
            return constant
        parent, _, own = name.rpartition(".")
        network.get_submodule(parent)._modules[own] = constant
    return network


def _constant(module: nn.Module) -> nn.Module | None:
    """A plain layer that computes what a layer of ours does in eval mode; None where there is
    none."""
    if isinstance(module, layers.ScaledConv2d):
        conv = nn.Conv2d(
            module.in_channels, module.out_channels, cast(tuple[int, int], module.kernel_size),
            cast(tuple[int, int], module.stride), cast(tuple[int, int], module.padding),
            cast(tuple[int, int], module.dilation), module.groups, device="meta",
        )  # fmt: skip
        conv.weight, conv.bias = nn.Parameter(module.standardised()), module.bias
        return conv
    if isinstance(module, layers.QueryKeyValue):
        linear = nn.Linear(module.weight.shape[1], module.weight.shape[0], device="meta")
        linear.weight, linear.bias = module.weight, nn.Parameter(module.joint_bias())
        return linear
    return Masked.of(module) if isinstance(module, layers.Attend) else None


def _fold(traced: fx.GraphModule) -> None:
    """Work norms and scales into the layer before them, and drop what does nothing."""
    modules = dict(traced.named_modules())
    calls = Counter(str(node.target) for node in traced.graph.nodes if node.op == "call_module")
    for node in list(traced.graph.nodes):
        if node.op == "call_module" and isinstance(modules[str(node.target)], _IDLE):
            _drop(node)
            continue
        before = node.args[0] if node.args else None
        if not (isinstance(before, fx.Node) and before.op == "call_module"):
            continue
        weighted = modules[str(before.target)]
        alone = len(before.users) == 1 and calls[str(before.target)] == 1
        if not (alone and isinstance(weighted, nn.Conv2d | nn.Linear)):
            continue
        sides = len(shape(before))
        axis = 1 if isinstance(weighted, nn.Conv2d) else sides - 1
        change = _change(node, modules, axis, sides)
        if change is not None:
            scale, shift = change
            _work_in(weighted, scale.double(), shift.double())
            _drop(node)
    traced.graph.eliminate_dead_code()
    traced.delete_all_unused_submodules()
    traced.recompile()


def shape(node: fx.Node) -> torch.Size:
    """Of what comes out where the example goes in."""
    made = node.meta["tensor_meta"]
    return made.shape if isinstance(made, TensorMetadata) else torch.Size()


def _change(
    node: fx.Node, modules: dict[str, nn.Module], axis: int, sides: int
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """(scale, shift) that the step applies along the `axis` of a tensor of so many `sides`; None
    if it does anything else."""
    if node.op == "call_module":
        module = modules[str(node.target)]
        if isinstance(module, _NORMS) and module.running_mean is not None and axis == 1:
            mean, variance = module.running_mean.double(), module.running_var
            assert variance is not None
            scale = (variance.double() + module.eps).rsqrt()
            if module.weight is not None:
                scale = scale * module.weight.double()
            shift = -mean * scale
            return scale, shift + module.bias.double() if module.bias is not None else shift
        if isinstance(module, layers.LayerScale) and axis == sides - module.gamma.ndim:
            return module.gamma.flatten(), torch.zeros(1)
        if isinstance(module, layers.SkipGain):
            return module.gain, torch.zeros(1)
        return None
    number = node.args[1] if len(node.args) == 2 and not node.kwargs else None
    product = node.target in (operator.mul, "mul_", "mul")
    if product and isinstance(number, int | float):
        return torch.tensor(float(number)), torch.zeros(1)
    return None


def _work_in(layer: Weighted, scale: torch.Tensor, shift: torch.Tensor) -> None:
    """`layer` gives what it gave, times `scale`, plus `shift`; rounded once."""
    weight, bias = layer.weight, layer.bias
    scale = scale.to(weight.device).expand(weight.shape[0])
    moved = shift.to(weight.device).expand(weight.shape[0])
    if bias is not None:
        moved = moved + bias.double() * scale
    sides = (-1,) + (1,) * (weight.ndim - 1)
    layer.weight = nn.Parameter((weight.double() * scale.reshape(sides)).to(weight.dtype))
    if bias is not None or bool(moved.any()):
        layer.bias = nn.Parameter(moved.to(weight.dtype))


def _drop(node: fx.Node) -> None:
    before: Any = node.args[0]
    node.replace_all_uses_with(before)
    node.graph.erase_node(node)
