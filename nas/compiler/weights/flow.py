"""A module as the source: one image through both networks tells which layers are the same.

Our network runs with the source's numbers, layer by layer: each layer takes those of the source's
layer that has its shapes and was given the same input. Among several such (branches of one shape on
one input) names decide, then the order of execution; where that goes wrong, a later layer finds no
partner, and the last such choice is made anew. In the end both networks' outputs must be equal.
What is compared of an input doesn't depend on how it lies in memory or is padded. Nothing is
written into either network.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor, nn

from nas.compiler.network import Network
from nas.compiler.weights.arrangement import role
from nas.compiler.weights.layers import Layer, bare, table
from nas.errors import WeightsError, out_of_memory

Print: TypeAlias = tuple[float, float, float]  # of a tensor: sum, absolute sum, sum of squares

ALIKE = 1e-3  # of an input's or output's scale: another epsilon or padding shows
NOTHING = (math.inf, math.inf, math.inf)
SAME = 1e-5  # rounding: inputs that are one
RUNS = 64  # of ours, for choices made anew


@dataclass(frozen=True, slots=True)
class _Ran:
    """A module of the source that ran, and the layers whose tensors it holds."""

    layers: tuple[Layer, ...]
    inputs: Print
    leaf: bool


@dataclass(frozen=True, slots=True)
class Aligned:
    """(ours, theirs), our layers left alone, and how far the outputs are apart at most, as a share
    of their scale; None where a classifier of another size gives other outputs."""

    pairs: tuple[tuple[Layer, Layer], ...]
    left: tuple[Layer, ...]
    difference: float | None


def align(
    model: Network,
    ours: Sequence[Layer],
    theirs: Sequence[Layer],
    source: nn.Module,
    state: Mapping[str, Tensor],
    heads: frozenset[str],
) -> Aligned:
    """Each layer of ours with its partner; WeightsError where the networks don't compute the same.

    `state` are the source's tensors by name; layers named in `heads` may have another number of
    outputs and are then left.
    """
    device = next(iter(model.parameters())).device
    generator = torch.Generator().manual_seed(0)
    image = torch.randn((1, *model.input_shape), generator=generator)
    with _still(source), _still(model), torch.no_grad():
        run = _Run(model, ours, theirs, source, state, heads)
        there = run.theirs_out(image)
        first: WeightsError | None = None
        for _ in range(RUNS):
            try:
                return run.done(image.to(device), there)
            except WeightsError as error:
                first = first or error
                if not run.otherwise():
                    break
        assert first
        raise first


class _Run:
    def __init__(
        self,
        model: Network,
        ours: Sequence[Layer],
        theirs: Sequence[Layer],
        source: nn.Module,
        state: Mapping[str, Tensor],
        heads: frozenset[str],
    ) -> None:
        self.model, self.source, self.state, self.heads = model, source, state, heads
        self.ours, self.theirs = ours, theirs
        self.ran: list[_Ran] = []
        self.choices: list[tuple[int, int]] = []  # (which, of how many), where several fit
        self.again: list[int] = []  # the choices to begin with
        self._clear()

    def _clear(self) -> None:
        self.pairs: list[tuple[Layer, Layer]] = []
        self.left: list[Layer] = []
        self.used: set[str] = set()
        self.kept: list[tuple[dict[str, Any], str, Tensor]] = []
        self.choices = []

    def otherwise(self) -> bool:
        """Make the last choice that was left anew; False where none was."""
        while self.choices and self.choices[-1][0] + 1 == self.choices[-1][1]:
            self.choices.pop()
        if not self.choices:
            return False
        self.again = [which for which, _ in self.choices]
        self.again[-1] += 1
        return True

    def done(self, image: Tensor, there: Sequence[Tensor]) -> Aligned:
        """One run of ours; WeightsError where a layer finds no partner or outputs differ."""
        self._clear()
        try:
            here = self._mine(image)
        finally:
            for held, name, value in self.kept:
                held[name] = value
        mine = {layer.name for layer, _ in self.pairs} | {layer.name for layer in self.left}
        rest = [layer for layer in self.ours if layer.name not in mine]
        others = [layer for layer in self.theirs if layer.name not in self.used]
        if rest or (others and not self.left):
            raise WeightsError(f"layers without a partner:\n{table(rest, others)}")
        pairs, left = tuple(self.pairs), tuple(self.left)
        if left:
            return Aligned(pairs, left, None)
        difference = max(_apart(here, there), default=math.inf)
        if not difference <= ALIKE:
            raise WeightsError(
                f"all {len(pairs)} layers found partners, but the outputs differ by "
                f"{difference:.1%} of their scale: the networks differ beside their weights (an "
                "epsilon, an activation or a padding), or layers of equal shapes on equal inputs "
                "are swapped"
            )
        return Aligned(pairs, (), difference)

    def theirs_out(self, image: Tensor) -> list[Tensor]:
        """The source's outputs; notes what ran on what."""
        owners = _owners(self.source, self.theirs)
        modules = dict(self.source.named_modules())
        seen: set[str] = set()
        order: dict[str, list[_Ran]] = {}

        def note(name: str, args: Any, options: Any) -> None:
            if name in order:
                return
            order[name] = []
            if name in owners:
                seen.add(name)
                leaf = not any(True for _ in modules[name].children())
                inputs = _tensors((args, options))
                order[name].append(_Ran(tuple(owners[name]), _print(inputs[0]), leaf))

        with ExitStack() as stack:
            for name, module in modules.items():
                stack.enter_context(_before(module, name, note))
            at = next(iter(self.state.values()), image)
            made = self._outputs(self.source, image.to(at.device), len(owners), seen)
        for name, held in owners.items():  # what a module around it read by itself
            around = name
            while name not in seen and around and around not in order:
                around = around.rpartition(".")[0]
            if name not in seen and around in order:
                order[around].append(_Ran(tuple(held), NOTHING, False))
        self.ran = [ran for held in order.values() for ran in held]
        return made

    def _outputs(
        self, network: nn.Module, image: Tensor, layers: int, seen: set[str]
    ) -> list[Tensor]:
        """In eval; where layers didn't run, as in training at the root alone, for side outputs."""
        tensors = dict(self.state)
        for side in (False, True):
            network.training = side
            try:
                if network is self.source:
                    made = torch.func.functional_call(network, tensors, (image,))
                else:
                    made = network(image)
            except WeightsError:
                raise
            except Exception as error:
                if out_of_memory(error):
                    raise
                size = "x".join(map(str, image.shape[1:]))
                raise WeightsError(
                    f"the source can't run on the network's {size} image: "
                    f"{str(error).splitlines()[0][:200] if str(error) else type(error).__name__}"
                ) from error
            finally:
                network.training = False
            if len(seen) >= layers:
                break
        return [tensor.float().cpu() for tensor in _tensors(made)]

    def _mine(self, image: Tensor) -> list[Tensor]:
        """Our outputs with the source's numbers."""
        owners = _owners(self.model, self.ours)
        modules = dict(self.model.named_modules())
        seen: set[str] = set()

        def take(name: str, args: Any, options: Any) -> None:
            if name not in seen:
                seen.add(name)
                inputs = _print(_tensors((args, options))[0])
                leaf = None
                for layer in owners[name]:
                    leaf = self._take(modules[name], layer, inputs, leaf)

        with ExitStack() as stack:
            for name in owners:
                stack.enter_context(_before(modules[name], name, take))
            return self._outputs(self.model, image, len(owners), seen)

    def _take(
        self, module: nn.Module, layer: Layer, inputs: Print, beside: _Ran | None
    ) -> _Ran | None:
        """Give a layer of ours, about to run, the numbers of its partner."""
        fitting = [
            (ran, one)
            for ran in self.ran
            for one in ran.layers
            if one.name not in self.used and one.signature == layer.signature
        ]
        lone = layer.keys[0][0] == ""
        near = [(ran, one) for ran, one in fitting if ran.leaf or not lone]
        close = sorted(((_far(ran.inputs, inputs), ran, one) for ran, one in near),
                       key=lambda found: found[0])  # fmt: skip
        found: tuple[_Ran, Layer] | None = None
        if beside:
            found = next(((ran, one) for ran, one in fitting if ran is beside), None)
        if found is None and close and close[0][0] <= ALIKE:
            best = max(close[0][0], SAME)
            alike = [one for far, _, one in close if far <= best]
            tied = [both for both in near if both[1] in alike]  # in the order they ran
            wanted = role(layer.name)
            found = self._chosen(sorted(tied, key=lambda both: role(both[1].name) != wanted))
        if found is None:  # read by a module around it, which had another input
            loose = [one for one in fitting if lone or not one[0].leaf]
            named = [one for one in loose if _last(one[1].name) == _last(layer.name)]
            found = next(iter(named or loose), None)
        if found is None:
            if self._is_head(layer, inputs):
                self.left.append(layer)
                return beside
            raise self._refusal(layer, bool(fitting))
        ran, one = found
        self.used.add(one.name)
        self.pairs.append((layer, one))
        for (_, key), (_, other) in zip(layer.keys, one.keys, strict=True):
            self._lend(module, key.rpartition(".")[2], self.state[other])
        return ran if ran.leaf else beside

    def _chosen(self, tied: Sequence[tuple[_Ran, Layer]]) -> tuple[_Ran, Layer]:
        if len(tied) == 1:
            return tied[0]
        number = len(self.choices)
        which = self.again[number] if number < len(self.again) else 0
        self.choices.append((which, len(tied)))
        return tied[which]

    def _lend(self, module: nn.Module, name: str, value: Tensor) -> None:
        held = cast(dict[str, Any], module._parameters)
        if name not in held:
            held = cast(dict[str, Any], module._buffers)
        own = held[name]
        self.kept.append((held, name, own))
        made = value.detach().to(own.device, own.dtype).reshape(own.shape)
        held[name] = nn.Parameter(made, requires_grad=False) if held is module._parameters else made

    def _is_head(self, layer: Layer, inputs: Print) -> bool:
        """Whether it may be left: the source's has the same input, but other outputs."""
        if layer.name not in self.heads:
            return False
        for ran in self.ran:
            for one in ran.layers:
                same = [bare(a[1])[1:] == bare(b[1])[1:] and a[0] == b[0]
                        for a, b in zip(layer.shapes, one.shapes, strict=False)]  # fmt: skip
                if all(same) and len(one.keys) == len(layer.keys) and one.name not in self.used:
                    close = _far(ran.inputs, inputs) <= ALIKE
                    if close:
                        self.used.add(one.name)
                        return True
        return False

    def _refusal(self, layer: Layer, shapes: bool) -> WeightsError:
        mine = {one.name for one, _ in self.pairs}
        rest = [one for one in self.ours if one.name not in mine]
        others = [one for one in self.theirs if one.name not in self.used]
        why = (
            "none of the source's layers of its shapes gets the input it gets: what stands before "
            "it isn't the source's (order, epsilon, activation or padding)"
            if shapes
            else "none of the source's layers left has its shapes"
        )
        rest.sort(key=lambda one: one is not layer)
        return WeightsError(f"{layer.shown}: {why}\n{table(rest, others)}")


