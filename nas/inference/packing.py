"""Convolutions and linear layers by oneDNN's own kernels: weights laid out once, and the
activation and the sum that follow computed on the way.

torch's eager layers lay out their weights anew in every call, and read and write each map again
for every activation. These kernels are what torch's compiler calls on a CPU; here they need no
compiler. They are no part of torch's public interface, so `available` asks whether they work.
"""

from __future__ import annotations

import copy
import operator
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import fx, nn

from nas.inference.folding import shape


class Post(NamedTuple):
    """An activation as the kernels call it."""

    name: str = "none"
    numbers: tuple[float, ...] = ()
    algorithm: str = ""


NOTHING = Post()
_PLAIN = {
    F.relu: Post("relu"),
    torch.relu: Post("relu"),
    F.relu6: Post("hardtanh", (0.0, 6.0)),
    F.silu: Post("swish"),
    F.hardswish: Post("hardswish"),
    F.hardsigmoid: Post("hardsigmoid"),
    torch.sigmoid: Post("sigmoid"),
    torch.tanh: Post("tanh"),
}
_MODULES = {
    nn.ReLU: Post("relu"),
    nn.ReLU6: Post("hardtanh", (0.0, 6.0)),
    nn.SiLU: Post("swish"),
    nn.Hardswish: Post("hardswish"),
    nn.Hardsigmoid: Post("hardsigmoid"),
    nn.Sigmoid: Post("sigmoid"),
    nn.Tanh: Post("tanh"),
}
_SUMS = (operator.add, operator.iadd, torch.add, "add", "add_")


class PackedConv(nn.Module):
    """(N, C, H, W) -> (N, out, H', W'): a convolution, plus `other` where there is one, then an
    activation. For use only: it has no state dict and can't be saved."""

    def __init__(self, conv: nn.Conv2d, post: Post, size: torch.Size) -> None:
        super().__init__()
        self.bias, self.post, self.groups = conv.bias, post, conv.groups
        assert not isinstance(conv.padding, str)
        self.padding, self.stride = list(conv.padding), list(conv.stride)
        self.dilation = list(conv.dilation)
        self.weight = torch._C._nn.mkldnn_reorder_conv2d_weight(  # type: ignore[call-arg]
            conv.weight.detach().to_mkldnn(),
            self.padding, self.stride, self.dilation, self.groups, list(size),
        )  # fmt: skip

    def forward(self, x: torch.Tensor, other: torch.Tensor | None = None) -> torch.Tensor:
        """One kernel."""
        where = (self.padding, self.stride, self.dilation, self.groups)
        run = torch.ops.mkldnn._convolution_pointwise
        if other is None:
            return run(x, self.weight, self.bias, *where, *self.post)  # type: ignore[no-any-return]
        unary = None if self.post is NOTHING else self.post.name
        return run.binary(  # type: ignore[no-any-return]
            x, other, self.weight, self.bias, *where, "add", 1.0, unary, *self.post[1:]
        )


class PackedLinear(nn.Module):
    """(N, ..., features) -> (N, ..., out): a linear layer, then an activation. For use only, as
    `PackedConv`."""

    def __init__(self, linear: nn.Linear, post: Post, size: torch.Size) -> None:
        super().__init__()
        self.bias, self.post = linear.bias, post
        rows = size[:-1].numel()
        self.weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), rows)

    def forward(self, x: torch.Tensor, other: torch.Tensor | None = None) -> torch.Tensor:
        """One kernel."""
        run = torch.ops.mkldnn._linear_pointwise
        if other is None:
            return run(x, self.weight, self.bias, *self.post)  # type: ignore[no-any-return]
        return run.binary(x, other, self.weight, self.bias, "add")  # type: ignore[no-any-return]


