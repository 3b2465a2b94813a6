"""The layers that torch lacks. They need only torch, so that their source can travel."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn


class DropPath(nn.Module):
    """In training, drops an image's whole branch with probability `rate` and scales the rest up
    (arXiv:1603.09382)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, ...) -> the same."""
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(keep)
        return x * mask.div_(keep)

    def extra_repr(self) -> str:
        """The rate."""
        return f"{self.rate:g}"


class QueryKeyValue(nn.Module):
    """Queries, keys and values by one matrix; keys without a bias, or with one `held` at zero."""

    def __init__(self, channels: int, width: int, held: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3 * width, channels))
        self.q_bias = nn.Parameter(torch.empty(width))
        self.k_bias = nn.Parameter(torch.empty(width)) if held else None
        self.v_bias = nn.Parameter(torch.empty(width))

    def start(self, generator: torch.Generator | None) -> None:
        """Weights of deviation 0.02; biases 0."""
        cut_normal(self.weight, generator)
        for bias in (self.q_bias, self.k_bias, self.v_bias):
            if bias is not None:
                bias.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, ..., C) -> (N, ..., 3 * width)."""
        return F.linear(x, self.weight, self.joint_bias())

    def joint_bias(self) -> torch.Tensor:
        """Of queries, keys and values: (3 * width,)."""
        return torch.cat((self.q_bias, torch.zeros_like(self.v_bias), self.v_bias))


class ClassToken(nn.Module):
    """A learned token put before all others."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.empty(1, 1, channels))

    def start(self, generator: torch.Generator | None) -> None:
        """Zero, as ViT's."""
        self.token.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, count, C) -> (N, 1 + count, C)."""
        return torch.cat((self.token.expand(x.shape[0], -1, -1), x), 1)


class Positions(nn.Module):
    """A learned table, a number for each place and channel, added."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(1, *shape))

    def start(self, generator: torch.Generator | None) -> None:
        """Deviation 0.02."""
        cut_normal(self.table, generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, ..., C) -> the same; ValueError for other sizes than it was made for."""
        _made_for("the position table", tuple(self.table.shape[1:-1]), x)
        return x + self.table


class LayerScale(nn.Module):
    """Each channel times a learned number; `behind` sides follow the channels in memory."""

    def __init__(self, channels: int, begin: float, behind: int = 0) -> None:
        super().__init__()
        self.begin = begin
        self.gamma = nn.Parameter(torch.empty(channels, *[1] * behind))

    def start(self, generator: torch.Generator | None) -> None:
        """All alike."""
        self.gamma.fill_(self.begin)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same shape."""
        return x * self.gamma


class Affine(nn.Module):
    """Each channel times a learned gain, plus a learned bias (LeNet-5, 1998)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, 1, 1))
        self.bias = nn.Parameter(torch.empty(channels, 1, 1))

    def start(self, generator: torch.Generator | None) -> None:
        """A mean as it stands."""
        self.weight.fill_(1)
        self.bias.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same shape."""
        return x * self.weight + self.bias


class Codes(nn.Module):
    """Minus the squared distance to fixed codes of -1 and 1 (LeNet-5, 1998)."""

    codes: torch.Tensor

    def __init__(self, features: int, out: int) -> None:
        super().__init__()
        self.register_buffer("codes", torch.empty(out, features))

    def start(self, generator: torch.Generator | None) -> None:
        """The same on every run: they are part of the network, not of its training."""
        fixed = torch.Generator().manual_seed(1998)
        self.codes.copy_(torch.randint(2, self.codes.shape, generator=fixed) * 2 - 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, features) -> (N, out)."""
        return -(x.unsqueeze(1) - self.codes).square().sum(2)


class ScaledConv2d(nn.Conv2d):
    """A convolution whose filters are standardised: mean 0, variance 1 / inputs, times a learned
    gain and a constant `factor` (arXiv:2101.08692)."""

    eps = 1e-5  # of a filter's variance

    def __init__(self, *args: Any, factor: float = 1, begin: float = 1, **options: Any) -> None:
        super().__init__(*args, **options)
        self.begin = begin
        self.scale = factor / math.sqrt(self.weight[0].numel())
        self.gain = nn.Parameter(torch.empty(self.out_channels, 1, 1, 1))

    def start(self, generator: torch.Generator | None) -> None:
        """Weights of variance 1 / inputs, biases 0, gains alike."""
        self.weight.normal_(0, 1 / math.sqrt(self.weight[0].numel()), generator=generator)
        if self.bias is not None:
            self.bias.zero_()
        self.gain.fill_(self.begin)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) -> (N, out, H', W')."""
        weight = self.standardised()
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def standardised(self) -> torch.Tensor:
        """The filters as they are used."""
        # torch's batch norm with filters as channels: one fused step where four would do
        filters = self.weight.reshape(1, self.out_channels, -1)
        gain = (self.gain * self.scale).view(-1)
        weight = F.batch_norm(filters, None, None, gain, training=True, momentum=0, eps=self.eps)
        return weight.reshape_as(self.weight)