def _owners(network: nn.Module, layers: Sequence[Layer]) -> dict[str, list[Layer]]:
    """The modules that hold the layers' tensors, by name."""
    found: dict[str, list[Layer]] = {}
    for layer in layers:
        key = layer.keys[0][1]
        found.setdefault(key.rpartition(".")[0], []).append(layer)
    known = {name for name, _ in network.named_modules()}
    return {name: held for name, held in found.items() if name in known}


@contextmanager
def _before(module: nn.Module, name: str, act: Callable[[str, Any, Any], None]) -> Iterator[None]:
    """While it lasts, `act` is called before the module runs."""
    hook = module.register_forward_pre_hook(
        lambda _, args, options: act(name, args, options), with_kwargs=True
    )
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def _still(network: nn.Module) -> Iterator[None]:
    """In eval, and afterwards as it was."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _tensors(value: object) -> list[Tensor]:
    """Every tensor in what a module was given or gives."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [tensor for part in value for tensor in _tensors(part)]
    return []


def _print(value: Tensor) -> Print:
    x = value.detach().double()
    return float(x.sum()), float(x.abs().sum()), float(x.square().sum())


def _far(one: Print, other: Print) -> float:
    """How far two inputs are apart at least, as a share of their scale."""
    scale = max(one[1], other[1])
    power = max(one[2], other[2])
    if not (math.isfinite(scale) and math.isfinite(power)):
        return math.inf
    if scale == 0:
        return 0.0
    apart = max(abs(one[0] - other[0]), abs(one[1] - other[1])) / scale
    return max(apart, abs(one[2] - other[2]) / power if power else 0.0)


def _apart(here: Sequence[Tensor], there: Sequence[Tensor]) -> Iterator[float]:
    """Of each output of ours from the nearest of the source's, which may order them otherwise."""
    for one in here:
        best = math.inf
        for other in there:
            if one.shape == other.shape and bool(torch.isfinite(one).all()):
                scale = max(float(other.abs().max()), 1e-30)
                best = min(best, float((one - other).abs().max()) / scale)
        yield best


def _last(name: str) -> str:
    return name.rpartition(".")[2]