@cache
def available() -> bool:
    """Whether this torch has the kernels and they work."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    x, y = torch.ones(1, 2, 3, 3), torch.ones(1, 2, 1, 1)
    conv, linear, relu = nn.Conv2d(2, 2, 3), nn.Linear(3, 2), Post("relu")
    try:
        with torch.no_grad():
            PackedConv(conv, relu, x.shape)(x)
            PackedConv(conv, relu, x.shape)(x, y)
            PackedLinear(linear, relu, x.shape)(x)
            PackedLinear(linear, NOTHING, x.shape)(x, torch.ones(1, 2, 3, 2))
    except (AttributeError, RuntimeError):
        return False
    return True


def packed(network: fx.GraphModule) -> fx.GraphModule:
    """`network`, as `folded` leaves it, by these kernels: float32, on a CPU."""
    made = fx.GraphModule(network, copy.deepcopy(network.graph), type(network).__name__)
    graph, modules = made.graph, dict(made.named_modules())
    for node in list(graph.nodes):
        layer = modules.get(str(node.target)) if node.op == "call_module" else None
        if not (isinstance(layer, nn.Conv2d | nn.Linear) and _packable(layer)):
            continue
        x = node.args[0]
        last, post, other = _follows(node, modules, isinstance(layer, nn.Conv2d))
        kernel = (
            PackedConv(layer, post, shape(x))
            if isinstance(layer, nn.Conv2d)
            else PackedLinear(layer, post, shape(x))
        )
        name = f"packed_{node.name}"
        made.add_submodule(name, kernel)
        with graph.inserting_before(last):
            call = graph.call_module(name, (x, other) if other is not None else (x,))
        call.meta = dict(last.meta)
        last.replace_all_uses_with(call)
    graph.eliminate_dead_code()
    made.delete_all_unused_submodules()
    made.recompile()
    return made


def _packable(layer: nn.Conv2d | nn.Linear) -> bool:
    plain = layer.weight.dtype == torch.float32 and layer.weight.device.type == "cpu"
    if isinstance(layer, nn.Conv2d):
        return plain and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    return plain


def _follows(
    node: fx.Node, modules: dict[str, nn.Module], convolves: bool
) -> tuple[fx.Node, Post, fx.Node | None]:
    """The last step that the layer's kernel can do at once, its activation, and what it adds."""
    user = _only_user(node)
    if user is None:
        return node, NOTHING, None
    post = activation(user, modules)
    if post is not None:
        return user, post, None
    other = _added(user, node)
    if other is None:
        return node, NOTHING, None
    after = _only_user(user)
    post = activation(after, modules) if after is not None and convolves else None
    if after is not None and post is not None and post.name == "relu":
        return after, post, other
    return user, NOTHING, other


def _only_user(node: fx.Node) -> fx.Node | None:
    return next(iter(node.users)) if len(node.users) == 1 else None


def _added(node: fx.Node, term: fx.Node) -> fx.Node | None:
    """What `node` adds to `term`, of the same shape; None if it does anything else."""
    if node.target not in _SUMS or node.kwargs or len(node.args) != 2:
        return None
    other = next((each for each in node.args if each is not term), None)
    if not isinstance(other, fx.Node) or shape(other) != shape(term):
        return None
    return other


def activation(node: fx.Node, modules: dict[str, nn.Module]) -> Post | None:
    """The activation that a step is, if the kernels know it."""
    options = {name: value for name, value in node.kwargs.items() if name != "inplace"}
    if node.op == "call_module":
        module = modules[str(node.target)]
        if isinstance(module, nn.GELU):
            return Post("gelu", (), module.approximate)
        if isinstance(module, nn.LeakyReLU):
            return Post("leaky_relu", (module.negative_slope,))
        return _MODULES.get(type(module))
    if node.target is F.gelu and len(node.args) == 1:
        return Post("gelu", (), str(options.get("approximate", "none")))
    if node.target is F.leaky_relu and len(node.args) == 2 and not options:
        return Post("leaky_relu", (float(str(node.args[1])),))
    if options or len(node.args) != 1 or node.op != "call_function":
        return None
    return _PLAIN.get(node.target)  # type: ignore[arg-type]