class SkipGain(nn.Module):
    """All numbers times one learned number, zero at first."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.empty(()))

    def start(self, generator: torch.Generator | None) -> None:
        """Zero: the residual branch is absent at first."""
        self.gain.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same shape."""
        return x * self.gain


class SpaceToDepth(nn.Module):
    """The four pixels of each 2x2 window as one of four times the channels, top left, bottom
    left, top right, bottom right."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, H, W, C) -> (N, ceil(H / 2), ceil(W / 2), 4 * C)."""
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        x = x.reshape(x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2, x.shape[3])
        return x.permute(0, 1, 3, 4, 2, 5).flatten(3)


class Attend(nn.Module):
    """Attention of queries, keys and values that lie side by side in the channels: everywhere, or
    in windows of `window` moved by `shift` pixels on a map of `size`."""

    def __init__(
        self,
        heads: int,
        size: tuple[int, int] | None = None,
        window: tuple[int, int] | None = None,
        shift: tuple[int, int] = (0, 0),
        bias: str = "none",
        cosine: bool = False,
        interleaved: bool = False,
    ) -> None:
        super().__init__()
        self.heads, self.size, self.window, self.shift = heads, size, window, shift
        self.bias, self.cosine, self.interleaved = bias, cosine, interleaved
        if window and bias == "relative":
            distances = (2 * window[0] - 1) * (2 * window[1] - 1)
            self.table = nn.Parameter(torch.empty(distances, heads))
        if bias == "continuous":
            self.cpb_mlp = nn.Sequential(
                nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, heads, bias=False)
            )
        if cosine:
            self.logit_scale = nn.Parameter(torch.empty(heads, 1, 1))

    def start(self, generator: torch.Generator | None) -> None:
        """Biases of deviation 0.02, scales of 10; the small network begins as linear layers do."""
        if self.bias == "relative":
            cut_normal(self.table, generator)
        if self.cosine:
            self.logit_scale.fill_(math.log(10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, ..., 3 * C) -> (N, ..., C); ValueError for other sizes than it was made for."""
        if not (self.size and self.window):
            return self._weigh(x.flatten(1, -2).unsqueeze(1)).reshape(*x.shape[:-1], -1)
        _made_for("windowed attention", self.size, x)
        (height, width), count = self.window, x.shape[0]
        rows, columns = self.size[0] // height, self.size[1] // width
        if self.shift != (0, 0):
            x = x.roll((-self.shift[0], -self.shift[1]), (1, 2))
        x = x.reshape(count, rows, height, columns, width, -1).transpose(2, 3)
        x = self._weigh(x.reshape(count, rows * columns, height * width, -1))
        x = x.reshape(count, rows, columns, height, width, -1).transpose(2, 3)
        x = x.reshape(count, *self.size, -1)
        return x.roll(self.shift, (1, 2)) if self.shift != (0, 0) else x

    def _weigh(self, x: torch.Tensor) -> torch.Tensor:
        """(N, windows, places, 3 * C) -> (N, windows, places, C)."""
        count, windows, places, _ = x.shape
        if self.interleaved:
            parts = x.reshape(count, windows, places, self.heads, 3, -1).permute(4, 0, 1, 3, 2, 5)
        else:
            parts = x.reshape(count, windows, places, 3, self.heads, -1).permute(3, 0, 1, 4, 2, 5)
        q, k, v = parts.unbind(0)  # N, windows, heads, places, width of a head
        scale = None
        if self.cosine:
            most = math.log(100.0)
            q = F.normalize(q, dim=-1) * self.logit_scale.clamp(max=most).exp()
            k, scale = F.normalize(k, dim=-1), 1.0
        q, k, v = (part.flatten(1, 2) for part in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=self._mask(windows, x), scale=scale)
        return y.reshape(count, windows, self.heads, places, -1).transpose(2, 3).flatten(3)

    def _mask(self, windows: int, x: torch.Tensor) -> torch.Tensor | None:
        """What is added before softmax: (windows * heads, places, places)."""
        if not self.window or (self.bias == "none" and self.shift == (0, 0)):
            return None
        places = self.window[0] * self.window[1]
        mask = x.new_zeros(1, 1, 1)
        if self.bias != "none":
            table = self.table if self.bias == "relative" else self._continuous(x)
            index = constant(relative_index, self.window, x.device)
            mask = table[index].reshape(places, places, -1).permute(2, 0, 1)
        if self.shift != (0, 0) and self.size:
            apart = constant(borders, (*self.size, *self.window, *self.shift), x.device)
            mask = mask + apart.to(mask.dtype)[:, None]
        elif windows > 1:
            mask = mask.expand(windows, *mask.shape)
        return mask.expand(-1, self.heads, -1, -1).flatten(0, 1) if mask.ndim == 4 else mask

    def _continuous(self, x: torch.Tensor) -> torch.Tensor:
        assert self.window
        where = constant(offsets, self.window, x.device)
        return 16 * torch.sigmoid(self.cpb_mlp(where.to(x.dtype)))

    def extra_repr(self) -> str:
        """Heads and windows."""
        shown = f"heads={self.heads}, bias={self.bias!r}"
        return f"{shown}, window={self.window}, shift={self.shift}" if self.window else shown


def relative_index(height: int, width: int) -> torch.Tensor:
    """For each pair of pixels of a window the row of the table of their distance: (pixels**2,)."""
    place = torch.cartesian_prod(torch.arange(height), torch.arange(width))
    apart = place[:, None] - place[None] + torch.tensor([height - 1, width - 1])
    return (apart[..., 0] * (2 * width - 1) + apart[..., 1]).flatten()


def offsets(height: int, width: int) -> torch.Tensor:
    """Every distance in a window, on a logarithmic scale from -1 to 1: (distances, 2)."""
    sides = [torch.arange(1.0 - side, side) * 8 / max(side - 1, 1) for side in (height, width)]
    far = torch.cartesian_prod(*sides)
    return far.sign() * (far.abs() + 1).log2() / 3


def borders(
    height: int, width: int, rows: int, columns: int, down: int, right: int
) -> torch.Tensor:
    """-100 between pixels of a shifted window that lie on different sides of the map's border:
    (windows, places, places)."""

    def zones(side: int, window: int, shift: int) -> torch.Tensor:
        place = torch.arange(side)
        return (
            (place >= side - window).int() + (place >= side - shift).int() if shift else place * 0
        )

    zone = zones(height, rows, down)[:, None] * 3 + zones(width, columns, right)
    zone = zone.reshape(height // rows, rows, width // columns, columns).transpose(1, 2)
    zone = zone.reshape(-1, rows * columns)
    return (zone[:, None] != zone[:, :, None]).float() * -100


def constant(
    make: Callable[..., torch.Tensor], numbers: tuple[int, ...], device: torch.device
) -> torch.Tensor:
    """`make(*numbers)` on `device`, made once; a module holds no copy, so that none goes stale."""
    if torch.compiler.is_compiling():
        return make(*numbers).to(device)
    return _kept(make, numbers, device)


@lru_cache(maxsize=256)
def _kept(
    make: Callable[..., torch.Tensor], numbers: tuple[int, ...], device: torch.device
) -> torch.Tensor:
    with torch.inference_mode(False), torch.device("cpu"):
        return make(*numbers).to(device)


def _made_for(what: str, sides: tuple[int, ...], x: torch.Tensor) -> None:
    if tuple(x.shape[1:-1]) != sides:
        made, got = ("x".join(map(str, size)) for size in (sides, x.shape[1:-1]))
        raise ValueError(
            f"{what} is made for {made} places, but got {got}; compile the genotype anew with "
            "image(channels, height, width) of the size at hand"
        )


def cut_normal(
    weight: torch.Tensor, generator: torch.Generator | None, spread: float = 0.02
) -> None:
    """Numbers from a normal distribution of deviation `spread`, none beyond two deviations."""
    within = math.erf(math.sqrt(2))
    weight.uniform_(-within, within, generator=generator).erfinv_().mul_(spread * math.sqrt(2))
