"""The fastest way to run a network on the device at hand, found by trying."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from math import inf, isfinite
from statistics import median
from typing import Any

import torch
from torch import nn

from nas.errors import LatencyError, out_of_memory
from nas.inference import packing
from nas.inference.folding import folded
from nas.latency.bench import LEAST, WARM_UP, Bench, in_memory, interval
from nas.latency.measured import ENOUGH, TIGHT
from nas.quantity import spoken_seconds

LIKE = 1e-5  # of the largest output: how far a variant's outputs may be off
SECONDS = 10.0  # spent on measuring
AS_IT_IS, FOLDED = "as it is", "folded"


@dataclass(frozen=True, slots=True)
class Tried:
    """A way to run the network: the median seconds of one batch with a 95 % interval, and how far
    at most its outputs were from the network's own, as a share of the largest one.

    `seconds` is None of what doesn't work here; `why` then tells.
    """

    name: str
    seconds: float | None = None
    low: float = 0.0
    high: float = 0.0
    runs: int = 0
    error: float = 0.0
    kept: bool = False
    why: str = ""


class Optimized(nn.Module):
    """A network run in the way that measured fastest. For use, in eval mode, on the device where it
    was measured: to keep a network, keep its genotype and weights.

    (N, C, H, W) -> what the network gives, within 1e-5 of the largest output, as was seen on the
    example, mirrored and upside down.
    """

    def __init__(
        self, network: nn.Module, last: bool, tried: tuple[Tried, ...], place: str, batch: int
    ) -> None:
        super().__init__()
        self.network = network
        self.last = last  # whether the channels of images are laid out last
        self.tried = tried
        self.place = place  # where it was measured
        self.batch = batch  # images at once, as measured
        self.eval()

    @torch.inference_mode()
    def forward(self, x: torch.Tensor) -> Any:
        """Without gradients."""
        return self.network(_laid(x, self.last))

    @property
    def kept(self) -> Tried:
        """The fastest variant, which this is."""
        return next(each for each in self.tried if each.kept)


def optimize(
    network: nn.Module,
    example: torch.Tensor | None = None,
    *,
    threads: int | None = None,
    compiler: bool = False,
    seconds: float = SECONDS,
) -> Optimized:
    """`network` in the way that runs fastest on this device, of those whose outputs stay within
    1e-5 of the largest one on `example`, mirrored and upside down too. Of a network whose own
    rounding is more than that, none may: it is then kept as it is.

    Tried are the network as it is; with everything constant folded into its weights; that with
    channels last; on a CPU that by oneDNN's kernels with weights laid out once; with `compiler`,
    which takes a minute, also torch's compiler. They are measured in turns for about `seconds`, on
    `example` ((N, C, H, W), by default one random image of the size a compiled genotype reads) with
    so many `threads` of torch's (None: as set). `network` stays as it is.

    Raises LatencyError for what is no module, or for one not made by nas without an example.
    """
    if not isinstance(network, nn.Module):
        raise LatencyError(
            f"optimize needs a module, but got {network!r:.60}; nas.load or nas.compile makes one"
        )
    if example is None:
        example = _image(network)
    training = network.training
    network.eval()
    try:
        device = example.device.type
        with Bench(batch=len(example), device=device, threads=threads, undisturbed=True) as bench:
            return _fastest(network, example, bench, compiler, seconds)
    finally:
        network.train(training)


def _image(network: nn.Module) -> torch.Tensor:
    sides = getattr(network, "input_shape", None)
    if sides is None:
        raise LatencyError("optimize needs an example batch of images for a module not made by nas")
    like = next(network.parameters(), torch.empty(0))
    drawn = torch.randn(1, *sides, generator=torch.Generator().manual_seed(0))
    return drawn.to(like.device, like.dtype)


@dataclass(frozen=True, slots=True)
class _Variant:
    """A way to run it, not made yet."""

    name: str
    make: Callable[[], nn.Module]
    last: bool = False


@dataclass(slots=True)
class _Running:
    """A variant that works here, and its samples in seconds."""

    name: str
    module: nn.Module
    last: bool
    error: float
    samples: list[float] = field(default_factory=list)

    def told(self) -> Tried:
        """What was measured."""
        low, high = interval(self.samples)
        runs = len(self.samples)
        return Tried(self.name, median(self.samples), low, high, runs, self.error)


def _variants(network: nn.Module, example: torch.Tensor, compiler: bool) -> Iterator[_Variant]:
    """Ways to run it, from the plainest on."""
    fold = cache(partial(folded, network, example))
    yield _Variant(AS_IT_IS, lambda: network)
    yield _Variant(FOLDED, fold)
    yield _Variant(f"{FOLDED}, channels last", lambda: _last(fold()), True)
    if example.device.type == "cpu" and packing.available():
        name = f"{FOLDED}, channels last, oneDNN's own kernels"
        yield _Variant(name, lambda: packing.packed(fold()), True)
    if compiler:
        options: dict[str, Any] = {"freezing": True} if example.device.type == "cpu" else {}
        name = f"{FOLDED}, channels last, torch.compile"
        yield _Variant(name, lambda: _compiled(_last(fold()), options), True)


def _last(network: nn.Module) -> nn.Module:
    return copy.deepcopy(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _compiled(network: nn.Module, options: dict[str, Any]) -> nn.Module:
    return torch.compile(network, options=options)  # type: ignore[return-value]


def _fastest(
    network: nn.Module, example: torch.Tensor, bench: Bench, compiler: bool, seconds: float
) -> Optimized:
    with torch.inference_mode(), in_memory():
        running, refused = _working(network, example, compiler)
        _measure(running, example, bench, seconds)
    tried = [each.told() for each in running]
    best = min(range(len(tried)), key=lambda place: tried[place].seconds or 0.0)
    tried[best] = replace(tried[best], kept=True)
    kept = running[best]
    return Optimized(kept.module, kept.last, (*tried, *refused), bench.place, example.shape[0])


def _working(
    network: nn.Module, example: torch.Tensor, compiler: bool
) -> tuple[list[_Running], list[Tried]]:
    """The variants that work and give what the network gives; and the others."""
    images = [example]
    if example.ndim == 4:
        images += [example.flip(3), example.flip(2)]
    wanted = [network(each) for each in images]
    running, refused = [], []
    for variant in _variants(network, example, compiler):
        try:
            module = variant.make()
            given = [module(_laid(each, variant.last)) for each in images]
        except Exception as error:
            if variant.name == AS_IT_IS or out_of_memory(error):
                raise
            refused.append(Tried(variant.name, why=f"doesn't work here: {_brief(error)}"))
            continue
        off = max(map(_apart, given, wanted))
        if off <= LIKE or variant.name == AS_IT_IS:
            running.append(_Running(variant.name, module, variant.last, off))
        else:
            why = f"its outputs are off by {off:.1e} of the largest, more than {LIKE:.0e}"
            refused.append(Tried(variant.name, error=off, why=why))
    return running, refused


def _measure(running: list[_Running], example: torch.Tensor, bench: Bench, seconds: float) -> None:
    """Samples of each in turns, until `seconds` are over or every interval is tight."""
    calls = [partial(each.module, _laid(example, each.last)) for each in running]
    for call in calls:
        for _ in range(WARM_UP):
            call()
    end, rounds = bench.clock.now() + seconds, 0
    while rounds < LEAST or (
        bench.clock.now() < end and not (rounds >= ENOUGH and _tight(running))
    ):
        for each, call in zip(running, calls, strict=True):
            each.samples.append(bench.clock.time(call))
        rounds += 1


def _tight(running: list[_Running]) -> bool:
    told = [each.told() for each in running]
    return all(each.high - each.low <= TIGHT * (each.seconds or 0.0) for each in told)


def _apart(given: Any, wanted: Any) -> float:
    """The largest difference of outputs, as a share of the largest output."""
    if isinstance(wanted, torch.Tensor):
        scale = float(wanted.abs().max()) or 1.0
        off = float((given - wanted).abs().max()) / scale
        return off if isfinite(off) else inf
    return max(_apart(one, other) for one, other in zip(given, wanted, strict=True))


def _laid(x: torch.Tensor, last: bool) -> torch.Tensor:
    return x.contiguous(memory_format=torch.channels_last) if last and x.ndim == 4 else x


def _brief(error: Exception) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text if len(text) <= 120 else f"{text[:117]}..."


def table(fast: Optimized) -> str:
    """What was tried, a line each, for people."""
    first = fast.tried[0].seconds or 0.0
    lines = [f"one batch of {fast.batch} on {fast.place}, median and 95 % interval:"]
    width = max(len(each.name) for each in fast.tried)
    for each in fast.tried:
        name = f"{'*' if each.kept else ' '} {each.name:{width}}"
        if each.seconds is None:
            lines.append(f"{name}  {each.why}")
            continue
        between = f"{spoken_seconds(each.low)} to {spoken_seconds(each.high)}"
        lines.append(
            f"{name}  {spoken_seconds(each.seconds):>8}  ({between}, {each.runs} runs)  "
            f"{first / each.seconds:.2f} times as fast, off by {each.error:.1e}"
        )
    return "\n".join(lines)
